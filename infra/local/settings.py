"""Settings of the one-machine server: a TOML file, each member optional, each with its meaning and its limits."""

from __future__ import annotations

import ipaddress
import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from infra.webhooks.endpoints import Endpoint, EndpointError, endpoints_of


class SettingsError(Exception):
    """The settings file cannot be used; the message names the member and what it must be."""


def _network(text: str) -> str:
    return str(ipaddress.ip_network(text))


Network = Annotated[str, AfterValidator(_network)]
Origin = Annotated[str, Field(pattern=r"^https?://[^\s;,'\"/]+$")]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class GatewaySettings(_Section):
    """The WebSocket side."""

    idle_timeout_s: float = Field(600, gt=0, description="A socket without data for this long is closed with 1001.")
    max_duration_s: float = Field(7_200, gt=0, description="Every socket is closed with 1001 at this age.")
    max_connections: int = Field(50_000, ge=1, description="More open sockets than this are refused with 429.")
    connects_per_second: float | None = Field(
        None, gt=0, description="New connections a second; more are refused with 429. Not set: no limit (AWS: 500)."
    )
    posts_per_second: float | None = Field(
        None, gt=0, description="Calls of the management API a second; more get 429. Not set: no limit (AWS: 10,000)."
    )
    write_buffer_bytes: int = Field(
        1024 * 1024, ge=65_536, description="What may wait for one slow terminal before it is closed."
    )
    trusted_proxies: tuple[Network, ...] = Field(
        (), description="Networks whose X-Forwarded-For/-Proto/-Port are believed. Empty: none."
    )


class ApiSettings(_Section):
    """The REST API."""

    allowed_origins: tuple[str, ...] = Field((), description="Browser origins that may call the API. Empty: none.")
    docs_base_url: str | None = Field(
        None, description="Where docs/errors.md is published; a problem's `type` links there. Not set: the built-in."
    )


class ConsoleSettings(_Section):
    """The console's pages."""

    ws_url: str | None = Field(
        None,
        pattern=r"^wss?://[^\s;,'\"]+$",
        description="Where browsers reach the WebSocket. Not set: the name that they came by, and this port.",
    )
    oidc_authority: str | None = Field(
        None,
        pattern=r"^https?://[^\s;,'\"]+$",
        description="The identity provider that people sign in at. Not set: they paste a token.",
    )
    oidc_client_id: str | None = Field(None, min_length=1, description="The console's client there, a public one.")
    oidc_origins: tuple[Origin, ...] = Field(
        (), description="Other origins that signing in calls, where tokens come from another name than the issuer's."
    )
    oidc_scope: str = Field("openid", min_length=1, description="What it asks for, with blanks between.")
    confirm_above: int = Field(
        100, ge=0, description="A push to more terminals than this is confirmed by typing their number."
    )

    @model_validator(mode="after")
    def _both_or_neither(self) -> ConsoleSettings:
        if (self.oidc_authority is None) != (self.oidc_client_id is None):
            raise ValueError("oidc_authority and oidc_client_id go together; give both, or neither to paste tokens")
        return self


class LimitSettings(_Section):
    """What one user or caller may take."""

    connections_per_user: int = Field(20, ge=1, description="Open connections of one user; more are refused with 403.")


class RetentionSettings(_Section):
    """How long things are kept after they are over, in days."""

    pushes_days: int = Field(30, ge=1, description="Finished pushes with their counts and receipts.")
    audit_days: int = Field(400, ge=1, description="The audit trail.")
    last_seen_days: int = Field(30, ge=1, description="Terminals that were here and have not come back.")


class Settings(_Section):
    """The whole file. `issuers` are read by the authorizer, `webhooks` by `infra.webhooks`: they know their members."""

    gateway: GatewaySettings = GatewaySettings()
    api: ApiSettings = ApiSettings()
    console: ConsoleSettings = ConsoleSettings()
    limits: LimitSettings = LimitSettings()
    retention: RetentionSettings = RetentionSettings()
    issuers: tuple[dict[str, object], ...] = ()
    webhooks: tuple[dict[str, object], ...] = ()

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Who is told of events. Raises SettingsError."""
        try:
            return endpoints_of(self.webhooks)
        except EndpointError as error:
            raise SettingsError(f"webhooks: {error}") from None


def load(path: Path | None) -> Settings:
    """The settings in a TOML file; the defaults without one. Raises SettingsError."""
    if path is None:
        return Settings()
    try:
        written = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"cannot read the settings {path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not TOML: {error}") from None
    try:
        return Settings.model_validate(_with_tuples(written))
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {_in_words(fault)}" for fault in error.errors())
        raise SettingsError(f"{path}: {faults}") from None


def _in_words(fault: ErrorDetails) -> str:
    return "there is no such setting" if fault["type"] == "extra_forbidden" else fault["msg"]


def _with_tuples(written: dict[str, object]) -> dict[str, object]:
    """TOML has lists only; strict validation of a frozen model asks for tuples."""
    turned: dict[str, object] = {}
    for name, value in written.items():
        if isinstance(value, dict):
            turned[name] = value if name == "issuers" else _with_tuples(value)
        else:
            turned[name] = tuple(value) if isinstance(value, list) else value
    return turned

"""How the service is set up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pydantic import Field

from admin_api.models.base import Model
from admin_api.settings import ApiSettings, ConsoleSettings, Oidc, Runtime, ShownWebhook
from admin_api.version import VERSION
from services.authorizer.verifier import KnownIssuer, KnownKey
from services.domain.pushes import MAX_FRAME_BYTES
from services.pushes.audience import WALKED_AT_MOST

FIXED: Final = {"frame_bytes": MAX_FRAME_BYTES, "connections_counted": WALKED_AT_MOST}
"""Limits that cannot be set."""


class SigningKey(Model):
    """A key that tokens are verified with, by its name; what it is made of is never shown."""

    kid: str | None
    alg: str = Field(examples=["RS256"])
    kty: str = Field(examples=["RSA"])


class Issuer(Model):
    """Whose tokens are accepted."""

    issuer: str = Field(description="The exact `iss`.")
    audiences: list[str] = Field(description="One of which a token must be for.")
    algorithms: list[str] = Field(description="Of its keys, as far as they are known.")
    keys: list[SigningKey] | None = Field(
        description="Those that were fetched last; null: none were yet, since no token of this issuer came."
    )
    jwks_uri: str | None = Field(
        description="Where its keys are fetched; null: they are in the settings, or not discovered yet."
    )


class Webhook(Model):
    """Who is told of events."""

    name: str = Field(description="Its place in the settings.", examples=["webhook 1"])
    url_host: str = Field(description="The host of its URL, the rest of which may hold a secret.")
    events: list[str] = Field(examples=[["push.*"]])


class SignIn(Model):
    """Where people sign in to the console."""

    authority: str
    client_id: str
    scope: str


class Console(Model):
    """What the console is told."""

    ws_url: str | None = Field(description="Where terminals connect.")
    oidc: SignIn | None = Field(description="Null: people paste a token.")
    confirm_above: int = Field(description="A push to more terminals is confirmed by typing how many they are.")


class Settings(Model):
    """How the service is set up. Nothing in it is secret."""

    version: str
    runtime: Runtime = Field(description="Whether it runs in one process, or on AWS.")
    limits: dict[str, float | None] = Field(
        description="By their names in the settings, with the unit in them; null: no limit. Which there are depends on"
        " the runtime."
    )
    retention: dict[str, int] = Field(description="How long things are kept, in days.")
    issuers: list[Issuer]
    webhooks: list[Webhook] | None = Field(
        description="Null on AWS: they are in a secret that the function of the API may not read."
    )
    console: Console


def settings_json(settings: ApiSettings) -> dict[str, object]:
    """A `Settings`. Nothing is fetched for it."""
    setup = settings.setup
    return {
        "version": VERSION,
        "runtime": setup.runtime,
        "limits": {**FIXED, "body_bytes": settings.body_limit_bytes, **setup.limits},
        "retention": dict(setup.retention),
        "issuers": [_issuer_json(issuer) for issuer in setup.issuers()],
        "webhooks": _webhooks_json(setup.webhooks),
        "console": _console_json(settings.console),
    }


def _issuer_json(issuer: KnownIssuer) -> dict[str, object]:
    keys = issuer.keys or ()
    return {
        "issuer": issuer.name,
        "audiences": list(issuer.audiences),
        "algorithms": sorted({key.algorithm for key in keys}),
        "keys": None if issuer.keys is None else [_key_json(key) for key in keys],
        "jwks_uri": issuer.jwks_url,
    }


def _key_json(key: KnownKey) -> dict[str, object]:
    return {"kid": key.key_id, "alg": key.algorithm, "kty": key.type}


def _webhooks_json(webhooks: Sequence[ShownWebhook] | None) -> list[dict[str, object]] | None:
    if webhooks is None:
        return None
    return [{"name": each.name, "url_host": each.host, "events": list(each.events)} for each in webhooks]


def _console_json(console: ConsoleSettings) -> dict[str, object]:
    sign_in = None if console.oidc is None else sign_in_json(console.oidc)
    return {"ws_url": console.ws_url, "oidc": sign_in, "confirm_above": console.confirm_above}


def sign_in_json(oidc: Oidc) -> dict[str, object]:
    """A `SignIn`."""
    return {"authority": oidc.authority, "client_id": oidc.client_id, "scope": oidc.scope}


EXAMPLE: dict[str, object] = {
    "version": VERSION,
    "runtime": "one-machine",
    "limits": {
        "frame_bytes": 32768,
        "connections_counted": 200000,
        "body_bytes": 262144,
        "connections_per_user": 20,
        "idle_timeout_s": 600,
        "max_duration_s": 7200,
        "max_connections": 50000,
        "connects_per_second": None,
        "posts_per_second": None,
        "write_buffer_bytes": 1048576,
    },
    "retention": {"pushes_days": 30, "audit_days": 400, "last_seen_days": 30},
    "issuers": [
        {
            "issuer": "https://id.example.com",
            "audiences": ["fanfare"],
            "algorithms": ["RS256"],
            "keys": [{"kid": "2026-10", "alg": "RS256", "kty": "RSA"}],
            "jwks_uri": "https://id.example.com/keys",
        }
    ],
    "webhooks": [{"name": "webhook 1", "url_host": "hooks.example.com", "events": ["push.*"]}],
    "console": {
        "ws_url": "wss://push.example.com/local",
        "oidc": {"authority": "https://id.example.com", "client_id": "fanfare-console", "scope": "openid"},
        "confirm_above": 100,
    },
}

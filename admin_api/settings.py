"""How one instance of the REST API is set up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from services.authorizer.verifier import KnownIssuer
from services.domain.problems import ERROR_PAGE

CONSOLE_BUILD: Final = Path(__file__).parent / "console" / "dist"
"""Where `make console` puts what is served at /console."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Oidc:
    """Where people sign in to the console: authorization code with PKCE, so there is no secret.

    `authority` is the issuer's URL, under which its OpenID configuration is found. `origins` are others that signing in
    calls: some providers, Cognito among them, give out tokens under another name than the issuer's.
    """

    authority: str
    client_id: str
    scope: str = "openid"
    origins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleSettings:
    """What the console's pages are told.

    `ws_url` is where terminals connect. With `follows_host` the name in it is replaced by the one that the console was
    asked for under: a machine has several. Without `oidc` people paste a token. A push to more than `confirm_above`
    terminals is confirmed by typing their number. `build` is where the built console is.
    """

    ws_url: str | None = None
    follows_host: bool = False
    oidc: Oidc | None = None
    confirm_above: int = 100
    build: Path = CONSOLE_BUILD


Runtime = Literal["one-machine", "aws"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownWebhook:
    """Who is told of events: `host` is that of its URL, the rest of which may hold a secret."""

    name: str
    host: str
    events: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """How the service is set up, in what its administrators may see: nothing here is secret.

    `limits` and `retention` have the names and the units of the settings; a limit that is None is not set. `issuers`
    gives those that are known now, at once. `webhooks` is None where they are kept from who serves the API.
    """

    runtime: Runtime = "one-machine"
    limits: Mapping[str, float | None] = field(default_factory=dict)
    retention: Mapping[str, int] = field(default_factory=dict)
    issuers: Callable[[], Sequence[KnownIssuer]] = tuple
    webhooks: Sequence[ShownWebhook] | None = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSettings:
    """`allowed_origins` are the browser origins that may call the API (`https://ops.example`), by default none.

    `docs_base_url` is where docs/errors.md is published: the `type` of a problem is its section there.
    A request body over `body_limit_bytes` is refused with 413. `setup` is what `GET /v1/settings` shows.
    """

    allowed_origins: tuple[str, ...] = ()
    docs_base_url: str = ERROR_PAGE
    body_limit_bytes: int = 262_144
    console: ConsoleSettings = field(default_factory=ConsoleSettings)
    setup: Setup = field(default_factory=Setup)

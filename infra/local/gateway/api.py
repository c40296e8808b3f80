"""What runs on the gateway: a WebSocket API, its authorizer and its routes."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from infra.local.gateway.selection import RouteSelection

Event = dict[str, object]
"""What a Lambda function is invoked with."""

Integration = Callable[[Event], Awaitable[Mapping[str, object] | None]]
"""A Lambda function: takes an event, returns its response. An exception is what it is on Lambda: a function error."""

CONNECT = "$connect"
DISCONNECT = "$disconnect"
DEFAULT = "$default"

_STAGE = re.compile(r"[A-Za-z0-9_-]{1,128}")
_IDENTITY_SOURCE = re.compile(r"route\.request\.(header|querystring)\.(.+)")


@dataclass(frozen=True, slots=True)
class Route:
    """A route with a Lambda proxy integration. Only a `two_way` one (with a RouteResponse) sends its `body` back."""

    integration: Integration
    two_way: bool = False


@dataclass(frozen=True, slots=True)
class MockRoute:
    """A route with a MOCK integration: answers every message with the same text, and invokes nothing."""

    response: str


@dataclass(frozen=True, kw_only=True)
class WebSocketApi:
    """One API Gateway WebSocket API, deployed to one stage. Raises ValueError for what API Gateway would not deploy.

    `identity_sources` are the authorizer's, as `route.request.header.NAME` or `route.request.querystring.NAME`:
    a handshake that lacks one is refused with 401 and the authorizer is not invoked.
    `region` and `account_id` appear in the authorizer's `methodArn`; `@connections` requests are signed for the region.
    """

    routes: Mapping[str, Route | MockRoute]
    authorizer: Integration | None = None
    identity_sources: tuple[str, ...] = ()
    route_selection_expression: str = "$request.body.action"
    stage: str = "local"
    api_id: str = "local"
    region: str = "us-east-1"
    account_id: str = "000000000000"
    selection: RouteSelection = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not _STAGE.fullmatch(self.stage):
            raise ValueError(f"stage {self.stage!r}: 1 to 128 letters, digits, hyphens and underscores")
        for source in self.identity_sources:
            if not _IDENTITY_SOURCE.fullmatch(source):
                raise ValueError(
                    f"identity source {source!r}: use route.request.header.NAME or route.request.querystring.NAME"
                )
        for key in (CONNECT, DISCONNECT):
            if isinstance(self.routes.get(key), MockRoute):
                raise ValueError(f"route {key}: needs an integration that can be invoked")
        object.__setattr__(self, "selection", RouteSelection(self.route_selection_expression))

    @property
    def method_arn(self) -> str:
        """What the authorizer's policy must cover."""
        return f"arn:aws:execute-api:{self.region}:{self.account_id}:{self.api_id}/{self.stage}/{CONNECT}"

    def handler_of(self, key: str) -> Integration | None:
        """The integration of `$connect` or `$disconnect`, if there is one."""
        route = self.routes.get(key)
        return route.integration if isinstance(route, Route) else None

    def route_of(self, text: str) -> tuple[str, Route | MockRoute] | None:
        """The route of a message and its key: the one its selection names, else `$default`, else None.

        The predefined routes are not for messages to name: `{"action": "$connect"}` is a message of no known route.
        """
        key = self.selection.key_of(text)
        if key and not key.startswith("$"):
            route = self.routes.get(key)
            if route is not None:
                return key, route
        route = self.routes.get(DEFAULT)
        return None if route is None else (DEFAULT, route)

    def lacks_identity(self, headers: Mapping[str, str], query: Mapping[str, list[str]]) -> bool:
        """Whether a configured identity source is missing or empty; `headers` has lower-case names."""
        for source in self.identity_sources:
            match = _IDENTITY_SOURCE.fullmatch(source)
            assert match is not None
            kind, name = match.groups()
            if not (headers.get(name.lower()) if kind == "header" else query.get(name, [""])[-1]):
                return True
        return False

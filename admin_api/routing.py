"""A request to the API, and the route that every operation is on: token first, then names, then the body."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from admin_api import strict_body
from admin_api.authentication import Authenticator, declared_scopes
from admin_api.cursors import Cursors
from admin_api.entity_tags import conditional
from admin_api.paths import name_of
from admin_api.settings import ApiSettings
from services.connections.tickets import Judge, TicketOffice
from services.domain.identity import Identity
from services.ports import Ports


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """What the endpoints of one app work with."""

    ports: Ports
    authenticator: Authenticator
    judge: Judge
    tickets: TicketOffice
    cursors: Cursors
    settings: ApiSettings
    started_at_s: float


class ApiRequest(Request):
    """What an endpoint gets. `caller` is who calls; an operation that is public has none."""

    _caller: Identity | None = None
    _value: object = None

    @property
    def api(self) -> Api:
        api = self.app.state.api
        assert isinstance(api, Api)
        return api

    @property
    def ports(self) -> Ports:
        return self.api.ports

    @property
    def caller(self) -> Identity:
        assert self._caller is not None, "a public operation has no caller"
        return self._caller

    @property
    def terminal(self) -> Identity:
        """Who calls, as a terminal of theirs. Raises Problem (403) if they may not connect one."""
        refusal = self.api.judge.may_connect(self.caller)
        if refusal is not None:
            raise refusal
        return self.caller

    async def authenticate(self, scopes: list[str]) -> None:
        """Find out who calls. Raises Problem (401, 403)."""
        self._caller = await self.api.authenticator.caller(self, scopes)

    async def read(self, *, may_be_absent: bool) -> None:
        """Read the body. Raises Problem (400, 413, 415)."""
        self._value = await strict_body.read(self, may_be_absent=may_be_absent)

    async def json(self) -> object:
        """The body's value, as `read` found it."""
        return self._value


class ApiRoute(APIRoute):
    """Asks for what the operation declares (`needs`) before it reads anything else of the request.

    Raises LookupError, when the app is made, for an operation that declares nothing.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        declared = declared_scopes(self.openapi_extra)
        scopes = None if declared is None else list(declared)
        body_field = self.body_field
        is_tagged = is_read(self)

        async def guarded(plain: Request) -> Response:
            request = ApiRequest(plain.scope, plain.receive)
            if scopes is not None:
                await request.authenticate(scopes)
            parameters = request.path_params
            for name, segment in parameters.items():
                parameters[name] = name_of(segment)
            if body_field is not None:
                await request.read(may_be_absent=not body_field.field_info.is_required())
            response = await handle(request)
            return conditional(request, response) if is_tagged else response

        return guarded


def is_read(route: APIRoute) -> bool:
    """Whether an operation reads something that has an entity tag."""
    return "GET" in (route.methods or ()) and route.path.startswith("/v1/")

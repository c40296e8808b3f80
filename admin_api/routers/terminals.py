"""Who is connected, and who was lately."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from admin_api import filters
from admin_api.answers import answer, listing, nothing
from admin_api.authentication import needs
from admin_api.cursors import open_listing, seal_listing
from admin_api.documented import refusals, shown
from admin_api.models import audiences as audience_forms
from admin_api.models import terminals as forms
from admin_api.models.base import EXAMPLE_CONNECTION_ID
from admin_api.routing import ApiRequest, ApiRoute
from services.connections import away, presence
from services.domain.targets import json_form
from services.pushes import audience, terminal_log

router = APIRouter(prefix="/v1/terminals", tags=["terminals"], route_class=ApiRoute)

_ConnectionId = Annotated[
    str, Path(description="Percent-encoded: `=` at its end is `%3D`.", examples=[EXAMPLE_CONNECTION_ID])
]
_ATTRIBUTE_FILTER: dict[str, object] = {
    "name": f"{filters.ATTRIBUTE_PREFIX}{{name}}",
    "in": "query",
    "required": False,
    "description": "Terminals with this value of the attribute: `attr.os=windows`. A value that reads as a number, or"
    " as true or false, also matches that. Repeat it for any of several.",
    "schema": {"type": "string"},
    "example": "windows",
}


@router.get(
    "",
    response_model=forms.TerminalPage,
    summary="List connected terminals",
    responses={
        200: shown("A page of them.", {"items": [forms.EXAMPLE], "next_cursor": None}),
        **refusals("invalid_target", "invalid_name", "invalid_cursor"),
    },
    openapi_extra={**needs("terminals:read"), "parameters": [_ATTRIBUTE_FILTER]},
)
async def list_terminals(request: ApiRequest, query: Annotated[forms.TerminalQuery, Query()]) -> Response:
    """List who is connected now. All filters that are given must hold.

    A page of a rare match may hold few items, or none, and still have a `next_cursor`: the end is where it is null.
    """
    meant = filters.target_of(query)
    cursors = request.api.cursors
    rows, going_on = await presence.listing(
        request.ports, meant, limit=query.limit, cursor=open_listing(cursors, meant, query.cursor)
    )
    now_s = request.ports.clock.now_s()
    return await listing(rows, lambda row: forms.terminal_json(row, now_s), seal_listing(cursors, meant, going_on))


@router.get(
    "/summary",
    response_model=audience_forms.Summary,
    summary="Count connected terminals",
    responses={
        200: shown("Who is meant, counted.", {"audience": audience_forms.EXAMPLE}),
        **refusals("invalid_target", "invalid_name"),
    },
    openapi_extra={**needs("terminals:read"), "parameters": [_ATTRIBUTE_FILTER]},
)
async def summarize_terminals(request: ApiRequest, query: Annotated[forms.TerminalFilters, Query()]) -> Response:
    """Count whom the filters of `GET /v1/terminals` mean, and how each clause narrows them down; none: everybody.

    It is the `audience` of a preview, without a push and without a plan. Up to 200,000 connections are counted one by
    one, so a narrow target is answered sooner than a wide one.
    """
    counted = await audience.counted(request.ports, filters.target_of(query), clauses=True)
    return answer({"audience": audience_forms.audience_json(counted)})


@router.get(
    "/away",
    response_model=forms.AwayPage,
    summary="List terminals that are away",
    responses={
        200: shown("A page of them.", {"items": [forms.EXAMPLE_AWAY], "next_cursor": None}),
        **refusals("invalid_target", "invalid_name", "invalid_cursor"),
    },
    openapi_extra={**needs("terminals:read"), "parameters": [_ATTRIBUTE_FILTER]},
)
async def list_away(request: ApiRequest, query: Annotated[forms.TerminalQuery, Query()]) -> Response:
    """List terminals that were here lately and are not connected, with the filters of `GET /v1/terminals`.

    They are known for as long as the deployment says. A terminal that just went may be missing for some seconds.
    """
    meant = filters.target_of(query)
    cursors, bound = request.api.cursors, json_form.to_json(meant)
    page = await away.listing(
        request.ports, meant, limit=query.limit, after=cursors.open_optional("away", bound, query.cursor)
    )
    return await listing(page.items, forms.away_json, cursors.seal_optional("away", bound, page.next))


@router.get(
    "/{connection_id}",
    response_model=forms.TerminalDetail,
    summary="Look at a connection",
    responses={200: shown("All that is known of it.", forms.EXAMPLE_DETAIL), **refusals("terminal_not_found")},
    openapi_extra=needs("terminals:read"),
)
async def look_at_terminal(request: ApiRequest, connection_id: _ConnectionId) -> Response:
    """One connection, with the id of its token and where it comes from."""
    row = await presence.one(request.ports, connection_id)
    return answer(forms.detail_json(row, request.ports.clock.now_s()))


@router.get(
    "/{connection_id}/pushes",
    response_model=forms.TerminalPushes,
    summary="List the last pushes for a terminal",
    responses={200: shown("Up to `limit` of them.", forms.EXAMPLE_PUSHES), **refusals("terminal_not_found")},
    openapi_extra=needs("terminals:read", "push:read"),
)
async def list_terminal_pushes(
    request: ApiRequest, connection_id: _ConnectionId, query: Annotated[forms.RecentQuery, Query()]
) -> Response:
    """The last pushes that were meant for the terminal of a connection as it is now, newest first, with its receipts.

    They are looked up in the logs of its topics, at most 2,000 entries in each. So what is not retained, or not any
    more, is not among them, nor what was meant for the connection by its id.
    """
    row = await presence.one(request.ports, connection_id)
    found = await terminal_log.last(request.ports, row, limit=query.limit)
    return answer({"items": [forms.push_json(each) for each in found]})


@router.delete(
    "/{connection_id}",
    status_code=204,
    summary="Close a connection",
    responses={204: {"description": "It is closed."}, **refusals("terminal_not_found")},
    openapi_extra=needs("terminals:manage"),
)
async def close_terminal(request: ApiRequest, connection_id: _ConnectionId) -> Response:
    """Close one connection, with a `bye` that says `closed_by_admin`. Its terminal may come back after 5 s.

    To keep a user out, block them: `PUT /v1/users/{id}/block`.
    """
    await presence.close(request.ports, connection_id, by=request.caller.user)
    return nothing()


@router.post(
    "/{connection_id}/verify",
    response_model=forms.Verification,
    summary="Ask whether a connection is open",
    responses={
        200: shown("What the gateway says, also if the connection is gone.", forms.EXAMPLE_VERIFICATION),
        **refusals("terminal_not_found"),
    },
    openapi_extra=needs("terminals:read"),
)
async def verify_terminal(request: ApiRequest, connection_id: _ConnectionId) -> Response:
    """Ask the gateway now. One that is gone is answered as `gone`, and is not listed any more: then it is 404.

    In its first 30 seconds it stays listed: its handshake may be under way, of which the gateway says nothing.
    """
    row, info = await presence.verify(request.ports, connection_id)
    return answer(forms.verification_json(row, info))

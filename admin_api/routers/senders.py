"""Senders, and what they are held to."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from admin_api.answers import answer, listing, nothing
from admin_api.authentication import needs
from admin_api.documented import body_example, refusals, shown
from admin_api.models import senders as forms
from admin_api.models.base import PageQuery
from admin_api.routing import ApiRequest, ApiRoute
from services.senders import register

router = APIRouter(prefix="/v1/senders", tags=["senders"], route_class=ApiRoute)


@router.get(
    "",
    response_model=forms.SenderPage,
    summary="List senders",
    responses={
        200: shown("A page of them.", {"items": [forms.EXAMPLE], "next_cursor": None}),
        **refusals("invalid_cursor"),
    },
    openapi_extra=needs("senders:write"),
)
async def list_senders(request: ApiRequest, query: Annotated[PageQuery, Query()]) -> Response:
    """List the callers that are held to something, by name. All others may send to everybody, at any rate."""
    cursors = request.api.cursors
    page = await register.listing(
        request.ports, limit=query.limit, after=cursors.open_optional("senders", None, query.cursor)
    )
    return await listing(page.items, forms.sender_json, cursors.seal_optional("senders", None, page.next))


@router.get(
    "/{sub}",
    response_model=forms.Sender,
    summary="Look at a sender",
    responses={200: shown("What it is held to.", forms.EXAMPLE), **refusals("invalid_name", "sender_not_found")},
    openapi_extra=needs("senders:write"),
)
async def look_at_sender(request: ApiRequest, sub: forms.Sub) -> Response:
    """What one caller of the API is held to. One that is held to nothing is not registered: that is 404."""
    return answer(forms.sender_json(await register.one(request.ports, sub)))


@router.put(
    "/{sub}",
    response_model=forms.Sender,
    summary="Hold a sender to limits",
    responses={200: shown("It is held to this.", forms.EXAMPLE), **refusals("invalid_name", "invalid_target")},
    openapi_extra=needs("senders:write") | body_example(forms.EXAMPLE_LIMITS),
)
async def hold_sender(request: ApiRequest, sub: forms.Sub, body: forms.Limits) -> Response:
    """Hold a caller of the API to this from its next push on, in place of what it was held to before.

    Pushes that were accepted stay as they are. A test (`"test": true`) is held to `per_minute` only.
    """
    sender = await register.put(
        request.ports,
        sub,
        targets=body.targets,
        per_minute=body.per_minute,
        max_terminals=body.max_terminals,
        approve_over=body.approve_over,
        by=request.caller.user,
    )
    return answer(forms.sender_json(sender))


@router.delete(
    "/{sub}",
    status_code=204,
    summary="Hold a sender to nothing",
    responses={204: {"description": "It is held to nothing, or was not."}, **refusals("invalid_name")},
    openapi_extra=needs("senders:write"),
)
async def release_sender(request: ApiRequest, sub: forms.Sub) -> Response:
    """Hold a caller of the API to nothing any more: it may send to everybody, at any rate, without approval."""
    await register.delete(request.ports, sub, by=request.caller.user)
    return nothing()

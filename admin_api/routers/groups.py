"""Groups, and membership given at run time."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from admin_api.answers import answer, listing, nothing
from admin_api.authentication import needs
from admin_api.documented import refusals, shown
from admin_api.models import groups as forms
from admin_api.models.base import PageQuery
from admin_api.models.users import UserId
from admin_api.routing import ApiRequest, ApiRoute
from services.connections import directory, membership

router = APIRouter(prefix="/v1/groups", tags=["groups"], route_class=ApiRoute)


@router.get(
    "",
    response_model=forms.GroupPage,
    summary="List groups",
    responses={
        200: shown("A page of them.", {"items": [forms.EXAMPLE], "next_cursor": None}),
        **refusals("invalid_cursor"),
    },
    openapi_extra=needs("terminals:read"),
)
async def list_groups(request: ApiRequest, query: Annotated[PageQuery, Query()]) -> Response:
    """List the groups that have connections now, by name."""
    cursors = request.api.cursors
    page = await directory.groups(
        request.ports, limit=query.limit, after=cursors.open_optional("groups", None, query.cursor)
    )
    return await listing(page.items, forms.group_json, cursors.seal_optional("groups", None, page.next))


@router.get(
    "/{group}",
    response_model=forms.GroupDetail,
    summary="Look at a group",
    responses={
        200: shown("The group, and a page of whom it was given to.", forms.EXAMPLE_DETAIL),
        **refusals("invalid_name", "invalid_cursor"),
    },
    openapi_extra=needs("terminals:read"),
)
async def look_at_group(request: ApiRequest, group: forms.GroupName, query: Annotated[PageQuery, Query()]) -> Response:
    """How many of a group are connected, and the users who were given it at run time, by name.

    Groups are not registered anywhere, so every name has an answer. To list its terminals:
    `GET /v1/terminals?group=`.
    """
    cursors = request.api.cursors
    record = await directory.group(
        request.ports, group, limit=query.limit, after=cursors.open_optional("members", group, query.cursor)
    )
    return answer(forms.detail_json(record, cursors.seal_optional("members", group, record.given_to.next)))


@router.put(
    "/{group}/users/{user}",
    status_code=204,
    summary="Give a user a group",
    responses={204: {"description": "They have it, or had it."}, **refusals("invalid_name")},
    openapi_extra=needs("terminals:manage"),
)
async def join_group(request: ApiRequest, group: forms.GroupName, user: UserId) -> Response:
    """Put a user into a group, beside the groups of their tokens: at once on what they have open, and from now on."""
    await membership.join(request.ports, group, user, by=request.caller.user)
    return nothing()


@router.delete(
    "/{group}/users/{user}",
    status_code=204,
    summary="Take a group from a user",
    responses={204: {"description": "It is taken away, or was not given."}, **refusals("invalid_name")},
    openapi_extra=needs("terminals:manage"),
)
async def leave_group(request: ApiRequest, group: forms.GroupName, user: UserId) -> Response:
    """Take a group away that was given at run time. A group that their token names stays."""
    await membership.leave(request.ports, group, user, by=request.caller.user)
    return nothing()

"""One user: what is open, what was given, and keeping them out."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from admin_api.answers import answer, nothing
from admin_api.authentication import needs
from admin_api.documented import body_example, refusals, shown
from admin_api.models import users as forms
from admin_api.routing import ApiRequest, ApiRoute
from services.connections import access, directory
from services.domain import moments
from services.domain.standing import Block, checked_cidrs

router = APIRouter(prefix="/v1/users/{user}", tags=["users"], route_class=ApiRoute)


@router.get(
    "",
    response_model=forms.User,
    summary="Look at a user",
    responses={200: shown("What is known of them.", forms.EXAMPLE), **refusals("invalid_name")},
    openapi_extra=needs("terminals:read"),
)
async def look_at_user(request: ApiRequest, user: forms.UserId) -> Response:
    """What a user has open, the groups they were given at run time, and whether they are kept out.

    Users are not registered anywhere, so every name has an answer.
    """
    record = await directory.user(request.ports, user)
    return answer(forms.user_json(record, request.ports.clock.now_s()))


@router.put(
    "/block",
    response_model=forms.Blocked,
    summary="Block a user",
    responses={
        200: shown("They are kept out.", forms.EXAMPLE_BLOCKED),
        **refusals("invalid_name", "invalid_time", "invalid_cidr"),
    },
    openapi_extra=needs("terminals:manage") | body_example(forms.EXAMPLE_NEW_BLOCK),
)
async def block_user(request: ApiRequest, user: forms.UserId, body: forms.NewBlock) -> Response:
    """Keep a user out, here and on every connection, and close what they have open with a `bye` that says why.

    It takes the place of an earlier block of theirs. Nothing reaches them from the moment of the answer.
    """
    cidrs = [body.cidr] if isinstance(body.cidr, str) else body.cidr or []
    block = Block(
        user=user,
        reason=body.reason,
        until_s=None if body.until is None else moments.parse_s(body.until, "until"),
        cidrs=checked_cidrs(cidrs),
        by=request.caller.user,
        at_s=request.ports.clock.now_s(),
    )
    closed = await access.block(request.ports, block)
    return answer({"block": forms.block_json(block), "closed": closed})


@router.delete(
    "/block",
    status_code=204,
    summary="Unblock a user",
    responses={204: {"description": "They are not kept out, or were not."}, **refusals("invalid_name")},
    openapi_extra=needs("terminals:manage"),
)
async def unblock_user(request: ApiRequest, user: forms.UserId) -> Response:
    """Let a user in again. What was retained for them meanwhile they get when they resume."""
    await access.unblock(request.ports, user, by=request.caller.user)
    return nothing()

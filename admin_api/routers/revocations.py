"""Tokens that are not good any more."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from admin_api.answers import answer
from admin_api.authentication import needs
from admin_api.documented import body_example, refusals, shown
from admin_api.models import revocations as forms
from admin_api.routing import ApiRequest, ApiRoute
from services.connections import access
from services.domain import moments

router = APIRouter(prefix="/v1/revocations", tags=["revocations"], route_class=ApiRoute)


@router.post(
    "",
    response_model=forms.Revoked,
    summary="Revoke tokens",
    responses={200: shown("They are revoked.", forms.EXAMPLE), **refusals("invalid_name", "invalid_time")},
    openapi_extra=needs("terminals:manage") | body_example(forms.EXAMPLE_NEW),
)
async def revoke(request: ApiRequest, body: forms.NewRevocation) -> Response:
    """Revoke one token by its `jti`, or every token of a user issued before a moment.

    What was opened with them is closed at once, and they are refused from then on. It cannot be taken back: the user
    signs in again. To keep a user out whatever token they bring, block them.
    """
    by = request.caller.user
    if isinstance(body, forms.OneToken):
        closed = await access.revoke_token(request.ports, body.jti, by=by)
    else:
        issued_before_s = moments.parse_s(body.issued_before, "issued_before")
        closed = await access.revoke_before(request.ports, body.user, issued_before_s, by=by)
    return answer({"closed": closed})

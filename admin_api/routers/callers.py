"""Who calls: for consoles, which show what a token may do."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from admin_api.answers import answer
from admin_api.authentication import needs
from admin_api.documented import shown
from admin_api.models import callers as forms
from admin_api.routing import ApiRequest, ApiRoute

router = APIRouter(prefix="/v1/caller", tags=["service"], route_class=ApiRoute)


@router.get(
    "",
    response_model=forms.Caller,
    summary="Who calls",
    responses={200: shown("Whose token it is.", forms.EXAMPLE)},
    openapi_extra=needs(),
)
async def get_caller(request: ApiRequest) -> Response:
    """What the service makes of the token: a browser cannot know which scopes an issuer's roles stand for."""
    refusal = request.api.judge.may_connect(request.caller)
    return answer(forms.caller_json(request.caller, may_connect=refusal is None))

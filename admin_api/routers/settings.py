"""How the service is set up."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from admin_api.answers import answer
from admin_api.authentication import needs
from admin_api.documented import shown
from admin_api.models import setup as forms
from admin_api.routing import ApiRequest, ApiRoute

router = APIRouter(prefix="/v1/settings", tags=["service"], route_class=ApiRoute)


@router.get(
    "",
    response_model=forms.Settings,
    summary="How the service is set up",
    responses={200: shown("What was set, and what that came to.", forms.EXAMPLE)},
    openapi_extra=needs("audit:read"),
)
async def show_settings(request: ApiRequest) -> Response:
    """Version, limits, how long things are kept, whose tokens are accepted, who is told of events.

    Nothing secret is in it: of keys their names, of webhooks their hosts. An issuer's keys are those that this process
    fetched last; they are not fetched for this.
    """
    return answer(forms.settings_json(request.api.settings))

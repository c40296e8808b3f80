"""Whether the service works."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from admin_api.answers import answer
from admin_api.authentication import PUBLIC
from admin_api.documented import shown
from admin_api.models import service as forms
from admin_api.routing import ApiRequest, ApiRoute
from services.domain.positions import BEGINNING

router = APIRouter(prefix="/healthz", tags=["service"], route_class=ApiRoute)


@router.get(
    "",
    response_model=forms.Health,
    summary="Is it well?",
    responses={200: shown("Storage answers.", {"status": "ok"})},
    openapi_extra=PUBLIC,
)
async def health(request: ApiRequest) -> Response:
    """For load balancers: 200 if the service can do its work, 503 if its storage does not answer. Needs no token."""
    # There is no push with this id: the cheapest question that storage itself has to answer.
    await request.ports.pushes.get(BEGINNING)
    return answer({"status": "ok"})

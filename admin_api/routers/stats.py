"""Figures of now."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from admin_api.answers import answer
from admin_api.authentication import needs
from admin_api.documented import shown
from admin_api.models import service as forms
from admin_api.routing import ApiRequest, ApiRoute

router = APIRouter(prefix="/v1/stats", tags=["service"], route_class=ApiRoute)


@router.get(
    "",
    response_model=forms.Stats,
    summary="Figures of now",
    responses={200: shown("The figures.", forms.EXAMPLE_STATS)},
    openapi_extra=needs("terminals:read"),
)
async def stats(request: ApiRequest) -> Response:
    """How many are connected, and how many pushes are under way."""
    ports = request.ports
    return answer(
        forms.stats_json(
            await ports.registry.presence(),
            await ports.pushes.in_flight(),
            started_at_s=request.api.started_at_s,
            now_s=ports.clock.now_s(),
        )
    )

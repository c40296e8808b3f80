"""Figures of now, and of lately."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from admin_api.answers import answer
from admin_api.authentication import needs
from admin_api.documented import refusals, shown
from admin_api.models import activity as activity_forms
from admin_api.models import service as forms
from admin_api.routing import ApiRequest, ApiRoute
from services.connections import activity
from services.domain import durations
from services.domain.activity import MINUTE_S, MINUTES_KEPT_S, SAMPLES_KEPT_S

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


@router.get(
    "/activity",
    response_model=activity_forms.ActivityCourse,
    summary="What happened lately",
    responses={
        200: shown("The steps, oldest first.", activity_forms.EXAMPLE_COURSE),
        **refusals("invalid_duration"),
    },
    openapi_extra=needs("terminals:read"),
)
async def look_at_activity(request: ApiRequest, query: Annotated[activity_forms.ActivityQuery, Query()]) -> Response:
    """Who came and went, what was delivered and what terminals told of it, step by step.

    Minutes are kept for 48 hours. `connections` is reckoned back from how many are connected now. On AWS figures lag by
    a second or so.
    """
    last_s = durations.parse_s(query.last, "last", least_s=MINUTE_S, most_s=MINUTES_KEPT_S)
    step_s = durations.parse_s(query.step, "step", least_s=MINUTE_S, most_s=MINUTES_KEPT_S)
    return answer(activity_forms.course_json(await activity.course(request.ports, last_s=last_s, step_s=step_s)))


@router.get(
    "/groups",
    response_model=activity_forms.GroupLosses,
    summary="Which groups lost connections",
    responses={
        200: shown("Those that lost most first.", activity_forms.EXAMPLE_LOSSES),
        **refusals("invalid_duration"),
    },
    openapi_extra=needs("terminals:read"),
)
async def look_at_losses(request: ApiRequest, query: Annotated[activity_forms.LossesQuery, Query()]) -> Response:
    """Groups that have fewer connections than about so long ago: an office whose line is down, say.

    Sizes are taken down every five minutes, of the 1,000 largest groups, and kept for a day. `since` in the answer is
    the moment that it compares with.
    """
    since_s = durations.parse_s(query.since, "since", least_s=MINUTE_S, most_s=SAMPLES_KEPT_S)
    return answer(activity_forms.losses_json(await activity.losses(request.ports, since_s=since_s)))

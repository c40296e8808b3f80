"""The timeline of a push: what was foreseen when it was submitted, and what happened, in one shape."""

from __future__ import annotations

from dataclasses import dataclass

from services.domain.timeline.forecast import forecast
from services.domain.timeline.history import actual
from services.domain.timeline.picture import Picture
from services.ports import Ports
from services.pushes import history


@dataclass(frozen=True, slots=True, kw_only=True)
class Timelines:
    """Both pictures of one push."""

    forecast: Picture
    actual: Picture


async def of(ports: Ports, push_id: str) -> Timelines:
    """The timelines of a push as they are now. Raises Problem (404)."""
    push = await history.push(ports, push_id)
    progress = await ports.pushes.progress(push_id)
    return Timelines(
        forecast=forecast(push, now_s=push.created_at_s), actual=actual(push, progress, ports.clock.now_s())
    )

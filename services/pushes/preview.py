"""What a push would do if it were sent now: who is meant, when they get it, what it costs. Sends nothing.

What was shown is kept as a plan, which can be sent as it is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from services.domain import cost, positions
from services.domain.pushes import Push
from services.domain.strategies.strategy import Strategy
from services.domain.targets import json_form
from services.domain.targets.cover import Cover
from services.domain.timeline.forecast import forecast
from services.domain.timeline.picture import Picture
from services.domain.timeline.schedule import Schedule
from services.ports import Plan, Ports
from services.pushes import audience, plans, schedules, warnings
from services.pushes.audience import Audience
from services.pushes.release import check_frame_size, frame_size_bytes
from services.pushes.requests import PushRequest
from services.pushes.warnings import Warning
from services.senders import limits

SLICE_S: Final = 5
"""The longest that one slice of a pace lasts; each is released by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The answer. `timeline` is that of the next run for a push that repeats, whose `next_runs` are epoch seconds."""

    audience: Audience
    topics: Sequence[str]
    frame_bytes: int
    plan: Plan
    timeline: Picture
    next_runs: Sequence[float]
    cost: cost.Estimate
    warnings: Sequence[Warning]


async def preview(ports: Ports, request: PushRequest, *, sender: str) -> Preview:
    """Preview a push. Raises Problem: 413 if it could not be sent at all, 422 as `limits.admit` does."""
    now_s = ports.clock.now_s()
    judged = await limits.judged(ports, request, sender=sender)
    asked = judged.request
    next_runs = schedules.runs_after(asked.schedule, now_s)
    send_at_s = next_runs[0] if next_runs else asked.schedule.send_at_s
    empty = _draft(asked, judged.cover, None, sender=sender, send_at_s=send_at_s, now_s=now_s)
    # One that is too large is refused before anybody is counted.
    check_frame_size(empty, empty.id, now_s)
    counted = await audience.counted(ports, asked.target, window=asked.strategy.open_window, clauses=True)
    push = _draft(asked, judged.cover, counted, sender=sender, send_at_s=send_at_s, now_s=now_s)
    timeline = forecast(push, now_s=now_s)
    frame_bytes = frame_size_bytes(push, push.id, now_s)
    return Preview(
        audience=counted,
        topics=[str(topic) for topic in judged.cover.topics],
        frame_bytes=frame_bytes,
        plan=await plans.make(ports, request, counted, sender=sender),
        timeline=timeline,
        next_runs=next_runs,
        cost=cost.estimate(_volume(push, counted, timeline)),
        warnings=warnings.of(push, judged, counted, timeline, frame_bytes=frame_bytes, now_s=now_s),
    )


def _draft(
    request: PushRequest, cover: Cover, counted: Audience | None, *, sender: str, send_at_s: float | None, now_s: float
) -> Push:
    """The push as it would be, sent then."""
    return Push(
        id=positions.new_id(now_s),
        sender=sender,
        target=json_form.to_json(request.target),
        cover=cover,
        message=request.message,
        strategy=request.strategy,
        created_at_s=now_s,
        expires_at_s=_expires_at_s(request.strategy, send_at_s, now_s),
        schedule=Schedule(send_at_s=send_at_s),
        test=request.test,
        profile=None if counted is None else counted.profile(),
    )


def _expires_at_s(strategy: Strategy, send_at_s: float | None, now_s: float) -> float | None:
    return None if strategy.expires_in_s is None else max(now_s, send_at_s or now_s) + strategy.expires_in_s


def _volume(push: Push, counted: Audience, timeline: Picture) -> cost.Volume:
    sends = [span for lane in timeline.lanes for span in lane.spans if span.kind == "send"]
    slices = sum(max(1, math.ceil((span.to_s - span.from_s) / SLICE_S)) for span in sends)
    ack = push.strategy.ack
    return cost.Volume(
        terminals=counted.connections,
        away=counted.away if push.strategy.keeps_log else 0,
        releases=max(1, slices) * len(push.cover.topics),
        acked=push.strategy.ack_need is not None,
        resends=0 if ack is None else ack.resend,
    )

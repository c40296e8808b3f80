"""Pushes and what their slices came to, as tests need them."""

from __future__ import annotations

from collections.abc import Mapping

from services.domain import positions, topics
from services.domain.pushes import Counts, JobKind, Profile, Progress, Push, SliceTally
from services.domain.strategies.json_form import from_json
from services.domain.targets.cover import Cover
from services.domain.targets.expression import All
from services.domain.timeline.machine import Facts
from services.domain.timeline.schedule import AT_ONCE, Schedule
from services.domain.topics import Topic

NOW_S = 1_795_500_000.0
"""A Tuesday, 2026-11-24, at 06:00 in UTC."""
PUSH_ID = "0197f1c2-0000-7000-8000-000000000000"


def a_push(
    strategy: Mapping[str, object] | None = None,
    *,
    terminals: int = 0,
    by_timezone: Mapping[str, int] | None = None,
    schedule: Schedule = AT_ONCE,
    cover: tuple[Topic, ...] = (topics.ALL,),
) -> Push:
    """A push as it is submitted at `NOW_S`, to everybody."""
    asked = from_json(strategy or {})
    return Push(
        id=PUSH_ID,
        sender="sue",
        target={"all": True},
        cover=Cover(All(), cover),
        message="m",
        strategy=asked,
        created_at_s=NOW_S,
        expires_at_s=schedule.expires_at_s(asked.expires_in_s, now_s=NOW_S),
        schedule=schedule,
        profile=Profile(terminals=terminals, exact=True, by_timezone=by_timezone or {}),
    )


def a_tally(
    stage: str = "w1",
    *,
    at_s: float = NOW_S,
    kind: JobKind = "deliver",
    sent: int = 0,
    gone: int = 0,
    parts_left: int = 0,
    moved_at_s: float | None = None,
) -> SliceTally:
    """What one slice came to."""
    return SliceTally(
        stage=stage,
        kind=kind,
        position=positions.lowest_at(at_s),
        parts=1,
        parts_left=parts_left,
        moved_at_s=at_s if moved_at_s is None else moved_at_s,
        counts=Counts(targeted=sent + gone, sent=sent, gone=gone),
    )


def the_facts(*tallies: SliceTally, told: Mapping[str, Counts] | None = None, **unconfirmed: int) -> Facts:
    """What the machine is told."""
    return Facts(Progress(slices=tallies, told=told or {}), unconfirmed)

"""What happened lately: figures step by step, and groups that lost many of their connections."""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass

from services.domain import activity, topics
from services.domain.activity import (
    GROUPS_SAMPLED,
    MINUTE_S,
    MINUTES_KEPT_S,
    SAMPLE_EVERY_S,
    Point,
    minute_of,
)
from services.domain.durations import text
from services.domain.problems import Problem
from services.ports import GroupSize, GroupSizes, Ports

MOST_POINTS = 1_440
MOST_LOSSES = 50
"""Most groups that `losses` names."""
READ_AT_A_TIME = 500
"""Groups read at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """Steps of `step_s` seconds each, in order; the last one is not over yet. Times are epoch seconds."""

    from_s: float
    to_s: float
    step_s: int
    points: Sequence[Point]


@dataclass(frozen=True, slots=True)
class Loss:
    """A group with how many connections it has, and how many it had."""

    group: str
    connections: int
    were: int


@dataclass(frozen=True, slots=True)
class Losses:
    """Groups that have fewer connections than at a moment (epoch seconds), those that lost most first."""

    since_s: float
    items: Sequence[Loss]


async def course(ports: Ports, *, last_s: int, step_s: int) -> Course:
    """The figures of the last so many seconds, in steps that begin at multiples of `step_s` since the epoch.

    Raises Problem (422) if the steps are no whole minutes, are too many, or begin before what is kept.
    """
    if step_s < MINUTE_S or step_s % MINUTE_S:
        raise _refused("step", f"must be a whole number of minutes, at least {text(MINUTE_S)}")
    number = math.ceil(last_s / step_s)
    if number > MOST_POINTS:
        raise _refused("step", f"makes {number} points of them, and {MOST_POINTS} is the most; take a longer one")
    if number * step_s > MINUTES_KEPT_S:
        raise _refused("last", f"must be at most {text(MINUTES_KEPT_S)}, which is how long minutes are kept")
    minutes = step_s // MINUTE_S
    end = (minute_of(ports.clock.now_s()) // minutes + 1) * minutes
    first = end - number * minutes
    figures = await ports.activity.minutes(first, end - 1)
    connections = (await ports.registry.presence()).connections
    steps = [range(start, start + minutes) for start in range(first, end, minutes)]
    return Course(
        from_s=first * MINUTE_S,
        to_s=end * MINUTE_S,
        step_s=step_s,
        points=activity.points(figures, steps, connections=connections),
    )


async def losses(ports: Ports, *, since_s: int) -> Losses:
    """Groups that lost connections since about so many seconds ago, as their sizes were last taken down before.

    Looks at the 1,000 groups that were largest then. Where nothing was taken down that long ago, since the first time.
    """
    now_s = ports.clock.now_s()
    before = await ports.activity.sizes_at(now_s - since_s)
    if before is None:
        return Losses(now_s, ())
    now = await ports.registry.sizes([topics.group(name) for name in before.sizes])
    found = [Loss(name, now.get(topics.group(name), 0), were) for name, were in before.sizes.items()]
    lost = [loss for loss in found if loss.connections < loss.were]
    largest = heapq.nsmallest(MOST_LOSSES, lost, key=lambda loss: (loss.connections - loss.were, loss.group))
    return Losses(before.at_s, largest)


async def sample(ports: Ports) -> bool:
    """Take down how large the largest groups are, unless that was done in these five minutes; whether it was done now.

    To be called every minute or so.
    """
    now_s = ports.clock.now_s()
    newest = await ports.activity.sizes_at(now_s)
    if newest is not None and newest.at_s >= now_s // SAMPLE_EVERY_S * SAMPLE_EVERY_S:
        return False
    largest: list[GroupSize] = []
    after: str | None = None
    while True:
        page = await ports.registry.groups(limit=READ_AT_A_TIME, after=after)
        largest = heapq.nlargest(GROUPS_SAMPLED, [*largest, *page.items], key=lambda group: group.connections)
        if page.next is None:
            break
        after = page.next
    sizes = {group.name: group.connections for group in largest}
    await ports.activity.keep_sizes(GroupSizes(at_s=float(int(now_s)), sizes=sizes))
    return True


def _refused(parameter: str, detail: str) -> Problem:
    return Problem("invalid_duration", 422, f"{parameter} {detail}", field=parameter)

"""Stages: one wave in one lane. Who is in which is told by the push, the terminal's place and its clock alone.

`wave` is a wave's index everywhere here, counted from 0; a stage's id counts from 1, as people do: `w1`, or
`w1/<lane id>` with a window.
"""

from __future__ import annotations

from services.domain import ring
from services.domain.pushes import FIRST_STAGE, Push
from services.domain.ring import NOWHERE, SIZE, WHOLE, Arc
from services.domain.targets.expression import NOBODY, Target
from services.domain.targets.row_filter import Row, matches
from services.domain.timeline.lanes import opening_of
from services.domain.timeline.run import Lane
from services.domain.topics import Topic

_OF_ONE = frozenset({"user", "terminal", "connection"})
"""Kinds of topics whose log is one's own: all of it is released at once, at the place of the topic's name."""


def stage_id(wave: int, lane_id: str) -> str:
    """The id of a stage: `w<wave + 1>`, with `/<lane id>` if the lane has one."""
    return f"w{wave + 1}/{lane_id}" if lane_id else f"w{wave + 1}"


def parse(stage: str) -> tuple[int, str]:
    """The wave's index and the lane's id in a stage's id. Raises ValueError if it is none."""
    number, separator, lane_id = stage.partition("/")
    if not number.startswith("w") or not number[1:].isdecimal() or number == "w0" or (separator and not lane_id):
        raise ValueError(f"not a stage: {stage!r}")
    return int(number[1:]) - 1, lane_id


def wave_arc(push: Push, wave: int) -> Arc:
    """The places of a wave: each wave goes on where the one before ended, from a start that the push's id gives.

    The whole circle from 0 on where everybody has their turn at the same moment.
    """
    if push.strategy.is_immediate:
        return WHOLE
    waves = push.strategy.stages
    first = 0 if wave == 0 else _places(waves[wave - 1].percent)
    return Arc((ring.place_of(push.id) + first) % SIZE, _places(waves[wave].percent) - first)


def arc_under(topic: Topic, arc: Arc) -> Arc:
    """What an arc of a push comes to under a topic.

    Under `user:`, `terminal:` and `connection:` everybody is at one place, that of the topic's name, so that each of
    those logs is written once: the whole circle if that place is on the arc, else nothing of it.
    """
    if topic.kind not in _OF_ONE:
        return arc
    return WHOLE if ring.place_of(topic.name) in arc else NOWHERE


def filter_of(push: Push, stage: str) -> Target | None:
    """What a row must match, beside the push's target, to be in the lane of a stage; None is every row.

    Only where the window goes by the terminals' own clocks lanes differ in who is in them. Of a lane that the push
    does not have, nobody.
    """
    window = push.strategy.open_window
    if window is None or window.attribute is None:
        return None
    lane = lane_of(push, stage)
    if lane is None or push.run.ready_at_s is None:
        return NOBODY
    return opening_of(push, window, lane, push.run.ready_at_s)


def lane_of(push: Push, stage: str) -> Lane | None:
    """The lane of a stage; None if the push has none such (yet)."""
    lane_id = parse(stage)[1]
    return next((lane for lane in push.run.lanes if lane.id == lane_id), None)


def stage_of(push: Push, row: Row) -> str | None:
    """The stage in which a row has its turn. None if it has none: it is not meant, its window is shut and the strategy
    drops it, or the push has not begun.
    """
    serving = push.cover.serving(row)
    if serving is None:
        return None
    if push.strategy.is_immediate:
        return FIRST_STAGE
    place = place_under(push.cover.topics[serving], row)
    waves = range(len(push.strategy.stages))
    wave = next((wave for wave in waves if place in wave_arc(push, wave)), None)
    if wave is None:
        return None
    for lane in push.run.lanes:
        stage = stage_id(wave, lane.id)
        among = filter_of(push, stage)
        if among is None or matches(among, row):
            return stage
    return None


def had_turn(push: Push, row: Row) -> str | None:
    """The stage of a row whose turn has come: what it is in is released. None if it is not, or not yet."""
    stage = stage_of(push, row)
    if stage is None or push.strategy.is_immediate:
        return stage
    wave, _ = parse(stage)
    lane, serving = lane_of(push, stage), push.cover.serving(row)
    if lane is None or serving is None or lane.wave < wave:
        return None
    arc = wave_arc(push, wave)
    released = arc if lane.wave > wave else Arc(arc.start, lane.released)
    return stage if place_under(push.cover.topics[serving], row) in released else None


def place_under(topic: Topic, row: Row) -> int:
    """Where a row has its turn when it is served under a topic that it is filed under."""
    return ring.place_of(topic.name if topic.kind in _OF_ONE else row.terminal_id)


def has_parts(push: Push, arc: Arc) -> bool:
    """Whether a release of this arc makes any job at all."""
    return any(not arc_under(topic, arc).is_empty for topic in push.cover.topics)


def _places(percent: float) -> int:
    return SIZE if percent >= 100 else round(SIZE * percent / 100)

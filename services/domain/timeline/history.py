"""What a push has done so far: its timeline as it happened, from its run and from what its slices came to."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from services.domain import positions
from services.domain.pushes import OPEN, Progress, Push, SliceTally, State
from services.domain.ring import SIZE
from services.domain.timeline import stages
from services.domain.timeline.drawing import Sent, drawn
from services.domain.timeline.lanes import terminals_in
from services.domain.timeline.picture import Mark, Picture
from services.domain.timeline.run import Lane


def actual(push: Push, progress: Progress, now_s: float) -> Picture:
    """The timeline of a push until `now_s`, or until it ended."""
    open_still = push.state in OPEN or push.state is State.HALTED or push.finished_at_s is None
    to_s = now_s if open_still or push.finished_at_s is None else push.finished_at_s
    sent = sorted(
        (_sent(tally, now_s) for tally in progress.slices if tally.kind != "recall"), key=lambda piece: piece.from_s
    )
    expected: dict[str, int] = {}
    for lane in push.run.lanes or _before_it_begins(push):
        if lane.phase != "done":
            expected |= _expected(push, lane, sent)
    picture = drawn(
        push,
        sent,
        from_s=push.created_at_s,
        to_s=max([to_s, push.created_at_s, *(piece.to_s for piece in sent)]),
        expected=expected,
    )
    if push.state is State.COMPLETED and push.finished_at_s is not None and not _is_marked_done(picture):
        # Whoever ended its last part completed it, without a look at its run.
        done = Mark(at_s=push.finished_at_s, kind="done")
        return Picture(
            from_s=picture.from_s,
            to_s=picture.to_s,
            lanes=picture.lanes,
            reach=picture.reach,
            marks=(*picture.marks, done),
        )
    return picture


def _sent(tally: SliceTally, now_s: float) -> Sent:
    from_s = positions.time_of_s(tally.position)
    return Sent(
        stage=tally.stage,
        kind=tally.kind,
        from_s=from_s,
        to_s=max(from_s, tally.moved_at_s if tally.parts_left == 0 else now_s),
        terminals=tally.counts.targeted,
    )


def _before_it_begins(push: Push) -> tuple[Lane, ...]:
    """The one lane that a push will have which has not begun; with a window they are not known before."""
    waits = push.state in OPEN and push.strategy.open_window is None and push.schedule.repeat is None
    return (Lane(opens_at_s=push.created_at_s, since_s=push.created_at_s, due_at_s=None),) if waits else ()


def _expected(push: Push, lane: Lane, sent: Sequence[Sent]) -> dict[str, int]:
    """How many each wave of a lane that is not over is still for, by its share of the ring.

    Where the audience was counted, whom the waves before did not find are left to the others: all waves together are
    for all who were counted.
    """
    waves = range(lane.wave, len(push.strategy.stages))
    places = {stages.stage_id(wave, lane.id): stages.wave_arc(push, wave).length for wave in waves}
    places[stages.stage_id(lane.wave, lane.id)] -= lane.released
    ahead = sum(places.values())
    known = terminals_in(push, lane)
    left = known * ahead // SIZE
    if push.profile is not None and push.profile.exact:
        left = max(0, known - sum(piece.terminals for piece in sent if _is_delivered_in(piece, lane)))
    ends = itertools.accumulate(places.values(), initial=0)
    shares = [left * end // max(1, ahead) for end in ends]
    return {name: upto - before for name, (before, upto) in zip(places, itertools.pairwise(shares), strict=True)}


def _is_delivered_in(piece: Sent, lane: Lane) -> bool:
    return piece.kind == "deliver" and stages.parse(piece.stage)[1] == lane.id


def _is_marked_done(picture: Picture) -> bool:
    return any(mark.kind == "done" for mark in picture.marks)

"""What a push will do: its timeline in virtual time, over the audience that its profile tells of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from services.domain.pushes import OPEN, Counts, JobKind, Progress, Push, SliceTally, State
from services.domain.ring import SIZE
from services.domain.timeline import cron, machine, pace, stages, windows
from services.domain.timeline.drawing import Sent, drawn
from services.domain.timeline.lanes import terminals_in
from services.domain.timeline.machine import Facts
from services.domain.timeline.picture import Mark, Picture
from services.domain.timeline.run import NOT_BEGUN
from services.domain.timeline.schedule import Schedule
from services.domain.timeline.step import Release, Rest, Step

RUNS_SHOWN: Final = 10
"""How many of the next runs of a push that repeats are marked."""
_MOST_LOOKS: Final = 5_000
"""A forecast ends after so many looks: no strategy needs them but one that was made for it."""


def forecast(push: Push, *, now_s: float) -> Picture:
    """The timeline of a push that was not begun, or of one as it was submitted, from `now_s` on.

    Only its target, strategy, schedule and profile count, not how far it has come: pass `created_at_s` as `now_s` for
    what was foreseen. Nobody acknowledges in it, so every resend and the escalation are shown; nothing halts, and
    whoever has to approve does so at once. Sending takes no time but that of the pace.
    Of a push that repeats it is the timeline of the next run, with the next runs as marks.
    """
    repeat = push.schedule.repeat
    if repeat is None:
        return _Foreseen(push, now_s).seen()
    runs = cron.next_runs(repeat, max(now_s, push.schedule.send_at_s or now_s), RUNS_SHOWN)
    first = Schedule(send_at_s=runs[0]) if runs else push.schedule
    in_s = push.strategy.expires_in_s
    expires_at_s = runs[0] + in_s if runs and in_s is not None else None
    if not runs:
        return Picture(from_s=now_s, to_s=now_s)
    foreseen = _Foreseen(replace(push, schedule=first, expires_at_s=expires_at_s), now_s).seen()
    marks = [*foreseen.marks, *(Mark(at_s=at_s, kind="run") for at_s in runs)]
    return replace(foreseen, to_s=max(foreseen.to_s, runs[-1]), marks=tuple(sorted(marks, key=lambda mark: mark.at_s)))


class _Foreseen:
    """A push that goes on in virtual time. Every slice finds its share of those that are expected in its lane."""

    def __init__(self, push: Push, now_s: float) -> None:
        self.from_s = self.now_s = now_s
        self.push = replace(push, state=State.SENDING, step=0, run=NOT_BEGUN, due_at_s=None, closing=False)
        self.sent: list[Sent] = []
        self.tallies: dict[tuple[JobKind, str], SliceTally] = {}
        self.deadlines: list[Mark] = []
        self.expected: dict[str, int] = {}

    def seen(self) -> Picture:
        self._apply(machine.begin(self.push, self.now_s))
        for _ in range(_MOST_LOOKS):
            if self.push.state not in OPEN:
                break
            decided = self._decided()
            if isinstance(decided, Step):
                self._apply(decided)
            elif decided.until_s is None:
                break
            else:
                self.now_s = decided.until_s
        to_s = max([self.now_s, *(piece.to_s for piece in self.sent)])
        drawing = drawn(self.push, self.sent, from_s=self.from_s, to_s=to_s, expected=self.expected)
        marks = [*drawing.marks, *self._edges(to_s)]
        return replace(drawing, marks=tuple(sorted(marks, key=lambda mark: mark.at_s)))

    def _decided(self) -> Step | Rest:
        asked = machine.asks(self.push, self.now_s)
        for stage in asked:
            self.deadlines.append(Mark(at_s=self.now_s, kind="ack_due", lane=stage))
        unconfirmed = {stage: self._found("deliver", stage) for stage in asked}
        facts = Facts(Progress(slices=tuple(self.tallies.values())), unconfirmed)
        return machine.proceed(self.push, facts, self.now_s, foreseen_s=self._foreseen_s())

    def _apply(self, step: Step) -> None:
        self.push = step.push
        for release in step.releases:
            self._send(release)

    def _send(self, release: Release) -> None:
        terminals = self._expected_on(release)
        worth_s = 0.0
        free_at_s = self.push.run.free_at_s
        if self.push.strategy.pace is not None and free_at_s is not None:
            worth_s = max(0.0, free_at_s - self.now_s)
        self.sent.append(
            Sent(
                stage=release.stage,
                kind=release.kind,
                from_s=self.now_s,
                to_s=self.now_s + worth_s,
                terminals=terminals,
                is_slope=worth_s > pace.LONGEST_SLICE_S,
            )
        )
        key = (release.kind, release.stage)
        found = terminals + self._found(*key)
        self.tallies[key] = SliceTally(
            stage=release.stage,
            kind=release.kind,
            position="",
            parts=1,
            parts_left=0,
            moved_at_s=self.now_s,
            counts=Counts(targeted=found, sent=found),
        )

    def _found(self, kind: JobKind, stage: str) -> int:
        tally = self.tallies.get((kind, stage))
        return 0 if tally is None else tally.counts.targeted

    def _expected_on(self, release: Release) -> int:
        """How many of its lane a release finds: rounded so that all slices together find all."""
        lane = stages.lane_of(self.push, release.stage)
        profile = self.push.profile
        total = (0 if profile is None else profile.terminals) if lane is None else terminals_in(self.push, lane)
        first = (release.arc.start - stages.wave_arc(self.push, 0).start) % SIZE
        return total * (first + release.arc.length) // SIZE - total * first // SIZE

    def _foreseen_s(self) -> float:
        """For how long nothing happens but that slices go at their pace."""
        asked, run, now_s = self.push.strategy.pace, self.push.run, self.now_s
        if asked is None or not run.lanes:
            return 0.0
        reached = sum(tally.counts.targeted for (kind, _), tally in self.tallies.items() if kind == "deliver")
        coming = [lane.due_at_s for lane in run.lanes if lane.due_at_s is not None]
        coming += [wait.due_at_s for wait in run.ack_waits if wait.due_at_s > now_s]
        coming += [] if self.push.expires_at_s is None else [self.push.expires_at_s]
        coming += self._closings()
        rises = pace.to_rise(asked, reached)
        if rises is not None:
            coming.append(now_s + rises / pace.per_second_at(asked, reached))
        return max(0.0, min((at_s for at_s in coming if at_s > now_s), default=float("inf")) - now_s)

    def _closings(self) -> Sequence[float]:
        window = self.push.strategy.open_window
        if window is None:
            return ()
        closings = (windows.closes(window, lane.timezone or "UTC", self.now_s) for lane in self.push.run.lanes)
        return [at_s for at_s in closings if at_s is not None]

    def _edges(self, to_s: float) -> list[Mark]:
        """Marks that a run does not have: deadlines, and the end of the push if it comes before it is done."""
        marks = list(self.deadlines)
        expires_at_s = self.push.expires_at_s
        if expires_at_s is not None and self.push.state is not State.EXPIRED and expires_at_s <= to_s:
            marks.append(Mark(at_s=expires_at_s, kind="expires"))
        return marks

"""A world in virtual time for the machine: terminals, workers, timers that come twice, late or never, and processes
that die. Of a push only what is kept survives from one look to the next.
"""

from __future__ import annotations

import heapq
import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from services.domain import positions, ring
from services.domain.identity import AttributeValue
from services.domain.pushes import OPEN, Counts, JobKind, Profile, Progress, Push, SliceTally, State
from services.domain.ring import Arc
from services.domain.targets.row_filter import matches
from services.domain.timeline import machine, run, stages
from services.domain.timeline.machine import Facts
from services.domain.timeline.step import Release, Rest, Step
from services.domain.topics import Topic

SWEEP_S = 60.0


@dataclass(frozen=True, kw_only=True)
class Terminal:
    """A terminal, and how it behaves: after how long it acknowledges (None: never), and whether its socket is gone.

    `at_place` puts it where the test wants it on the ring, instead of where its id would.
    """

    terminal_id: str
    user: str
    zone: str | None = None
    acks_after_s: float | None = None
    fails: bool = False
    is_gone: bool = False
    groups: tuple[str, ...] = ()
    connection_id: str = "c"
    at_place: int | None = None

    @property
    def place(self) -> int:
        return ring.place_of(self.terminal_id) if self.at_place is None else self.at_place

    @property
    def attributes(self) -> Mapping[str, AttributeValue]:
        return {} if self.zone is None else {"tz": self.zone}

    def is_under(self, topic: Topic) -> bool:
        return topic.kind == "all" or (topic.kind == "user" and topic.name == self.user)


@dataclass(kw_only=True)
class Slice:
    """What was released at one moment."""

    at_s: float
    release: Release
    position: str
    parts_left: int
    parts: int
    moved_at_s: float
    found: list[Terminal] = field(default_factory=list)
    counts: Counts = field(default_factory=Counts)


class Chaos:
    """Decides what goes wrong, from numbers that were drawn; when they are used up nothing goes wrong any more."""

    def __init__(self, numbers: Sequence[int]) -> None:
        self._left = list(reversed(numbers))

    def one_in(self, many: int) -> bool:
        """Whether something happens that does so once in a while."""
        return bool(self._left) and self._left.pop() % many == 1

    def of(self, *choices: float) -> float:
        """One of these; the first where nothing goes wrong."""
        return choices[self._left.pop() % len(choices)] if self._left else choices[0]


@dataclass(kw_only=True)
class World:
    """A push, those it is for, and all that happens to it."""

    push: Push
    terminals: Sequence[Terminal]
    chaos: Chaos
    now_s: float
    needs_approval: bool = False
    slices: list[Slice] = field(default_factory=list)
    children: dict[str, float] = field(default_factory=dict)
    confirmed_at_s: dict[str, float] = field(default_factory=dict)
    receipts: dict[str, str] = field(default_factory=dict)
    states: list[tuple[float, State]] = field(default_factory=list)
    steps: int = 0

    def __post_init__(self) -> None:
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._positions = positions.Uuid7Source()

    # What happens.

    def play(self, *, until_s: float, most_events: int = 20_000) -> None:
        """Submit the push and let time pass until nothing is to come any more."""
        step = machine.begin(self.push, self.now_s, needs_approval=self.needs_approval)
        assert step.push.step == self.push.step
        self._write(step)
        if self.push.expires_at_s is not None:
            self.at(self.push.expires_at_s, self.look)
        for _ in range(most_events):
            if not self._events or self._events[0][0] > until_s:
                return
            at_s, _, happens = heapq.heappop(self._events)
            self.now_s = max(self.now_s, at_s)
            happens()
        raise AssertionError(f"the push takes no end: {self.push.state}, {self.push.run}")

    def at(self, at_s: float, happens: Callable[[], None]) -> None:
        """Have something happen at a moment."""
        heapq.heappush(self._events, (at_s, next(self._order), happens))

    def look(self) -> None:
        """What a process does that is told to see to the push."""
        for _ in range(200):
            decided = self._decided()
            if isinstance(decided, Rest):
                if decided.until_s is not None and self.push.due_at_s is not None and self.push.state in OPEN:
                    due_at_s = self.push.due_at_s
                    assert decided.until_s > self.now_s, "a rest that is over already"
                    assert due_at_s <= max(decided.until_s, self.now_s), "nobody would look again in time"
                    if due_at_s <= self.now_s:
                        self._set_timer(decided.until_s)
                return
            if self.chaos.one_in(23):
                # It dies after it has set the timer and made the children, before it has written the step.
                self._prepare(decided)
                self.at(self.now_s + SWEEP_S, self.sweep)
                return
            self._apply(decided)
        raise AssertionError(f"no end of steps at one moment: {self.push.state}, {self.push.run}")

    def sweep(self) -> None:
        """What the sweeper does every minute, for a push that is overdue."""
        if self.push.state in OPEN and self.push.due_at_s is not None and self.push.due_at_s <= self.now_s:
            self.look()

    def command(self, decide: Callable[[Push, float], Step]) -> None:
        """What a person does, and the look that follows. Raises what `decide` raises."""
        self._apply(decide(self._kept(), self.now_s))
        self.look()

    # How it is done.

    def _kept(self) -> Push:
        """The push as a process reads it."""
        return replace(self.push, run=run.from_json(json.loads(json.dumps(run.to_json(self.push.run)))))

    def _decided(self) -> Step | Rest:
        push = self._kept()
        unconfirmed = {stage: self.unconfirmed(stage) for stage in machine.asks(push, self.now_s)}
        return machine.proceed(push, Facts(self.progress(), unconfirmed), self.now_s)

    def progress(self) -> Progress:
        """What the stores tell."""
        told: dict[str, Counts] = {}
        for terminal in self.terminals:
            if terminal.terminal_id in self.confirmed_at_s:
                stage = self.receipts[terminal.terminal_id]
                told[stage] = told.get(stage, Counts()) + (Counts(failed=1) if terminal.fails else Counts(read=1))
        return Progress(
            slices=[
                SliceTally(
                    stage=piece.release.stage,
                    kind=piece.release.kind,
                    position=piece.position,
                    parts=piece.parts,
                    parts_left=piece.parts_left,
                    moved_at_s=piece.moved_at_s,
                    counts=piece.counts,
                )
                for piece in self.slices
                if piece.parts
            ],
            told=told,
        )

    def unconfirmed(self, stage: str) -> int:
        """How many terminals of a stage have a receipt and have not answered."""
        return sum(of == stage and name not in self.confirmed_at_s for name, of in self.receipts.items())

    def _apply(self, step: Step) -> None:
        before = self.push
        assert step.push.step == before.step + 1
        self._prepare(step)
        self._write(step)
        if self.chaos.one_in(11):
            # Another one had decided the same, and comes too late: the condition on the step holds it back.
            assert (step.push.step - 1, before.state) != (self.push.step, self.push.state)

    def _prepare(self, step: Step) -> None:
        if step.push.due_at_s is not None:
            self._set_timer(step.push.due_at_s)
        for child in step.children:
            self.children.setdefault(child.key, self.now_s)

    def _set_timer(self, at_s: float) -> None:
        if not self.chaos.one_in(7):
            self.at(at_s + self.chaos.of(0, 0, 0, 0.5, 30, 4 * 3_600), self.look)
            if self.chaos.one_in(5):
                self.at(at_s + self.chaos.of(0, 1, 100), self.look)
        self.at(at_s + SWEEP_S, self.sweep)

    def _write(self, step: Step) -> None:
        assert step.push.state not in OPEN or step.push.closing or step.push.due_at_s is not None
        self.push = step.push
        self.steps += 1
        if not self.states or self.states[-1][1] is not step.push.state:
            self.states.append((self.now_s, step.push.state))
        if step.push.due_at_s is not None:
            self._set_timer(step.push.due_at_s)
        for release in step.releases:
            self._release(release)

    def _release(self, release: Release) -> None:
        arcs = [(topic, stages.arc_under(topic, release.arc)) for topic in self.push.cover.topics]
        arcs = [(topic, arc) for topic, arc in arcs if not arc.is_empty]
        piece = Slice(
            at_s=self.now_s,
            release=release,
            position=self._positions.make(self.now_s),
            parts=len(arcs),
            parts_left=len(arcs),
            moved_at_s=self.now_s,
        )
        self.slices.append(piece)
        for topic, arc in arcs:
            self.at(self.now_s + self.chaos.of(0.05, 0.2, 1, 3, 40), self._worker(piece, topic, arc))

    def _worker(self, piece: Slice, topic: Topic, arc: Arc) -> Callable[[], None]:
        def ends() -> None:
            self._deliver(piece, topic, arc)
            piece.parts_left -= 1
            piece.moved_at_s = self.now_s
            if any(other.parts_left for other in self.slices):
                return
            if self.push.closing and self.push.state is State.SENDING:
                self.push = self.push.moved(State.COMPLETED, at_s=self.now_s)
                self.states.append((self.now_s, State.COMPLETED))
            elif not self.chaos.one_in(9):
                self.look()

        return ends

    def _deliver(self, piece: Slice, topic: Topic, arc: Arc) -> None:
        if self.push.state in {State.CANCELLED, State.EXPIRED, State.REJECTED} or self.push.expired_at(self.now_s):
            return
        among = stages.filter_of(self.push, piece.release.stage)
        for terminal in self.terminals:
            # Under a topic of one's own the arc is all of the circle.
            if not terminal.is_under(topic) or terminal.place not in arc:
                continue
            if among is not None and not matches(among, terminal):
                continue
            if piece.release.kind == "resend" and terminal.terminal_id in self.confirmed_at_s:
                continue
            piece.found.append(terminal)
            gone = Counts(targeted=1, gone=1)
            piece.counts += gone if terminal.is_gone else Counts(targeted=1, sent=1)
            if not terminal.is_gone:
                self._got(terminal, piece)

    def _got(self, terminal: Terminal, piece: Slice) -> None:
        self.receipts.setdefault(terminal.terminal_id, piece.release.stage)
        if terminal.acks_after_s is not None and piece.release.kind == "deliver":
            self.at(self.now_s + terminal.acks_after_s, lambda: self._acknowledge(terminal))

    def _acknowledge(self, terminal: Terminal) -> None:
        self.confirmed_at_s.setdefault(terminal.terminal_id, self.now_s)

    # What is asked of it afterwards.

    def given(self, kind: JobKind) -> list[Slice]:
        """The slices of a kind, in the order of their release."""
        return [piece for piece in self.slices if piece.release.kind == kind]


def profile_of(terminals: Sequence[Terminal]) -> Profile:
    """What a count one by one would say."""
    by_timezone: dict[str, int] = {}
    for terminal in terminals:
        by_timezone[terminal.zone or ""] = by_timezone.get(terminal.zone or "", 0) + 1
    return Profile(terminals=len(terminals), exact=True, by_timezone=by_timezone)

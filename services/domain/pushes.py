"""A push: one request to send a message to a target under a strategy, its state and its counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Literal

from services.domain.ring import WHOLE, Arc
from services.domain.strategies.strategy import DEFAULT, Strategy
from services.domain.targets.cover import Cover
from services.domain.targets.flow import Flow
from services.domain.timeline.run import NOT_BEGUN, Run
from services.domain.timeline.schedule import AT_ONCE, Schedule
from services.domain.topics import Topic

IN_FLIGHT_BOUND_S = 60
"""A slice must be delivered within this long of its release; what is left then is released again."""
CLOCK_SKEW_S = 5
"""How far apart the clocks of two of our own processes may be."""
MAX_FRAME_BYTES = 32 * 1024
"""Largest push frame, its envelope included: one metered API Gateway message (WebSocket quotas)."""


class State(StrEnum):
    """Where a push is. The first five are open: it may still reach someone."""

    AWAITING_APPROVAL = "awaiting_approval"
    SCHEDULED = "scheduled"
    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    COMPLETED = "completed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    HALTED = "halted"


OPEN = (State.AWAITING_APPROVAL, State.SCHEDULED, State.WAITING, State.SENDING, State.SENT)
"""States of a push that may still reach someone who has not been reached."""
DELIVERABLE = frozenset({State.WAITING, State.SENDING, State.SENT, State.COMPLETED, State.HALTED})
"""States in which a released slice may be delivered, and replayed to those who return. A halt releases no more; what
was released before it is under way, and terminals may have read past it."""
CANCELLABLE = frozenset(
    {
        State.AWAITING_APPROVAL,
        State.SCHEDULED,
        State.WAITING,
        State.SENDING,
        State.SENT,
        State.COMPLETED,
        State.HALTED,
    }
)
"""States in which a cancel still does something: a completed push can be recalled from screens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many connections of a push are where. Each counts once, also when a job was delivered twice.

    `targeted` were found for it; each of them is then `sent`, `gone`, `expired` or `skipped`, or still
    under way. `received`, `read`, `failed` and `recalled` are told by terminals, where they were asked.
    """

    targeted: int = 0
    sent: int = 0
    received: int = 0
    read: int = 0
    failed: int = 0
    recalled: int = 0
    gone: int = 0
    expired: int = 0
    skipped: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(**{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(Counts)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What is counted for a plan only: how many connections and users were meant, and how the target narrowed everybody
    down to them. `flow` is None if that was not counted, or is too long to keep."""

    connections: int
    users: int
    flow: Flow | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Who was meant and known when a push was submitted: what its forecast is made from.

    `terminals` connected, `away` known and not connected. `exact` is about those who are connected only: they were
    counted one by one, else `terminals` follows from the directory's sizes. Who is away is counted for a plan; without
    one `away` is 0. `by_timezone` is how many terminals have each time zone, where the window goes by the terminals'
    own clocks; of those without one it counts under "". `planned` is None without a plan.
    """

    terminals: int
    away: int = 0
    exact: bool = False
    by_timezone: Mapping[str, int] = field(default_factory=dict)
    planned: Planned | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """The durable record. `target` and `message` are kept as JSON values; times are epoch seconds.

    `cover` is what the planner made of the target; it stays as it was when the push was submitted.

    `sender` is the caller's `sub`. `step` grows by one with every change of it, so that a step that is
    delivered twice acts once. `schedule`, `parent` (the push that this is a run or the escalation of), `test` and
    `profile` (who was meant when it was submitted, for the forecast) never change; state, step, `run` and what is said
    below do.

    `due_at_s` is when something is to be done next at the latest, None: nothing, but what its parts come to.
    `closing` says that it is completed as soon as no part of it is left.
    """

    id: str
    sender: str
    target: Mapping[str, object]
    cover: Cover
    message: object
    strategy: Strategy = DEFAULT
    state: State = State.SENDING
    step: int = 0
    created_at_s: float
    expires_at_s: float | None = None
    finished_at_s: float | None = None
    ended_by: str | None = None
    schedule: Schedule = AT_ONCE
    parent: str | None = None
    test: bool = False
    profile: Profile | None = None
    run: Run = NOT_BEGUN
    due_at_s: float | None = None
    closing: bool = True

    def moved(
        self,
        to: State,
        *,
        at_s: float,
        by: str | None = None,
        run: Run | None = None,
        due_at_s: float | None = None,
        closing: bool = True,
    ) -> Push:
        """The push one step on, in state `to` since `at_s`."""
        finished = to not in OPEN
        return replace(
            self,
            state=to,
            step=self.step + 1,
            finished_at_s=at_s if finished else None,
            ended_by=by if finished else None,
            run=self.run if run is None else run,
            due_at_s=due_at_s,
            closing=closing,
        )

    def expired_at(self, now_s: float) -> bool:
        """Whether its time was over at `now_s`."""
        return self.expires_at_s is not None and self.expires_at_s <= now_s


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """A slice of a push in the log of one topic: what `resume` reads.

    `filter` is the target (as JSON) that a row found under `topic` must still match, None for everybody.
    `retained_until_s` is when it leaves the log; `expires_at_s` when the push itself ends. `again` says that it is for
    those only who have not acknowledged. `collapse_key` is the strategy's `replay_key`.
    """

    topic: Topic
    position: str
    push_id: str
    arc: Arc = WHOLE
    filter: Mapping[str, object] | None = None
    retained_until_s: float
    expires_at_s: float | None = None
    collapse_key: str | None = None
    again: bool = False


JobKind = Literal["deliver", "resend", "recall"]
FIRST_STAGE = "w1"
"""The stage of a push without waves and windows."""
JobKey = tuple[str, str, int, int]
"""Push id, position, part, lane."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One unit of fan-out: one topic of one slice.

    `kind` is what it posts: the push (`deliver`), the push to those who have not acknowledged (`resend`), or that it is
    to be taken off the screen (`recall`). `stage` is the wave and lane of the timeline that it belongs to.
    `part` is the index in the push's cover, which says which rows found under `topic` are served; a large topic is
    walked in several `lane`s at the same time, each an arc of its own.
    `step` is the number of the page it is about to do; `after` the sort key of the last row done;
    `left` are the sort keys of connections that were throttled and are still to be served, tried `attempt` times
    so far. An empty arc says that only they are left; it keeps the start, from which on their places are counted.
    """

    push_id: str
    position: str
    part: int
    lane: int = 0
    topic: Topic
    kind: JobKind = "deliver"
    stage: str = FIRST_STAGE
    arc: Arc = WHOLE
    step: int = 0
    after: str | None = None
    left: tuple[str, ...] = ()
    attempt: int = 0

    @property
    def key(self) -> JobKey:
        """What stays the same while the job goes on from page to page."""
        return (self.push_id, self.position, self.part, self.lane)


ReceiptKind = Literal["sent", "received", "read", "failed", "recalled", "gone", "expired", "skipped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of a push at one terminal; kept only where the strategy asks for it."""

    push_id: str
    connection_id: str
    terminal_id: str
    user: str
    kind: ReceiptKind
    at_s: float
    detail: str | None = None
    stage: str = FIRST_STAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceTally:
    """What one slice came to so far: how many parts it was released in, how many are left, and its counts.

    `moved_at_s` is when one of them last went on; when it was released its position says. Of a resend and a recall the
    counts are here, but not in those of the push.
    """

    stage: str
    kind: JobKind
    position: str
    parts: int
    parts_left: int
    moved_at_s: float
    counts: Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What every slice of a push came to, in order of position, and what terminals told, by stage.

    Of `told` only received, read, failed and recalled count.
    """

    slices: Sequence[SliceTally] = ()
    told: Mapping[str, Counts] = field(default_factory=dict)

"""What a strategy is made of. Every member has a default; all together they say: now, to everyone at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

DAY_S: Final = 86_400
MAX_RETAIN_S: Final = 30 * DAY_S
"""Longest retention of a push for terminals that are away."""
MAX_EXPIRES_IN_S: Final = 30 * DAY_S
"""Longest life of a push, from the moment it is to be sent."""
MAX_WAVES: Final = 20
MAX_THEN_WAIT_S: Final = 14 * DAY_S
MAX_ACK_WITHIN_S: Final = 7 * DAY_S
MAX_RESENDS: Final = 10
MIN_PER_SECOND: Final = 0.1
MAX_PER_SECOND: Final = 100_000.0

AckNeed = Literal["received", "read"]
Receipts = Literal["none", "each"]
Priority = Literal["normal", "urgent"]
Replay = Literal["missed", "latest", "none"]
Outside = Literal["wait", "drop"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The hours of the day in which a push may be sent, by the clock on somebody's wall.

    `timezone` is an IANA name; with `attribute` set, each terminal's own clock rules: that attribute of it holds an
    IANA name, and `timezone` stands for those without (or with a name that nobody knows).
    `days` are those it opens on, 0 is Monday. `from_minute` and `to_minute` count from midnight; it closes on the next
    day where `to_minute` is not later than `from_minute`. `outside` says what becomes of those for whom it is closed.
    """

    timezone: str = "UTC"
    attribute: str | None = None
    days: frozenset[int] = frozenset(range(7))
    from_minute: int = 0
    to_minute: int = 1_440
    outside: Outside = "wait"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ramp:
    """A slow start: `from_per_second`, times `multiply_by` after every `each` terminals, up to the pace."""

    from_per_second: float
    multiply_by: float
    each: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """At most so many terminals a second, over all waves and time zones together."""

    per_second: float
    ramp: Ramp | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HaltIf:
    """When a push halts by itself: a share (0 to 1) is over a limit, once at least `at_least` were tried.

    `failed_over` is of terminals that said `failed`, among those it was sent to; `gone_over` of sockets that were
    closed, among those that were tried. None never halts.
    """

    failed_over: float | None = None
    gone_over: float | None = None
    at_least: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """So far it goes: until `percent` of the terminals have had their turn, those of earlier waves included.

    Then it waits for `then_wait_s`, and goes on unless `halt_if` says that this wave went badly.
    """

    percent: float = 100.0
    then_wait_s: int = 0
    halt_if: HaltIf | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """Whom to tell, and what, if not everyone has acknowledged in the end. `target` is a target as JSON."""

    target: Mapping[str, object]
    message: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """What terminals must acknowledge. `within_s` after they were sent it, those who have not are sent it again,
    `resend` times; `within_s` after the last time it is escalated. Without `within_s` nobody is waited for.

    `once_per_user`: read on one terminal counts for its user, and is taken off the screens of their others.
    """

    need: AckNeed
    within_s: int | None = None
    resend: int = 0
    once_per_user: bool = False
    escalate: Escalation | None = None


FULL: Final = Wave()
"""The only wave of a strategy without any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """The default strategy is: now, at full speed, retained 24 h, no ack needed, counts only.

    `name` and `version` are those of the kept strategy that it came from; None was written for this push alone.
    `retain_s`: how long a terminal that is away can still get it; 0 keeps nothing for those who are away.
    `expires_in_s`: after this long it is not delivered any more, nor replayed; None is never.
    `receipts`: `each` keeps one receipt per terminal and asks terminals to acknowledge `received`.
    `collapse_key`: only the newest push of a key is replayed, and it replaces the older on screen.
    `priority`: `urgent` does not ask for the window.
    `waves`: none is one of everybody.
    `replay`: what a terminal that comes back gets of pushes under this strategy: all it missed, the latest, none.
    """

    name: str | None = None
    version: int | None = None
    retain_s: int = DAY_S
    expires_in_s: int | None = None
    receipts: Receipts = "none"
    collapse_key: str | None = None
    priority: Priority = "normal"
    window: Window | None = None
    pace: Pace | None = None
    waves: tuple[Wave, ...] = ()
    ack: Ack | None = None
    replay: Replay = "missed"

    @property
    def ack_need(self) -> AckNeed | None:
        """What a terminal must acknowledge, and so the `ack` member of its frame; None is nothing."""
        if self.ack is not None:
            return self.ack.need
        return "received" if self.receipts == "each" else None

    @property
    def once_per_user(self) -> bool:
        """Whether what a user has read on one terminal counts for the others."""
        return self.ack is not None and self.ack.once_per_user

    @property
    def keeps_log(self) -> bool:
        """Whether a terminal that is away can get it when it comes back."""
        return self.retain_s > 0 and self.replay != "none"

    @property
    def replay_key(self) -> str | None:
        """Of the pushes with the same key only the newest is replayed; None stands for itself."""
        if self.collapse_key is not None:
            return self.collapse_key
        return f"strategy {self.name}" if self.replay == "latest" and self.name is not None else None

    @property
    def stages(self) -> tuple[Wave, ...]:
        """The waves, at least one."""
        return self.waves or (FULL,)

    @property
    def open_window(self) -> Window | None:
        """The window that is asked: none for what is urgent."""
        return None if self.priority == "urgent" else self.window

    @property
    def is_immediate(self) -> bool:
        """Whether all of it is one release, after which nothing is waited for: no window, pace, waves or deadline."""
        return (
            self.open_window is None
            and self.pace is None
            and len(self.stages) == 1
            and (self.ack is None or self.ack.within_s is None)
        )


DEFAULT: Final = Strategy()

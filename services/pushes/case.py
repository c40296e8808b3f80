"""A push and a terminal, all that is known of both, and the steps that explain what the one came to at the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from services.domain.pushes import Progress, Push, Receipt
from services.domain.targets.row_filter import Row
from services.domain.timeline import stages
from services.ports import Sender

StepName = Literal[
    "sender",
    "target",
    "test",
    "approval",
    "schedule",
    "window",
    "stage",
    "release",
    "presence",
    "delivery",
    "acknowledgement",
    "resend",
    "escalation",
    "replay",
    "end",
]
Answer = Literal[
    "not_meant",
    "repeats",
    "awaiting_approval",
    "rejected",
    "scheduled",
    "dropped",
    "waits",
    "halted",
    "cancelled",
    "expired",
    "under_way",
    "sent",
    "received",
    "read",
    "failed",
    "recalled",
    "gone",
    "skipped",
    "away",
    "missed",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One link of the chain: what was asked, how it came out, in words, and the facts."""

    step: StepName
    outcome: str
    text: str
    data: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """Where a terminal is: connected since, or, if it is not, last seen. Both None: nobody knows it."""

    connected_since_s: float | None = None
    last_seen_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """All that is known of a push and a terminal. `row` is the terminal as it is now, or was when it was last seen."""

    push: Push
    progress: Progress
    row: Row
    receipt: Receipt | None
    where: Whereabouts
    sender: Sender | None
    now_s: float

    @property
    def stage(self) -> str | None:
        """The stage in which the terminal has its turn, None if it has none, or not yet."""
        return stages.stage_of(self.push, self.row)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """The outcome, and the steps that lead to it."""

    answer: Answer
    steps: Sequence[Step]

"""Pushes, the logs of their topics, their fan-out jobs, counts and receipts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from services.domain.audit import AuditEntry
from services.domain.connection import Connection
from services.domain.pushes import Counts, Job, JobKey, LogEntry, Progress, Push, Receipt, State
from services.domain.topics import Topic
from services.ports.page import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotencyKey:
    """What one caller calls one request, and a digest of that request's body."""

    caller: str
    key: str
    body_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """All that one submitted push writes. Durable as a whole, or not there at all."""

    push: Push
    entries: Sequence[LogEntry]
    jobs: Sequence[Job]
    audit: AuditEntry
    idempotency: IdempotencyKey | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """`created` is False if the idempotency key had been used for the same body; `push` is then the first one."""

    push: Push
    created: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Advance:
    """A page of deliveries, done: the job as it goes on (None: this part is finished) and what the page came to.

    `delay_s` is how long `next` waits before it runs, when a throttled page is tried again. `hands_over` says that
    this worker stops here: `next` is for whoever takes it up then.
    """

    job: Job
    next: Job | None
    counts: Counts
    at_s: float
    receipts: Sequence[Receipt] = ()
    delay_s: float = 0.0
    hands_over: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadJob:
    """A job that failed too often and is tried no more: as it stood, why, and since when."""

    job: Job
    reason: str
    at_s: float


class IdempotencyConflict(Exception):
    """The key was used by this caller for another body."""


class PushStore(Protocol):
    """Pushes, the logs of their topics, their fan-out jobs, counts and receipts."""

    async def submit(self, submission: Submission) -> Submitted:
        """Write a push with its log entries, then its jobs. When this returns it is durable (G1).

        The log entries are visible before any job is handed out (G2, G3). Raises IdempotencyConflict.
        """

    async def submitted(self, key: IdempotencyKey) -> Push | None:
        """The push that this key made before, as it is now; None if it made none. Raises IdempotencyConflict."""

    async def get(self, push_id: str) -> Push | None:
        """One push."""

    async def get_many(self, push_ids: Collection[str]) -> Mapping[str, Push]:
        """Those that are there, by id."""

    async def list(
        self,
        *,
        limit: int,
        after: str | None = None,
        states: Collection[State] = (),
        sender: str | None = None,
    ) -> Page[Push]:
        """Newest first; `after` is a push id. No `states` means every state."""

    async def counts(self, push_id: str) -> Counts:
        """What became of it so far."""

    async def transition(
        self,
        before: Push,
        after: Push,
        *,
        at_s: float,
        audit: AuditEntry | None = None,
        entries: Sequence[LogEntry] = (),
        jobs: Sequence[Job] = (),
    ) -> Push | None:
        """Move a push on from exactly the state and step of `before` to `after`, with what that releases.

        All or nothing, and durable when it returns the push as it then is. None, and nothing written, if it is not
        there any more. A push that is released nothing, has no part left, and is `closing` and sending, stays so: who
        moves it says what it is.
        """

    async def overdue(self, before_s: float, *, limit: int) -> Sequence[Push]:
        """Open pushes with a `due_at_s` before a moment, those that are due longest first; for a sweeper."""

    async def progress(self, push_id: str) -> Progress:
        """What each slice came to so far, and what terminals told, by stage."""

    async def advance(self, advance: Advance) -> int | None:
        """Note a page as done, once: adds its counts, keeps its receipts, puts the job's next step in its place.

        Counts of a resend or a recall are not added to those of the push. When no part is left and the push is
        `sending` and `closing`, it is `completed` in the same write, at `at_s`.
        The number of unfinished parts that the push has left; None if this step was noted before (the job was
        delivered twice), and then nothing changes.
        """

    async def release_again(self, job: Job, entry: LogEntry | None, again: Job) -> bool:
        """Replace a job that is too old by `again`, under a new position, with its log entry; once."""

    async def job(self, key: JobKey) -> Job | None:
        """The job as it stands now, None if it is finished or unknown."""

    async def set_aside(self, job: Job, *, reason: str, at_s: float) -> bool:
        """Try a job no more: it stays unfinished and shows in `dead_jobs`. False if it has gone on or is dead."""

    async def dead_jobs(self, push_id: str) -> Sequence[DeadJob]:
        """The jobs of a push that were set aside."""

    async def log(self, topic: Topic, *, after: str, retained_at_s: float, limit: int) -> Sequence[LogEntry]:
        """Entries of a topic's log with a position greater than `after`, in order, that are kept at that moment.

        Strongly consistent.
        """

    async def log_has_lost(self, topic: Topic, *, after: str, retained_at_s: float) -> bool:
        """Whether an entry with a position greater than `after` has left the log because its retention was over.

        True too where `after` is so old that this is no longer known; from BEGINNING on, it is of what is known.
        """

    async def replayed(self, receipts: Sequence[Receipt]) -> None:
        """Keep and count a `sent` receipt for each replay, where that terminal has no receipt of that push yet.

        A terminal that was away is one more that was targeted; one that fan-out missed (`gone`, `expired`, `skipped`)
        is counted as `sent` instead.

        A receipt belongs to a terminal (`push_id`, `terminal_id`) and names the connection that got it last: a
        terminal may confirm after it has reconnected.
        """

    async def acknowledge(self, receipt: Receipt, *, early: bool) -> bool:
        """Move the receipt of one terminal on (sent → received → read | failed | recalled) and count it.

        `early`: it may have come before the page that the terminal was served in is noted, so a missing receipt is made
        here, and noting the page leaves it. False, and no change, if the push keeps no receipts, if this terminal has
        none and it is not `early`, or if it is that far already.
        """

    async def receipts(self, push_id: str, *, limit: int, after: str | None = None) -> Page[Receipt]:
        """Receipts of a push by terminal id."""

    async def receipts_of(self, push_id: str, terminal_ids: Collection[str]) -> Mapping[str, Receipt]:
        """The receipts of these terminals that there are, by terminal id."""

    async def confirmed(self, push: Push, rows: Sequence[Connection]) -> frozenset[str]:
        """Connection ids of those rows whose terminal has answered: acknowledged what is needed, failed or recalled.

        With `once_per_user`, those too whose user has read it on any terminal. Strongly consistent.
        """

    async def unconfirmed(self, push: Push, stage: str) -> int:
        """How many terminals of a stage have a receipt, and are not among those that `confirmed` means.

        Reads every receipt of the stage: for a deadline.
        """

    async def in_flight(self) -> Mapping[State, int]:
        """How many pushes are in each open state."""

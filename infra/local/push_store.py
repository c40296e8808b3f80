"""Pushes, the logs of their topics, their jobs, counts and receipts, in SQLite."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from infra.local import (
    activity,
    audit_trail,
    confirmations,
    job_table,
    push_listing,
    push_log,
    push_removal,
    push_rows,
    receipts,
    slices,
)
from infra.local.batch import Batch
from infra.local.database import Database
from infra.local.job_table import Waiting
from infra.local.push_log import PushLog
from infra.local.push_rows import optional_text
from infra.local.receipts import Acknowledgement
from infra.local.recent_pushes import RecentPushes
from services.domain.activity import delivered
from services.domain.audit import AuditEntry
from services.domain.connection import Connection
from services.domain.pushes import Counts, Job, JobKey, LogEntry, Progress, Push, Receipt, State
from services.domain.topics import Topic
from services.ports import (
    Advance,
    Clock,
    DeadJob,
    IdempotencyConflict,
    IdempotencyKey,
    Page,
    Submission,
    Submitted,
)

IDEMPOTENCY_S = 86_400
"""How long an idempotency key is remembered."""
Changed = Callable[[sqlite3.Connection, Push | None, Push, float], None]
"""What is done in the transaction that a push changes in: with the push before it (None: it is new), after it, and when
that was."""

DECODED_AT_ONCE = 20
"""Pushes of a listing that are decoded before deliveries get their turn."""

_KEY = "SELECT body_digest, push_id FROM idempotency_keys WHERE caller = ? AND key = ? AND until_s > ?"
_REMEMBER_KEY = """
INSERT OR REPLACE INTO idempotency_keys (caller, key, body_digest, push_id, until_s) VALUES (?, ?, ?, ?, ?)
"""


class PushStore:
    """Implements `services.ports.PushStore`.

    `on_jobs` is called with jobs that were just committed, `on_replaced` with a job and the one that has taken its
    place: who runs them need not look. `on_changed` is called in the transaction of every change of a push, and may
    write what goes with it; `on_committed` on the event loop when that is done.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self.clock = clock
        self._recent = RecentPushes()
        self.logs = PushLog(database)
        self._acknowledged: Batch[Acknowledgement, bool] = Batch(database, receipts.acknowledge, durable=False)
        self.on_jobs: Callable[[Sequence[Job]], None] = _nobody
        self.on_replaced: Callable[[Job, Job], None] = _nobody_either
        self.on_changed: Changed | None = None
        self.on_committed: Callable[[], None] = _nothing

    async def submit(self, submission: Submission) -> Submitted:
        now_s = self.clock.now_s()

        def done(first: str | None) -> None:
            if first is None:
                self.logs.note(submission.entries)
                self._recent.remember(submission.push)
                self.on_jobs(submission.jobs)
                self.on_committed()

        first = await self._database.write(
            lambda connection: self._submit(connection, submission, now_s), durable=True, on_done=done
        )
        if first is None:
            return Submitted(push=submission.push, created=True)
        return Submitted(push=await self._known(first), created=False)

    async def submitted(self, key: IdempotencyKey) -> Push | None:
        known = self._database.read_one(_KEY, (key.caller, key.key, self.clock.now_s()))
        first = None if known is None else _first(key, *known)
        return None if first is None else await self._known(first)

    async def get(self, push_id: str) -> Push | None:
        push = self._recent.get(push_id)
        if push is not None:
            return push
        row = self._database.read_one(push_rows.SELECT + "WHERE id = ?", (push_id,))
        if row is None:
            return None
        push = push_rows.push_of(row)
        self._recent.remember(push)
        return push

    async def get_many(self, push_ids: Collection[str]) -> Mapping[str, Push]:
        found: dict[str, Push] = {}
        for push_id in push_ids:
            push = await self.get(push_id)
            if push is not None:
                found[push_id] = push
        return found

    async def list(
        self,
        *,
        limit: int,
        after: str | None = None,
        states: Collection[State] = (),
        sender: str | None = None,
    ) -> Page[Push]:
        ids = push_listing.newest(self._database, limit=limit + 1, after=after, states=states, sender=sender)
        found = await self._listed(ids[:limit])
        return Page(found, ids[limit - 1] if len(ids) > limit else None)

    async def counts(self, push_id: str) -> Counts:
        return push_rows.counts(self._database, push_id)

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
        def move(connection: sqlite3.Connection) -> bool:
            if not push_rows.transition(connection, before, after, push_rows.Released.of(jobs, entries)):
                return False
            _release(connection, entries, jobs)
            if audit is not None:
                audit_trail.insert(connection, audit)
            if self.on_changed is not None:
                self.on_changed(connection, before, after, at_s)
            return True

        def done(moved: bool) -> None:
            if moved:
                self.logs.note(entries)
                self._recent.remember(after)
                self.on_jobs(jobs)
                self.on_committed()

        moved = await self._database.write(move, durable=True, on_done=done)
        return after if moved else None

    async def overdue(self, before_s: float, *, limit: int) -> Sequence[Push]:
        return await self._listed(push_listing.overdue(self._database, before_s, limit=limit))

    async def progress(self, push_id: str) -> Progress:
        return await slices.progress(self._database, push_id)

    async def advance(self, advance: Advance) -> int | None:
        not_before_s = advance.at_s + advance.delay_s if advance.delay_s > 0 else 0.0

        def done(noted: tuple[int, bool] | None) -> None:
            if noted is not None and noted[1]:
                self._recent.complete(advance.job.push_id, advance.at_s)
                self.on_committed()

        noted = await self._database.write(
            lambda connection: self._advance(connection, advance, not_before_s), durable=False, on_done=done
        )
        return None if noted is None else noted[0]

    async def release_again(self, job: Job, entry: LogEntry | None, again: Job) -> bool:
        entries = [] if entry is None else [entry]

        def put_again(connection: sqlite3.Connection) -> bool:
            if not job_table.finish(connection, job):
                return False
            job_table.insert(connection, [again])
            slices.release_again(connection, job, again)
            push_log.append(connection, entries)
            if entry is not None:
                push_rows.retain(connection, job.push_id, entry.retained_until_s)
            return True

        def done(replaced: bool) -> None:
            if replaced:
                self.logs.note(entries)
                self.on_replaced(job, again)

        return await self._database.write(put_again, durable=False, on_done=done)

    async def job(self, key: JobKey) -> Job | None:
        return job_table.one(self._database, key)

    async def set_aside(self, job: Job, *, reason: str, at_s: float) -> bool:
        return await self._database.write(
            lambda connection: job_table.set_aside(connection, job, reason, at_s), durable=True
        )

    async def dead_jobs(self, push_id: str) -> Sequence[DeadJob]:
        return job_table.dead(self._database, push_id)

    async def log(self, topic: Topic, *, after: str, retained_at_s: float, limit: int) -> Sequence[LogEntry]:
        return self.logs.read(topic, after=after, retained_at_s=retained_at_s, limit=limit)

    async def log_has_lost(self, topic: Topic, *, after: str, retained_at_s: float) -> bool:
        horizon = self.logs.horizon(topic, retained_at_s)
        return horizon is not None and horizon > after

    async def replayed(self, receipts_kept: Sequence[Receipt]) -> None:
        await self._database.write(lambda connection: receipts.replay(connection, receipts_kept), durable=False)

    async def acknowledge(self, receipt: Receipt, *, early: bool) -> bool:
        push = await self.get(receipt.push_id)
        if push is None or push.strategy.ack_need is None:
            return False
        return await self._acknowledged.put(Acknowledgement(receipt, early, push.strategy.once_per_user))

    async def receipts(self, push_id: str, *, limit: int, after: str | None = None) -> Page[Receipt]:
        return receipts.page(self._database, push_id, limit=limit, after=after)

    async def receipts_of(self, push_id: str, terminal_ids: Collection[str]) -> Mapping[str, Receipt]:
        return receipts.of_terminals(self._database, push_id, terminal_ids)

    async def confirmed(self, push: Push, rows: Sequence[Connection]) -> frozenset[str]:
        return confirmations.confirmed(self._database, push, rows)

    async def unconfirmed(self, push: Push, stage: str) -> int:
        return await confirmations.unconfirmed(self._database, push, stage)

    async def in_flight(self) -> Mapping[State, int]:
        return push_listing.in_flight(self._database)

    def waiting(self, key: JobKey) -> Waiting | None:
        """For who runs the jobs: one as it stands, None if it is finished, unknown or set aside."""
        return job_table.waiting(self._database, key)

    def unfinished(self, *, after: JobKey, limit: int) -> Sequence[Waiting]:
        """For who runs the jobs: those that an earlier process left, in the order of their keys."""
        return job_table.unfinished(self._database, after=after, limit=limit)

    async def failed(self, job: Job, *, not_before_s: float) -> None:
        """For who runs the jobs: note that a step failed, and when it is tried again."""
        await self._database.write(lambda connection: job_table.fail(connection, job, not_before_s), durable=False)

    async def prune(self, now_s: float, finished_before_s: float, *, limit: int) -> int:
        """Delete some of what is kept of pushes that finished before a moment and that no log names any more.

        About `limit` rows at a time, receipts first; how many there were, 0 at the end.
        """
        ids = push_removal.removable(self._database, now_s, finished_before_s, limit=limit)
        if not ids:
            return 0
        deleted, gone = await self._database.write(
            lambda connection: push_removal.remove(connection, ids, limit=limit), durable=False
        )
        self._recent.forget(gone)
        return deleted

    async def _listed(self, push_ids: Sequence[str]) -> Sequence[Push]:
        """Pushes for a listing, which does not push those under way out of memory."""
        found: list[Push] = []
        for number, push_id in enumerate(push_ids, start=1):
            push = self._recent.peek(push_id)
            if push is None:
                row = self._database.read_one(push_rows.SELECT + "WHERE id = ?", (push_id,))
                push = None if row is None else push_rows.push_of(row)
            if push is not None:
                found.append(push)
            if number % DECODED_AT_ONCE == 0:
                await asyncio.sleep(0)
        return found

    async def _known(self, push_id: str) -> Push:
        """The push of an idempotency key."""
        push = await self.get(push_id)
        if push is None:
            raise LookupError(f"push {push_id} was forgotten before its idempotency key")
        return push

    def _submit(self, connection: sqlite3.Connection, submission: Submission, now_s: float) -> str | None:
        """Write all of a submission; or the id of the push that its idempotency key made before."""
        key = submission.idempotency
        if key is not None:
            known = connection.execute(_KEY, (key.caller, key.key, now_s)).fetchone()
            if known is not None:
                return _first(key, *known)
            connection.execute(
                _REMEMBER_KEY, (key.caller, key.key, key.body_digest, submission.push.id, now_s + IDEMPOTENCY_S)
            )
        released = push_rows.Released.of(submission.jobs, submission.entries)
        push_rows.insert(connection, submission.push, released)
        _release(connection, submission.entries, submission.jobs)
        audit_trail.insert(connection, submission.audit)
        if self.on_changed is not None:
            self.on_changed(connection, None, submission.push, submission.push.created_at_s)
        return None

    def _advance(
        self, connection: sqlite3.Connection, advance: Advance, not_before_s: float
    ) -> tuple[int, bool] | None:
        """Note a page: the parts that are left, and whether this completed the push; None if it was noted before."""
        job, following = advance.job, advance.next
        if following is None:
            if not job_table.finish(connection, job):
                return None
        elif not job_table.go_on(connection, job, following, not_before_s):
            return None
        slices.go_on(connection, job, advance.counts, advance.at_s, finished=following is None)
        counts = advance.counts if job.kind == "deliver" else Counts()
        completed = False
        if following is None:
            completed = push_rows.finish_part(connection, job.push_id, counts, advance.at_s)
        elif counts != Counts():
            push_rows.add(connection, job.push_id, counts)
        activity.add(connection, advance.at_s, delivered(counts))
        if advance.receipts:
            receipts.keep(connection, advance.receipts)
        if completed and self.on_changed is not None:
            after = push_rows.one(connection, job.push_id)
            self.on_changed(connection, replace(after, state=State.SENDING), after, advance.at_s)
        return (0 if completed else push_rows.unfinished_parts(connection, job.push_id)), completed


def _release(connection: sqlite3.Connection, entries: Sequence[LogEntry], jobs: Sequence[Job]) -> None:
    push_log.append(connection, entries)
    job_table.insert(connection, jobs)
    slices.release(connection, jobs)


def _first(key: IdempotencyKey, body_digest: object, push_id: object) -> str | None:
    if body_digest != key.body_digest:
        raise IdempotencyConflict(f"{key.caller} used this key for another body")
    return optional_text(push_id)


def _nothing() -> None:
    """Until somebody wants to know."""


def _nobody(_jobs: Sequence[Job]) -> None:
    """Until somebody runs the jobs."""


def _nobody_either(_job: Job, _again: Job) -> None:
    """Until somebody runs the jobs."""

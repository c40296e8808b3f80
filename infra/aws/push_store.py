"""Pushes, the logs of their topics, their fan-out jobs, counts and receipts, in DynamoDB and SQS.

A push is there once its record is written, in a transaction with what must go with it. Its jobs are sent to the workers
after that. A process that dies in between leaves a push whose jobs nobody has: `rescue` sends them again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

from infra.aws import idempotency, push_writes
from infra.aws.job_progress import JobProgress
from infra.aws.push_listing import PushListing
from infra.aws.push_log import PushLog
from infra.aws.push_records import PushRecords
from infra.aws.push_writes import Retention, Writes
from infra.aws.queues import Queue, QueueUnavailable, send_jobs
from infra.aws.receipts import Receipts
from infra.aws.table import Table, TableUnavailable
from services.domain.audit import AuditEntry
from services.domain.connection import Connection
from services.domain.pushes import Counts, Job, JobKey, LogEntry, Progress, Push, Receipt, State
from services.domain.topics import Topic
from services.ports import Advance, Clock, DeadJob, IdempotencyKey, Page, Submission, Submitted

log = logging.getLogger(__name__)

RETENTION: Final = Retention(pushes_days=30, audit_days=400)
"""How long things are kept unless a deployment says otherwise."""
SENT_WITHIN_S: Final = 5.0
"""A submission has sent its jobs within so long, or its process has died."""


class PushStore:
    """Implements `services.ports.PushStore`. Raises TableUnavailable; `advance` also QueueUnavailable."""

    def __init__(
        self,
        table: Table,
        jobs: Queue,
        clock: Clock,
        *,
        retention: Retention = RETENTION,
        halted: Callable[[], None] | None = None,
    ) -> None:
        self._table = table
        self._jobs = jobs
        self._clock = clock
        self._retention = retention
        self._halted = halted
        self.records = PushRecords(table)
        self._receipts = Receipts(table, retention.pushes_days)
        self.job_progress = JobProgress(table, self.records, self._receipts, retention.pushes_days)
        self._listing = PushListing(table, self.records, retention.pushes_days)
        self._logs = PushLog(table)

    async def submit(self, submission: Submission) -> Submitted:
        now_s = self._clock.now_s()
        push, key = submission.push, submission.idempotency
        writes = push_writes.of_submission(submission, now_s=now_s, retention=self._retention)
        await self._write_first(writes)
        if not await self._table.transact(writes.commit) and await self.records.get(push.id) is None:
            await self._table.write(deletes=writes.first_keys())
            first = None if key is None else await idempotency.first_push(self._table, key, now_s)
            if first is not None:
                return Submitted(push=await self._repeated(first, now_s), created=False)
            raise TableUnavailable(f"push {push.id} was given up before it was written; submit it again")
        self.records.remember(push)
        await self._send(submission.jobs)
        return Submitted(push=push, created=True)

    async def submitted(self, key: IdempotencyKey) -> Push | None:
        now_s = self._clock.now_s()
        first = await idempotency.first_push(self._table, key, now_s)
        return None if first is None else await self._repeated(first, now_s)

    async def get(self, push_id: str) -> Push | None:
        record = await self.records.get(push_id)
        return None if record is None else record.push

    async def get_many(self, push_ids: Collection[str]) -> Mapping[str, Push]:
        return {push_id: record.push for push_id, record in (await self.records.get_many(push_ids)).items()}

    async def list(
        self,
        *,
        limit: int,
        after: str | None = None,
        states: Collection[State] = (),
        sender: str | None = None,
    ) -> Page[Push]:
        now_s = self._clock.now_s()
        return await self._listing.page(now_s=now_s, limit=limit, after=after, states=states, sender=sender)

    async def counts(self, push_id: str) -> Counts:
        kept = await self.job_progress.of_push(push_id)
        if kept.record is None:
            return Counts()
        if kept.record.push.strategy.ack_need is None:
            return kept.counts
        return sum((await self._receipts.told(kept.record.push)).values(), kept.counts)

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
        ends_otherwise = push_writes.moves_end(before, after, at_s, entries, self._retention)
        writes = push_writes.of_transition(
            before,
            after,
            at_s=at_s,
            audit=audit,
            entries=entries,
            jobs=jobs,
            retention=self._retention,
            contents_apart=ends_otherwise and await self._contents_are_apart(before.id),
        )
        await self._write_first(writes)
        if not await self._table.transact(writes.commit):
            await self._table.write(deletes=writes.first_keys())
            return None
        await self._send(jobs)
        if after.state is State.HALTED and self._halted is not None:
            self._halted()
        return after

    async def overdue(self, before_s: float, *, limit: int) -> Sequence[Push]:
        return await self._listing.overdue(before_s, limit=limit)

    async def progress(self, push_id: str) -> Progress:
        kept = await self.job_progress.of_push(push_id)
        push = None if kept.record is None else kept.record.push
        told = {} if push is None or push.strategy.ack_need is None else await self._receipts.told(push)
        answers = {
            stage: Counts(received=counts.received, read=counts.read, failed=counts.failed, recalled=counts.recalled)
            for stage, counts in told.items()
        }
        return Progress(slices=() if push is None else tuple(kept.slices()), told=answers)

    async def advance(self, advance: Advance) -> int | None:
        left = await self.job_progress.advance(advance)
        if left is not None and advance.hands_over and advance.next is not None:
            # Should this fail, the message that the worker has comes again, and finds the job where it stands.
            await send_jobs(self._jobs, [advance.next], delay_s=advance.delay_s)
        return left

    async def release_again(self, job: Job, entry: LogEntry | None, again: Job) -> bool:
        return await self.job_progress.release_again(job, entry, again, at_s=self._clock.now_s())

    async def job(self, key: JobKey) -> Job | None:
        return await self.job_progress.job(key)

    async def current(self, job: Job) -> Job | None:
        """What the job in a message has come to, also if it was released again; None if it is finished or unknown."""
        return await self.job_progress.current(job)

    async def set_aside(self, job: Job, *, reason: str, at_s: float) -> bool:
        return await self.job_progress.set_aside(job, reason=reason, at_s=at_s)

    async def dead_jobs(self, push_id: str) -> Sequence[DeadJob]:
        return [kept.dead for kept in (await self.job_progress.of_push(push_id)).jobs if kept.dead is not None]

    async def log(self, topic: Topic, *, after: str, retained_at_s: float, limit: int) -> Sequence[LogEntry]:
        return await self._logs.read(topic, after=after, retained_at_s=retained_at_s, limit=limit)

    async def log_has_lost(self, topic: Topic, *, after: str, retained_at_s: float) -> bool:
        return await self._logs.has_lost(topic, after=after, retained_at_s=retained_at_s)

    async def replayed(self, receipts: Sequence[Receipt]) -> None:
        for receipt in receipts:
            push = await self._push(receipt.push_id)
            if push is not None:
                await self._receipts.replayed(push, receipt)

    async def acknowledge(self, receipt: Receipt, *, early: bool) -> bool:
        push = await self._push(receipt.push_id)
        if push is None or push.strategy.ack_need is None:
            return False
        return await self._receipts.acknowledge(push, receipt, early=early)

    async def receipts(self, push_id: str, *, limit: int, after: str | None = None) -> Page[Receipt]:
        push = await self._push(push_id)
        return Page([]) if push is None else await self._receipts.page(push, limit=limit, after=after)

    async def receipts_of(self, push_id: str, terminal_ids: Collection[str]) -> Mapping[str, Receipt]:
        push = await self._push(push_id)
        return {} if push is None else await self._receipts.of_terminals(push, terminal_ids)

    async def confirmed(self, push: Push, rows: Sequence[Connection]) -> frozenset[str]:
        return await self._receipts.confirmed(push, rows)

    async def unconfirmed(self, push: Push, stage: str) -> int:
        return await self._receipts.unconfirmed(push, stage)

    async def in_flight(self) -> Mapping[State, int]:
        return await self._listing.in_flight()

    async def _push(self, push_id: str) -> Push | None:
        """A push whose state does not matter here."""
        return self.records.known(push_id) or await self.get(push_id)

    async def _contents_are_apart(self, push_id: str) -> bool:
        record = await self.records.get(push_id)
        return record is not None and "contents" not in record.item

    async def _write_first(self, writes: Writes) -> None:
        try:
            await self._table.write(writes.first)
        except TableUnavailable:
            await self._table.write(deletes=writes.first_keys())
            raise

    async def _repeated(self, push_id: str, now_s: float) -> Push:
        """The push that an idempotency key made; its jobs are sent again if they may never have been sent."""
        kept = await self.job_progress.of_push(push_id)
        if kept.record is None:
            raise LookupError(f"push {push_id} was forgotten before its idempotency key")
        await self._send([job for job in kept.at_rest(now_s - SENT_WITHIN_S) if job.step == 0])
        return kept.record.push

    async def _send(self, some: Sequence[Job]) -> None:
        """Send jobs that are committed. Where that fails they are late, not lost: they are sent by `rescue`."""
        try:
            await send_jobs(self._jobs, some)
        except QueueUnavailable:
            log.exception("jobs are sent later", extra={"push_id": some[0].push_id, "jobs": len(some)})

"""The progress of fan-out jobs in DynamoDB: each step noted once, the last one completing its push.

A page is one conditional write of its job. A job that ends is noted in two: first in the job, then its name is taken
from those that the push's record says are left: two write units. A transaction would cost four, it tells nobody
how many parts are left, and of the hundred jobs of a push that end in the same second it lets one through at a time.
Taking a name again changes nothing; so whoever meets a job that is over, and of which the record does not know yet,
because the process that ended it died in between, finishes that: a repeat of the step, a message that is delivered
again, or `rescue`.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from infra.aws import job_items, keys
from infra.aws.actions import PRESENT, Action, Condition, Put, Update
from infra.aws.attributes import Value
from infra.aws.expressions import change, holds
from infra.aws.job_items import KeptJob
from infra.aws.keys import Key
from infra.aws.push_items import PARTS_LEFT, Record, kept_until, lasts_s
from infra.aws.push_log import entry_item
from infra.aws.push_records import PushRecords
from infra.aws.receipts import Receipts
from infra.aws.table import Table, TableUnavailable
from services.domain.pushes import OPEN, Counts, Job, JobKey, JobKind, LogEntry, SliceTally, State
from services.ports import Advance

NOTE_CHARACTERS: Final = 12
"""Of what a step's note is called, so that its writer knows it again."""
MOST_TRIES: Final = 8
"""How often in a row a push may change under way while its job ends in its record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PushWithJobs:
    """A push, unless only its jobs are there, and all of these."""

    record: Record | None
    jobs: Sequence[KeptJob]

    @property
    def counts(self) -> Counts:
        """What its deliveries came to; of a resend or a recall nothing counts."""
        return sum((kept.counts for kept in self.released() if kept.job.kind == "deliver"), Counts())

    def released(self) -> Sequence[KeptJob]:
        """The jobs that came to be: those of a step that never did were written before it, and are in nobody's way."""
        left = frozenset[str]() if self.record is None else self.record.left
        return [kept for kept in self.jobs if not kept.large or kept.over or kept.name in left]

    def at_rest(self, since_s: float) -> Sequence[Job]:
        """Jobs that are to be done, and that have not gone on since a moment."""
        return [
            kept.job for kept in self.released() if not kept.over and kept.dead is None and kept.moved_at_s <= since_s
        ]

    def slices(self) -> Sequence[SliceTally]:
        """What each slice came to, in order of position. A part that was released again is one of its new slice."""
        of_slice: dict[tuple[str, str, JobKind], list[KeptJob]] = {}
        for kept in sorted(self.released(), key=lambda kept: kept.job.position):
            of_slice.setdefault((kept.job.position, kept.job.stage, kept.job.kind), []).append(kept)
        return [
            SliceTally(
                stage=stage,
                kind=kind,
                position=position,
                parts=sum(kept.became is None for kept in some),
                parts_left=sum(not kept.over for kept in some),
                moved_at_s=max(kept.moved_at_s for kept in some),
                counts=sum((kept.counts for kept in some), Counts()),
            )
            for (position, stage, kind), some in of_slice.items()
        ]


class JobProgress:
    """Jobs as they stand, and how they go on. Every call raises TableUnavailable."""

    def __init__(self, table: Table, records: PushRecords, receipts: Receipts, retention_days: int) -> None:
        self._table = table
        self._records = records
        self._receipts = receipts
        self._retention_days = retention_days

    async def job(self, key: JobKey) -> Job | None:
        """As `services.ports.PushStore.job`."""
        record = await self._records.get(key[0])
        kept = None if record is None else await self._kept(record, key)
        return None if kept is None or kept.over else kept.job

    async def current(self, job: Job) -> Job | None:
        """What a job has come to, also under another key if it was released again; None if it is finished or unknown.

        For a message that is delivered again, perhaps because the process that had it died half-way.
        """
        record = await self._records.get(job.push_id)
        if record is None:
            return None
        kept = await self._kept(record, job.key)
        while kept is not None and kept.became is not None:
            item = await self._table.get(Key(keys.push_partition(job.push_id), kept.became))
            kept = None if item is None else job_items.job_of(job.push_id, item)
        if kept is not None and kept.over:
            await self.mend(record, kept)
        return None if kept is None or kept.over else kept.job

    async def of_push(self, push_id: str) -> PushWithJobs:
        """A push with all of its jobs, the finished ones too: one read."""
        first, _ = keys.JOBS
        items = await self._table.query_all(keys.push_partition(push_id), first=first, last=keys.META)
        return PushWithJobs(
            record=await self._records.of(items[-1]) if items and items[-1]["sk"] == keys.META else None,
            jobs=[job_items.job_of(push_id, item) for item in items if "topic" in item],
        )

    async def advance(self, advance: Advance) -> int | None:
        """As `services.ports.PushStore.advance`, without telling anybody."""
        job = advance.job
        record = await self._records.get(job.push_id)
        if record is None:
            return None
        if advance.receipts:
            kept = await self._kept(record, job.key)
            if kept is None or kept.over or kept.job.step != job.step:
                return None
            await self._receipts.keep(record.push, advance.receipts)
        if advance.next is not None:
            return await self._go_on(record, advance, advance.next)
        if _is_in_record(record, job.key):
            return await self._end_in_record(record, advance)
        return await self._end(record, advance)

    async def release_again(self, job: Job, entry: LogEntry | None, again: Job, *, at_s: float) -> bool:
        """As `services.ports.PushStore.release_again`."""
        record = await self._records.get(job.push_id)
        if record is None:
            return False
        kept = await self._kept(record, job.key)
        if kept is None:
            return False
        seat, still = _seat(record, job)
        became = {"over": True, "became": job_items.sort_key(again.key), **job_items.NOT_DEAD}
        expires_at = kept.expires_at or math.ceil(
            kept_until(record.push, self._retention_days, at_s) + lasts_s(record.push)
        )
        item = job_items.item(again, kept.name, at_s, expires_at=expires_at)
        actions: list[Action] = [Update(key=seat, change=change(became), condition=holds(still)), Put(item=item)]
        if entry is not None:
            actions.append(Put(item=entry_item(entry)))
        return await self._table.transact(actions)

    async def set_aside(self, job: Job, *, reason: str, at_s: float) -> bool:
        """As `services.ports.PushStore.set_aside`."""
        record = await self._records.get(job.push_id)
        if record is None:
            return False
        seat, still = _seat(record, job)
        dead = await self._table.update(
            Update(
                key=seat,
                change=change({"dead_at_s": at_s, "dead_reason": reason}),
                condition=holds({**still, "dead_at_s": None}),
            )
        )
        return dead is not None

    async def mend(self, record: Record, kept: KeptJob) -> None:
        """Note in its push that a job has ended, where that was not done."""
        if kept.over and kept.became is None and kept.name in record.left:
            await self._note_end(record, kept.name, kept.moved_at_s)

    async def complete(self, record: Record, at_s: float) -> None:
        """Complete a push whose last slices are sent; one that is over and has no parts left is under way no more."""
        if record.left:
            return
        state, step = record.push.state, record.push.step
        if state is State.SENDING and record.push.closing:
            to, still = _completed(record, at_s)
            completed = Update(key=keys.push(record.push.id), change=change(to), condition=holds(still))
            if await self._table.update(completed) is None:
                return
            state, step = State.COMPLETED, step + 1
        if state not in OPEN:
            # A recall, say, may just have put it there again.
            not_since = Condition(expression="step <= :step", values={":step": step})
            await self._table.deleted(Key(keys.UNDER_WAY, record.push.id), not_since)

    async def _kept(self, record: Record, key: JobKey) -> KeptJob | None:
        if _is_in_record(record, key):
            return job_items.job_of(record.push.id, record.item)
        item = await self._table.get(keys.job(key))
        return None if item is None else job_items.job_of(record.push.id, item)

    async def _go_on(self, record: Record, advance: Advance, following: Job) -> int | None:
        seat, still = _seat(record, advance.job)
        note = uuid.uuid4().hex[:NOTE_CHARACTERS]
        to = {**job_items.moved(following, advance.at_s), "note": note}
        item = await self._table.update(
            Update(key=seat, change=change(to, job_items.counted(advance.counts)), condition=holds(still))
        )
        if item is None:
            # The SDK repeats a write whose answer did not come, and then finds the step noted, by itself.
            item = await self._table.get(seat)
        return record.parts_left if item is not None and item.get("note") == note else None

    async def _end(self, record: Record, advance: Advance) -> int | None:
        seat, still = _seat(record, advance.job)
        item = await self._table.update(
            Update(
                key=seat,
                change=change(_over(advance.at_s), job_items.counted(advance.counts)),
                condition=holds(still),
            )
        )
        if item is None:
            kept = await self._kept(record, advance.job.key)
            if kept is not None:
                await self.mend(record, kept)
            return None
        return await self._note_end(record, str(item["name"]), advance.at_s)

    async def _note_end(self, record: Record, name: str, at_s: float) -> int:
        """Note that a part has ended, and complete the push if it was the last; the parts that are left."""
        key = keys.push(record.push.id)
        ended = {PARTS_LEFT: frozenset({name})}
        if record.is_last:
            to, still = _completed(record, at_s)
            item = await self._table.update(Update(key=key, change=change(to, take=ended), condition=holds(still)))
            if item is not None:
                return await self._left(item, at_s)
        item = await self._table.update(Update(key=key, change=change(take=ended), condition=PRESENT))
        return 0 if item is None else await self._left(item, at_s)

    async def _end_in_record(self, record: Record | None, advance: Advance) -> int | None:
        """End the job that is kept in its push's record, in one write if it is all that is left of the push."""
        for _ in range(MOST_TRIES):
            if record is None or not _is_in_record(record, advance.job.key):
                return None
            seat, still = _seat(record, advance.job)
            kept = job_items.job_of(record.push.id, record.item)
            if kept.over or kept.job.step != advance.job.step:
                return None
            to = _over(advance.at_s)
            if record.is_last:
                completed, unchanged = _completed(record, advance.at_s)
                to, still = {**to, **completed}, {**still, **unchanged}
            ended = change(to, job_items.counted(advance.counts), {PARTS_LEFT: frozenset({kept.name})})
            item = await self._table.update(Update(key=seat, change=ended, condition=holds(still)))
            if item is not None:
                return await self._left(item, advance.at_s)
            record = await self._records.get(advance.job.push_id)
        raise TableUnavailable(f"push {advance.job.push_id} changed {MOST_TRIES} times while its job ended")

    async def _left(self, item: Mapping[str, Value], at_s: float) -> int:
        """The parts that a push has left after one of them ended; at the end it is completed, and under way no more."""
        record = await self._records.of(item)
        if record is None:
            return 0
        await self.complete(record, at_s)
        return record.parts_left


def _is_in_record(record: Record, key: JobKey) -> bool:
    return record.job == job_items.sort_key(key)


def _seat(record: Record, job: Job) -> tuple[Key, Mapping[str, Value]]:
    """Where a job is kept, and what holds there while its step is still to be done."""
    standing = job_items.standing(job)
    if _is_in_record(record, job.key):
        return keys.push(record.push.id), {**standing, "job": record.job}
    return keys.job(job.key), standing


def _over(at_s: float) -> Mapping[str, Value]:
    return {**job_items.NOT_DEAD, "over": True, "left": None, "moved_at_s": at_s}


def _completed(record: Record, at_s: float) -> tuple[Mapping[str, Value], Mapping[str, Value]]:
    """What a push that is completed becomes, and what must still hold of it then."""
    push = record.push
    return (
        {"state": State.COMPLETED.value, "step": push.step + 1, "finished_at_s": at_s, "due_at_s": None},
        {"state": push.state.value, "step": push.step},
    )

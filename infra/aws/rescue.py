"""Sees to pushes that are under way and have come to rest, because a process died or a message was lost.

Run every few minutes. What it does to a push that is not at rest after all is harmless: a job that is sent twice is
noted once.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Final

from infra.aws import keys
from infra.aws.actions import ABSENT, Update
from infra.aws.attributes import Value
from infra.aws.expressions import change, holds
from infra.aws.job_progress import JobProgress, PushWithJobs
from infra.aws.keys import Key
from infra.aws.push_items import Record, listing_key
from infra.aws.push_log import entry_key
from infra.aws.push_records import is_record
from infra.aws.queues import Queue, send_jobs
from infra.aws.table import Table
from infra.aws.values import DAY_S, seconds
from services.domain import topics
from services.domain.pushes import OPEN

log = logging.getLogger(__name__)

RESCUE_AFTER_S: Final = 300.0
"""How long nothing must have moved: longer than a worker takes to note its next step, and than any submission lives."""
BURIED_FOR_S: Final = 2 * DAY_S
"""How long a push that was given up is kept from being written after all."""


class Rescue:
    """Goes through the pushes that are listed as under way."""

    def __init__(self, table: Table, jobs: Queue, progress: JobProgress) -> None:
        self._table = table
        self._jobs = jobs
        self._progress = progress

    async def run(self, now_s: float) -> int:
        """Go through all of them; how many jobs were sent again. Raises TableUnavailable and QueueUnavailable."""
        sent = 0
        after: str | None = None
        while True:
            page = await self._table.query(keys.UNDER_WAY, after=after)
            for item in page.items:
                if seconds(item["since_s"]) <= now_s - RESCUE_AFTER_S and "at_rest" not in item:
                    sent += await self._see_to(item, now_s)
            if page.last is None:
                return sent
            after = page.last

    async def _see_to(self, listed: Mapping[str, Value], now_s: float) -> int:
        push_id = str(listed["sk"])
        kept = await self._progress.of_push(push_id)
        if kept.record is None:
            await self._bury(listed, kept, now_s)
            return 0
        for job in kept.jobs:
            await self._progress.mend(kept.record, job)
        await self._progress.complete(kept.record, now_s)
        if not kept.record.left and kept.record.push.state in OPEN:
            await self._leave_alone(kept.record)
        at_rest = kept.at_rest(now_s - RESCUE_AFTER_S)
        if at_rest:
            await send_jobs(self._jobs, at_rest)
            log.warning("jobs sent again", extra={"push_id": push_id, "jobs": len(at_rest)})
        return len(at_rest)

    async def _leave_alone(self, record: Record) -> None:
        """Note that a push has nothing under way until its next step, which may be weeks off."""
        await self._table.update(
            Update(
                key=Key(keys.UNDER_WAY, record.push.id),
                change=change({"at_rest": True}),
                condition=holds({"step": record.push.step, "at_rest": None}),
            )
        )

    async def _bury(self, listed: Mapping[str, Value], kept: PushWithJobs, now_s: float) -> None:
        """Delete what a submission wrote that has never come to be, and see to it that it does not any more."""
        push_id = str(listed["sk"])
        record = keys.push(push_id)
        grave = {**record._asdict(), "buried": True, "expires_at": int(now_s + BURIED_FOR_S)}
        if not await self._table.put(grave, ABSENT):
            there = await self._table.get(record)
            if there is not None and is_record(there):
                return
        logged = [(topics.parse(topic), position) for topic, position in json.loads(str(listed.get("logged", "[]")))]
        logged += [(one.job.topic, one.job.position) for one in kept.jobs]
        gone = [entry_key(topic, position) for topic, position in logged if topic.kind != "connection"]
        gone += [keys.job(one.job.key) for one in kept.jobs]
        gone += [keys.push_contents(push_id), listing_key(push_id)]
        await self._table.write(deletes=list(dict.fromkeys(gone)))
        # Last, so that who dies here leaves it to be gone through again.
        await self._table.deleted(Key(keys.UNDER_WAY, push_id))
        log.warning("submission given up", extra={"push_id": push_id})

"""A push store on moto, and what it has left in its table and sent to its queue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from infra.aws.attributes import Value, decoded_item
from infra.aws.push_store import PushStore
from infra.aws.queues import Queue
from infra.aws.rescue import Rescue
from infra.aws.table import Table
from services.domain import jobs
from services.domain.pushes import Job, Push
from services.ports import IdempotencyKey, Submission
from tests.contract import dynamodb, sqs
from tests.contract.adapters import ManualClock
from tests.contract.makers import jobs_of, log_entry, submission


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it was sent."""

    body: str
    delay_s: int


@dataclass(slots=True)
class Outbox:
    """What was sent to queues, in order, and in how many batches."""

    messages: list[Message] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)

    def jobs(self) -> list[Job]:
        """The jobs that were sent since the last call."""
        sent = [jobs.from_json(message.body) for message in self.messages]
        self.messages.clear()
        return sent

    def note(self, params: Mapping[str, Any], **_: object) -> None:
        """A batch is being sent."""
        self.batches.append(len(params["Entries"]))
        self.messages += [Message(entry["MessageBody"], entry["DelaySeconds"]) for entry in params["Entries"]]


@contextmanager
def outbox() -> Iterator[Outbox]:
    """Sees what is sent while it is open."""
    made = Outbox()
    sqs.client().meta.events.register("provide-client-params.sqs.SendMessageBatch", made.note)
    try:
        yield made
    finally:
        sqs.client().meta.events.unregister("provide-client-params.sqs.SendMessageBatch", made.note)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """A store, the queue of its jobs, and a sweep."""

    table: Table
    queue: Queue
    pushes: PushStore
    clock: ManualClock

    def another(self) -> PushStore:
        """The store of another process, which remembers nothing."""
        return PushStore(self.table, self.queue, self.clock)

    async def rescued(self) -> int:
        """Go through what is under way now; how many jobs were sent again."""
        return await Rescue(self.table, self.queue, self.pushes.job_progress).run(self.clock.at_s)

    async def started(self, sent: Push, key: IdempotencyKey | None = None) -> list[Job]:
        """Submit a push with an entry in each of its logs; its jobs."""
        submitted = whole(sent, key=key)
        await self.pushes.submit(submitted)
        return list(submitted.jobs)


def stores(table: Table, clock: ManualClock) -> Stores:
    """A store over a table, while moto plays."""
    queue = sqs.queue("jobs")
    return Stores(table=table, queue=queue, pushes=PushStore(table, queue, clock), clock=clock)


def whole(sent: Push, *, key: IdempotencyKey | None = None) -> Submission:
    """A submission of a push with a job, and an entry in the log, for each topic of its cover."""
    some = jobs_of(sent)
    entries = [log_entry(sent, job.topic, position=job.position) for job in some]
    return submission(sent, entries=entries, jobs=some, key=key)


def kept(prefix: str = "") -> Sequence[Mapping[str, Value]]:
    """Every item of the table, or those of partitions whose key begins so."""
    pages = dynamodb.client().get_paginator("scan").paginate(TableName=dynamodb.NAME)
    items = [decoded_item(item) for page in pages for item in page["Items"]]
    return [item for item in items if str(item["pk"]).startswith(prefix)]


def names(prefix: str = "") -> list[str]:
    """The keys of those items, in order."""
    return sorted(f"{item['pk']!s} {item['sk']!s}" for item in kept(prefix))

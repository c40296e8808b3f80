"""The adapters that keep the contract of the ports: each opens a set of them over a store of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.aws import last_seen, table_stream
from infra.aws.activity import Activity as DynamoDBActivity
from infra.aws.audit_trail import AuditTrail as DynamoDBAuditTrail
from infra.aws.blocks import Blocks as DynamoDBBlocks
from infra.aws.last_seen import LastSeen as DynamoDBLastSeen
from infra.aws.memberships import Memberships as DynamoDBMemberships
from infra.aws.plans import Plans as DynamoDBPlans
from infra.aws.push_store import PushStore as DynamoDBPushStore
from infra.aws.registry import Registry as DynamoDBRegistry
from infra.aws.senders import Senders as DynamoDBSenders
from infra.aws.strategies import Strategies as DynamoDBStrategies
from infra.aws.tickets import Tickets as DynamoDBTickets
from infra.local.storage import Storage
from services.ports import (
    Activity,
    AuditTrail,
    Blocks,
    LastSeen,
    Memberships,
    Plans,
    PushStore,
    Registry,
    Senders,
    Strategies,
    Tickets,
)
from tests.contract import dynamodb as moto
from tests.contract import empty_database
from tests.contract import sqs as moto_sqs

NOON_S = 1_795_521_600.0
"""A moment for tests: 2026-11-24T12:00:00Z."""


class ManualClock:
    """A clock that moves when a test says so."""

    def __init__(self, at_s: float = NOON_S) -> None:
        self.at_s = at_s

    def now_s(self) -> float:
        return self.at_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapters:
    """One adapter of each port that keeps something, over one empty store.

    `settled` returns when what is derived, as those last seen are and the figures of minutes, has caught up.
    """

    registry: Registry
    pushes: PushStore
    blocks: Blocks
    memberships: Memberships
    tickets: Tickets
    audit: AuditTrail
    strategies: Strategies
    senders: Senders
    plans: Plans
    last_seen: LastSeen
    activity: Activity
    settled: Callable[[], Awaitable[None]]


Opener = Callable[[Path, ManualClock], AbstractAsyncContextManager[Adapters]]


@asynccontextmanager
async def sqlite(directory: Path, clock: ManualClock) -> AsyncIterator[Adapters]:
    """SQLite, the store of the one-machine server."""
    empty_database.put_into(directory)
    storage = await Storage.open(directory, clock)
    try:
        yield Adapters(
            registry=storage.registry,
            pushes=storage.pushes,
            blocks=storage.blocks,
            memberships=storage.memberships,
            tickets=storage.tickets,
            audit=storage.audit,
            strategies=storage.strategies,
            senders=storage.senders,
            plans=storage.plans,
            last_seen=storage.last_seen,
            activity=storage.activity,
            settled=_at_once,
        )
    finally:
        await storage.close()


@asynccontextmanager
async def dynamodb(directory: Path, clock: ManualClock) -> AsyncIterator[Adapters]:
    """DynamoDB, the store on AWS, as moto plays it."""
    with moto.table() as table:
        stream = moto.Stream()

        async def settled() -> None:
            while records := stream.records(at_s=clock.now_s()):
                await last_seen.file(table, records, now_s=clock.now_s(), days=30)
                await table_stream.follow(table, None, records, now_s=clock.now_s())

        yield Adapters(
            registry=DynamoDBRegistry(table, clock),
            pushes=DynamoDBPushStore(table, moto_sqs.queue("jobs"), clock),
            blocks=DynamoDBBlocks(table, clock),
            memberships=DynamoDBMemberships(table),
            tickets=DynamoDBTickets(table, clock),
            audit=DynamoDBAuditTrail(table, clock),
            strategies=DynamoDBStrategies(table),
            senders=DynamoDBSenders(table),
            plans=DynamoDBPlans(table),
            last_seen=DynamoDBLastSeen(table, clock),
            activity=DynamoDBActivity(table, clock),
            settled=settled,
        )


async def _at_once() -> None:
    """Nothing is behind: what is derived is written with what it is derived from."""


MOST_IN_MEMORY = 8
"""Pushes that an adapter keeps in memory here: few, so that a test can have more."""
OPENERS: dict[str, Opener] = {"sqlite": sqlite, "dynamodb": dynamodb}
"""Every adapter by its name; the whole suite runs on each."""

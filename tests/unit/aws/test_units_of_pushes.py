"""What a push costs in DynamoDB units, and in calls: of its target, not of all that there is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from infra.aws.table import Table
from services.domain import topics
from services.domain.pushes import Counts, Job, Push, State
from services.domain.targets import json_form
from services.domain.targets.cover import Cover
from services.domain.targets.expression import Groups
from services.ports import Advance, IdempotencyKey
from tests.contract import dynamodb
from tests.contract.adapters import NOON_S, ManualClock
from tests.contract.makers import RECEIPTS, audit_entry, jobs_of, log_entry, push, receipt
from tests.unit.aws.meter import Meter
from tests.unit.aws.stores import Stores, stores

KEY = IdempotencyKey(caller="admin", key="6f1c1a0e-8d6e-4a57-9f42-1f2f6f3f7e11", body_digest="d" * 64)
MESSAGE = {"title": "Maintenance tonight", "text": "The mail servers are down from 22:00 to 23:00."}
ALICE = push("alice", message=MESSAGE)
OPS = replace(
    push(message=MESSAGE),
    target=json_form.to_json(Groups(("ops",))),
    cover=Cover(Groups(("ops",)), (topics.group("ops"),)),
)
HUNDRED = push(*(f"user-{number:03}" for number in range(100)), message=MESSAGE)


@pytest.fixture
def store(table: Table, clock: ManualClock) -> Stores:
    return stores(table, clock)


@pytest.fixture
def meter(store: Stores) -> Iterator[Meter]:
    with Meter(dynamodb.client()) as opened:
        yield opened


def _page(job: Job) -> Advance:
    following = replace(job, step=job.step + 1, after="0a1b2c3d#R0oXAdfD0kwCH6w=")
    return Advance(job=job, next=following, counts=Counts(targeted=5_000, sent=4_990, gone=10), at_s=NOON_S)


def _end(job: Job) -> Advance:
    return Advance(job=job, next=None, counts=Counts(targeted=1, sent=1), at_s=NOON_S)


async def _started(store: Stores, meter: Meter, pushed: Push, key: IdempotencyKey | None = None) -> Sequence[Job]:
    some = await store.started(pushed, key)
    meter.reset()
    return some


@pytest.mark.parametrize(
    ("pushed", "key", "units"),
    [
        # Listed by day, listed as under way, its log; the record with contents and job, and the audit, each twice.
        (ALICE, None, (7, 0)),
        (OPS, None, (7, 0)),
        # The key is taken in the same transaction; whether it was used before was asked already.
        (ALICE, KEY, (9, 0)),
        (OPS, KEY, (9, 0)),
        # Two listings, four KB of contents apart, a hundred entries and jobs; the record and the audit, each twice.
        (HUNDRED, None, (210, 0)),
        (HUNDRED, KEY, (212, 0)),
    ],
    ids=["a user", "a group", "a user, with a key", "a group, with a key", "100 users", "100 users, with a key"],
)
async def test_a_submission(
    store: Stores, meter: Meter, pushed: Push, key: IdempotencyKey | None, units: tuple[int, int]
) -> None:
    await store.started(pushed, key)
    assert (meter.write_units, meter.read_units) == units


@pytest.mark.parametrize(
    ("pushed", "calls"),
    [
        (ALICE, {"BatchWriteItem": 1, "TransactWriteItems": 1}),
        (HUNDRED, {"BatchWriteItem": 9, "TransactWriteItems": 1}),
    ],
    ids=["a user", "100 users"],
)
async def test_a_submission_makes_few_calls(store: Stores, meter: Meter, pushed: Push, calls: dict[str, int]) -> None:
    await store.started(pushed)
    assert meter.calls == calls


@pytest.mark.parametrize(("kilobytes", "write_units"), [(2, 10), (16, 23), (30, 37)])
async def test_a_long_message_costs_a_unit_for_each_kilobyte_once(
    store: Stores, meter: Meter, kilobytes: int, write_units: int
) -> None:
    await store.started(push(message="x" * kilobytes * 1_000))
    assert meter.write_units == write_units


async def test_a_repeat_with_the_same_key_writes_nothing(store: Stores, meter: Meter) -> None:
    await _started(store, meter, ALICE, KEY)
    assert await store.pushes.submitted(KEY) is not None
    assert (meter.write_units, meter.read_units) == (0, 2)


@pytest.mark.parametrize("pushed", [ALICE, HUNDRED], ids=["a user", "100 users"])
async def test_a_page_of_deliveries(store: Stores, meter: Meter, pushed: Push) -> None:
    job = (await _started(store, meter, pushed))[0]
    await store.pushes.advance(_page(job))
    assert (meter.write_units, meter.read_units) == (1, 1)


async def test_the_end_of_a_push_with_one_job(store: Stores, meter: Meter) -> None:
    (job,) = await _started(store, meter, ALICE)
    await store.pushes.advance(_end(job))
    # The record, and the listing of what is under way.
    assert (meter.write_units, meter.read_units) == (2, 1)
    assert meter.calls["TransactWriteItems"] == 0


async def test_the_ends_of_many_jobs(store: Stores, meter: Meter) -> None:
    some = await _started(store, meter, HUNDRED)
    for job in some:
        await store.pushes.advance(_end(job))
    # Each in its job and in its push, and the listing of what is under way.
    assert (meter.write_units, meter.read_units) == (201, 100)


async def test_a_worker_takes_up_a_job(store: Stores, meter: Meter) -> None:
    (job,) = await _started(store, meter, ALICE)
    assert await store.pushes.current(job) == job
    assert await store.pushes.job(job.key) == job
    await store.pushes.get(job.push_id)
    assert (meter.write_units, meter.read_units) == (0, 3)


async def test_all_of_a_push_to_one_user(store: Stores, meter: Meter) -> None:
    (job,) = await store.started(ALICE)
    await store.pushes.current(job)
    await store.pushes.job(job.key)
    await store.pushes.get(job.push_id)
    await store.pushes.advance(_end(job))
    assert (meter.write_units, meter.read_units) == (9, 4)


async def test_a_page_with_receipts_costs_one_unit_each(store: Stores, meter: Meter) -> None:
    pushed = push("alice", strategy=RECEIPTS)
    (job,) = await _started(store, meter, pushed)
    receipts = [receipt(pushed, f"alice/{number:03}") for number in range(500)]
    await store.pushes.advance(replace(_page(job), receipts=receipts))
    assert (meter.write_units, meter.read_units) == (501, 1)
    assert meter.calls == {"GetItem": 1, "BatchWriteItem": 20, "UpdateItem": 1}


async def test_an_acknowledgement(store: Stores, meter: Meter) -> None:
    pushed = push("alice", strategy=RECEIPTS)
    (job,) = await _started(store, meter, pushed)
    await store.pushes.advance(replace(_page(job), receipts=[receipt(pushed, "t1")]))
    meter.reset()
    await store.pushes.acknowledge(receipt(pushed, "t1", "received"), early=False)
    # The receipt and a counter, each twice.
    assert (meter.write_units, meter.read_units) == (4, 1)


async def test_a_cancel(store: Stores, meter: Meter) -> None:
    (job,) = await _started(store, meter, ALICE)
    recall = jobs_of(ALICE)
    await store.pushes.transition(
        ALICE,
        ALICE.moved(State.CANCELLED, at_s=NOON_S),
        at_s=NOON_S,
        audit=audit_entry(),
        entries=[log_entry(ALICE)],
        jobs=recall,
    )
    # The record, the audit, two listings, an entry and a job, each twice.
    assert (meter.write_units, meter.read_units) == (12, 0)
    assert await store.pushes.job(job.key) == job


async def test_counts_of_a_push_with_one_job(store: Stores, meter: Meter) -> None:
    await _started(store, meter, ALICE)
    await store.pushes.counts(ALICE.id)
    assert meter.read_units == 1


async def test_a_push_costs_the_same_among_many(store: Stores, meter: Meter) -> None:
    for _ in range(50):
        await store.started(push("alice", message=MESSAGE))
    meter.reset()
    (job,) = await store.started(ALICE)
    await store.pushes.advance(_end(job))
    assert (meter.write_units, meter.read_units) == (9, 1)

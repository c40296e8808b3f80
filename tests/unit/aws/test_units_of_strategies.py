"""What a push that moves by steps costs in DynamoDB units: a step costs the same however far the push has come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from infra.aws import last_seen
from infra.aws.plans import Plans
from infra.aws.registry import Registry
from infra.aws.senders import Senders
from infra.aws.strategies import Strategies
from infra.aws.table import Table
from services.domain import positions
from services.domain.pushes import Counts, Job, Profile, Push, State
from services.domain.strategies.strategy import Ack, Strategy, Wave
from services.domain.timeline.run import Lane, Mark, Run
from services.ports import Advance, Plan
from tests.contract import dynamodb
from tests.contract.adapters import NOON_S, ManualClock
from tests.contract.makers import audit_entry, connection, jobs_of, log_entry, push, receipt
from tests.unit.aws.meter import Meter
from tests.unit.aws.stores import Stores, kept, stores

WAVES = Strategy(waves=(Wave(percent=5, then_wait_s=600), Wave(percent=100)))
ONCE_PER_USER = Strategy(ack=Ack(need="read", within_s=900, resend=2, once_per_user=True))
LANE = Lane(opens_at_s=NOON_S, phase="pause", since_s=NOON_S, due_at_s=NOON_S + 600)
RUN = Run(ready_at_s=NOON_S, lanes=(LANE,), marks=(Mark(at_s=NOON_S, kind="start"),))


@pytest.fixture
def store(table: Table, clock: ManualClock) -> Stores:
    return stores(table, clock)


@pytest.fixture
def meter(store: Stores) -> Iterator[Meter]:
    with Meter(dynamodb.client()) as opened:
        yield opened


def _with_waves(strategy: Strategy = WAVES) -> Push:
    profile = Profile(terminals=1_000)
    return replace(push(strategy=strategy), run=RUN, due_at_s=NOON_S + 60, closing=False, profile=profile)


def _end(job: Job) -> Advance:
    return Advance(job=job, next=None, counts=Counts(targeted=50, sent=50), at_s=NOON_S)


async def _step(store: Stores, before: Push, number: int = 0) -> tuple[Push, Job]:
    """The next slice of a push, released; the push then, and the job of the slice."""
    position = positions.new_id(NOON_S + number)
    (job,) = (replace(one, stage="w2") for one in jobs_of(before, position))
    after = before.moved(State.SENDING, at_s=NOON_S, run=RUN, due_at_s=NOON_S + 60 + number, closing=False)
    moved = await store.pushes.transition(
        before, after, at_s=NOON_S, entries=[log_entry(before, position=position)], jobs=[job]
    )
    assert moved is not None
    return moved, job


async def test_a_submission_by_waves_has_its_contents_and_its_job_apart(store: Stores, meter: Meter) -> None:
    await store.started(_with_waves())
    # As one that is sent at once, and two items more.
    assert (meter.write_units, meter.read_units) == (7 + 2, 0)


async def test_a_step_that_releases_a_slice(store: Stores, meter: Meter) -> None:
    pushed = _with_waves()
    await store.started(pushed)
    meter.reset()
    await _step(store, pushed)
    # The record, what is under way, an entry and a job, each twice.
    assert (meter.write_units, meter.read_units) == (8, 0)


async def test_the_end_of_a_slice(store: Stores, meter: Meter) -> None:
    pushed = _with_waves()
    await store.started(pushed)
    _, job = await _step(store, pushed)
    meter.reset()
    await store.pushes.advance(_end(job))
    assert (meter.write_units, meter.read_units) == (2, 1)


async def test_a_step_that_waits(store: Stores, meter: Meter) -> None:
    pushed = _with_waves()
    await store.started(pushed)
    meter.reset()
    await store.pushes.transition(
        pushed, pushed.moved(State.WAITING, at_s=NOON_S, run=RUN, due_at_s=NOON_S + 600, closing=False), at_s=NOON_S
    )
    assert (meter.write_units, meter.read_units) == (4, 0)


async def test_the_hundredth_slice_costs_what_the_first_does(store: Stores, meter: Meter) -> None:
    pushed = _with_waves()
    (job,) = await store.started(pushed)
    for number in range(100):
        await store.pushes.advance(_end(job))
        meter.reset()
        pushed, job = await _step(store, pushed, number)
    assert (meter.write_units, meter.read_units) == (8, 0)


async def test_what_a_push_came_to_is_read_at_a_unit_for_a_dozen_slices(store: Stores, meter: Meter) -> None:
    pushed = _with_waves()
    (job,) = await store.started(pushed)
    for number in range(48):
        await store.pushes.advance(_end(job))
        pushed, job = await _step(store, pushed, number)
    meter.reset()
    await store.pushes.progress(pushed.id)
    assert meter.read_units <= 5


async def test_what_is_overdue_is_looked_for_in_what_is_under_way(store: Stores, meter: Meter) -> None:
    for _ in range(50):
        await store.started(_with_waves())
    meter.reset()
    assert len(await store.pushes.overdue(NOON_S + 99, limit=1)) == 1
    # Fifty listed ones, eventually consistent, and the record of the one that is taken on.
    assert (meter.write_units, meter.read_units) == (0, 1 + 1)


async def test_a_read_that_counts_for_its_user(store: Stores, meter: Meter) -> None:
    pushed = _with_waves(ONCE_PER_USER)
    (job,) = await store.started(pushed)
    await store.pushes.advance(replace(_end(job), receipts=[receipt(pushed, "t1")]))
    meter.reset()
    await store.pushes.acknowledge(receipt(pushed, "t1", "read"), early=False)
    # The receipt, a counter, and that its user has read it, each twice.
    assert (meter.write_units, meter.read_units) == (6, 1)


@pytest.mark.parametrize(
    ("strategy", "read_units"),
    [(replace(ONCE_PER_USER, ack=Ack(need="read", within_s=900)), 100), (ONCE_PER_USER, 101)],
    ids=["by terminal", "by user"],
)
async def test_a_resend_looks_who_has_answered(
    store: Stores, meter: Meter, strategy: Strategy, read_units: int
) -> None:
    pushed = _with_waves(strategy)
    await store.started(pushed)
    rows = [connection(f"c{number}") for number in range(100)]
    meter.reset()
    await store.pushes.confirmed(pushed, rows)
    assert (meter.write_units, meter.read_units) == (0, read_units)


async def test_a_deadline_reads_the_receipts(store: Stores, meter: Meter) -> None:
    pushed = _with_waves(ONCE_PER_USER)
    (job,) = await store.started(pushed)
    receipts = [receipt(pushed, f"alice/{number:03}") for number in range(400)]
    await store.pushes.advance(replace(_end(job), receipts=receipts))
    meter.reset()
    assert await store.pushes.unconfirmed(pushed, "w1") == 400
    assert meter.read_units <= 400 / 15


async def test_a_terminal_that_goes_is_filed(store: Stores, meter: Meter, clock: ManualClock) -> None:
    stream, registry = dynamodb.Stream(), Registry(store.table, clock)
    await registry.add(connection("c1"))
    await registry.remove(["c1"])
    records = stream.records()
    meter.reset()
    assert await last_seen.file(store.table, records, now_s=NOON_S, days=30) == 1
    assert (meter.write_units, meter.read_units) == (2, 0)
    assert meter.calls == {"BatchWriteItem": 1}


async def test_a_push_of_a_sender_is_counted(store: Stores, meter: Meter) -> None:
    await Senders(store.table).take("backend", per_minute=10, at_s=NOON_S)
    assert (meter.write_units, meter.read_units) == (1, 0)


async def test_a_strategy_is_kept_and_read(store: Stores, meter: Meter) -> None:
    strategies = Strategies(store.table)
    await strategies.put("careful", ONCE_PER_USER, after=None, by="admin", at_s=NOON_S, audit=audit_entry())
    assert (meter.write_units, meter.read_units) == (6, 1)
    meter.reset()
    await strategies.get("careful")
    assert (meter.write_units, meter.read_units) == (0, 1)


async def test_a_plan_costs_what_its_names_take_when_they_are_compressed(store: Stores, meter: Meter) -> None:
    names = frozenset(f"user-{number:05}/desktop" for number in range(10_000))
    plan = Plan(
        id="p",
        sender="admin",
        request={"target": {"all": True}},
        profile=Profile(terminals=len(names)),
        terminals=names,
        created_at_s=NOON_S,
        expires_at_s=NOON_S + 3_600,
    )
    await Plans(store.table).put(plan)
    assert meter.write_units < 60
    assert len(kept("PLAN#")) == 2

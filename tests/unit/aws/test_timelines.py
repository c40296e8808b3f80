"""Pushes that move by steps, in DynamoDB beyond their contract: what stays small, what is kept, what sweeps leave."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from infra.aws import push_store
from infra.aws.push_items import lasts_s
from infra.aws.push_store import PushStore
from infra.aws.rescue import RESCUE_AFTER_S
from infra.aws.table import Table
from infra.aws.values import DAY_S, size_bytes
from services.domain import positions
from services.domain.pushes import Counts, Job, Profile, Push, Receipt, State
from services.domain.strategies.strategy import Ack, Pace, Strategy, Wave, Window
from services.domain.timeline.run import Mark, Run
from services.ports import Advance
from tests.contract import dynamodb
from tests.contract.adapters import NOON_S, ManualClock
from tests.contract.makers import jobs_of, log_entry, push, receipt, submission
from tests.unit.aws.interference import Interference
from tests.unit.aws.meter import Meter
from tests.unit.aws.stores import Outbox, Stores, kept, names, outbox, stores

SLOW = Strategy(
    waves=(Wave(percent=5, then_wait_s=14 * DAY_S), Wave(percent=100)),
    ack=Ack(need="read", within_s=7 * DAY_S, resend=2),
)
MANY = tuple(f"u{number:03}" for number in range(120))


@pytest.fixture
def store(table: Table, clock: ManualClock) -> Stores:
    return stores(table, clock)


@pytest.fixture
def sent() -> Iterator[Outbox]:
    with outbox() as opened:
        yield opened


def _slow(*users: str, strategy: Strategy = SLOW, message: object = "hi") -> Push:
    return replace(push(*users, strategy=strategy, message=message), due_at_s=NOON_S + 60, closing=False)


def _end(job: Job, *receipts: Receipt) -> Advance:
    return Advance(job=job, next=None, counts=Counts(targeted=1, sent=1), at_s=NOON_S, receipts=receipts)


async def _moved(store: Stores, before: Push, to: State, *, at_s: float = NOON_S, closing: bool = False) -> Push:
    moved = await store.pushes.transition(before, before.moved(to, at_s=at_s, closing=closing), at_s=at_s)
    assert moved is not None
    return moved


async def _released(store: Stores, before: Push, *, at_s: float = NOON_S) -> tuple[Push, list[Job]]:
    """The push with another slice under way, and the slice's jobs."""
    some = jobs_of(before, positions.new_id(at_s))
    after = before.moved(State.SENDING, at_s=at_s, due_at_s=at_s + 60, closing=False)
    moved = await store.pushes.transition(before, after, at_s=at_s, jobs=some)
    assert moved is not None
    return moved, some


def _record(pushed: Push) -> int:
    """How large the record of a push is."""
    (item,) = (item for item in kept(f"PUSH#{pushed.id}") if item["sk"] == "META")
    return size_bytes(item)


def _ends_s(pushed: Push) -> dict[str, object]:
    """When TTL may delete the items of a push that say how it stands, by what they are."""
    of_push = [item for item in kept() if pushed.id in (item["sk"], str(item["pk"]).removeprefix("PUSH#"))]
    return {str(item["pk"] if item["sk"] == pushed.id else item["sk"]): item.get("expires_at") for item in of_push}


async def test_a_record_is_no_larger_after_fifty_slices(store: Stores) -> None:
    pushed = _slow("alice", "bob", strategy=Strategy(pace=Pace(per_second=10)))
    some = await store.started(pushed)
    first_bytes = _record(pushed)
    for _ in range(50):
        for job in some:
            await store.pushes.advance(_end(job))
        pushed, some = await _released(store, pushed)
    assert _record(pushed) <= first_bytes + 20
    assert (await store.pushes.counts(pushed.id)).sent == 100


async def test_a_run_does_not_make_the_end_of_a_job_dearer(store: Stores) -> None:
    run = Run(ready_at_s=NOON_S, marks=tuple(Mark(at_s=NOON_S, kind="window_opens", stage="w1") for _ in range(4)))
    pushed = replace(_slow(message="x" * 600), run=run)
    await store.started(pushed)
    assert _record(pushed) < 1_024


async def test_ttl_leaves_a_push_alone_while_more_is_to_come_of_it(store: Stores) -> None:
    pushed = _slow()
    (job,) = await store.started(pushed)
    standing = {key: end_s for key, end_s in _ends_s(pushed).items() if not key.startswith("J#")}
    assert set(standing.values()) == {None}
    await store.pushes.advance(_end(job))
    pushed = await _moved(store, pushed, State.SENT)
    assert set(_ends_s(pushed).values()) - {_ends_s(pushed)[f"J#{job.position}#0#0"]} == {None}


async def test_a_push_that_has_only_its_last_parts_left_goes_some_day(store: Stores) -> None:
    pushed = _slow()
    await store.started(pushed)
    late_s = NOON_S + 40 * DAY_S
    pushed = await _moved(store, pushed, State.SENDING, at_s=late_s, closing=True)
    ends_s = [end_s for key, end_s in _ends_s(pushed).items() if not key.startswith("J#")]
    assert all(isinstance(end_s, int) and end_s > late_s for end_s in ends_s)


async def test_what_the_first_wave_came_to_is_known_at_the_end_of_the_last(store: Stores) -> None:
    pushed = _slow("alice", "bob")
    first, second = await store.started(pushed)
    await store.pushes.advance(_end(first, receipt(pushed, "t1")))
    await store.pushes.acknowledge(receipt(pushed, "t1", "received"), early=False)
    again = replace(second, position=positions.new_id(NOON_S))
    await store.pushes.release_again(second, None, again)
    ends_s = [item["expires_at"] for item in kept(f"PUSH#{pushed.id}") if str(item["sk"]).startswith(("J#", "R#", "C"))]
    over_s = NOON_S + 14 * DAY_S + 3 * 7 * DAY_S
    assert len(ends_s) == 6
    assert all(isinstance(end_s, int) and end_s > over_s + push_store.RETENTION.pushes_days * DAY_S for end_s in ends_s)


@pytest.mark.parametrize(
    ("strategy", "days"),
    [
        (Strategy(), 0),
        (Strategy(waves=(Wave(percent=5, then_wait_s=3 * DAY_S), Wave(percent=100))), 3),
        (Strategy(ack=Ack(need="read", within_s=DAY_S, resend=2)), 3),
        # It opens once a week at the worst.
        (Strategy(window=Window(days=frozenset({0}))), 7),
        # A million at ten a second; in a window that is open half of the time it takes twice as long.
        (Strategy(pace=Pace(per_second=10)), 1),
        (Strategy(pace=Pace(per_second=10), window=Window(from_minute=0, to_minute=720)), 2 + 7),
    ],
    ids=["at once", "waves", "acknowledgements", "a window", "a pace", "a pace in a window"],
)
def test_how_long_a_push_may_go_on_follows_from_its_strategy(strategy: Strategy, days: int) -> None:
    pushed = replace(push(strategy=strategy), profile=Profile(terminals=10 * DAY_S))
    assert lasts_s(pushed) == pytest.approx(days * DAY_S)


def test_a_push_that_has_an_end_goes_on_no_longer() -> None:
    assert lasts_s(replace(push(strategy=SLOW), expires_at_s=NOON_S + DAY_S)) == 0


async def test_a_push_that_waits_is_gone_through_by_one_sweep_only(store: Stores, sent: Outbox) -> None:
    pushed = _slow()
    (job,) = await store.started(pushed)
    await store.pushes.advance(_end(job))
    await _moved(store, pushed, State.WAITING)
    sent.jobs()
    store.clock.at_s += RESCUE_AFTER_S
    assert await store.rescued() == 0
    with Meter(dynamodb.client()) as meter:
        assert await store.rescued() == 0
        assert meter.calls == {"Query": 1}
    assert (await store.pushes.in_flight())[State.WAITING] == 1


async def test_a_step_after_a_sweep_is_seen_to_again(store: Stores, sent: Outbox) -> None:
    pushed = _slow()
    (job,) = await store.started(pushed)
    await store.pushes.advance(_end(job))
    pushed = await _moved(store, pushed, State.WAITING)
    store.clock.at_s += RESCUE_AFTER_S
    await store.rescued()
    _, some = await _released(store, pushed, at_s=store.clock.at_s)
    sent.jobs()
    store.clock.at_s += RESCUE_AFTER_S
    assert await store.rescued() == 1
    assert sent.jobs() == some


async def test_a_sweep_completes_no_push_of_which_more_is_to_come(store: Stores) -> None:
    pushed = _slow()
    (job,) = await store.started(pushed)
    await store.pushes.advance(_end(job))
    store.clock.at_s += RESCUE_AFTER_S
    await store.rescued()
    assert await store.pushes.get(pushed.id) == pushed


async def test_a_sweep_completes_a_push_that_came_to_be_closing_after_its_last_part(store: Stores) -> None:
    pushed = _slow()
    (job,) = await store.started(pushed)
    await store.pushes.advance(_end(job))
    await _moved(store, pushed, State.SENDING, closing=True)
    store.clock.at_s += RESCUE_AFTER_S
    await store.rescued()
    completed = await store.pushes.get(pushed.id)
    assert completed is not None
    assert completed.state is State.COMPLETED
    assert names("PUSHES#UNDER-WAY") == []


async def test_a_large_step_that_never_came_to_be_leaves_nothing_to_do(store: Stores, sent: Outbox) -> None:
    pushed = _slow(*MANY)
    for job in await store.started(pushed):
        await store.pushes.advance(_end(job))
    before = await store.pushes.progress(pushed.id)
    after = pushed.moved(State.SENDING, at_s=NOON_S, closing=False)
    with Interference(dynamodb.client()) as interference:
        # The process dies between what it writes first and what makes it so.
        interference.is_down("TransactWriteItems")
        with pytest.raises(OSError, match="table"):
            await store.pushes.transition(pushed, after, at_s=NOON_S, jobs=jobs_of(pushed, positions.new_id(NOON_S)))
    assert await store.pushes.progress(pushed.id) == before
    _, some = await _released(store, pushed)
    sent.jobs()
    store.clock.at_s += RESCUE_AFTER_S
    assert await store.rescued() == len(MANY)
    assert {job.key for job in sent.jobs()} == {job.key for job in some}


async def test_a_push_that_is_sent_at_once_ends_in_one_write_still(store: Stores) -> None:
    await store.pushes.submit(submission(push()))
    assert [name for name in names("PUSH#") if "J#" in name] == []


async def test_a_push_that_is_overdue_and_over_is_not_taken_on(store: Stores) -> None:
    pushed = _slow()
    await store.started(pushed)
    assert await store.pushes.overdue(NOON_S + 61, limit=9) == [pushed]
    await _moved(store, pushed, State.HALTED)
    assert await store.pushes.overdue(NOON_S + 61, limit=9) == []


async def test_a_push_that_halts_is_told_of_once(store: Stores) -> None:
    told: list[str] = []
    pushes = PushStore(store.table, store.queue, store.clock, halted=lambda: told.append("halted"))
    pushed = _slow()
    await pushes.submit(submission(pushed, entries=[log_entry(pushed)]))
    halted = pushed.moved(State.HALTED, at_s=NOON_S)
    for _ in range(2):
        await pushes.transition(pushed, halted, at_s=NOON_S)
    assert told == ["halted"]

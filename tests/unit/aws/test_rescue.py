"""The sweep over what is under way: it takes up what has come to rest, and clears away what never came to be."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from infra.aws.actions import Action
from infra.aws.dead_letters import REASON, set_aside
from infra.aws.table import Table, TableUnavailable
from services.domain import jobs, positions
from services.domain.pushes import Counts, Job, State
from services.ports import Advance, DeadJob
from tests.contract import sqs
from tests.contract.adapters import NOON_S, ManualClock
from tests.contract.makers import jobs_of, push, submission
from tests.unit.aws.interference import Interference
from tests.unit.aws.stores import Outbox, Stores, kept, names, outbox, stores, whole

LATER_S = 301.0
MANY = tuple(f"u{number:03}" for number in range(120))


@pytest.fixture
def store(table: Table, clock: ManualClock) -> Stores:
    return stores(table, clock)


@pytest.fixture
def sent() -> Iterator[Outbox]:
    with outbox() as opened:
        yield opened


def _page(job: Job, at_s: float = NOON_S) -> Advance:
    return Advance(job=job, next=replace(job, step=job.step + 1, after="00000001#c"), counts=Counts(sent=1), at_s=at_s)


def _end(job: Job) -> Advance:
    return Advance(job=job, next=None, counts=Counts(sent=1), at_s=NOON_S)


async def _rescued(store: Stores, sent: Outbox) -> list[Job]:
    """What is sent again by a sweep that comes later."""
    sent.jobs()
    store.clock.at_s = NOON_S + LATER_S
    number = await store.rescued()
    found = sent.jobs()
    assert number == len(found)
    return found


@pytest.mark.parametrize("users", [("alice",), ("alice", "bob")])
async def test_jobs_that_have_come_to_rest_are_sent_again_as_they_stand(
    store: Stores, sent: Outbox, users: tuple[str, ...]
) -> None:
    first, *others = await store.started(push(*users))
    page = _page(first)
    await store.pushes.advance(page)
    assert await _rescued(store, sent) == [page.next, *others]


async def test_jobs_that_move_are_left_alone(store: Stores, sent: Outbox) -> None:
    moving, still = await store.started(push("alice", "bob"))
    await store.pushes.advance(_page(moving, NOON_S + LATER_S - 10))
    assert await _rescued(store, sent) == [still]


async def test_a_push_of_just_now_is_left_alone(store: Stores, sent: Outbox) -> None:
    await store.started(push())
    sent.jobs()
    store.clock.at_s += 60
    assert await store.rescued() == 0


async def test_a_job_that_was_released_again_is_sent_as_what_it_became(store: Stores, sent: Outbox) -> None:
    job, other = await store.started(push("alice", "bob"))
    again = replace(job, position=positions.new_id(NOON_S))
    await store.pushes.release_again(job, None, again)
    await store.pushes.advance(_end(other))
    assert await _rescued(store, sent) == [again]
    assert (await store.pushes.in_flight())[State.SENDING] == 1
    assert await store.pushes.advance(_end(again)) == 0


async def test_jobs_of_a_push_that_expired_under_way_are_seen_to(store: Stores, sent: Outbox) -> None:
    pushed = push()
    (job,) = await store.started(pushed)
    await store.pushes.transition(pushed, pushed.moved(State.EXPIRED, at_s=NOON_S), at_s=NOON_S)
    assert await _rescued(store, sent) == [job]
    await store.pushes.advance(_end(job))
    assert names("PUSHES#UNDER-WAY") == []


async def test_a_push_that_ends_before_its_moment_is_listed_no_more(store: Stores) -> None:
    scheduled = replace(push(), state=State.SCHEDULED)
    await store.pushes.submit(submission(scheduled, jobs=[]))
    await store.pushes.transition(scheduled, scheduled.moved(State.CANCELLED, at_s=NOON_S), at_s=NOON_S)
    assert names("PUSHES#UNDER-WAY") == []


async def test_dead_jobs_are_not_sent_again(store: Stores, sent: Outbox) -> None:
    (job,) = await store.started(push())
    await store.pushes.set_aside(job, reason="boom", at_s=NOON_S)
    assert await _rescued(store, sent) == []
    assert await store.pushes.get(job.push_id) is not None


async def test_a_recall_that_was_never_sent_is_sent(store: Stores, sent: Outbox) -> None:
    pushed = push()
    (job,) = await store.started(pushed)
    await store.pushes.advance(_end(job))
    completed = await store.pushes.get(pushed.id)
    assert completed is not None
    recall = replace(job, kind="recall", position=positions.new_id(NOON_S))
    with Interference(sqs.client()) as interference:
        interference.is_down("SendMessageBatch")
        await store.pushes.transition(
            completed, completed.moved(State.CANCELLED, at_s=NOON_S), at_s=NOON_S, jobs=[recall]
        )
    assert await _rescued(store, sent) == [recall]


async def test_a_push_that_waits_for_its_moment_stays_listed(store: Stores, sent: Outbox) -> None:
    scheduled = replace(push(), state=State.SCHEDULED)
    await store.pushes.submit(submission(scheduled, jobs=[]))
    assert await _rescued(store, sent) == []
    assert (await store.pushes.in_flight())[State.SCHEDULED] == 1


async def test_a_finished_push_that_is_still_listed_is_listed_no_more(
    store: Stores, sent: Outbox, interference: Interference
) -> None:
    (job,) = await store.started(push())
    interference.is_down("DeleteItem")
    with pytest.raises(TableUnavailable):
        await store.pushes.advance(_end(job))
    assert len(names("PUSHES#UNDER-WAY")) == 1
    assert await _rescued(store, sent) == []
    assert names("PUSHES#UNDER-WAY") == []


async def test_jobs_of_a_release_that_never_came_to_be_are_not_sent(
    store: Stores, sent: Outbox, interference: Interference
) -> None:
    pushed = push(*MANY)
    real = await store.started(pushed)
    recalls = [replace(job, kind="recall") for job in jobs_of(pushed, positions.new_id(NOON_S))]
    interference.is_down("TransactWriteItems")
    with pytest.raises(TableUnavailable):
        await store.pushes.transition(pushed, pushed.moved(State.CANCELLED, at_s=NOON_S), at_s=NOON_S, jobs=recalls)
    assert {job.key for job in await _rescued(store, sent)} == {job.key for job in real}


async def test_jobs_of_a_large_release_are_sent_again(store: Stores, sent: Outbox) -> None:
    pushed = push(*MANY)
    for job in await store.started(pushed):
        await store.pushes.advance(_end(job))
    completed = await store.pushes.get(pushed.id)
    assert completed is not None
    recalls = [replace(job, kind="recall") for job in jobs_of(pushed, positions.new_id(NOON_S))]
    await store.pushes.transition(completed, completed.moved(State.CANCELLED, at_s=NOON_S), at_s=NOON_S, jobs=recalls)
    assert {job.key for job in await _rescued(store, sent)} == {job.key for job in recalls}


@pytest.mark.parametrize("users", [("alice",), ("alice", "bob"), MANY])
async def test_a_submission_that_never_came_to_be_is_cleared_away(
    store: Stores, sent: Outbox, interference: Interference, users: tuple[str, ...]
) -> None:
    interference.is_down("TransactWriteItems")
    with pytest.raises(TableUnavailable):
        await store.pushes.submit(whole(push(*users, message="x" * 2_000)))
    assert len(kept("LOG#")) == len(users)
    assert await _rescued(store, sent) == []
    assert [item["buried"] for item in kept()] == [True]


async def test_a_submission_that_was_given_up_cannot_come_to_be(
    store: Stores, sent: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    submitted = whole(push("alice", "bob"))
    transact = store.table.transact

    async def held_up(actions: Sequence[Action]) -> bool:
        await _rescued(store, sent)
        return await transact(actions)

    monkeypatch.setattr(store.table, "transact", held_up)
    with pytest.raises(TableUnavailable, match="given up"):
        await store.pushes.submit(submitted)
    assert await store.pushes.get(submitted.push.id) is None
    assert names("LOG#") == []
    assert sent.jobs() == []


async def test_a_sweep_that_dies_while_it_clears_away_is_finished_by_the_next(
    store: Stores, sent: Outbox, interference: Interference
) -> None:
    interference.is_down("TransactWriteItems")
    with pytest.raises(TableUnavailable):
        await store.pushes.submit(whole(push("alice", "bob")))
    interference.is_down("BatchWriteItem")
    store.clock.at_s = NOON_S + LATER_S
    with pytest.raises(TableUnavailable):
        await store.rescued()
    assert await _rescued(store, sent) == []
    assert [item["buried"] for item in kept()] == [True]


async def test_two_sweeps_at_the_same_time_do_no_harm(store: Stores, sent: Outbox) -> None:
    some = await store.started(push("alice", "bob"))
    sent.jobs()
    store.clock.at_s += LATER_S
    await asyncio.gather(store.rescued(), store.rescued())
    assert {job.key for job in sent.jobs()} == {job.key for job in some}


async def test_a_dead_letter_shows_in_its_push(store: Stores) -> None:
    job, _ = await store.started(push("alice", "bob"))
    assert await set_aside(store.pushes, jobs.to_json(job), at_s=NOON_S + 9)
    (dead,) = await store.pushes.dead_jobs(job.push_id)
    assert dead == DeadJob(job=job, reason=REASON, at_s=NOON_S + 9)


async def test_a_dead_letter_is_set_aside_as_its_job_stands_now(store: Stores) -> None:
    (job,) = await store.started(push())
    page = _page(job)
    await store.pushes.advance(page)
    assert await set_aside(store.pushes, jobs.to_json(job), at_s=NOON_S)
    assert [dead.job for dead in await store.pushes.dead_jobs(job.push_id)] == [page.next]


async def test_a_dead_letter_of_a_finished_job_marks_nothing(store: Stores) -> None:
    (job,) = await store.started(push())
    await store.pushes.advance(_end(job))
    assert not await set_aside(store.pushes, jobs.to_json(job), at_s=NOON_S)
    assert list(await store.pushes.dead_jobs(job.push_id)) == []


async def test_a_dead_letter_that_is_no_job_is_an_error(store: Stores) -> None:
    with pytest.raises(ValueError, match="Expecting value"):
        await set_aside(store.pushes, "no job", at_s=NOON_S)

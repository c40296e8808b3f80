"""Fan-out jobs in DynamoDB beyond their contract: old messages, workers that die, many at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from infra.aws.actions import Condition, Update
from infra.aws.attributes import Value
from infra.aws.keys import Key
from infra.aws.table import Table, TableUnavailable
from services.domain import positions
from services.domain.pushes import Counts, Job, Push, State
from services.ports import Advance, PushStore
from tests.contract import dynamodb
from tests.contract.adapters import NOON_S, ManualClock
from tests.contract.makers import jobs_of, log_entry, push, submission
from tests.unit.aws.interference import Interference
from tests.unit.aws.shuffled import Shuffled
from tests.unit.aws.stores import Stores, names, stores

ONE = ("alice",)
SEVERAL = ("alice", "bob", "carol")


@pytest.fixture
def store(table: Table, clock: ManualClock) -> Stores:
    return stores(table, clock)


def _shuffled(store: Stores, seed: int) -> Stores:
    """The same store, whose calls come to DynamoDB in an order that a seed decides."""
    return stores(Table(dynamodb.client(), store.table.name, Shuffled(seed)), store.clock)


def _end(job: Job) -> Advance:
    counts = Counts(sent=1) if job.kind == "deliver" else Counts()
    return Advance(job=job, next=None, counts=counts, at_s=NOON_S)


def _page(job: Job) -> Advance:
    return Advance(
        job=job, next=replace(job, step=job.step + 1, after="00000001#c"), counts=Counts(sent=1), at_s=NOON_S
    )


async def _again(store: Stores, pushed: Push, job: Job) -> Job:
    """Release a job again; what took its place."""
    again = replace(job, position=positions.new_id(NOON_S), step=0)
    entry = log_entry(pushed, job.topic, position=again.position)
    assert await store.pushes.release_again(job, entry, again)
    return again


async def _state(store: Stores, pushed: Push) -> State:
    now = await store.pushes.get(pushed.id)
    assert now is not None
    return now.state


@pytest.mark.parametrize("users", [ONE, SEVERAL])
async def test_an_old_message_finds_the_job_as_it_stands(store: Stores, users: Sequence[str]) -> None:
    job = (await store.started(push(*users)))[0]
    page = _page(job)
    await store.pushes.advance(page)
    assert await store.pushes.current(job) == page.next


@pytest.mark.parametrize("users", [ONE, SEVERAL])
async def test_an_old_message_finds_what_took_its_jobs_place(store: Stores, users: Sequence[str]) -> None:
    pushed = push(*users)
    job = (await store.started(pushed))[0]
    again = await _again(store, pushed, job)
    assert await store.pushes.current(job) == again
    latest = await _again(store, pushed, again)
    assert await store.pushes.current(job) == latest
    page = _page(latest)
    await store.pushes.advance(page)
    assert await store.pushes.current(job) == page.next
    assert await store.pushes.current(latest) == page.next


@pytest.mark.parametrize("users", [ONE, SEVERAL])
async def test_an_old_message_of_a_finished_job_finds_nothing(store: Stores, users: Sequence[str]) -> None:
    pushed = push(*users)
    job = (await store.started(pushed))[0]
    again = await _again(store, pushed, job)
    await store.pushes.advance(_end(again))
    assert await store.pushes.current(job) is None
    assert await store.pushes.current(again) is None


async def test_a_message_of_an_unknown_push_finds_nothing(store: Stores) -> None:
    assert await store.pushes.current(jobs_of(push())[0]) is None


async def test_a_message_of_an_unknown_job_finds_nothing(store: Stores) -> None:
    pushed = push(*SEVERAL)
    (job, *_) = await store.started(pushed)
    assert await store.pushes.current(replace(job, position=positions.new_id(NOON_S))) is None


async def test_a_recall_is_not_taken_for_the_job_it_recalls(store: Stores) -> None:
    pushed = push()
    (job,) = await store.started(pushed)
    recall = replace(job, kind="recall", position=positions.new_id(NOON_S))
    assert await store.pushes.current(recall) is None
    await store.pushes.transition(pushed, pushed.moved(State.CANCELLED, at_s=NOON_S), at_s=NOON_S, jobs=[recall])
    assert await store.pushes.current(recall) == recall
    assert await store.pushes.current(job) == job


@pytest.mark.parametrize("users", [ONE, SEVERAL])
async def test_counts_stay_when_a_job_is_released_again(store: Stores, users: Sequence[str]) -> None:
    pushed = push(*users)
    job = (await store.started(pushed))[0]
    page = _page(job)
    await store.pushes.advance(page)
    assert page.next is not None
    again = await _again(store, pushed, page.next)
    await store.pushes.advance(_end(again))
    assert await store.pushes.counts(pushed.id) == Counts(sent=2)


@pytest.mark.parametrize("users", [ONE, SEVERAL])
async def test_a_push_is_completed_by_jobs_that_were_released_again(store: Stores, users: Sequence[str]) -> None:
    pushed = push(*users)
    again = [await _again(store, pushed, job) for job in await store.started(pushed)]
    left = [await store.pushes.advance(_end(job)) for job in again]
    assert left == list(range(len(users)))[::-1]
    assert await _state(store, pushed) is State.COMPLETED


async def test_a_push_waits_for_its_recall_before_it_is_no_longer_under_way(store: Stores) -> None:
    pushed = push()
    (job,) = await store.started(pushed)
    await store.pushes.advance(_end(job))
    assert names("PUSHES#UNDER-WAY") == []
    completed = await store.pushes.get(pushed.id)
    assert completed is not None
    recall = replace(job, kind="recall", position=positions.new_id(NOON_S))
    await store.pushes.transition(completed, completed.moved(State.CANCELLED, at_s=NOON_S), at_s=NOON_S, jobs=[recall])
    assert names("PUSHES#UNDER-WAY") == [f"PUSHES#UNDER-WAY {pushed.id}"]
    assert await store.pushes.advance(_end(recall)) == 0
    assert names("PUSHES#UNDER-WAY") == []
    assert await _state(store, pushed) is State.CANCELLED


async def test_a_cancel_just_after_the_end_keeps_its_recall_under_way(
    store: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    pushed = push()
    (job,) = await store.started(pushed)
    recall = replace(job, kind="recall", position=positions.new_id(NOON_S))
    deleted = store.table.deleted

    async def late(key: Key, condition: Condition | None = None) -> Mapping[str, Value] | None:
        completed = await store.pushes.get(pushed.id)
        assert completed is not None
        await store.pushes.transition(
            completed, completed.moved(State.CANCELLED, at_s=NOON_S), at_s=NOON_S, jobs=[recall]
        )
        return await deleted(key, condition)

    monkeypatch.setattr(store.table, "deleted", late)
    await store.pushes.advance(_end(job))
    assert names("PUSHES#UNDER-WAY") == [f"PUSHES#UNDER-WAY {pushed.id}"]


async def test_a_cancel_just_before_a_push_is_completed_keeps_its_recall_under_way(
    store: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    pushed = push()
    await store.pushes.submit(submission(pushed, jobs=[]))
    recall = replace(jobs_of(pushed)[0], kind="recall")
    update = store.table.update

    async def late(asked: Update) -> Mapping[str, Value] | None:
        await store.pushes.transition(pushed, pushed.moved(State.CANCELLED, at_s=NOON_S), at_s=NOON_S, jobs=[recall])
        return await update(asked)

    monkeypatch.setattr(store.table, "update", late)
    store.clock.at_s += 600
    await store.rescued()
    assert await _state(store, pushed) is State.CANCELLED
    assert names("PUSHES#UNDER-WAY") == [f"PUSHES#UNDER-WAY {pushed.id}"]


async def test_a_dead_job_that_goes_on_after_all_is_dead_no_more(store: Stores) -> None:
    pushed = push(*SEVERAL)
    job = (await store.started(pushed))[0]
    await store.pushes.set_aside(job, reason="boom", at_s=NOON_S)
    await store.pushes.advance(_page(job))
    assert list(await store.pushes.dead_jobs(pushed.id)) == []


@pytest.mark.parametrize("mender", ["a repeat", "a message", "a sweep"])
async def test_a_worker_that_dies_while_its_job_ends_leaves_nothing_unfinished(
    store: Stores, interference: Interference, mender: str
) -> None:
    pushed = push("alice", "bob")
    first, last = await store.started(pushed)
    await store.pushes.advance(_end(first))
    # The job's own write gets through, that of its push does not.
    interference.answers("UpdateItem", lambda _: None)
    interference.is_down("UpdateItem")
    with pytest.raises(TableUnavailable):
        await store.pushes.advance(_end(last))
    assert await _state(store, pushed) is State.SENDING
    assert await store.pushes.job(last.key) is None
    match mender:
        case "a repeat":
            assert await store.pushes.advance(_end(last)) is None
        case "a message":
            assert await store.pushes.current(last) is None
        case _:
            store.clock.at_s += 600
            assert await store.rescued() == 0
    assert await _state(store, pushed) is State.COMPLETED
    assert await store.pushes.counts(pushed.id) == Counts(sent=2)
    assert names("PUSHES#UNDER-WAY") == []


@pytest.mark.parametrize("users", [ONE, SEVERAL])
async def test_a_page_whose_answer_was_lost_is_noted_by_who_repeats_it(
    store: Stores, users: Sequence[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pushed = push(*users)
    job = (await store.started(pushed))[0]
    update = store.table.update

    async def repeated(asked: Update) -> Mapping[str, Value] | None:
        # As the SDK does when no answer comes.
        await update(asked)
        return await update(asked)

    monkeypatch.setattr(store.table, "update", repeated)
    page = _page(job)
    assert await store.pushes.advance(page) == len(users)
    assert await store.pushes.job(job.key) == page.next
    assert await store.pushes.counts(pushed.id) == Counts(sent=1)
    assert await store.pushes.advance(page) is None


@pytest.mark.parametrize("users", [ONE, SEVERAL])
async def test_an_end_whose_answer_was_lost_completes_the_push(
    store: Stores, users: Sequence[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pushed = push(*users)
    jobs = await store.started(pushed)
    update = store.table.update

    async def repeated(asked: Update) -> Mapping[str, Value] | None:
        # As the SDK does when no answer comes.
        await update(asked)
        return await update(asked)

    monkeypatch.setattr(store.table, "update", repeated)
    for job in jobs:
        await store.pushes.advance(_end(job))
    assert await _state(store, pushed) is State.COMPLETED
    assert await store.pushes.counts(pushed.id) == Counts(sent=len(users))


@pytest.mark.parametrize("seed", range(8))
async def test_however_the_ends_of_many_jobs_meet_each_counts_once(store: Stores, seed: int) -> None:
    shuffled = _shuffled(store, seed)
    pushed = push(*(f"u{number}" for number in range(12)))
    jobs = await shuffled.started(pushed)
    twice = [_end(job) for job in jobs for _ in range(2)]
    left = await asyncio.gather(*(shuffled.pushes.advance(end) for end in twice))
    assert [number is None for number in left].count(False) == 12
    assert 0 in left
    assert await _state(shuffled, pushed) is State.COMPLETED
    assert await shuffled.pushes.counts(pushed.id) == Counts(sent=12)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("users", [ONE, SEVERAL])
async def test_however_a_cancel_meets_the_ends_of_jobs_all_is_seen_to(
    store: Stores, users: Sequence[str], seed: int
) -> None:
    shuffled = _shuffled(store, seed)
    pushed = push(*users)
    jobs = await shuffled.started(pushed)
    recalls = [replace(job, kind="recall", position=positions.new_id(NOON_S)) for job in jobs]
    cancelled, *left = await asyncio.gather(
        shuffled.pushes.transition(pushed, pushed.moved(State.CANCELLED, at_s=NOON_S), at_s=NOON_S, jobs=recalls),
        *(shuffled.pushes.advance(_end(job)) for job in jobs),
    )
    assert None not in left
    assert await _state(shuffled, pushed) is (State.COMPLETED if cancelled is None else State.CANCELLED)
    if cancelled is not None:
        assert [await shuffled.pushes.job(job.key) for job in recalls] == recalls
        for recall in recalls:
            await shuffled.pushes.advance(_end(recall))
    assert names("PUSHES#UNDER-WAY") == []


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("users", [ONE, SEVERAL])
async def test_however_two_workers_meet_one_of_them_goes_on(store: Stores, users: Sequence[str], seed: int) -> None:
    shuffled = _shuffled(store, seed)
    pushed = push(*users)
    job = (await shuffled.started(pushed))[0]
    again = replace(job, position=positions.new_id(NOON_S))
    outcomes = await asyncio.gather(
        shuffled.pushes.advance(_page(job)),
        shuffled.pushes.advance(_end(job)),
        shuffled.pushes.release_again(job, log_entry(pushed, position=again.position), again),
    )
    assert sum(outcome is not None and outcome is not False for outcome in outcomes) == 1


async def test_lanes_of_one_part_end_one_by_one(store: Stores) -> None:
    pushed = push()
    lanes = [replace(jobs_of(pushed, positions.new_id(NOON_S))[0], lane=lane) for lane in range(3)]
    await store.pushes.submit(submission(pushed, jobs=lanes))
    assert [await store.pushes.advance(_end(lane)) for lane in lanes] == [2, 1, 0]


async def test_a_push_that_ttl_has_deleted_has_no_parts(store: Stores) -> None:
    (job, *_) = await store.started(push(*SEVERAL))
    dynamodb.client().delete_item(
        TableName=dynamodb.NAME, Key={"pk": {"S": f"PUSH#{job.push_id}"}, "sk": {"S": "META"}}
    )
    pushes: PushStore = store.pushes
    assert await pushes.advance(_end(job)) is None
    assert await pushes.set_aside(job, reason="boom", at_s=NOON_S) is False
    assert await pushes.release_again(job, None, replace(job, position=positions.new_id(NOON_S))) is False

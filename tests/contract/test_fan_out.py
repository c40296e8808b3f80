"""The contract of `services.ports.PushStore`: the progress of jobs, each page noted once."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from services.domain import positions
from services.domain.positions import BEGINNING
from services.domain.pushes import Counts, Job, Push, State
from services.domain.ring import NOWHERE, WHOLE, Arc
from services.ports import Advance, DeadJob, PushStore
from tests.contract.adapters import NOON_S
from tests.contract.makers import jobs_of, log_entry, push, submission

TEN = Counts(targeted=10, sent=8, gone=1, skipped=1)


async def _started(pushes: PushStore, *users: str) -> tuple[Push, list[Job]]:
    sent = push(*users)
    jobs = jobs_of(sent)
    await pushes.submit(submission(sent, jobs=jobs))
    return sent, jobs


def _page(job: Job, *, finished: bool = False, counts: Counts = TEN, at_s: float = NOON_S) -> Advance:
    following = None if finished else replace(job, step=job.step + 1, after=f"0000000{job.step}#c")
    return Advance(job=job, next=following, counts=counts, at_s=at_s)


async def test_a_submitted_job_stands_at_its_beginning(pushes: PushStore) -> None:
    _, (job,) = await _started(pushes)
    assert await pushes.job(job.key) == job


async def test_a_job_keeps_its_stage_and_kind(pushes: PushStore) -> None:
    sent = push("alice", "bob")
    jobs = jobs_of(sent, stage="w2/2026-11-24T09:00Z", kind="resend")
    await pushes.submit(submission(sent, jobs=jobs))
    await pushes.advance(_page(jobs[1]))
    assert await pushes.job(jobs[0].key) == jobs[0]
    assert await pushes.job(jobs[1].key) == replace(jobs[1], step=1, after="00000000#c")


async def test_an_unknown_job_is_none(pushes: PushStore) -> None:
    assert await pushes.job((positions.new_id(NOON_S), positions.new_id(NOON_S), 0, 0)) is None


async def test_a_page_moves_its_job_on(pushes: PushStore) -> None:
    _, (job,) = await _started(pushes)
    following = replace(job, step=1, after="0000ffff#c9", left=("c1", "c2"), attempt=2, arc=Arc(5, 10))
    assert await pushes.advance(Advance(job=job, next=following, counts=TEN, at_s=NOON_S)) == 1
    assert await pushes.job(job.key) == following


async def test_a_job_of_single_connections_is_kept(pushes: PushStore) -> None:
    _, (job,) = await _started(pushes)
    following = replace(job, step=1, left=("c1",), arc=NOWHERE)
    await pushes.advance(Advance(job=job, next=following, counts=TEN, at_s=NOON_S, delay_s=0.2))
    assert await pushes.job(job.key) == following


async def test_the_counts_of_pages_add_up(pushes: PushStore) -> None:
    sent, (first, second) = await _started(pushes, "alice", "bob")
    await pushes.advance(_page(first))
    await pushes.advance(_page(second, finished=True, counts=Counts(targeted=1, expired=1)))
    assert await pushes.counts(sent.id) == TEN + Counts(targeted=1, expired=1)


async def test_a_page_noted_twice_counts_once(pushes: PushStore) -> None:
    sent, (job,) = await _started(pushes)
    assert await pushes.advance(_page(job)) == 1
    assert await pushes.advance(_page(job)) is None
    assert await pushes.counts(sent.id) == TEN


async def test_a_finished_part_noted_again_counts_once(pushes: PushStore) -> None:
    sent, (job,) = await _started(pushes)
    await pushes.advance(_page(job, finished=True))
    assert await pushes.advance(_page(job, finished=True)) is None
    assert await pushes.counts(sent.id) == TEN


async def test_of_two_workers_on_one_step_one_is_noted(pushes: PushStore) -> None:
    sent, (job,) = await _started(pushes)
    noted = await asyncio.gather(*(pushes.advance(_page(job)) for _ in range(10)))
    assert sorted(noted, key=str) == [1, *[None] * 9]
    assert await pushes.counts(sent.id) == TEN


async def test_of_two_workers_the_one_that_finishes_first_is_noted(pushes: PushStore) -> None:
    sent, (job,) = await _started(pushes)
    goes_on, finishes = await asyncio.gather(pushes.advance(_page(job)), pushes.advance(_page(job, finished=True)))
    assert (goes_on, finishes) in {(1, None), (None, 0)}
    assert await pushes.counts(sent.id) == TEN


async def test_an_old_step_is_not_noted(pushes: PushStore) -> None:
    _, (job,) = await _started(pushes)
    await pushes.advance(_page(job))
    second = await pushes.job(job.key)
    assert second is not None
    await pushes.advance(_page(second))
    assert await pushes.advance(_page(second, finished=True)) is None


async def test_the_last_part_completes_the_push(pushes: PushStore) -> None:
    sent, (first, second) = await _started(pushes, "alice", "bob")
    assert await pushes.advance(_page(first, finished=True)) == 1
    assert await pushes.get(sent.id) == sent
    assert await pushes.advance(_page(second, finished=True, at_s=NOON_S + 9)) == 0
    expected = replace(sent, state=State.COMPLETED, step=1, finished_at_s=NOON_S + 9)
    assert await pushes.get(sent.id) == expected
    assert list((await pushes.list(limit=10)).items) == [expected]


async def test_lanes_of_one_part_are_jobs_of_their_own(pushes: PushStore) -> None:
    sent = push()
    (job,) = jobs_of(sent)
    left, right = (replace(job, lane=lane, arc=arc) for lane, arc in enumerate(WHOLE.split(2)))
    await pushes.submit(submission(sent, jobs=[left, right]))
    assert await pushes.advance(_page(left)) == 2
    assert await pushes.job(right.key) == right
    assert await pushes.advance(_page(right, finished=True)) == 1
    assert await pushes.job(left.key) == replace(left, step=1, after="00000000#c")
    assert await pushes.get(sent.id) == sent
    assert await pushes.advance(_page(replace(left, step=1), finished=True)) == 0
    assert await pushes.counts(sent.id) == TEN + TEN + TEN


async def test_lanes_are_set_aside_one_by_one(pushes: PushStore) -> None:
    sent = push()
    (left,) = jobs_of(sent)
    right = replace(left, lane=1)
    await pushes.submit(submission(sent, jobs=[left, right]))
    await pushes.set_aside(right, reason="boom", at_s=NOON_S)
    assert [dead.job for dead in await pushes.dead_jobs(sent.id)] == [right]
    assert await pushes.advance(_page(left, finished=True)) == 1


async def test_a_job_that_is_handed_over_stands_where_it_was_left(pushes: PushStore) -> None:
    sent, (job,) = await _started(pushes)
    page = replace(_page(job), hands_over=True, delay_s=0.2)
    assert await pushes.advance(page) == 1
    assert await pushes.job(job.key) == page.next
    assert await pushes.advance(page) is None
    assert await pushes.counts(sent.id) == TEN


async def test_a_finished_part_is_none(pushes: PushStore) -> None:
    _, (job,) = await _started(pushes)
    await pushes.advance(_page(job, finished=True))
    assert await pushes.job(job.key) is None


async def test_a_cancelled_push_is_not_completed(pushes: PushStore) -> None:
    sent, (job,) = await _started(pushes)
    cancelled = await pushes.transition(sent, sent.moved(State.CANCELLED, at_s=NOON_S), at_s=NOON_S)
    assert await pushes.advance(_page(job, finished=True)) == 0
    assert await pushes.get(sent.id) == cancelled


async def test_a_cancel_that_comes_while_a_page_is_noted_is_not_overwritten(pushes: PushStore) -> None:
    sent, (job,) = await _started(pushes)
    cancelled, _ = await asyncio.gather(
        pushes.transition(sent, sent.moved(State.CANCELLED, at_s=NOON_S), at_s=NOON_S),
        pushes.advance(_page(job, finished=True)),
    )
    now = await pushes.get(sent.id)
    assert now is not None
    assert now.state is (State.COMPLETED if cancelled is None else State.CANCELLED)


async def test_parts_released_later_are_waited_for(pushes: PushStore) -> None:
    sent = replace(push(), state=State.SCHEDULED)
    await pushes.submit(submission(sent, jobs=[]))
    job = jobs_of(sent)[0]
    sending = await pushes.transition(sent, sent.moved(State.SENDING, at_s=NOON_S), at_s=NOON_S, jobs=[job])
    assert sending is not None
    assert await pushes.advance(_page(job)) == 1
    assert await pushes.advance(_page(replace(job, step=1), finished=True)) == 0
    now = await pushes.get(sent.id)
    assert now is not None
    assert (now.state, now.step) == (State.COMPLETED, 2)


async def test_a_job_released_again_takes_the_place_of_the_old_one(pushes: PushStore) -> None:
    sent, (job,) = await _started(pushes)
    again = replace(job, position=positions.new_id(NOON_S + 60), arc=Arc(7, 100))
    entry = log_entry(sent, position=again.position)
    assert await pushes.release_again(job, entry, again) is True
    assert await pushes.job(job.key) is None
    assert await pushes.job(again.key) == again
    assert list(await pushes.log(entry.topic, after=BEGINNING, retained_at_s=NOON_S, limit=10)) == [entry]
    assert await pushes.advance(_page(again, finished=True)) == 0


async def test_a_job_is_released_again_once(pushes: PushStore) -> None:
    sent, (job,) = await _started(pushes)
    tries = [replace(job, position=positions.new_id(NOON_S + 60)) for _ in range(5)]
    done = await asyncio.gather(
        *(pushes.release_again(job, log_entry(sent, position=again.position), again) for again in tries)
    )
    assert done.count(True) == 1
    entries = await pushes.log(job.topic, after=BEGINNING, retained_at_s=NOON_S, limit=10)
    assert [entry.position for entry in entries] == [tries[done.index(True)].position]


async def test_a_job_that_has_gone_on_is_not_released_again(pushes: PushStore) -> None:
    _, (job,) = await _started(pushes)
    await pushes.advance(_page(job))
    again = replace(job, position=positions.new_id(NOON_S + 60))
    assert await pushes.release_again(job, None, again) is False
    assert await pushes.job(again.key) is None


async def test_a_job_that_is_set_aside_shows_with_its_reason(pushes: PushStore) -> None:
    sent, (job, other) = await _started(pushes, "alice", "bob")
    assert list(await pushes.dead_jobs(sent.id)) == []
    assert await pushes.set_aside(job, reason="boom", at_s=NOON_S + 3) is True
    assert list(await pushes.dead_jobs(sent.id)) == [DeadJob(job=job, reason="boom", at_s=NOON_S + 3)]
    assert await pushes.advance(_page(other, finished=True)) == 1
    assert await pushes.get(sent.id) == sent


async def test_a_job_is_set_aside_once(pushes: PushStore) -> None:
    _, (job,) = await _started(pushes)
    await pushes.set_aside(job, reason="boom", at_s=NOON_S)
    assert await pushes.set_aside(job, reason="again", at_s=NOON_S) is False


async def test_a_job_that_has_gone_on_is_not_set_aside(pushes: PushStore) -> None:
    sent, (job,) = await _started(pushes)
    await pushes.advance(_page(job))
    assert await pushes.set_aside(job, reason="boom", at_s=NOON_S) is False
    assert list(await pushes.dead_jobs(sent.id)) == []


@pytest.mark.parametrize("users", [("alice",), tuple(f"u{n}" for n in range(40))])
async def test_many_parts_finished_at_the_same_time_complete_the_push_once(
    pushes: PushStore, users: tuple[str, ...]
) -> None:
    sent, jobs = await _started(pushes, *users)
    left = await asyncio.gather(*(pushes.advance(_page(job, finished=True)) for job in jobs))
    assert sorted(number for number in left if number is not None) == list(range(len(users)))
    now = await pushes.get(sent.id)
    assert now is not None
    assert (now.state, now.step) == (State.COMPLETED, 1)

"""Jobs are handed out as SQS would: at least once, again if they fail, and aside if they keep failing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from infra.local.jobs import MOST_RECEIVES, JobRunner
from infra.local.push_store import PushStore
from infra.local.storage import Storage
from services.domain import jobs, positions
from services.domain.pushes import Counts, Job, Push, State
from services.ports import Advance
from tests.contract.adapters import NOON_S, ManualClock
from tests.contract.makers import jobs_of, push, submission
from tests.unit.local.deadlines import eventually

Deliver = Callable[[Job], Awaitable[None]]
AT_ONCE_AGAIN = (0.0,)


class Worker:
    """A fan-out handler that keeps the events it got and does with each job what the test says."""

    def __init__(self, deliver: Deliver) -> None:
        self._deliver = deliver
        self.events: list[Mapping[str, object]] = []
        self.running = 0
        self.most_running = 0

    async def __call__(self, event: Mapping[str, object]) -> Mapping[str, object]:
        self.events.append(event)
        self.running += 1
        self.most_running = max(self.running, self.most_running)
        try:
            await self._deliver(jobs.from_json(str(self.record["body"])))
        except ValueError:
            return {"batchItemFailures": [{"itemIdentifier": self.record["messageId"]}]}
        finally:
            self.running -= 1
        return {"batchItemFailures": []}

    @property
    def record(self) -> Mapping[str, object]:
        """The one record of the latest event."""
        (record,) = list(self.events[-1]["Records"])  # type: ignore[call-overload]  # an SQS event
        return dict(record)

    @property
    def jobs(self) -> list[Job]:
        return [jobs.from_json(event["Records"][0]["body"]) for event in self.events]  # type: ignore[index]  # as above


@asynccontextmanager
async def _running(
    store: PushStore, deliver: Deliver, *, at_once: int = 16, retry_delays_s: tuple[float, ...] = AT_ONCE_AGAIN
) -> AsyncIterator[Worker]:
    worker = Worker(deliver)
    runner = JobRunner(store, worker, at_once=at_once, retry_delays_s=retry_delays_s)
    runner.start()
    try:
        yield worker
    finally:
        await runner.stop(within_s=5)


def _finishing(store: PushStore) -> Deliver:
    """Deliver nothing, and finish the job."""

    async def finish(job: Job) -> None:
        await store.advance(Advance(job=job, next=None, counts=Counts(), at_s=NOON_S))

    return finish


async def _fail(_job: Job) -> None:
    raise ValueError("no")


async def _submit(store: PushStore, *users: str) -> tuple[Push, list[Job]]:
    sent = push(*users)
    released = jobs_of(sent)
    await store.submit(submission(sent, jobs=released))
    return sent, released


async def _completed(store: PushStore, sent: Push) -> None:
    async with asyncio.timeout(10):
        while (now := await store.get(sent.id)) is None or now.state is not State.COMPLETED:
            await asyncio.sleep(0.002)


async def test_a_submitted_push_is_handed_out_and_completed(storage: Storage) -> None:
    store = storage.pushes
    async with _running(store, _finishing(store)) as worker:
        sent, released = await _submit(store, "alice", "bob")
        await _completed(store, sent)
    assert sorted(worker.jobs, key=lambda job: job.part) == released


async def test_the_event_is_that_of_sqs(storage: Storage) -> None:
    store = storage.pushes
    async with _running(store, _finishing(store)) as worker:
        sent, (job,) = await _submit(store)
        await _completed(store, sent)
    assert worker.record["messageId"] == f"{sent.id}/{job.position}/0/0"
    assert worker.record["body"] == jobs.to_json(job)
    attributes = worker.record["attributes"]
    assert isinstance(attributes, dict)
    assert attributes["ApproximateReceiveCount"] == "1"
    assert attributes["SentTimestamp"].isdecimal()


async def test_what_a_transition_releases_is_handed_out(storage: Storage) -> None:
    store = storage.pushes
    sent = replace(push(), state=State.SCHEDULED)
    await store.submit(submission(sent, jobs=[]))
    async with _running(store, _finishing(store)) as worker:
        await store.transition(sent, sent.moved(State.SENDING, at_s=NOON_S), at_s=NOON_S, jobs=jobs_of(sent))
        await _completed(store, sent)
    assert len(worker.events) == 1


async def test_jobs_left_by_an_earlier_process_are_taken_up(tmp_path: Path, clock: ManualClock) -> None:
    before = await Storage.open(tmp_path, clock)
    sent, released = await _submit(before.pushes, *(f"u{n}" for n in range(300)))
    await before.pushes.advance(Advance(job=released[0], next=None, counts=Counts(), at_s=NOON_S))
    going = replace(released[1], step=1, after="00000001#c")
    await before.pushes.advance(Advance(job=released[1], next=going, counts=Counts(), at_s=NOON_S))
    await before.close()
    after = await Storage.open(tmp_path, clock)
    async with _running(after.pushes, _finishing(after.pushes)) as worker:
        await _completed(after.pushes, sent)
    assert sorted(worker.jobs, key=lambda job: job.part) == [going, *released[2:]]
    await after.close()


async def test_no_more_run_at_once_than_allowed(storage: Storage) -> None:
    store = storage.pushes
    finish = _finishing(store)

    async def slowly(job: Job) -> None:
        await asyncio.sleep(0)
        await finish(job)

    async with _running(store, slowly, at_once=3) as worker:
        sent, _ = await _submit(store, *(f"u{n}" for n in range(20)))
        await _completed(store, sent)
    assert worker.most_running == 3


async def test_a_job_that_fails_is_tried_again(storage: Storage) -> None:
    store = storage.pushes
    finish = _finishing(store)

    async def fail_twice(job: Job) -> None:
        if len(worker.events) < 3:
            await _fail(job)
        await finish(job)

    async with _running(store, fail_twice) as worker:
        sent, _ = await _submit(store)
        await _completed(store, sent)
    counts = [event["Records"][0]["attributes"]["ApproximateReceiveCount"] for event in worker.events]  # type: ignore[index]  # an SQS event
    assert counts == ["1", "2", "3"]


async def test_a_job_that_keeps_failing_is_set_aside(storage: Storage) -> None:
    store = storage.pushes
    async with _running(store, _fail) as worker:
        sent, (job,) = await _submit(store)
        await eventually(lambda: len(worker.events) == MOST_RECEIVES)
        async with asyncio.timeout(10):
            while not (dead := await store.dead_jobs(sent.id)):
                await asyncio.sleep(0.002)
    assert [one.job for one in dead] == [job]
    assert len(worker.events) == MOST_RECEIVES
    now = await store.get(sent.id)
    assert now is not None
    assert now.state is State.SENDING


async def test_a_job_set_aside_is_not_taken_up_again(tmp_path: Path, clock: ManualClock) -> None:
    before = await Storage.open(tmp_path, clock)
    _, (job,) = await _submit(before.pushes)
    await before.pushes.set_aside(job, reason="boom", at_s=NOON_S)
    await before.close()
    after = await Storage.open(tmp_path, clock)
    async with _running(after.pushes, _fail) as worker:
        other, _ = await _submit(after.pushes)
        await eventually(lambda: worker.events)
        assert worker.jobs[0].push_id == other.id
    await after.close()


async def test_failures_are_counted_across_restarts(tmp_path: Path, clock: ManualClock) -> None:
    for start in range(MOST_RECEIVES):
        storage = await Storage.open(tmp_path, clock)
        if start == 0:
            sent, _ = await _submit(storage.pushes)
        clock.at_s += 1_000
        async with _running(storage.pushes, _fail, retry_delays_s=(1_000.0,)) as worker:
            await eventually(lambda worker=worker: worker.events)  # type: ignore[misc]  # a lambda with a default
        dead = await storage.pushes.dead_jobs(sent.id)
        await storage.close()
    assert len(dead) == 1


async def test_one_that_fails_does_not_hold_up_the_others(storage: Storage) -> None:
    store = storage.pushes
    finish = _finishing(store)

    async def first_fails(job: Job) -> None:
        await (_fail(job) if job.push_id == failing.id else finish(job))

    failing = push()
    async with _running(store, first_fails, at_once=1, retry_delays_s=(1_000.0,)):
        await store.submit(submission(failing))
        sent, _ = await _submit(store)
        await _completed(store, sent)


async def test_a_job_that_must_wait_is_run_again_when_its_time_has_come(storage: Storage) -> None:
    store = storage.pushes
    finish = _finishing(store)

    async def throttled_once(job: Job) -> None:
        if job.step == 0:
            following = replace(job, step=1, left=("c1",))
            await store.advance(Advance(job=job, next=following, counts=Counts(), at_s=NOON_S, delay_s=0.01))
        else:
            await finish(job)

    async with _running(store, throttled_once) as worker:
        sent, _ = await _submit(store)
        await _completed(store, sent)
    assert [job.left for job in worker.jobs] == [(), ("c1",)]


async def test_a_job_handed_back_is_run_on(storage: Storage) -> None:
    store = storage.pushes
    finish = _finishing(store)

    async def a_page_at_a_time(job: Job) -> None:
        if job.step < 3:
            following = replace(job, step=job.step + 1, after=f"0000000{job.step}#c")
            await store.advance(Advance(job=job, next=following, counts=Counts(), at_s=NOON_S))
        else:
            await finish(job)

    async with _running(store, a_page_at_a_time) as worker:
        sent, _ = await _submit(store)
        await _completed(store, sent)
    assert [job.step for job in worker.jobs] == [0, 1, 2, 3]


async def test_a_job_released_again_that_then_fails_is_tried_again_under_its_new_position(storage: Storage) -> None:
    store = storage.pushes
    finish = _finishing(store)
    position = positions.new_id(NOON_S)

    async def release_again_and_fail(job: Job) -> None:
        if job.position != position:
            await store.release_again(job, None, replace(job, position=position))
            await _fail(job)
        await finish(job)

    async with _running(store, release_again_and_fail) as worker:
        sent, _ = await _submit(store)
        await _completed(store, sent)
    assert len(worker.jobs) == 2


async def test_a_handler_that_raises_is_tried_again(storage: Storage) -> None:
    store = storage.pushes
    finish = _finishing(store)

    async def break_once(job: Job) -> None:
        if len(worker.events) == 1:
            raise OSError("the database cannot be used")
        await finish(job)

    async with _running(store, break_once) as worker:
        sent, _ = await _submit(store)
        await _completed(store, sent)
    assert len(worker.events) == 2


async def test_stopping_waits_for_those_that_run(storage: Storage) -> None:
    store = storage.pushes
    finish = _finishing(store)
    go_on = asyncio.Event()

    async def wait(job: Job) -> None:
        await go_on.wait()
        await finish(job)

    worker = Worker(wait)
    runner = JobRunner(store, worker)
    runner.start()
    sent, _ = await _submit(store)
    await eventually(lambda: worker.events)
    stopping = asyncio.create_task(runner.stop(within_s=5))
    await asyncio.sleep(0)
    go_on.set()
    await stopping
    await _completed(store, sent)


async def test_one_that_does_not_end_is_cut_short_and_goes_on_after_the_next_start(storage: Storage) -> None:
    store = storage.pushes
    worker = Worker(lambda _job: asyncio.Event().wait())  # type: ignore[arg-type,return-value]  # never returns
    runner = JobRunner(store, worker)
    runner.start()
    sent, _ = await _submit(store)
    await eventually(lambda: worker.events)
    await runner.stop(within_s=0)
    async with _running(store, _finishing(store)):
        await _completed(store, sent)


@pytest.mark.parametrize("number", [0, 1])
async def test_nothing_is_handed_out_once_stopped(storage: Storage, number: int) -> None:
    store = storage.pushes
    async with _running(store, _finishing(store)) as worker:
        for _ in range(number):
            sent, _jobs = await _submit(store)
            await _completed(store, sent)
    await _submit(store)
    assert len(worker.events) == number

"""Telling endpoints what the outbox holds: at once, again after failures, and given up after a day."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from infra.local import webhooks
from infra.local.storage import Storage
from infra.local.webhooks import Webhooks
from infra.webhooks import retries
from infra.webhooks.delivery import Courier
from infra.webhooks.endpoints import Endpoint
from tests.contract.adapters import ManualClock
from tests.contract.makers import connection, push, submission
from tests.unit.local.deadlines import eventually
from tests.unit.webhooks.receiver import Receiver, receiving, status

LOOK_EVERY_S = 0.002


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an endpoint is left alone for passes at once; waits of events are by the clock of the test."""
    monkeypatch.setattr(webhooks, "LONGEST_PAUSE_S", LOOK_EVERY_S)


@asynccontextmanager
async def office(directory: Path, clock: ManualClock, *endpoints: Endpoint) -> AsyncIterator[tuple[Storage, Webhooks]]:
    """Storage, and what tells these endpoints, running."""
    storage = await Storage.open(directory, clock, webhooks=endpoints)
    courier = Courier(clock, timeout_s=0.5)
    telling = Webhooks(storage.outbox, endpoints, courier, clock, chance=lambda: 0.5, look_every_s=LOOK_EVERY_S)
    await telling.start()
    try:
        yield storage, telling
    finally:
        await telling.stop()
        await storage.close()


def told(receiver: Receiver) -> list[str]:
    """Types of the events that came, in order."""
    return [str(json.loads(each.body)["type"]).removeprefix("fanfare.") for each in receiver.received]


def ids(receiver: Receiver) -> list[str]:
    return [each.headers["webhook-id"] for each in receiver.received]


async def test_what_happens_is_told_at_once_and_kept_no_longer(tmp_path: Path, clock: ManualClock) -> None:
    async with receiving() as receiver, office(tmp_path, clock, receiver.endpoint()) as (storage, telling):
        await storage.pushes.submit(submission(push()))
        await eventually(lambda: len(receiver.received) == 2)
        await eventually(lambda: storage.outbox.waiting() == 0)
        assert told(receiver) == ["push.created", "push.sending"]
        assert telling.counts == {"told": 2, "failed": 0, "given_up": 0}


async def test_a_failure_is_told_again_with_the_same_id_when_it_is_due(tmp_path: Path, clock: ManualClock) -> None:
    async with receiving(status(500)) as receiver:
        endpoint = receiver.endpoint(events=["push.created"])
        async with office(tmp_path, clock, endpoint) as (storage, _):
            await storage.pushes.submit(submission(push()))
            await eventually(lambda: storage.outbox.next_due_s(endpoint) == clock.at_s + 5)
            assert len(receiver.received) == 1
            clock.at_s += 5
            await eventually(lambda: storage.outbox.waiting() == 0)
    assert len(ids(receiver)) == 2
    assert len(set(ids(receiver))) == 1
    timestamps = [int(each.headers["webhook-timestamp"]) for each in receiver.received]
    assert timestamps[1] - timestamps[0] == 5


async def test_retry_after_puts_an_event_off(
    tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with receiving(status(503, Retry_After="900")) as receiver:
        endpoint = receiver.endpoint(events=["push.created"])
        async with office(tmp_path, clock, endpoint) as (storage, _):
            await storage.pushes.submit(submission(push()))
            await eventually(lambda: storage.outbox.next_due_s(endpoint) == clock.at_s + 900)


async def test_one_that_is_down_holds_up_no_other(tmp_path: Path, clock: ManualClock) -> None:
    async with (
        receiving(*[None] * 10) as slow,
        receiving() as quick,
        office(tmp_path, clock, slow.endpoint(), quick.endpoint()) as (storage, _),
    ):
        await storage.pushes.submit(submission(push()))
        await eventually(lambda: len(quick.received) == 2)
        assert storage.outbox.waiting() >= 2


async def test_events_of_one_push_are_told_one_after_the_other(tmp_path: Path, clock: ManualClock) -> None:
    async with receiving(None) as receiver, office(tmp_path, clock, receiver.endpoint()) as (storage, _):
        await storage.pushes.submit(submission(push()))
        await storage.registry.add(connection("c1"))
        await eventually(lambda: len(receiver.received) >= 1)
        assert "push.sending" not in told(receiver)


async def test_a_backlog_is_told_whole_after_a_restart(tmp_path: Path, clock: ManualClock) -> None:
    async with receiving() as receiver:
        endpoint = receiver.endpoint()
        storage = await Storage.open(tmp_path, clock, webhooks=[endpoint])
        for _ in range(20):
            await storage.pushes.submit(submission(push()))
        await storage.close()
        clock.at_s += 2 * retries.GIVEN_UP_AFTER_S
        async with office(tmp_path, clock, endpoint) as (again, telling):
            await eventually(lambda: again.outbox.waiting() == 0)
            assert telling.counts["given_up"] == 0
    assert len(set(ids(receiver))) == 40


async def test_after_a_day_without_success_it_is_given_up_and_logged(
    tmp_path: Path, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    async with receiving(*[status(500)] * 50) as receiver:
        endpoint = receiver.endpoint(events=["push.created"])
        async with office(tmp_path, clock, endpoint) as (storage, telling):
            await storage.pushes.submit(submission(push()))
            while not telling.counts["given_up"]:
                due_at_s = storage.outbox.next_due_s(endpoint)
                if due_at_s is not None and due_at_s > clock.at_s:
                    clock.at_s = due_at_s
                await asyncio.sleep(LOOK_EVERY_S)
            assert telling.counts == {"told": 0, "failed": retries.TRIES, "given_up": 1}
    assert [record.levelno for record in caplog.records][-1] == logging.ERROR


async def test_who_answers_410_is_told_nothing_more_before_the_next_start(
    tmp_path: Path, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    async with receiving(status(410)) as receiver:
        async with office(tmp_path, clock, receiver.endpoint()) as (storage, telling):
            await storage.pushes.submit(submission(push()))
            await eventually(lambda: storage.outbox.waiting() == 0)
            await storage.pushes.submit(submission(push()))
            assert storage.outbox.waiting() == 0
            assert telling.counts["given_up"] == 2
        assert "410" in caplog.text
        async with office(tmp_path, clock, receiver.endpoint()) as (storage, _):
            await storage.pushes.submit(submission(push()))
            await eventually(lambda: len(receiver.received) == 3)


async def test_what_is_being_told_at_a_stop_is_told_again(tmp_path: Path, clock: ManualClock) -> None:
    async with receiving(None) as receiver:
        endpoint = receiver.endpoint(events=["push.created"])
        async with office(tmp_path, clock, endpoint) as (storage, _):
            await storage.pushes.submit(submission(push()))
            await eventually(lambda: receiver.received)
        async with office(tmp_path, clock, endpoint):
            await eventually(lambda: len(receiver.received) == 2)
    assert len(set(ids(receiver))) == 1


async def test_no_secret_and_no_path_is_logged(
    tmp_path: Path, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    async with receiving(status(500)) as receiver:
        endpoint = receiver.endpoint(events=["push.created"])
        async with office(tmp_path, clock, endpoint) as (storage, _):
            await storage.pushes.submit(submission(push(message="for alice alone")))
            await eventually(lambda: "webhook failed" in caplog.messages)
    written = [str(record.__dict__) for record in caplog.records]
    assert not any(word in line for word in ("whsec_", "/hook", "for alice alone") for line in written)

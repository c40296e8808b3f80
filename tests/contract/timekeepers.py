"""The adapters of `services.ports.Timers`, each with a clock to turn and whatever fires it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol
from unittest import mock

import boto3

from infra.aws.queues import Queue
from infra.aws.schedules import Schedules
from infra.aws.table import Table
from infra.aws.timers import Timers as AwsTimers
from infra.local import timers as local
from infra.local.database import Database, open_database
from infra.local.push_rows import to_json
from services.ports import Timer
from services.ports import Timers as TimersPort
from tests.contract import dynamodb, sqs
from tests.contract.adapters import ManualClock

if TYPE_CHECKING:
    from mypy_boto3_scheduler import EventBridgeSchedulerClient

GROUP: Final = "fanfare"
ROLE_ARN: Final = "arn:aws:iam::123456789012:role/scheduler"
VISIBLE_AFTER_S: Final = 30
"""How long a message that was received and not deleted stays unseen."""
SETTLED_WITHIN_S: Final = 10.0


Acts = Callable[[Mapping[str, object]], Awaitable[None]]
"""What a timer does with its body."""


class Timekeeper(Protocol):
    """Timers, with what fires them. `fired` are the bodies that were handed out, those that failed included."""

    timers: TimersPort
    clock: ManualClock
    fired: list[Mapping[str, object]]
    acts: Acts

    async def until(self, at_s: float) -> None:
        """Let it be that moment, and all that is due then have fired, or failed."""

    async def restart(self) -> None:
        """The process ends, and another takes over."""


Opener = Callable[[Path, ManualClock], AbstractAsyncContextManager[Timekeeper]]


async def _nothing(_: Mapping[str, object]) -> None:
    """What a timer does, until a test says otherwise."""


class LocalTimekeeper:
    """Timers in SQLite, fired by their task."""

    timers: TimersPort

    def __init__(self, database: Database, clock: ManualClock) -> None:
        self._database = database
        self._failed_at: dict[str, float] = {}
        self.clock = clock
        self.fired: list[Mapping[str, object]] = []
        self.acts: Acts = _nothing
        self._start()

    async def until(self, at_s: float) -> None:
        self.clock.at_s = at_s
        async with asyncio.timeout(SETTLED_WITHIN_S):
            while self._due() - {body for body, failed_at_s in self._failed_at.items() if failed_at_s == at_s}:
                await asyncio.sleep(0.002)

    async def restart(self) -> None:
        await self.stop()
        self._start()

    async def stop(self) -> None:
        """Fire no more."""
        await self._running.stop()

    def _start(self) -> None:
        self.timers = self._running = local.Timers(self._database, self.clock, look_every_s=0.002)
        self._running.start(self._act)

    def _due(self) -> set[str]:
        rows = self._database.read("SELECT body FROM timers WHERE at_s <= ?", (self.clock.at_s,))
        return {str(body) for (body,) in rows}

    async def _act(self, body: Mapping[str, object]) -> None:
        self.fired.append(body)
        try:
            await self.acts(body)
        except Exception:
            self._failed_at[to_json(dict(body))] = self.clock.at_s
            raise


class AwsTimekeeper:
    """Timers on moto, which sends no schedule's message and calls no function: both are done here."""

    timers: TimersPort

    def __init__(self, table: Table, queue: Queue, clock: ManualClock) -> None:
        self._table = table
        self._queue = queue
        self.clock = clock
        self.fired: list[Mapping[str, object]] = []
        self.acts: Acts = _nothing
        self._start()

    async def until(self, at_s: float) -> None:
        self.clock.at_s = at_s
        self._send_what_is_scheduled()
        while messages := self._received():
            for receipt_handle, body in messages:
                try:
                    await self._timers.fire(body, self._act)
                except ArithmeticError:
                    # It stays in the queue, and is handed out again.
                    continue
                sqs.client().delete_message(QueueUrl=self._queue.url, ReceiptHandle=receipt_handle)

    async def restart(self) -> None:
        self._start()

    def _start(self) -> None:
        schedules = Schedules(scheduler(), group=GROUP, role_arn=ROLE_ARN, queue_arn=self._queue.url)
        self.timers = self._timers = AwsTimers(self._table, self._queue, schedules, self.clock)

    async def _act(self, body: Mapping[str, object]) -> None:
        self.fired.append(body)
        await self.acts(body)

    def _send_what_is_scheduled(self) -> None:
        for listed in scheduler().list_schedules(GroupName=GROUP)["Schedules"]:
            schedule = scheduler().get_schedule(GroupName=GROUP, Name=listed["Name"])
            written = re.fullmatch(r"at\((.+)\)", schedule["ScheduleExpression"])
            assert written is not None
            if datetime.fromisoformat(f"{written[1]}+00:00").timestamp() <= self.clock.at_s:
                sqs.client().send_message(QueueUrl=self._queue.url, MessageBody=schedule["Target"]["Input"])
                scheduler().delete_schedule(GroupName=GROUP, Name=listed["Name"])

    def _received(self) -> list[tuple[str, str]]:
        answer = sqs.client().receive_message(
            QueueUrl=self._queue.url, MaxNumberOfMessages=10, VisibilityTimeout=VISIBLE_AFTER_S
        )
        return [(message["ReceiptHandle"], message["Body"]) for message in answer.get("Messages", ())]


@cache
def scheduler() -> EventBridgeSchedulerClient:
    """A client that talks to moto. It is made once, which takes a tenth of a second."""
    session = boto3.Session(region_name="eu-central-1", aws_access_key_id="test", aws_secret_access_key="test")
    return session.client("scheduler", config=dynamodb.CONFIG)


@asynccontextmanager
async def sqlite(directory: Path, clock: ManualClock) -> AsyncIterator[Timekeeper]:
    """Timers of the one-machine server."""
    database = open_database(directory)
    keeper = LocalTimekeeper(database, clock)
    try:
        yield keeper
    finally:
        await keeper.stop()
        await database.close()


@asynccontextmanager
async def aws(_: Path, clock: ManualClock) -> AsyncIterator[Timekeeper]:
    """Timers on AWS, as moto plays it, by the test's clock."""

    def now_ms() -> float:
        return clock.at_s * 1_000

    with (
        dynamodb.table() as table,
        mock.patch("moto.sqs.models.unix_time_millis", now_ms),
        # By this one it goes for how long a message is retained.
        mock.patch("moto.sqs.models.unix_time", clock.now_s),
    ):
        scheduler().create_schedule_group(Name=GROUP)
        yield AwsTimekeeper(table, sqs.queue("timers"), clock)


def timer(name: str, at_s: float, what: str | None = None) -> Timer:
    """A timer that fires as `{"what": what}`, which is its name if nothing is said."""
    return Timer(name=name, at_s=at_s, body={"what": what or name})


def whats(keeper: Timekeeper) -> list[object]:
    """What has fired since the last call."""
    found = [body["what"] for body in keeper.fired]
    keeper.fired.clear()
    return found


OPENERS: Final[Mapping[str, Opener]] = {"sqlite": sqlite, "aws": aws}
"""Every adapter by its name; the whole suite runs on each."""

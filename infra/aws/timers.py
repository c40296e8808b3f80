"""Timers on AWS: an item says what and when, a delayed message of SQS or a schedule sees to it that somebody looks.

A message only names its timer; what it is for and when it is due, the item says at that moment. So a timer that was set
again or cancelled needs no message taken back: the old one finds that it is not time yet, or nothing.
"""

from __future__ import annotations

import json
import math
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from infra.aws import keys
from infra.aws.attributes import Value
from infra.aws.expressions import holds
from infra.aws.queues import LONGEST_DELAY_S, Queue
from infra.aws.schedules import Schedules
from infra.aws.table import Table
from infra.aws.values import DAY_S, present, seconds, to_json
from services.ports import Clock, Timer

Handler = Callable[[Mapping[str, object]], Awaitable[None]]

EARLY_S: Final = 60
"""How long before a timer its schedule sends the message, which then waits in the queue, to the second: a schedule is
late by some seconds, and promises no more than the minute."""
KEPT_S: Final = 30 * DAY_S
"""How long a timer is kept that could not be fired when it was due."""


class Timers:
    """Implements `services.ports.Timers`. Raises TableUnavailable, QueueUnavailable and SchedulesUnavailable."""

    def __init__(self, table: Table, queue: Queue, schedules: Schedules, clock: Clock) -> None:
        self._table = table
        self._queue = queue
        self._schedules = schedules
        self._clock = clock

    async def set(self, timer: Timer) -> None:
        generation = uuid.uuid4().hex
        is_scheduled = timer.at_s - self._clock.now_s() > LONGEST_DELAY_S
        before = await self._table.replaced(
            present(
                {
                    **keys.timer(timer.name)._asdict(),
                    "at_s": timer.at_s,
                    "body": to_json(dict(timer.body)),
                    "generation": generation,
                    "schedule": generation if is_scheduled else None,
                    "expires_at": math.ceil(timer.at_s + KEPT_S),
                }
            )
        )
        if is_scheduled:
            await self._schedules.send_at(timer.at_s - EARLY_S, _message(timer.name), name=generation)
        else:
            await self._send(timer.name, timer.at_s)
        await self._unschedule(before)

    async def cancel(self, name: str) -> None:
        await self._unschedule(await self._table.deleted(keys.timer(name)))

    async def fire(self, message: str, handler: Handler) -> None:
        """See to the timer that a message of the queue names: hand its body to `handler` if it is due.

        Raises what `handler` raises; the queue then hands the message out again.
        """
        name = str(json.loads(message)["timer"])
        item = await self._table.get(keys.timer(name))
        if item is None:
            return
        if seconds(item["at_s"]) > self._clock.now_s():
            await self._send(name, seconds(item["at_s"]))
            return
        await handler(json.loads(str(item["body"])))
        # Set again meanwhile, it is to fire again.
        await self._table.deleted(keys.timer(name), holds({"generation": item["generation"]}))

    async def _send(self, name: str, at_s: float) -> None:
        """Have somebody look at the moment, or as late before it as a message can wait."""
        delay_s = min(max(0.0, at_s - self._clock.now_s()), LONGEST_DELAY_S)
        await self._queue.send([_message(name)], delay_s=delay_s)

    async def _unschedule(self, before: Mapping[str, Value] | None) -> None:
        schedule = None if before is None else before.get("schedule")
        if schedule is not None:
            await self._schedules.delete(str(schedule))


def _message(name: str) -> str:
    return to_json({"timer": name})

"""Timers in SQLite, and the task that fires them."""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from infra.local.database import Database, Row
from infra.local.push_rows import seconds, to_json
from services.ports import Clock, Timer

log = logging.getLogger(__name__)

Handler = Callable[[Mapping[str, object]], Awaitable[None]]

LOOK_EVERY_S = 1.0
"""Longest sleep while a timer waits: the clock may be set, or the machine have slept, meanwhile."""
FIRED_AT_ONCE = 100
RETRY_DELAYS_S = (1.0, 5.0, 30.0, 120.0)
"""Waits before a timer whose handler failed fires again; the last one is repeated."""

# Set again it gets a new serial, by which one that is just firing is not taken for the new one.
_SET = "INSERT OR REPLACE INTO timers (name, at_s, body) VALUES (?, ?, ?)"
_DUE = "SELECT serial, name, at_s, body FROM timers WHERE at_s <= ? ORDER BY at_s LIMIT ?"


@dataclass(frozen=True, slots=True)
class _Failure:
    """How often a timer has failed, and when it fires again."""

    times: int
    again_at_s: float


class Timers:
    """Implements `services.ports.Timers`."""

    def __init__(self, database: Database, clock: Clock, *, look_every_s: float = LOOK_EVERY_S) -> None:
        self._database = database
        self._clock = clock
        self._look_every_s = look_every_s
        self._changed = asyncio.Event()
        self._failures: dict[int, _Failure] = {}
        self._task: asyncio.Task[None] | None = None

    async def set(self, timer: Timer) -> None:
        body = to_json(dict(timer.body))

        def put(connection: sqlite3.Connection) -> None:
            connection.execute(_SET, (timer.name, timer.at_s, body))

        await self._database.write(put, durable=True, on_done=lambda _: self._changed.set())

    async def cancel(self, name: str) -> None:
        await self._database.write(
            lambda connection: connection.execute("DELETE FROM timers WHERE name = ?", (name,)).rowcount, durable=True
        )

    def start(self, handler: Handler) -> None:
        """Fire timers from now on: `handler` is called with the body of each, and again if it raises."""
        assert self._task is None, "they fire already"
        self._task = asyncio.create_task(self._run(handler), name="timers")

    async def stop(self) -> None:
        """Fire no more; what is just firing is cut short, and fires again at the next start."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None

    async def _run(self, handler: Handler) -> None:
        while True:
            self._changed.clear()
            try:
                fired = await self._fire_due(handler)
            except OSError:
                # The disk may be full for a while; what has fired and could not be removed fires again.
                log.exception("timers cannot be read or removed")
                fired = 0
            if fired < FIRED_AT_ONCE:
                await self._sleep()

    async def _sleep(self) -> None:
        row = self._database.read_one("SELECT MIN(at_s) FROM timers")
        if row is None or row[0] is None:
            await self._changed.wait()
            return
        wait_s = min(self._look_every_s, max(0.0, seconds(row[0]) - self._clock.now_s()))
        # Not wait_for, which in Python 3.11 loses a cancel that comes just as the event does (bpo-37658).
        try:
            async with asyncio.timeout(wait_s):
                await self._changed.wait()
        except TimeoutError:
            return

    async def _fire_due(self, handler: Handler) -> int:
        now_s = self._clock.now_s()
        due = self._database.read(_DUE, (now_s, FIRED_AT_ONCE + len(self._failures)))
        firing = [row for row in due if not self._waits(row, now_s)][:FIRED_AT_ONCE]
        outcomes = await asyncio.gather(*(self._fire(handler, row) for row in firing))
        done = [serial for serial in outcomes if serial is not None]
        if done:
            await self._database.write(
                lambda connection: (
                    connection.executemany(
                        "DELETE FROM timers WHERE serial = ?", [(serial,) for serial in done]
                    ).rowcount
                ),
                durable=False,
            )
        return len(firing)

    def _waits(self, row: Row, now_s: float) -> bool:
        failure = self._failures.get(int(str(row[0])))
        return failure is not None and failure.again_at_s > now_s

    async def _fire(self, handler: Handler, row: Row) -> int | None:
        """Fire one; its serial if it is done with."""
        serial, name, _, body = row
        number = int(str(serial))
        try:
            await handler(json.loads(str(body)))
        except Exception:
            # A timer that fails must not hold up the others; it is tried again, more and more rarely.
            times = self._failures[number].times + 1 if number in self._failures else 1
            delay_s = RETRY_DELAYS_S[min(times, len(RETRY_DELAYS_S)) - 1]
            self._failures[number] = _Failure(times, self._clock.now_s() + delay_s)
            log.exception("timer failed", extra={"timer": str(name), "times": times, "again_in_s": delay_s})
            return None
        self._failures.pop(number, None)
        return number

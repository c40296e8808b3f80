"""Tells each endpoint what the outbox holds for it, one task an endpoint, until it is told or given up."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

from infra.local.outbox import Again, Outbox, Waiting
from infra.webhooks import retries
from infra.webhooks.delivery import Courier, Outcome, Told
from infra.webhooks.endpoints import Endpoint
from services.ports import Clock

log = logging.getLogger(__name__)

AT_ONCE: Final = 4
"""Events that an endpoint is told of at the same time, each of another push, terminal or user."""
LOOKED_THROUGH: Final = 32
"""Events that are looked through for those."""
LONGEST_PAUSE_S: Final = 60.0
"""Longest pause after an endpoint took nothing, unless it asks for a longer one: what fails once fails for the next
event too."""
LOOK_EVERY_S: Final = 1.0
"""Longest sleep: the clock may be set, or the machine have slept, meanwhile."""


class Webhooks:
    """Tells endpoints, each by itself: one that is down or slow holds up no other.

    `chance` gives numbers from 0 to 1, for the jitter. `counts` is how many attempts were `told` and `failed`, and
    how many events were `given_up`.
    """

    def __init__(
        self,
        outbox: Outbox,
        endpoints: Sequence[Endpoint],
        courier: Courier,
        clock: Clock,
        *,
        chance: Callable[[], float] = random.random,
        look_every_s: float = LOOK_EVERY_S,
    ) -> None:
        self._outbox = outbox
        self._endpoints = tuple(endpoints)
        self._courier = courier
        self._clock = clock
        self._chance = chance
        self._look_every_s = look_every_s
        self._noted = [asyncio.Event() for _ in self._endpoints]
        self._tasks: list[asyncio.Task[None]] = []
        self.counts: Counter[str] = Counter(told=0, failed=0, given_up=0)

    async def start(self) -> None:
        """Tell from now on, beginning with what an earlier process left. Raises StorageError."""
        if left := await self._outbox.forget_others():
            log.warning("events for webhooks that are no longer set were given up", extra={"events": left})
        self._outbox.on_noted = self._wake
        self._tasks = [
            asyncio.create_task(self._serve(endpoint, noted), name=f"webhook {endpoint.host}")
            for endpoint, noted in zip(self._endpoints, self._noted, strict=True)
        ]

    async def stop(self) -> None:
        """Tell nothing more; what is being told now is told again after the next start."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        self._tasks = []

    def _wake(self) -> None:
        for noted in self._noted:
            noted.set()

    async def _serve(self, endpoint: Endpoint, noted: asyncio.Event) -> None:
        failures = 0
        while True:
            noted.clear()
            try:
                outcomes = await self._tell_due(endpoint, most=1 if failures else AT_ONCE)
                if any(outcome.result == "gone" for outcome in outcomes):
                    await self._close(endpoint)
                    return
            except OSError:
                # The disk may be full for a while; what was told and could not be taken out is told again.
                log.exception("events for webhooks cannot be read or taken out")
                await asyncio.sleep(self._look_every_s)
                continue
            if not outcomes:
                await self._sleep(endpoint, noted)
            elif any(outcome.result == "told" for outcome in outcomes):
                failures = 0
            else:
                failures += 1
                await asyncio.sleep(self._pause_s(failures, outcomes))

    def _pause_s(self, failures: int, outcomes: Sequence[Outcome]) -> float:
        own = min(retries.wait_s(failures, chance=self._chance()), LONGEST_PAUSE_S)
        asked = max(outcome.retry_after_s or 0.0 for outcome in outcomes)
        return max(own, min(asked, retries.LONGEST_WAIT_S))

    async def _tell_due(self, endpoint: Endpoint, *, most: int) -> Sequence[Outcome]:
        """Tell it some of what is due, if there is any: what that came to."""
        due = self._outbox.due(endpoint, self._clock.now_s(), limit=LOOKED_THROUGH)
        some = list({each.subject: each for each in reversed(due)}.values())
        some = sorted(some, key=due.index)[:most]
        outcomes = await asyncio.gather(*(self._tell(endpoint, each) for each in some))
        done = [each.serial for each, outcome in zip(some, outcomes, strict=True) if outcome.result == "told"]
        again = [
            self._again(endpoint, each, outcome)
            for each, outcome in zip(some, outcomes, strict=True)
            if outcome.result == "again"
        ]
        await self._outbox.settle(done=done, again=again)
        if again:
            too_old_s = self._clock.now_s() - retries.GIVEN_UP_AFTER_S
            self._given_up(endpoint, await self._outbox.give_up(endpoint, before_s=too_old_s))
        return outcomes

    async def _tell(self, endpoint: Endpoint, waiting: Waiting) -> Outcome:
        told = Told(event_id=waiting.event_id, body=waiting.body)
        outcome = await self._courier.tell(endpoint, told)
        self.counts["told" if outcome.result == "told" else "failed"] += 1
        return outcome

    def _again(self, endpoint: Endpoint, waiting: Waiting, outcome: Outcome) -> Again:
        tries = waiting.tries + 1
        wait_s = retries.wait_s(tries, chance=self._chance(), retry_after_s=outcome.retry_after_s)
        log.warning(
            "webhook failed",
            extra={
                "host": endpoint.host,
                "event_id": waiting.event_id,
                "type": waiting.type,
                "why": outcome.why,
                "tries": tries,
                "again_in_s": round(wait_s),
            },
        )
        return Again(serial=waiting.serial, tries=tries, due_at_s=self._clock.now_s() + wait_s)

    def _given_up(self, endpoint: Endpoint, number: int) -> None:
        if number:
            self.counts["given_up"] += number
            log.error(
                "events were given up: nobody took them for a day", extra={"host": endpoint.host, "events": number}
            )

    async def _close(self, endpoint: Endpoint) -> None:
        """It answered 410: tell it nothing before the next start, and keep nothing for it."""
        number = await self._outbox.close_for(endpoint)
        self.counts["given_up"] += number
        log.error(
            "webhook is gone (410): it is told nothing before the next start; take it out of the settings",
            extra={"host": endpoint.host, "events": number},
        )

    async def _sleep(self, endpoint: Endpoint, noted: asyncio.Event) -> None:
        """Until something is noted, or due. What is due already was left for another turn only if it was not read."""
        due_at_s = self._outbox.next_due_s(endpoint)
        wait_s = self._look_every_s if due_at_s is None else min(self._look_every_s, due_at_s - self._clock.now_s())
        # Not wait_for, which in Python 3.11 loses a cancel that comes just as the event does (bpo-37658).
        try:
            async with asyncio.timeout(max(0.0, wait_s)):
                await noted.wait()
        except TimeoutError:
            return

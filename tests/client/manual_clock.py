"""A clock that stands still until a test moves it."""

from __future__ import annotations

import asyncio
import heapq
import itertools

START_S = 1_790_000_000.0


class ManualClock:
    """Sleepers wake in order when `advance` passes their moment, and may sleep again on the way."""

    def __init__(self) -> None:
        self._elapsed_s = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._number = itertools.count()

    def now_s(self) -> float:
        return START_S + self._elapsed_s

    def monotonic_s(self) -> float:
        return self._elapsed_s

    async def sleep(self, seconds: float) -> None:
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._elapsed_s + max(seconds, 0.0), next(self._number), woken))
        await woken

    async def advance(self, seconds: float) -> None:
        """Let `seconds` pass."""
        await _settle()
        until_s = self._elapsed_s + seconds
        while self._sleepers and self._sleepers[0][0] <= until_s:
            at_s, _, woken = heapq.heappop(self._sleepers)
            self._elapsed_s = max(self._elapsed_s, at_s)
            if not woken.done():
                woken.set_result(None)
            await _settle()
        self._elapsed_s = until_s
        await _settle()


async def _settle() -> None:
    # Lets what was woken run up to where it waits for something else: another sleep, or a socket.
    for _ in range(10):
        await asyncio.sleep(0)

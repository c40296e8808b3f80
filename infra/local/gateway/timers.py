"""One timer for every deadline: a wheel of buckets, so that an idle connection costs one entry in a set."""

from __future__ import annotations

import asyncio
import math
from typing import Protocol


class Expiring(Protocol):
    """Something with a deadline. `tick` belongs to the wheel: None while it is not watched."""

    tick: int | None

    def expire(self, now_s: float) -> float | None:
        """The time noted for it has come. Returns when to look again, or None never to.

        So a deadline that moves on costs nothing when it moves: this is called at the old one and answers the new.
        """


class TimerWheel:
    """Calls `expire` of what it watches, up to `resolution_s` late and never early. Times are the loop's."""

    def __init__(self, loop: asyncio.AbstractEventLoop, resolution_s: float) -> None:
        self._loop = loop
        self._resolution_s = resolution_s
        self._buckets: dict[int, set[Expiring]] = {}
        self._handle: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to turn."""
        if self._handle is None:
            self._handle = self._loop.call_later(self._resolution_s, self._turn)

    def stop(self) -> None:
        """Stop turning and forget everything."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        for bucket in self._buckets.values():
            for item in bucket:
                item.tick = None
        self._buckets.clear()

    def watch(self, item: Expiring, at_s: float) -> None:
        """Expire `item` at `at_s`; replaces an earlier time."""
        self.forget(item)
        tick = math.ceil(at_s / self._resolution_s)
        bucket = self._buckets.get(tick)
        if bucket is None:
            bucket = self._buckets[tick] = set()
        bucket.add(item)
        item.tick = tick

    def forget(self, item: Expiring) -> None:
        """Watch `item` no longer."""
        if item.tick is None:
            return
        bucket = self._buckets.get(item.tick)
        item.tick = None
        if bucket is not None:
            bucket.discard(item)

    def _turn(self) -> None:
        self._handle = self._loop.call_later(self._resolution_s, self._turn)
        now_s = self._loop.time()
        due = [tick for tick in self._buckets if tick * self._resolution_s <= now_s]
        for tick in sorted(due):
            bucket = self._buckets.pop(tick)
            for item in bucket:
                item.tick = None
            for item in bucket:
                at_s = item.expire(now_s)
                if at_s is not None:
                    self.watch(item, at_s)

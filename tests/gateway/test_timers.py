"""The timer wheel: never early, at most its resolution late, and it forgets what it is told to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from infra.local.gateway.timers import TimerWheel

RESOLUTION_S = 0.5


class Clock:
    """The part of an event loop that the wheel uses, with a hand that the test moves."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self._due: list[tuple[float, Callable[[], None]]] = []

    def time(self) -> float:
        return self.now_s

    def call_later(self, delay_s: float, call: Callable[[], None]) -> asyncio.TimerHandle:
        self._due.append((self.now_s + delay_s, call))
        return cast("asyncio.TimerHandle", self)

    def cancel(self) -> None:
        self._due.clear()

    def advance(self, to_s: float) -> None:
        while self._due and self._due[0][0] <= to_s:
            at_s, call = self._due.pop(0)
            self.now_s = at_s
            call()
        self.now_s = to_s


class Item:
    """Expires at `deadline_s`, which may move, and notes when."""

    def __init__(self, clock: Clock, deadline_s: float) -> None:
        self.tick: int | None = None
        self.deadline_s = deadline_s
        self.expired_s: float | None = None
        self._clock = clock

    def expire(self, now_s: float) -> float | None:
        if now_s < self.deadline_s:
            return self.deadline_s
        self.expired_s = now_s
        return None


def wheel_of(clock: Clock) -> TimerWheel:
    wheel = TimerWheel(cast("asyncio.AbstractEventLoop", clock), RESOLUTION_S)
    wheel.start()
    return wheel


@given(st.lists(st.floats(0, 50), max_size=30))
def test_everything_expires_in_time(deadlines: list[float]) -> None:
    clock = Clock()
    wheel = wheel_of(clock)
    items = [Item(clock, deadline_s) for deadline_s in deadlines]
    for item in items:
        wheel.watch(item, item.deadline_s)
    clock.advance(60)
    for item in items:
        assert item.expired_s is not None
        assert item.deadline_s <= item.expired_s <= item.deadline_s + 2 * RESOLUTION_S


def test_a_deadline_that_moved_on_is_looked_at_again() -> None:
    clock = Clock()
    wheel = wheel_of(clock)
    item = Item(clock, 1.0)
    wheel.watch(item, item.deadline_s)
    item.deadline_s = 20.0
    clock.advance(19)
    assert item.expired_s is None
    clock.advance(21)
    assert item.expired_s is not None


def test_what_is_forgotten_does_not_expire() -> None:
    clock = Clock()
    wheel = wheel_of(clock)
    item = Item(clock, 1.0)
    wheel.watch(item, item.deadline_s)
    wheel.forget(item)
    wheel.forget(item)
    clock.advance(10)
    assert item.expired_s is None


def test_a_second_watch_replaces_the_first() -> None:
    clock = Clock()
    wheel = wheel_of(clock)
    item = Item(clock, 0.0)
    wheel.watch(item, 1.0)
    wheel.watch(item, 30.0)
    clock.advance(10)
    assert item.expired_s is None


def test_a_wheel_that_stops_forgets_everything() -> None:
    clock = Clock()
    wheel = wheel_of(clock)
    item = Item(clock, 1.0)
    wheel.watch(item, 1.0)
    wheel.stop()
    clock.advance(10)
    assert (item.expired_s, item.tick) == (None, None)


def test_one_that_forgets_another_on_the_same_tick_is_no_harm() -> None:
    clock = Clock()
    wheel = wheel_of(clock)
    items = [Item(clock, 1.0) for _ in range(10)]

    class Forgetter(Item):
        def expire(self, now_s: float) -> float | None:
            for item in items:
                wheel.forget(item)
            return super().expire(now_s)

    forgetter = Forgetter(clock, 1.0)
    for item in (*items, forgetter):
        wheel.watch(item, 1.0)
    clock.advance(10)
    assert forgetter.expired_s is not None

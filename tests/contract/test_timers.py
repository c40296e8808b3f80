"""The contract of `services.ports.Timers`: at least once, at or after the moment."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from tests.contract.adapters import NOON_S, ManualClock
from tests.contract.timekeepers import OPENERS, VISIBLE_AFTER_S, Timekeeper, timer, whats

HOUR_S = 3_600
DAY_S = 86_400
DISTANCES_S = [0.5, 60, 899, 900, 901, 959, 961, HOUR_S, 2 * DAY_S, 30 * DAY_S]


@pytest.fixture(params=list(OPENERS))
async def keeper(request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock) -> AsyncIterator[Timekeeper]:
    async with OPENERS[request.param](tmp_path, clock) as opened:
        yield opened


@pytest.mark.parametrize("distance_s", DISTANCES_S)
async def test_a_timer_fires_at_its_moment_and_not_before(keeper: Timekeeper, distance_s: float) -> None:
    await keeper.timers.set(timer("a", NOON_S + distance_s))
    await keeper.until(NOON_S + distance_s - 0.5)
    assert whats(keeper) == []
    await keeper.until(NOON_S + distance_s + 1)
    assert whats(keeper) == ["a"]


async def test_a_timer_fires_with_its_body(keeper: Timekeeper) -> None:
    set_to = timer("a", NOON_S + 1, "é")
    await keeper.timers.set(set_to)
    await keeper.until(NOON_S + 2)
    assert keeper.fired == [set_to.body]


async def test_a_moment_that_is_over_fires_at_once(keeper: Timekeeper) -> None:
    await keeper.timers.set(timer("a", NOON_S - HOUR_S))
    await keeper.until(NOON_S)
    assert whats(keeper) == ["a"]


async def test_a_timer_that_has_fired_fires_no_more(keeper: Timekeeper) -> None:
    await keeper.timers.set(timer("a", NOON_S + 1))
    await keeper.until(NOON_S + 2)
    await keeper.until(NOON_S + DAY_S)
    assert whats(keeper) == ["a"]


async def test_many_timers_fire_each_at_its_moment(keeper: Timekeeper) -> None:
    moments_s = [5, 1, 1_000, 3, 1_000, 2]
    for number, moment_s in enumerate(moments_s):
        await keeper.timers.set(timer(str(number), NOON_S + moment_s))
    await keeper.until(NOON_S + 3)
    assert sorted(map(str, whats(keeper))) == ["1", "3", "5"]
    await keeper.until(NOON_S + 1_001)
    assert sorted(map(str, whats(keeper))) == ["0", "2", "4"]


@pytest.mark.parametrize("first_s", [60, HOUR_S])
@pytest.mark.parametrize("second_s", [30, 600, 2 * HOUR_S])
async def test_a_timer_set_again_moves(keeper: Timekeeper, first_s: float, second_s: float) -> None:
    await keeper.timers.set(timer("a", NOON_S + first_s, "first"))
    await keeper.timers.set(timer("a", NOON_S + second_s, "second"))
    await keeper.until(NOON_S + second_s - 1)
    assert whats(keeper) == []
    await keeper.until(NOON_S + second_s + 1)
    assert whats(keeper) == ["second"]
    await keeper.until(NOON_S + DAY_S)
    assert whats(keeper) == []


@pytest.mark.parametrize("distance_s", [60, HOUR_S])
async def test_a_timer_that_was_cancelled_does_not_fire(keeper: Timekeeper, distance_s: float) -> None:
    await keeper.timers.set(timer("a", NOON_S + distance_s))
    await keeper.timers.set(timer("b", NOON_S + distance_s))
    await keeper.timers.cancel("a")
    await keeper.until(NOON_S + distance_s + 1)
    assert whats(keeper) == ["b"]


async def test_a_timer_that_was_cancelled_can_be_set_again(keeper: Timekeeper) -> None:
    await keeper.timers.set(timer("a", NOON_S + 10))
    await keeper.timers.cancel("a")
    await keeper.timers.set(timer("a", NOON_S + 20))
    await keeper.until(NOON_S + 21)
    assert whats(keeper) == ["a"]


async def test_to_cancel_what_is_not_set_is_nothing(keeper: Timekeeper) -> None:
    await keeper.timers.cancel("a")
    await keeper.until(NOON_S + DAY_S)
    assert whats(keeper) == []


@pytest.mark.parametrize("name", ["expire/01a2", "a b#c%d", "ü" * 100])
async def test_a_timer_has_any_name(keeper: Timekeeper, name: str) -> None:
    await keeper.timers.set(timer(name, NOON_S + HOUR_S))
    await keeper.until(NOON_S + HOUR_S + 1)
    assert whats(keeper) == [name]


@pytest.mark.parametrize("distance_s", [60, HOUR_S])
async def test_a_timer_outlives_its_process(keeper: Timekeeper, distance_s: float) -> None:
    await keeper.timers.set(timer("a", NOON_S + distance_s))
    await keeper.restart()
    await keeper.until(NOON_S + distance_s + 1)
    assert whats(keeper) == ["a"]


async def test_a_timer_that_fails_fires_again_and_holds_up_no_other(keeper: Timekeeper) -> None:
    failures = 1

    async def fails_once(body: Mapping[str, object]) -> None:
        nonlocal failures
        if body["what"] == "a" and failures:
            failures -= 1
            raise ArithmeticError

    keeper.acts = fails_once
    await keeper.timers.set(timer("a", NOON_S + 1))
    await keeper.timers.set(timer("b", NOON_S + 1))
    await keeper.until(NOON_S + 2)
    assert sorted(map(str, whats(keeper))) == ["a", "b"]
    await keeper.until(NOON_S + 3 + VISIBLE_AFTER_S)
    assert whats(keeper) == ["a"]
    await keeper.until(NOON_S + HOUR_S)
    assert whats(keeper) == []


async def test_a_timer_that_is_set_again_while_it_fires_fires_again(keeper: Timekeeper) -> None:
    async def repeats(body: Mapping[str, object]) -> None:
        await keeper.timers.set(timer("a", keeper.clock.at_s + 10))

    keeper.acts = repeats
    await keeper.timers.set(timer("a", NOON_S + 1))
    await keeper.until(NOON_S + 2)
    assert whats(keeper) == ["a"]
    await keeper.until(NOON_S + 13)
    assert whats(keeper) == ["a"]

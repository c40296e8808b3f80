"""What a terminal that was away gets, as the strategy says, of slices too."""

from __future__ import annotations

import pytest

from services.domain.positions import BEGINNING
from services.domain.pushes import Push
from services.domain.ring import SIZE
from services.domain.strategies.strategy import Strategy
from services.messages.resume import resume
from services.ports import KeptStrategy
from tests.contract import makers
from tests.contract.adapters import NOON_S
from tests.unit.services.service import HOUR_S, Service

HALVES = [{"percent": 50, "then_wait": "10m"}, {"percent": 100}]


async def _missed(service: Service, number: int = 3, **strategy: object) -> list[str]:
    pushes = []
    for _ in range(number):
        service.clock.at_s += 1
        pushes.append((await service.send("user:alice", **strategy)).id)  # type: ignore[arg-type] # members of it
    return pushes


async def _replayed(service: Service, name: str = "back", **row: object) -> list[object]:
    """What a terminal is replayed that comes back after all was over."""
    await resume(service.ports, await service.connect(name, **row), BEGINNING)  # type: ignore[arg-type] # as it is
    return service.pushes_at(name)


async def _kept(service: Service, name: str, strategy: Strategy) -> KeptStrategy:
    kept = await service.ports.strategies.put(
        name, strategy, after=None, by="boss", at_s=NOON_S, audit=makers.audit_entry(action="strategy.put")
    )
    assert kept is not None
    return kept


async def test_missed_replays_all(service: Service) -> None:
    pushes = await _missed(service, replay="missed")
    assert await _replayed(service) == pushes


async def test_none_replays_nothing(service: Service) -> None:
    await _missed(service, replay="none")
    assert await _replayed(service) == []


async def test_latest_replays_the_latest_under_a_strategy_of_that_name(service: Service) -> None:
    await _kept(service, "prices", Strategy(name="prices", replay="latest"))
    await _kept(service, "news", Strategy(name="news", replay="latest"))
    prices = await _missed(service, name="prices")
    news = await _missed(service, name="news")
    assert await _replayed(service) == [prices[-1], news[-1]]


async def test_a_collapse_key_says_more_than_the_strategys_name(service: Service) -> None:
    await _kept(service, "prices", Strategy(name="prices", replay="latest"))
    one = await _missed(service, name="prices", collapse_key="one")
    other = await _missed(service, name="prices", collapse_key="other")
    assert await _replayed(service) == [one[-1], other[-1]]


async def _in_halves(service: Service, size: int = 20) -> tuple[Push, set[str]]:
    """A push in two waves, and the terminals that the first one is for; all were here and have gone."""
    for index in range(size):
        await service.connect(f"c{index}", f"u{index}", place=index * (SIZE // size))
    push = await service.send("all", waves=HALVES)
    first = service.sockets.reached()
    await service.empty()
    return push, first


async def test_who_comes_between_the_waves_is_replayed_only_what_was_its_turn(service: Service) -> None:
    push, first = await _in_halves(service)
    for index in range(20):
        got = await _replayed(service, f"d{index}", user=f"u{index}", place=index * (SIZE // 20))
        assert got == ([push.id] if f"c{index}" in first else []), index
    await service.pass_s(HOUR_S)
    assert [service.pushes_at(f"d{index}") for index in range(20)] == [[push.id]] * 20


async def test_who_is_under_a_topic_of_its_own_waits_for_the_turn_of_that(service: Service) -> None:
    users = [f"u{index}" for index in range(12)]
    for index, user in enumerate(users):
        await service.connect(f"c{index}", user, place=index * (SIZE // 12), groups=("ops",))
    # Many others, so that reading the few topics is cheaper than reading all.
    await service.crowd(400)
    push = await service.send({"any": [{"users": users[:8]}, {"groups": ["ops"]}]}, waves=HALVES)
    assert len(push.cover.topics) == 9
    first = {name for name in service.sockets.reached() if service.pushes_at(name)}
    assert 0 < len(first) < 12
    for index, user in enumerate(users):
        got = await _replayed(service, f"d{index}", user=user, place=index * (SIZE // 12), groups=("ops",))
        assert got == ([push.id] if f"c{index}" in first else []), index


async def test_by_its_own_clock_a_terminal_is_replayed_what_was_its_turn(service: Service) -> None:
    push = await service.send("all", window={"timezone": "attr:tz", "from": "14:00", "to": "18:00"})
    assert await _replayed(service, "east", attributes={"tz": "Etc/GMT-3"}) == [push.id]
    assert await _replayed(service, "here", attributes={"tz": "Etc/GMT"}) == []
    await service.pass_s(2 * HOUR_S)
    assert service.pushes_at("here") == [push.id]


@pytest.mark.parametrize("attributes", [{}, {"tz": "Mars/Olympus"}, {"tz": 5}])
async def test_a_terminal_without_a_zone_goes_with_the_windows_own(
    service: Service, attributes: dict[str, str | int]
) -> None:
    push = await service.send("all", window={"timezone": "attr:tz", "from": "14:00", "to": "18:00"})
    await service.connect("silent", attributes=attributes)
    await service.pass_s(2 * HOUR_S)
    assert service.pushes_at("silent") == [push.id]

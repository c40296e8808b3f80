"""The contract of `services.ports.Strategies`."""

from __future__ import annotations

import asyncio

from services.domain.strategies.strategy import Ack, Pace, Strategy, Wave, Window
from services.ports import AuditTrail, KeptStrategy, Strategies
from tests.contract.adapters import NOON_S
from tests.contract.makers import audit_entry

SLOW = Strategy(name="slow", pace=Pace(per_second=1.5))
FULL = Strategy(
    retain_s=90,
    window=Window(timezone="Asia/Tokyo", days=frozenset({1, 2}), from_minute=540, to_minute=1_020, outside="drop"),
    waves=(Wave(percent=0.5, then_wait_s=60), Wave(percent=100)),
    ack=Ack(need="read", within_s=60, resend=1),
)


async def _put(
    strategies: Strategies, name: str = "slow", strategy: Strategy = SLOW, *, after: int | None = None
) -> KeptStrategy | None:
    return await strategies.put(
        name, strategy, after=after, by="carol", at_s=NOON_S, audit=audit_entry(action="strategy.put", subject=name)
    )


async def _delete(strategies: Strategies, name: str = "slow") -> bool:
    return await strategies.delete(name, audit_entry(action="strategy.delete", subject=name))


def _kept(version: int, strategy: Strategy = SLOW, name: str = "slow") -> KeptStrategy:
    return KeptStrategy(name=name, version=version, strategy=strategy, by="carol", at_s=NOON_S)


async def _versions(strategies: Strategies, name: str = "slow") -> list[int]:
    return [kept.version for kept in (await strategies.versions(name, limit=100)).items]


async def test_a_strategy_is_got_as_it_was_put(strategies: Strategies) -> None:
    assert await _put(strategies, strategy=FULL) == _kept(1, FULL)
    assert await strategies.get("slow") == _kept(1, FULL)
    assert await strategies.get("slow", version=1) == _kept(1, FULL)


async def test_an_unknown_strategy_is_none(strategies: Strategies) -> None:
    assert await strategies.get("slow") is None
    assert await strategies.get("slow", version=1) is None
    assert list((await strategies.versions("slow", limit=10)).items) == []


async def test_a_version_that_there_is_not_is_none(strategies: Strategies) -> None:
    await _put(strategies)
    assert await strategies.get("slow", version=2) is None
    assert await strategies.get("slow", version=0) is None


async def test_each_put_is_a_new_version_and_the_old_ones_stay(strategies: Strategies) -> None:
    await _put(strategies)
    assert await _put(strategies, strategy=FULL) == _kept(2, FULL)
    assert await strategies.get("slow") == _kept(2, FULL)
    assert await strategies.get("slow", version=1) == _kept(1)


async def test_a_put_after_the_newest_version_is_kept(strategies: Strategies) -> None:
    assert await _put(strategies, after=0) == _kept(1)
    assert await _put(strategies, after=1) == _kept(2)


async def test_a_put_after_another_version_writes_nothing(strategies: Strategies, audit: AuditTrail) -> None:
    await _put(strategies)
    await _put(strategies)
    for after in (0, 1, 3):
        assert await _put(strategies, strategy=FULL, after=after) is None
    assert await strategies.get("slow") == _kept(2)
    assert len((await audit.list(limit=10, action="strategy.put")).items) == 2


async def test_of_many_that_follow_the_same_version_one_is_kept(strategies: Strategies, audit: AuditTrail) -> None:
    kept = await asyncio.gather(*(_put(strategies, after=0) for _ in range(8)))
    assert [one for one in kept if one is not None] == [_kept(1)]
    assert await _versions(strategies) == [1]
    assert len((await audit.list(limit=10)).items) == 1


async def test_of_many_at_the_same_time_each_is_a_version(strategies: Strategies) -> None:
    kept = await asyncio.gather(*(_put(strategies) for _ in range(5)))
    assert sorted(one.version for one in kept if one is not None) == [1, 2, 3, 4, 5]
    assert await _versions(strategies) == [5, 4, 3, 2, 1]
    newest = await strategies.get("slow")
    assert newest is not None
    assert newest.version == 5


async def test_a_deleted_strategy_keeps_its_versions(strategies: Strategies) -> None:
    await _put(strategies)
    assert await _delete(strategies) is True
    assert await strategies.get("slow") is None
    assert await strategies.get("slow", version=1) == _kept(1)
    assert await _versions(strategies) == [1]
    assert list((await strategies.list(limit=10)).items) == []


async def test_what_is_not_there_is_not_deleted_nor_audited(strategies: Strategies, audit: AuditTrail) -> None:
    assert await _delete(strategies) is False
    await _put(strategies)
    done = await asyncio.gather(*(_delete(strategies) for _ in range(3)))
    assert sorted(done) == [False, False, True]
    assert len((await audit.list(limit=10, action="strategy.delete")).items) == 1


async def test_a_name_that_is_used_again_goes_on_counting(strategies: Strategies) -> None:
    await _put(strategies)
    await _put(strategies)
    await _delete(strategies)
    assert await _put(strategies, after=2) is None
    assert await _put(strategies, strategy=FULL, after=0) == _kept(3, FULL)
    assert await strategies.get("slow") == _kept(3, FULL)


async def test_a_change_is_audited(strategies: Strategies, audit: AuditTrail) -> None:
    put, delete = audit_entry(action="strategy.put"), audit_entry(action="strategy.delete")
    await strategies.put("slow", SLOW, after=None, by="carol", at_s=NOON_S, audit=put)
    await strategies.delete("slow", delete)
    assert list((await audit.list(limit=10)).items) == [delete, put]


async def test_the_newest_version_of_each_is_listed_by_name(strategies: Strategies) -> None:
    for name in ("b", "d", "a", "c", "b", "Z", "deleted"):
        await _put(strategies, name)
    await _delete(strategies, "deleted")
    first = await strategies.list(limit=2)
    assert list(first.items) == [_kept(1, name="Z"), _kept(1, name="a")]
    second = await strategies.list(limit=2, after=first.next)
    assert list(second.items) == [_kept(2, name="b"), _kept(1, name="c")]
    third = await strategies.list(limit=2, after=second.next)
    assert (list(third.items), third.next) == ([_kept(1, name="d")], None)


async def test_versions_are_listed_newest_first(strategies: Strategies) -> None:
    for _ in range(12):
        await _put(strategies)
    first = await strategies.versions("slow", limit=5)
    assert [kept.version for kept in first.items] == [12, 11, 10, 9, 8]
    assert first.next is not None
    second = await strategies.versions("slow", limit=5, after=int(first.next))
    assert [kept.version for kept in second.items] == [7, 6, 5, 4, 3]
    assert second.next is not None
    rest = await strategies.versions("slow", limit=5, after=int(second.next))
    assert (list(rest.items), rest.next) == ([_kept(2), _kept(1)], None)


async def test_a_name_that_begins_like_another_is_another(strategies: Strategies) -> None:
    for name in ("slow", "slow.er", "slow/er", "slow#1"):
        await _put(strategies, name)
    assert await _versions(strategies) == [1]
    assert [kept.name for kept in (await strategies.list(limit=10)).items] == ["slow", "slow#1", "slow.er", "slow/er"]

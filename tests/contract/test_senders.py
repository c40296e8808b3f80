"""The contract of `services.ports.Senders`."""

from __future__ import annotations

import asyncio

import pytest

from services.ports import AuditTrail, Sender, Senders
from tests.contract.adapters import NOON_S
from tests.contract.makers import audit_entry

HR = Sender(
    sub="hr-app",
    targets={"all_of": [{"groups": ["hr"]}, {"attr": "screens", "op": "ge", "value": 2.5}]},
    per_minute=10,
    max_terminals=500,
    approve_over=50,
    by="carol",
    at_s=NOON_S + 0.5,
)
MINUTE_S = 60


async def test_a_sender_is_got_as_it_was_put(senders: Senders) -> None:
    await senders.put(HR, audit_entry())
    assert await senders.get("hr-app") == HR
    assert await senders.get("hr") is None


async def test_a_sender_who_is_held_to_nothing_is_kept(senders: Senders) -> None:
    free = Sender(sub="ops", by="carol", at_s=NOON_S)
    await senders.put(free, audit_entry())
    assert await senders.get("ops") == free


async def test_a_later_entry_replaces_an_earlier_one(senders: Senders) -> None:
    await senders.put(HR, audit_entry())
    later = Sender(sub="hr-app", per_minute=0, by="dave", at_s=NOON_S + 9)
    await senders.put(later, audit_entry())
    assert await senders.get("hr-app") == later


async def test_a_deleted_sender_is_held_to_nothing(senders: Senders) -> None:
    await senders.put(HR, audit_entry())
    assert await senders.delete("hr-app", audit_entry()) is True
    assert await senders.get("hr-app") is None
    assert list((await senders.list(limit=10)).items) == []


async def test_who_is_not_there_is_not_deleted_nor_audited(senders: Senders, audit: AuditTrail) -> None:
    assert await senders.delete("hr-app", audit_entry()) is False
    await senders.put(HR, audit_entry(action="sender.put"))
    deleted = await asyncio.gather(*(senders.delete("hr-app", audit_entry(action="sender.delete")) for _ in range(3)))
    assert sorted(deleted) == [False, False, True]
    assert len((await audit.list(limit=10, action="sender.delete")).items) == 1


async def test_a_change_is_audited(senders: Senders, audit: AuditTrail) -> None:
    put, delete = audit_entry(action="sender.put"), audit_entry(action="sender.delete")
    await senders.put(HR, put)
    await senders.delete("hr-app", delete)
    assert list((await audit.list(limit=10)).items) == [delete, put]


async def test_senders_are_listed_by_name(senders: Senders) -> None:
    for sub in ("b", "a|1", "c", "Ü", "a"):
        await senders.put(Sender(sub=sub, by="carol", at_s=NOON_S), audit_entry())
    first = await senders.list(limit=2)
    assert [sender.sub for sender in first.items] == ["a", "a|1"]
    second = await senders.list(limit=2, after=first.next)
    assert [sender.sub for sender in second.items] == ["b", "c"]
    third = await senders.list(limit=2, after=second.next)
    assert ([sender.sub for sender in third.items], third.next) == (["Ü"], None)


async def test_so_many_pushes_pass_in_a_minute(senders: Senders) -> None:
    taken = [await senders.take("hr-app", per_minute=3, at_s=NOON_S + number) for number in range(5)]
    assert taken == [0, 0, 0, MINUTE_S - 3, MINUTE_S - 4]


async def test_the_next_minute_begins_anew(senders: Senders) -> None:
    assert await senders.take("hr-app", per_minute=1, at_s=NOON_S + 59.75) == 0
    assert await senders.take("hr-app", per_minute=1, at_s=NOON_S + 59.75) == pytest.approx(0.25)
    assert await senders.take("hr-app", per_minute=1, at_s=NOON_S + 60) == 0
    assert await senders.take("hr-app", per_minute=1, at_s=NOON_S + 60) == 60


async def test_a_clock_that_is_behind_counts_in_its_own_minute(senders: Senders) -> None:
    for at_s in (NOON_S + 60, NOON_S + 59, NOON_S + 60, NOON_S + 59):
        await senders.take("hr-app", per_minute=2, at_s=at_s)
    assert await senders.take("hr-app", per_minute=2, at_s=NOON_S + 59) > 0
    assert await senders.take("hr-app", per_minute=2, at_s=NOON_S + 60) > 0


async def test_a_sender_who_may_send_nothing_waits_for_ever(senders: Senders) -> None:
    for minute in range(3):
        assert await senders.take("hr-app", per_minute=0, at_s=NOON_S + minute * MINUTE_S) == MINUTE_S


async def test_a_lower_limit_holds_at_once(senders: Senders) -> None:
    for _ in range(5):
        await senders.take("hr-app", per_minute=10, at_s=NOON_S)
    assert await senders.take("hr-app", per_minute=5, at_s=NOON_S) == MINUTE_S
    assert await senders.take("hr-app", per_minute=6, at_s=NOON_S) == 0


async def test_senders_are_counted_each_for_themselves(senders: Senders) -> None:
    assert await senders.take("hr-app", per_minute=1, at_s=NOON_S) == 0
    assert await senders.take("hr", per_minute=1, at_s=NOON_S) == 0
    assert await senders.take("hr-app", per_minute=1, at_s=NOON_S) > 0


async def test_of_many_at_the_same_time_no_more_pass_than_may(senders: Senders) -> None:
    taken = await asyncio.gather(*(senders.take("hr-app", per_minute=4, at_s=NOON_S) for _ in range(12)))
    assert sorted(taken) == [0] * 4 + [MINUTE_S] * 8


async def test_to_count_makes_no_entry(senders: Senders) -> None:
    await senders.take("hr-app", per_minute=1, at_s=NOON_S)
    assert await senders.get("hr-app") is None
    assert list((await senders.list(limit=10)).items) == []

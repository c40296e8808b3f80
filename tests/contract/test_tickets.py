"""The contract of `services.ports.Tickets`."""

from __future__ import annotations

import asyncio

from services.ports import Tickets
from tests.contract.adapters import NOON_S, ManualClock


async def test_a_ticket_works_once(tickets: Tickets) -> None:
    assert await tickets.use("t1", until_s=NOON_S + 60) is True
    assert await tickets.use("t1", until_s=NOON_S + 60) is False


async def test_another_ticket_is_another(tickets: Tickets) -> None:
    await tickets.use("t1", until_s=NOON_S + 60)
    assert await tickets.use("t2", until_s=NOON_S + 60) is True


async def test_of_many_at_the_same_time_one_uses_it(tickets: Tickets) -> None:
    used = await asyncio.gather(*(tickets.use("t1", until_s=NOON_S + 60) for _ in range(20)))
    assert used.count(True) == 1


async def test_a_ticket_is_remembered_until_its_end(tickets: Tickets, clock: ManualClock) -> None:
    await tickets.use("t1", until_s=NOON_S + 60)
    clock.at_s = NOON_S + 59
    assert await tickets.use("t1", until_s=NOON_S + 120) is False
    clock.at_s = NOON_S + 60
    assert await tickets.use("t1", until_s=NOON_S + 120) is True

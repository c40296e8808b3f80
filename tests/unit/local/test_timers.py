"""What is particular to timers in SQLite; their contract is in tests/contract/test_timers.py."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

from infra.local.database import open_database
from infra.local.timers import Timers
from services.ports import Timer
from tests.contract.adapters import NOON_S, ManualClock
from tests.unit.local.deadlines import WITHIN_S


async def _nothing(_: Mapping[str, object]) -> None:
    """What a timer does here."""


async def test_timers_stop_also_just_as_one_is_set(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    timers = Timers(database, ManualClock())
    await timers.set(Timer(name="first", at_s=NOON_S + 3_600, body={}))
    timers.start(_nothing)
    for _ in range(10):
        # It sleeps until the first one by now; the second wakes it in the turn in which it is stopped.
        await asyncio.sleep(0)
    await timers.set(Timer(name="second", at_s=NOON_S + 7_200, body={}))
    async with asyncio.timeout(WITHIN_S):
        await timers.stop()
    await database.close()

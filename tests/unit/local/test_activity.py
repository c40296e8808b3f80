"""Figures of minutes in SQLite: also where a process was killed, and only while they are kept."""

from __future__ import annotations

from pathlib import Path

from infra.local.storage import Storage
from services.domain.activity import MINUTES_KEPT_S, SAMPLES_KEPT_S, Figures, minute_of
from services.ports import GroupSizes
from tests.contract.adapters import NOON_S, ManualClock
from tests.contract.makers import connection

NOON = minute_of(NOON_S)


async def test_who_was_open_when_a_process_was_killed_went_when_one_was_last_heard(
    tmp_path: Path, clock: ManualClock
) -> None:
    killed = await Storage.open(tmp_path, clock)
    for number in range(3):
        await killed.registry.add(connection(f"c{number}", user=f"u{number}"))
    clock.at_s += 120
    await killed.registry.heard(["c1"], clock.at_s)
    # Nothing is said of the sockets, as if they had not been closed.
    await killed.close()
    clock.at_s += 3_600
    after = await Storage.open(tmp_path, clock)
    try:
        expected = {NOON: Figures(connects=3), NOON + 2: Figures(disconnects=3)}
        assert await after.activity.minutes(NOON, minute_of(clock.at_s)) == expected
    finally:
        await after.close()


async def test_what_is_over_is_deleted(storage: Storage, clock: ManualClock) -> None:
    await storage.registry.add(connection("c1"))
    await storage.activity.keep_sizes(GroupSizes(at_s=NOON_S, sizes={"ops": 1}))
    clock.at_s = NOON_S + SAMPLES_KEPT_S - 1
    await storage.retention.prune()
    assert (_rows(storage, "activity"), _rows(storage, "group_sizes")) == (1, 1)
    clock.at_s = NOON_S + MINUTES_KEPT_S - 60
    await storage.retention.prune()
    assert (_rows(storage, "activity"), _rows(storage, "group_sizes")) == (1, 0)
    clock.at_s = NOON_S + MINUTES_KEPT_S + 60
    await storage.retention.prune()
    assert (_rows(storage, "activity"), _rows(storage, "group_sizes")) == (0, 0)


def _rows(storage: Storage, table: str) -> int:
    row = storage.database.read_one(f"SELECT COUNT(*) FROM {table}")  # noqa: S608 - a table's name
    assert row is not None
    return int(str(row[0]))

"""Figures of each minute and sizes of groups, in SQLite. Figures are added in the transaction that they are of."""
# ruff: noqa: S608 - what is put into the SQL here are constants of this module; values go as parameters

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping

from infra.local.database import Database, Row
from infra.local.push_rows import to_json
from services.domain.activity import NAMES, NOTHING, SAMPLES_KEPT_S, Figures, minute_of
from services.ports import Clock, GroupSizes

_ADD = f"""
INSERT INTO activity (minute, {", ".join(NAMES)}) VALUES (?{", ?" * len(NAMES)})
ON CONFLICT (minute) DO UPDATE SET {", ".join(f"{name} = {name} + excluded.{name}" for name in NAMES)}
"""
_KEEP_SIZES = "INSERT OR REPLACE INTO group_sizes (at_s, sizes) VALUES (?, ?)"
_NEWEST = "SELECT at_s, sizes FROM group_sizes WHERE at_s > ? AND at_s <= ? ORDER BY at_s DESC LIMIT 1"
_OLDEST = "SELECT at_s, sizes FROM group_sizes WHERE at_s > ? ORDER BY at_s LIMIT 1"


class Activity:
    """Implements `services.ports.Activity`. Every call raises StorageError."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def minutes(self, first: int, last: int) -> Mapping[int, Figures]:
        rows = self._database.read(
            f"SELECT minute, {', '.join(NAMES)} FROM activity WHERE minute BETWEEN ? AND ?", (first, last)
        )
        return {int(str(minute)): _figures(numbers) for minute, *numbers in rows}

    async def keep_sizes(self, sizes: GroupSizes) -> None:
        row = (int(sizes.at_s), to_json(dict(sizes.sizes)))
        await self._database.write(lambda connection: connection.execute(_KEEP_SIZES, row), durable=False)

    async def sizes_at(self, at_s: float) -> GroupSizes | None:
        kept_from_s = self._clock.now_s() - SAMPLES_KEPT_S
        row = self._database.read_one(_NEWEST, (kept_from_s, at_s)) or self._database.read_one(_OLDEST, (kept_from_s,))
        return None if row is None else _sizes(row)


def add(connection: sqlite3.Connection, at_s: float, figures: Figures) -> None:
    """In a transaction: add to the figures of the minute of a moment (epoch seconds)."""
    if figures != NOTHING:
        connection.execute(_ADD, (minute_of(at_s), *(getattr(figures, name) for name in NAMES)))


def left_open(connection: sqlite3.Connection) -> None:
    """In the transaction that clears the connections of a process that died: they went when it last heard of one.

    Nobody knows when it died; that was not long after.
    """
    number, heard_at_s = connection.execute("SELECT COUNT(*), MAX(last_heard_at_s) FROM connections").fetchone()
    if number:
        add(connection, heard_at_s, Figures(disconnects=number))


def _figures(numbers: list[object]) -> Figures:
    return Figures(**{name: int(str(number)) for name, number in zip(NAMES, numbers, strict=True)})


def _sizes(row: Row) -> GroupSizes:
    at_s, sizes = row
    return GroupSizes(at_s=float(str(at_s)), sizes=json.loads(str(sizes)))

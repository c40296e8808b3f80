"""Terminals that were here and are away: who they were, and when they were last seen."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence

from infra.local.database import Database
from services.ports import Page, Seen

READ_AT_ONCE = 500
"""Terminals looked up before deliveries get their turn."""

_UPSERT = """
INSERT INTO last_seen (terminal_id, user, groups, attributes, seen_at_s) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (terminal_id) DO UPDATE SET
  user = excluded.user, groups = excluded.groups, attributes = excluded.attributes, seen_at_s = excluded.seen_at_s
WHERE excluded.seen_at_s >= last_seen.seen_at_s
"""
_OF_A_DEAD_PROCESS = """
INSERT INTO last_seen (terminal_id, user, groups, attributes, seen_at_s)
SELECT terminal_id, user, groups, attributes, last_heard_at_s FROM connections WHERE true
ON CONFLICT (terminal_id) DO UPDATE SET
  user = excluded.user, groups = excluded.groups, attributes = excluded.attributes, seen_at_s = excluded.seen_at_s
WHERE excluded.seen_at_s >= last_seen.seen_at_s
"""
_SELECT = "SELECT terminal_id, user, groups, attributes, seen_at_s FROM last_seen"


class LastSeen:
    """Implements `services.ports.LastSeen`.

    Reads what the registry writes as connections go. A terminal that is here again keeps its old row.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self, *, limit: int, after: str | None = None) -> Page[Seen]:
        rows = self._database.read(
            f"{_SELECT} WHERE terminal_id > ? ORDER BY terminal_id LIMIT ?", (after or "", limit + 1)
        )
        seen = [_seen(*row) for row in rows[:limit]]
        return Page(seen, seen[-1].terminal_id if len(rows) > limit else None)

    async def get_many(self, terminal_ids: Collection[str]) -> Mapping[str, Seen]:
        found: dict[str, Seen] = {}
        for number, terminal_id in enumerate(terminal_ids, start=1):
            if number % READ_AT_ONCE == 0:
                await asyncio.sleep(0)
            row = self._database.read_one(f"{_SELECT} WHERE terminal_id = ?", (terminal_id,))
            if row is not None:
                found[terminal_id] = _seen(*row)
        return found

    async def of_user(self, user: str) -> Sequence[Seen]:
        return [_seen(*row) for row in self._database.read(f"{_SELECT} WHERE user = ? ORDER BY terminal_id", (user,))]


def note(connection: sqlite3.Connection, seen: Iterable[tuple[str, str, str, str, float]]) -> None:
    """Write terminals down, in a transaction: terminal id, user, groups and attributes as JSON, epoch seconds."""
    connection.executemany(_UPSERT, seen)


def note_those_of_a_dead_process(connection: sqlite3.Connection) -> None:
    """Move the connections that an earlier process left open to those last seen: their sockets are gone."""
    connection.execute(_OF_A_DEAD_PROCESS)
    connection.execute("DELETE FROM connections")


def _seen(terminal_id: object, user: object, groups: object, attributes: object, seen_at_s: object) -> Seen:
    assert isinstance(seen_at_s, float)
    return Seen(
        terminal_id=str(terminal_id),
        user=str(user),
        groups=tuple(json.loads(str(groups))),
        attributes=json.loads(str(attributes)),
        seen_at_s=seen_at_s,
    )

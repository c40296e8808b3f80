"""What callers of the API are held to, and how many pushes each has sent in a minute, in SQLite."""
# ruff: noqa: S608 - what is put into the SQL here are constants of this module; values go as parameters

from __future__ import annotations

import json
import sqlite3

from infra.local import audit_trail
from infra.local.database import Database, Row
from infra.local.push_rows import seconds, to_json
from services.domain.audit import AuditEntry
from services.ports import Page, Sender

MINUTE_S = 60
KEPT_S = 3_600
"""How long a minute is remembered after it is over: no clock of ours is that far behind."""

_COLUMNS = "sub, targets, per_minute, max_terminals, approve_over, by, at_s"
_PUT = f"INSERT OR REPLACE INTO senders ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"
_TAKEN = "SELECT taken FROM sender_minutes WHERE sub = ? AND minute = ?"
_TAKE = """
INSERT INTO sender_minutes (sub, minute, taken, until_s) VALUES (?, ?, 1, ?)
ON CONFLICT (sub, minute) DO UPDATE SET taken = taken + 1
"""


class Senders:
    """Implements `services.ports.Senders`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, sub: str) -> Sender | None:
        row = self._database.read_one(f"SELECT {_COLUMNS} FROM senders WHERE sub = ?", (sub,))
        return None if row is None else _sender_of(row)

    async def put(self, sender: Sender, audit: AuditEntry) -> None:
        row = (
            sender.sub,
            None if sender.targets is None else to_json(dict(sender.targets)),
            sender.per_minute,
            sender.max_terminals,
            sender.approve_over,
            sender.by,
            sender.at_s,
        )

        def put(connection: sqlite3.Connection) -> None:
            connection.execute(_PUT, row)
            audit_trail.insert(connection, audit)

        await self._database.write(put, durable=True)

    async def delete(self, sub: str, audit: AuditEntry) -> bool:
        def drop(connection: sqlite3.Connection) -> bool:
            if connection.execute("DELETE FROM senders WHERE sub = ?", (sub,)).rowcount == 0:
                return False
            audit_trail.insert(connection, audit)
            return True

        return await self._database.write(drop, durable=True)

    async def list(self, *, limit: int, after: str | None = None) -> Page[Sender]:
        rows = self._database.read(
            f"SELECT {_COLUMNS} FROM senders WHERE sub > ? ORDER BY sub LIMIT ?",
            (after or "", limit + 1),
        )
        found = [_sender_of(row) for row in rows[:limit]]
        return Page(found, found[-1].sub if len(rows) > limit else None)

    async def take(self, sub: str, *, per_minute: int, at_s: float) -> float:
        minute = int(at_s // MINUTE_S)
        ends_at_s = float((minute + 1) * MINUTE_S)

        def take(connection: sqlite3.Connection) -> float:
            row = connection.execute(_TAKEN, (sub, minute)).fetchone()
            if (0 if row is None else int(row[0])) >= per_minute:
                return ends_at_s - at_s
            connection.execute(_TAKE, (sub, minute, ends_at_s + KEPT_S))
            return 0.0

        # The push that is counted makes it durable.
        return await self._database.write(take, durable=False)


def _sender_of(row: Row) -> Sender:
    sub, targets, per_minute, max_terminals, approve_over, by, at_s = row
    return Sender(
        sub=str(sub),
        targets=None if targets is None else json.loads(str(targets)),
        per_minute=_optional_whole(per_minute),
        max_terminals=_optional_whole(max_terminals),
        approve_over=_optional_whole(approve_over),
        by=str(by),
        at_s=seconds(at_s),
    )


def _optional_whole(value: object) -> int | None:
    return None if value is None else int(str(value))

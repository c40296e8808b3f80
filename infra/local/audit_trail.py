"""The audit trail in SQLite: written with what it tells of, read newest first."""

from __future__ import annotations

import asyncio
import json
import sqlite3

from infra.local.database import Database, Row
from infra.local.push_rows import seconds, to_json
from services.domain import positions
from services.domain.audit import AuditEntry
from services.ports import Page

SCANNED_AT_ONCE = 500
"""Entries looked at before deliveries get their turn, where a filter has no index."""
SCANNED_AT_MOST = 10_000
"""Entries looked at for one page, which may then hold fewer than asked, and go on."""

CLOCK_SET_BACK_S = 86_400
"""Ids only ever grow: while a clock that was set back, by up to this much, catches up, they are ahead of `at_s`."""

_INSERT = "INSERT INTO audit_trail (id, at_s, actor, action, subject, detail) VALUES (?, ?, ?, ?, ?, ?)"


class AuditTrail:
    """Implements `services.ports.AuditTrail`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, entry: AuditEntry) -> None:
        await self._database.write(lambda connection: insert(connection, entry), durable=True)

    async def list(
        self,
        *,
        limit: int,
        after: str | None = None,
        actor: str | None = None,
        action: str | None = None,
        subject: str | None = None,
        from_s: float | None = None,
        to_s: float | None = None,
    ) -> Page[AuditEntry]:
        conditions = ["id < ?"]
        fixed: list[object] = []
        for condition, value in (
            # The plus leaves its index aside where that of the subject, which has fewer entries, can be used.
            ("actor = ?" if subject is None else "+actor = ?", actor),
            ("subject = ?", subject),
            ("at_s >= ?", from_s),
            ("at_s < ?", to_s),
            ("id >= ?", None if from_s is None else positions.lowest_at(from_s)),
            ("id < ?", None if to_s is None else positions.lowest_at(to_s + CLOCK_SET_BACK_S)),
        ):
            if value is not None:
                conditions.append(condition)
                fixed.append(value)
        found: list[AuditEntry] = []
        sql = (
            "SELECT id, at_s, actor, action, subject, detail FROM audit_trail"  # noqa: S608 - conditions of ours only
            f" WHERE {' AND '.join(conditions)} ORDER BY id DESC LIMIT ?"
        )
        before = after or "~"
        at_once = limit + 1 if action is None else SCANNED_AT_ONCE
        for _ in range(SCANNED_AT_MOST // SCANNED_AT_ONCE):
            rows = self._database.read(sql, (before, *fixed, at_once))
            for row in rows:
                before = str(row[0])
                if action is None or _is_action(str(row[3]), action):
                    found.append(_entry_of(row))
                    if len(found) > limit:
                        return Page(found[:limit], found[limit - 1].id)
            if len(rows) < at_once:
                return Page(found)
            await asyncio.sleep(0)
        return Page(found, before)


def insert(connection: sqlite3.Connection, entry: AuditEntry) -> None:
    """Write an entry in the transaction of what it tells of."""
    connection.execute(
        _INSERT, (entry.id, entry.at_s, entry.actor, entry.action, entry.subject, to_json(dict(entry.detail)))
    )


def _is_action(written: str, asked: str) -> bool:
    return written == asked or written.partition(".")[0] == asked


def _entry_of(row: Row) -> AuditEntry:
    entry_id, at_s, actor, action, subject, detail = row
    return AuditEntry(
        id=str(entry_id),
        at_s=seconds(at_s),
        actor=str(actor),
        action=str(action),
        subject=str(subject),
        detail=json.loads(str(detail)),
    )

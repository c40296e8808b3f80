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

_INSERT = "INSERT INTO audit_trail (id, at_s, actor, action, subject, detail) VALUES (?, ?, ?, ?, ?, ?)"


class AuditTrail:
    """Implements `services.ports.AuditTrail`. A range of time is one of entry ids, which hold the time of writing."""

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
        before = after
        if to_s is not None:
            end = positions.lowest_at(to_s)
            before = end if before is None else min(before, end)
        fixed: list[object] = []
        for column, value in (("actor", actor), ("subject", subject)):
            if value is not None:
                conditions.append(f"{column} = ?")
                fixed.append(value)
        if from_s is not None:
            conditions.append("id >= ?")
            fixed.append(positions.lowest_at(from_s))
        found: list[AuditEntry] = []
        sql = (
            "SELECT id, at_s, actor, action, subject, detail FROM audit_trail"  # noqa: S608 - conditions of ours only
            f" WHERE {' AND '.join(conditions)} ORDER BY id DESC LIMIT ?"
        )
        before = before or "~"
        for _ in range(SCANNED_AT_MOST // SCANNED_AT_ONCE):
            rows = self._database.read(sql, (before, *fixed, SCANNED_AT_ONCE))
            for row in rows:
                before = str(row[0])
                if action is None or _is_action(str(row[3]), action):
                    found.append(_entry_of(row))
                    if len(found) > limit:
                        return Page(found[:limit], found[limit - 1].id)
            if len(rows) < SCANNED_AT_ONCE:
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

"""Groups given to users at run time, in SQLite."""

from __future__ import annotations

import sqlite3

from infra.local import audit_trail
from infra.local.database import Database
from services.domain.audit import AuditEntry
from services.ports import Page

NONE: frozenset[str] = frozenset()


class Memberships:
    """Implements `services.ports.Memberships`.

    Who was given a group is known in memory, so that of all others a connect asks nothing.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._users = {str(user) for (user,) in database.read("SELECT DISTINCT user FROM memberships")}

    async def of(self, user: str) -> frozenset[str]:
        if user not in self._users:
            return NONE
        rows = self._database.read("SELECT name FROM memberships WHERE user = ?", (user,))
        return frozenset(str(name) for (name,) in rows)

    async def members(self, group: str, *, limit: int, after: str | None = None) -> Page[str]:
        rows = self._database.read(
            "SELECT user FROM memberships WHERE name = ? AND user > ? ORDER BY user LIMIT ?",
            (group, after or "", limit + 1),
        )
        users = [str(user) for (user,) in rows[:limit]]
        return Page(users, users[-1] if len(rows) > limit else None)

    async def join(self, group: str, user: str, audit: AuditEntry) -> bool:
        return await self._change(
            "INSERT OR IGNORE INTO memberships (user, name) VALUES (?, ?)", group, user, audit, joined=True
        )

    async def leave(self, group: str, user: str, audit: AuditEntry) -> bool:
        return await self._change(
            "DELETE FROM memberships WHERE user = ? AND name = ?", group, user, audit, joined=False
        )

    async def _change(self, sql: str, group: str, user: str, audit: AuditEntry, *, joined: bool) -> bool:
        def change(connection: sqlite3.Connection) -> bool:
            if connection.execute(sql, (user, group)).rowcount == 0:
                return False
            audit_trail.insert(connection, audit)
            return True

        def done(changed: bool) -> None:
            if changed and joined:
                self._users.add(user)

        return await self._database.write(change, durable=True, on_done=done)

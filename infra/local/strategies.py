"""Strategies by name, each with all of its versions, in SQLite."""
# ruff: noqa: S608 - what is put into the SQL here are constants of this module; values go as parameters

from __future__ import annotations

import json
import sqlite3

from infra.local import audit_trail
from infra.local.database import Database, Row
from infra.local.push_rows import seconds, to_json
from services.domain.audit import AuditEntry
from services.domain.strategies import json_form
from services.domain.strategies.strategy import Strategy
from services.ports import KeptStrategy, Page

_COLUMNS = "strategies.name, strategies.version, strategy, by, at_s"
_NEWEST = f"""
SELECT {_COLUMNS} FROM strategies JOIN strategies_in_use USING (name, version)
"""
_VERSION = f"SELECT {_COLUMNS} FROM strategies WHERE name = ? AND version = ?"
_VERSIONS = f"""
SELECT {_COLUMNS} FROM strategies WHERE name = ? AND version < ? ORDER BY version DESC LIMIT ?
"""
_IN_USE = "SELECT version FROM strategies_in_use WHERE name = ?"
_HIGHEST = "SELECT MAX(version) FROM strategies WHERE name = ?"
_INSERT = "INSERT INTO strategies (name, version, strategy, by, at_s) VALUES (?, ?, ?, ?, ?)"
_USE = "INSERT OR REPLACE INTO strategies_in_use (name, version) VALUES (?, ?)"
_ABOVE_ALL = 1 << 62


class Strategies:
    """Implements `services.ports.Strategies`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, name: str, *, version: int | None = None) -> KeptStrategy | None:
        if version is None:
            row = self._database.read_one(_NEWEST + "WHERE name = ?", (name,))
        else:
            row = self._database.read_one(_VERSION, (name, version))
        return None if row is None else _kept_of(row)

    async def put(
        self, name: str, strategy: Strategy, *, after: int | None, by: str, at_s: float, audit: AuditEntry
    ) -> KeptStrategy | None:
        written = to_json(json_form.to_json(strategy))

        def put(connection: sqlite3.Connection) -> int | None:
            in_use = connection.execute(_IN_USE, (name,)).fetchone()
            if after is not None and after != (0 if in_use is None else in_use[0]):
                return None
            highest = connection.execute(_HIGHEST, (name,)).fetchone()[0]
            version = 1 if highest is None else int(highest) + 1
            connection.execute(_INSERT, (name, version, written, by, at_s))
            connection.execute(_USE, (name, version))
            audit_trail.insert(connection, audit)
            return version

        version = await self._database.write(put, durable=True)
        if version is None:
            return None
        return KeptStrategy(name=name, version=version, strategy=strategy, by=by, at_s=at_s)

    async def delete(self, name: str, audit: AuditEntry) -> bool:
        def drop(connection: sqlite3.Connection) -> bool:
            if connection.execute("DELETE FROM strategies_in_use WHERE name = ?", (name,)).rowcount == 0:
                return False
            audit_trail.insert(connection, audit)
            return True

        return await self._database.write(drop, durable=True)

    async def list(self, *, limit: int, after: str | None = None) -> Page[KeptStrategy]:
        rows = self._database.read(_NEWEST + "WHERE name > ? ORDER BY name LIMIT ?", (after or "", limit + 1))
        found = [_kept_of(row) for row in rows[:limit]]
        return Page(found, found[-1].name if len(rows) > limit else None)

    async def versions(self, name: str, *, limit: int, after: int | None = None) -> Page[KeptStrategy]:
        below = _ABOVE_ALL if after is None else after
        rows = self._database.read(_VERSIONS, (name, below, limit + 1))
        found = [_kept_of(row) for row in rows[:limit]]
        return Page(found, str(found[-1].version) if len(rows) > limit else None)


def _kept_of(row: Row) -> KeptStrategy:
    name, version, strategy, by, at_s = row
    return KeptStrategy(
        name=str(name),
        version=int(str(version)),
        strategy=json_form.from_json(json.loads(str(strategy))),
        by=str(by),
        at_s=seconds(at_s),
    )

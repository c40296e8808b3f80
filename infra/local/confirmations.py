"""Who has answered a push: what its resends leave out, and its deadlines count."""
# ruff: noqa: S608 - what is put into the SQL here are constants of this module; values go as parameters

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Collection, Iterator, Sequence

from infra.local.database import Database
from services.domain.connection import Connection
from services.domain.pushes import Push

ASKED_AT_ONCE = 500
"""Terminals or users named in one query; SQLite takes 999 parameters at least."""
READ_AT_ONCE = 2_000
"""Receipts looked at before deliveries get their turn."""

_READ = "'read', 'failed', 'recalled'"
_RECEIVED = f"'received', {_READ}"
_NOTE_READER = "INSERT OR IGNORE INTO readers (push_id, user) VALUES (?, ?)"


def note_reader(connection: sqlite3.Connection, push_id: str, user: str) -> None:
    """Note that a user has read a push, in the transaction of what says so."""
    connection.execute(_NOTE_READER, (push_id, user))


def confirmed(database: Database, push: Push, rows: Sequence[Connection]) -> frozenset[str]:
    """As `services.ports.PushStore.confirmed`."""
    terminals = set(
        _among(
            database,
            f"SELECT terminal_id FROM receipts WHERE push_id = ? AND kind IN ({_answers(push)}) AND terminal_id",
            push.id,
            {row.terminal_id for row in rows},
        )
    )
    users: set[str] = set()
    if push.strategy.once_per_user:
        of_push = "SELECT user FROM readers WHERE push_id = ? AND user"
        users.update(_among(database, of_push, push.id, {row.user for row in rows}))
    return frozenset(row.connection_id for row in rows if row.terminal_id in terminals or row.user in users)


async def unconfirmed(database: Database, push: Push, stage: str) -> int:
    """As `services.ports.PushStore.unconfirmed`."""
    has_not = f"stage = ? AND kind NOT IN ({_answers(push)})"
    if push.strategy.once_per_user:
        has_not += " AND NOT EXISTS (SELECT 1 FROM readers WHERE push_id = some.push_id AND user = some.user)"
    sql = f"""
    SELECT COUNT(*), MAX(terminal_id), SUM({has_not})
    FROM (SELECT * FROM receipts WHERE push_id = ? AND terminal_id > ? ORDER BY terminal_id LIMIT ?) AS some
    """
    found, after = 0, ""
    while True:
        row = database.read_one(sql, (stage, push.id, after, READ_AT_ONCE))
        number, last, some = row or (0, None, None)
        found += int(str(some or 0))
        if int(str(number)) < READ_AT_ONCE:
            return found
        after = str(last)
        await asyncio.sleep(0)


def _answers(push: Push) -> str:
    """The kinds of receipt that need no more of a terminal."""
    return _READ if push.strategy.ack_need == "read" else _RECEIVED


def _among(database: Database, sql: str, push_id: str, names: Collection[str]) -> Iterator[str]:
    asked = sorted(names)
    for start in range(0, len(asked), ASKED_AT_ONCE):
        some = asked[start : start + ASKED_AT_ONCE]
        marks = ", ".join("?" * len(some))
        for (name,) in database.read(f"{sql} IN ({marks})", (push_id, *some)):
            yield str(name)

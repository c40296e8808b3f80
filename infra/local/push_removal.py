"""What is deleted of pushes that are over, a little at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from infra.local.database import Database
from services.domain import positions

_FINISHED = "SELECT id FROM pushes WHERE id < ? AND finished_at_s <= ? AND retained_until_s <= ? ORDER BY id LIMIT ?"
# What there may be many of goes first, so that a push is there for as long as anything of it is.
_DELETE_SOME = (
    """
    DELETE FROM receipts
    WHERE push_id = ? AND terminal_id IN (SELECT terminal_id FROM receipts WHERE push_id = ? LIMIT ?)
    """,
    "DELETE FROM readers WHERE push_id = ? AND user IN (SELECT user FROM readers WHERE push_id = ? LIMIT ?)",
    """
    DELETE FROM slices WHERE push_id = ? AND position IN (SELECT position FROM slices WHERE push_id = ? LIMIT ?)
    """,
)
_DELETE_PUSH = (
    "DELETE FROM stages WHERE push_id = ?",
    "DELETE FROM jobs WHERE push_id = ?",
    "DELETE FROM push_contents WHERE push_id = ?",
    "DELETE FROM pushes WHERE id = ?",
)


def removable(database: Database, now_s: float, finished_before_s: float, *, limit: int) -> Sequence[str]:
    """Pushes that finished before a moment, and that no log names any more."""
    rows = database.read(_FINISHED, (positions.lowest_at(finished_before_s), finished_before_s, now_s, limit))
    return [str(push_id) for (push_id,) in rows]


def remove(connection: sqlite3.Connection, push_ids: Sequence[str], *, limit: int) -> tuple[int, Sequence[str]]:
    """Delete up to about `limit` rows of these pushes: how many, and the pushes that are gone with them."""
    deleted = 0
    gone: list[str] = []
    for push_id in push_ids:
        for sql in _DELETE_SOME:
            deleted += connection.execute(sql, (push_id, push_id, limit)).rowcount
        if deleted >= limit:
            break
        for sql in _DELETE_PUSH:
            deleted += connection.execute(sql, (push_id,)).rowcount
        gone.append(push_id)
    return deleted, gone

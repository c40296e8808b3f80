"""Who is kept out and which tokens are revoked, in SQLite."""

from __future__ import annotations

import json
import sqlite3

from infra.local import audit_trail
from infra.local.database import Database, Row
from infra.local.push_rows import optional_seconds, seconds, to_json
from services.domain.audit import AuditEntry
from services.domain.standing import CLEAR, Block, Standing
from services.ports import Clock

_BLOCK = "INSERT OR REPLACE INTO blocks (user, reason, until_s, cidrs, by, at_s) VALUES (?, ?, ?, ?, ?, ?)"
_REVOKE = """
INSERT INTO revoked_tokens (token_id, until_s) VALUES (?, ?)
ON CONFLICT (token_id) DO UPDATE SET until_s = MAX(until_s, excluded.until_s)
"""
_REVOKE_BEFORE = """
INSERT INTO revoked_users (user, issued_before_s, until_s) VALUES (?, ?, ?)
ON CONFLICT (user) DO UPDATE SET
  issued_before_s = MAX(issued_before_s, excluded.issued_before_s), until_s = MAX(until_s, excluded.until_s)
"""


class Blocks:
    """Implements `services.ports.Blocks`.

    Whom something is held against is known in memory, so that of all others a connect asks nothing.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self.look_again()

    def look_again(self) -> None:
        """Know anew whom something is held against; needed after it was forgotten, to save memory."""
        read = self._database.read
        self._users = {str(user) for (user,) in read("SELECT user FROM blocks UNION SELECT user FROM revoked_users")}
        self._tokens = {str(token_id) for (token_id,) in read("SELECT token_id FROM revoked_tokens")}

    async def standing(self, user: str, token_id: str | None, issuer: str) -> Standing:
        if user not in self._users and token_id not in self._tokens:
            return CLEAR
        now_s = self._clock.now_s()
        read_one = self._database.read_one
        block = read_one("SELECT user, reason, until_s, cidrs, by, at_s FROM blocks WHERE user = ?", (user,))
        before = read_one("SELECT issued_before_s FROM revoked_users WHERE user = ? AND until_s > ?", (user, now_s))
        revoked = token_id is not None and read_one(
            "SELECT 1 FROM revoked_tokens WHERE token_id = ? AND until_s > ?", (token_id, now_s)
        )
        return Standing(
            block=None if block is None else _block_of(block),
            issued_before_s=None if before is None else seconds(before[0]),
            token_revoked=bool(revoked),
        )

    async def block(self, block: Block, audit: AuditEntry) -> None:
        def put(connection: sqlite3.Connection) -> None:
            connection.execute(
                _BLOCK, (block.user, block.reason, block.until_s, to_json(block.cidrs), block.by, block.at_s)
            )
            audit_trail.insert(connection, audit)

        await self._database.write(put, durable=True, on_done=lambda _: self._users.add(block.user))

    async def unblock(self, user: str, audit: AuditEntry) -> bool:
        def drop(connection: sqlite3.Connection) -> bool:
            if connection.execute("DELETE FROM blocks WHERE user = ?", (user,)).rowcount == 0:
                return False
            audit_trail.insert(connection, audit)
            return True

        return await self._database.write(drop, durable=True)

    async def revoke_token(self, token_id: str, *, until_s: float, audit: AuditEntry) -> None:
        def put(connection: sqlite3.Connection) -> None:
            connection.execute(_REVOKE, (token_id, until_s))
            audit_trail.insert(connection, audit)

        await self._database.write(put, durable=True, on_done=lambda _: self._tokens.add(token_id))

    async def revoke_before(self, user: str, issued_before_s: float, *, until_s: float, audit: AuditEntry) -> None:
        def put(connection: sqlite3.Connection) -> None:
            connection.execute(_REVOKE_BEFORE, (user, issued_before_s, until_s))
            audit_trail.insert(connection, audit)

        await self._database.write(put, durable=True, on_done=lambda _: self._users.add(user))


def _block_of(row: Row) -> Block:
    user, reason, until_s, cidrs, by, at_s = row
    return Block(
        user=str(user),
        reason=str(reason),
        until_s=optional_seconds(until_s),
        cidrs=tuple(json.loads(str(cidrs))),
        by=str(by),
        at_s=seconds(at_s),
    )

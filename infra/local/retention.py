"""Deletes what has been kept long enough, a little at a time, so that no write waits long for it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from infra.local.blocks import Blocks
from infra.local.database import Database
from infra.local.push_store import PushStore
from services.domain import positions
from services.domain.activity import MINUTES_KEPT_S, SAMPLES_KEPT_S, minute_of
from services.ports import Clock

log = logging.getLogger(__name__)

DAY_S = 86_400
EVERY_S = 60.0
AT_ONCE = 100
"""Rows deleted in one write."""
HORIZONS_S = 400 * DAY_S
"""How long each log remembers for itself what has left it; longer ago they all speak alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """How long things are kept after they are over. What has an end of its own goes at that end.

    `last_seen_s`: a terminal that does not come back stays known for so long.
    """

    pushes_s: float = 30 * DAY_S
    audit_s: float = 400 * DAY_S
    last_seen_s: float = 30 * DAY_S


@dataclass(frozen=True, slots=True)
class _Table:
    """A table whose rows go when their time in `column` is over."""

    name: str
    key: str
    column: str = "until_s"

    async def delete_over(self, database: Database, before: object) -> int:
        sql = (
            f"DELETE FROM {self.name} WHERE ({self.key}) IN"  # noqa: S608 - names of this module only
            f" (SELECT {self.key} FROM {self.name} WHERE {self.column} <= ? LIMIT {AT_ONCE})"
        )
        return await database.write(lambda connection: connection.execute(sql, (before,)).rowcount, durable=False)


_WITH_AN_END = (
    _Table("idempotency_keys", "caller, key"),
    _Table("used_tickets", "ticket_id"),
    _Table("plans", "id"),
    _Table("sender_minutes", "sub, minute"),
)
_HELD_AGAINST_SOMEBODY = (
    _Table("blocks", "user"),
    _Table("revoked_tokens", "token_id"),
    _Table("revoked_users", "user"),
)
_AUDIT = _Table("audit_trail", "id", "id")
_LAST_SEEN = _Table("last_seen", "terminal_id", "seen_at_s")
_ACTIVITY = _Table("activity", "minute", "minute")
_GROUP_SIZES = _Table("group_sizes", "at_s", "at_s")


class Retention:
    """Goes through everything every minute."""

    def __init__(self, database: Database, pushes: PushStore, blocks: Blocks, clock: Clock, keep: Keep) -> None:
        self._database = database
        self._pushes = pushes
        self._blocks = blocks
        self._clock = clock
        self._keep = keep
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Go through everything now, and every minute."""
        self._task = asyncio.create_task(self._run(), name="retention")

    async def stop(self) -> None:
        """Delete nothing more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None

    async def prune(self) -> None:
        """Delete all that is over now. Raises StorageError."""
        now_s = self._clock.now_s()
        logs = self._pushes.logs
        await _repeat(lambda: logs.prune(now_s, limit=AT_ONCE))
        oldest_horizon = positions.lowest_at(now_s - HORIZONS_S)
        await _repeat(lambda: logs.forget_horizons(oldest_horizon, limit=AT_ONCE))
        await _repeat(lambda: self._pushes.prune(now_s, now_s - self._keep.pushes_s, limit=AT_ONCE))
        await self._delete(_WITH_AN_END, now_s)
        if await self._delete(_HELD_AGAINST_SOMEBODY, now_s):
            self._blocks.look_again()
        await self._delete([_AUDIT], positions.lowest_at(now_s - self._keep.audit_s))
        await self._delete([_LAST_SEEN], now_s - self._keep.last_seen_s)
        await self._delete([_ACTIVITY], minute_of(now_s - MINUTES_KEPT_S))
        await self._delete([_GROUP_SIZES], now_s - SAMPLES_KEPT_S)

    async def _delete(self, tables: Sequence[_Table], before: object) -> int:
        deleted = 0
        for table in tables:
            while number := await table.delete_over(self._database, before):
                deleted += number
        return deleted

    async def _run(self) -> None:
        while True:
            try:
                await self.prune()
            except OSError:
                # The disk may be full for a while; what is over then goes later.
                log.exception("what is over was not deleted")
            await asyncio.sleep(EVERY_S)


async def _repeat(step: Callable[[], Awaitable[int]]) -> None:
    while await step():
        pass

"""One-time tickets that were used, in SQLite."""

from __future__ import annotations

import sqlite3

from infra.local.database import Database
from services.ports import Clock

_USE = """
INSERT INTO used_tickets (ticket_id, until_s) VALUES (?, ?)
ON CONFLICT (ticket_id) DO UPDATE SET until_s = excluded.until_s WHERE used_tickets.until_s <= ?
"""


class Tickets:
    """Implements `services.ports.Tickets`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def use(self, ticket_id: str, *, until_s: float) -> bool:
        now_s = self._clock.now_s()

        def use(connection: sqlite3.Connection) -> bool:
            return connection.execute(_USE, (ticket_id, until_s, now_s)).rowcount == 1

        return await self._database.write(use, durable=True)

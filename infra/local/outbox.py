"""Events on their way to webhooks: each is written in the transaction of what it tells, and goes when it was told.

So nothing is told that did not happen, and what happened is told however the process ends.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from infra.local.database import Database
from infra.local.push_rows import seconds
from infra.webhooks.endpoints import Endpoint
from services.domain import events
from services.domain.events import Event
from services.domain.pushes import Push

_PUT = "INSERT INTO outbox (endpoint, event_id, type, subject, body, at_s, due_at_s) VALUES (?, ?, ?, ?, ?, ?, ?)"
_DUE = """
SELECT serial, event_id, type, subject, body, at_s, tries FROM outbox
WHERE endpoint = ? AND due_at_s <= ? ORDER BY due_at_s, serial LIMIT ?
"""
_AGAIN = "UPDATE outbox SET tries = ?, due_at_s = ? WHERE serial = ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An event that one endpoint is to be told of; it was tried `tries` times. `at_s` is when it happened."""

    serial: int
    event_id: str
    type: str
    subject: str
    body: str
    at_s: float
    tries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """An event that was not taken: how often it was tried, and when it is tried next."""

    serial: int
    tries: int
    due_at_s: float


class Outbox:
    """Writes events for those endpoints that want them, and keeps them until they are told or given up.

    `on_noted` is called on the event loop when a transaction with `note` in it is committed.
    """

    def __init__(self, database: Database, endpoints: Sequence[Endpoint], *, source: str = events.SOURCE) -> None:
        self._database = database
        self._endpoints = tuple(endpoints)
        self._source = source
        self.on_noted: Callable[[], None] = _nobody

    def is_for(self, kind: str) -> bool:
        """Whether anybody is told of events of a kind: `push`, `terminal` or `user`."""
        of_kind = [name for name in events.TYPES if name.startswith(f"{events.PREFIX}{kind}.")]
        return any(endpoint.wants(name) for endpoint in self._endpoints for name in of_kind)

    def note(self, connection: sqlite3.Connection, told: Iterable[Event]) -> None:
        """In a transaction: write events down for those who want them."""
        rows = [
            (
                endpoint.url,
                event.id,
                event.type,
                event.subject,
                events.to_json(event, source=self._source),
                event.at_s,
                event.at_s,
            )
            for event in told
            for endpoint in self._endpoints
            if endpoint.wants(event.type)
        ]
        if rows:
            connection.executemany(_PUT, rows)

    def push_changed(self, connection: sqlite3.Connection, before: Push | None, after: Push, at_s: float) -> None:
        """In the transaction in which a push changes: write down what that tells. `before` None: it is new."""
        was = None if before is None else events.state_of(before)
        self.note(connection, events.of_push(was, events.state_of(after), at_s=at_s))

    def left_open(self, connection: sqlite3.Connection, now_s: float) -> None:
        """In the transaction that clears the connections of a process that died: whoever they were of has gone."""
        terminals = connection.execute("SELECT terminal_id, MAX(user) FROM connections GROUP BY terminal_id").fetchall()
        users = connection.execute("SELECT DISTINCT user FROM connections").fetchall()
        gone = [events.of_presence("terminal", name, online=False, at_s=now_s, user=user) for name, user in terminals]
        gone += [events.of_presence("user", name, online=False, at_s=now_s) for (name,) in users]
        self.note(connection, gone)

    def noted(self) -> None:
        """On the event loop: a transaction with `note` in it is committed."""
        self.on_noted()

    def due(self, endpoint: Endpoint, now_s: float, *, limit: int) -> Sequence[Waiting]:
        """What an endpoint is to be told now, what is due longest first."""
        rows = self._database.read(_DUE, (endpoint.url, now_s, limit))
        return [
            Waiting(
                serial=int(str(serial)),
                event_id=str(event_id),
                type=str(event_type),
                subject=str(subject),
                body=str(body),
                at_s=seconds(at_s),
                tries=int(str(tries)),
            )
            for serial, event_id, event_type, subject, body, at_s, tries in rows
        ]

    def next_due_s(self, endpoint: Endpoint) -> float | None:
        """When an endpoint is to be told something next; None if nothing waits for it."""
        row = self._database.read_one("SELECT MIN(due_at_s) FROM outbox WHERE endpoint = ?", (endpoint.url,))
        return None if row is None or row[0] is None else seconds(row[0])

    def waiting(self) -> int:
        """How many wait, for all endpoints."""
        row = self._database.read_one("SELECT COUNT(*) FROM outbox")
        return 0 if row is None else int(str(row[0]))

    async def settle(self, *, done: Sequence[int], again: Sequence[Again]) -> None:
        """Take out what was told, by serial, and put off what was not. Raises StorageError."""

        def write(connection: sqlite3.Connection) -> None:
            connection.executemany("DELETE FROM outbox WHERE serial = ?", [(serial,) for serial in done])
            connection.executemany(_AGAIN, [(each.tries, each.due_at_s, each.serial) for each in again])

        await self._database.write(write, durable=False)

    async def give_up(self, endpoint: Endpoint, *, before_s: float) -> int:
        """Forget what happened before a moment and was not told; how many. Raises StorageError."""
        return await self._database.write(
            lambda connection: (
                connection.execute(
                    "DELETE FROM outbox WHERE endpoint = ? AND at_s <= ?", (endpoint.url, before_s)
                ).rowcount
            ),
            durable=False,
        )

    async def close_for(self, endpoint: Endpoint) -> int:
        """Write nothing more for an endpoint, and forget what waits for it; how many. Raises StorageError."""
        self._endpoints = tuple(each for each in self._endpoints if each.url != endpoint.url)
        return await self.give_up(endpoint, before_s=float("inf"))

    async def forget_others(self) -> int:
        """Forget what waits for endpoints that the settings no longer name; how many. Raises StorageError."""
        urls = [endpoint.url for endpoint in self._endpoints]
        marks = ", ".join("?" * len(urls))
        return await self._database.write(
            lambda connection: (
                connection.execute(
                    f"DELETE FROM outbox WHERE endpoint NOT IN ({marks})",  # noqa: S608 - as many marks as parameters
                    urls,
                ).rowcount
            ),
            durable=False,
        )


def _nobody() -> None:
    """Until somebody tells what is noted."""

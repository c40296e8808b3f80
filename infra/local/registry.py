"""Who is connected: kept in memory, where it is read, and written through to the database.

The process that owns the sockets is the only one that reads, so every read is a look into memory, and sees an
`add` as soon as it is called. Rows are committed in groups and not synced: a socket does not outlive the machine.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from infra.local import activity, last_seen
from infra.local.batch import Batch
from infra.local.connection_index import ConnectionIndex
from infra.local.database import Database, StorageError
from infra.local.interning import Interned
from infra.local.outbox import Outbox
from services.domain import events, topics
from services.domain.activity import Figures
from services.domain.connection import Connection
from services.domain.events import Event
from services.domain.identity import AttributeValue
from services.domain.ring import Arc
from services.domain.topics import Topic
from services.ports import Clock, GroupSize, Page, Presence

log = logging.getLogger(__name__)

HEARD_AFTER_S = 5.0
"""How long what was heard may wait to be written: it is lost if the process is killed before."""

_PUT = """
INSERT OR REPLACE INTO connections (
  connection_id, terminal_id, user, issuer, groups, token_groups, attributes, scopes, token_id, issued_at_s,
  expires_at_s, connected_at_s, last_heard_at_s, source_ip, user_agent
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_DROP = "DELETE FROM connections WHERE connection_id = ?"
_HEARD = "UPDATE connections SET last_heard_at_s = ? WHERE connection_id = ?"


@dataclass(frozen=True, slots=True)
class _Change:
    """A row as it is now, or, with the moment when it went, as it was; and what is told of that.

    `came_at_s` is when it came, None if it was there before.
    """

    row: Connection
    came_at_s: float | None = None
    gone_at_s: float | None = None
    told: Sequence[Event] = ()


class Registry:
    """Implements `services.ports.Registry`. `outbox` is told who comes and who goes; None: nobody is."""

    def __init__(self, database: Database, clock: Clock, outbox: Outbox | None = None) -> None:
        self._database = database
        self._clock = clock
        self._outbox = outbox
        self._index = ConnectionIndex()
        self._changes: Batch[_Change, None] = Batch(database, self._write_changes, durable=False)
        self._heard: dict[str, float] = {}
        self._heard_timer: asyncio.TimerHandle | None = None
        self._heard_task: asyncio.Task[None] | None = None
        self._texts: Interned[str, str] = Interned()
        self._groups: Interned[tuple[str, ...], tuple[str, ...]] = Interned()
        self._scopes: Interned[frozenset[str], frozenset[str]] = Interned()
        self._attributes: Interned[str, Mapping[str, AttributeValue]] = Interned()

    async def start(self) -> None:
        """Note down the connections that an earlier process left open as last seen."""
        now_s = self._clock.now_s()

        def note(connection: sqlite3.Connection) -> None:
            if self._outbox is not None:
                self._outbox.left_open(connection, now_s)
            activity.left_open(connection)
            last_seen.note_those_of_a_dead_process(connection)

        await self._database.write(note, durable=False)

    async def stop(self) -> None:
        """Write what was heard last."""
        if self._heard_timer is not None:
            self._heard_timer.cancel()
        await self._write_heard()

    async def add(self, connection: Connection) -> None:
        row = self._shared(connection)
        now_s = self._clock.now_s()
        change = _Change(
            row,
            came_at_s=now_s if self._index.get(row.connection_id) is None else None,
            told=self._told(row, online=True, at_s=now_s),
        )
        self._index.put(row)
        try:
            await self._changes.put(change)
        except StorageError:
            self._index.drop(row.connection_id)
            raise
        self._committed([change])

    async def replace(self, connection: Connection, *, was: Connection) -> bool:
        before = self._index.get(connection.connection_id)
        if before is None or not before.says_the_same_as(was):
            return False
        last_heard_at_s = max(before.last_heard_at_s, connection.last_heard_at_s)
        row = self._shared(replace(connection, last_heard_at_s=last_heard_at_s))
        self._index.put(row)
        try:
            await self._changes.put(_Change(row))
        except StorageError:
            if self._index.get(row.connection_id) is row:
                self._index.put(before)
            raise
        return True

    async def remove(self, connection_ids: Collection[str]) -> Sequence[Connection]:
        now_s = self._clock.now_s()
        changes: list[_Change] = []
        for row in map(self._index.drop, connection_ids):
            if row is not None:
                self._heard.pop(row.connection_id, None)
                changes.append(_Change(row, gone_at_s=now_s, told=self._told(row, online=False, at_s=now_s)))
        removed = [change.row for change in changes]
        try:
            await asyncio.gather(*[self._changes.put(change) for change in changes])
        except StorageError as error:
            # They are out of every topic, which is what counts; the next start clears the rows left behind.
            log.warning("rows of closed connections were left behind", extra={"error": str(error)})
        self._committed(changes)
        return removed

    async def get(self, connection_id: str) -> Connection | None:
        return self._index.get(connection_id)

    async def page(
        self, topic: Topic, arc: Arc, *, live_at_s: float, limit: int, after: str | None = None
    ) -> Page[Connection]:
        return self._index.page(topic, arc, live_at_s=live_at_s, limit=limit, after=after)

    async def lanes(self, topics: Collection[Topic]) -> Mapping[Topic, int]:
        # All of them share this process: they would only take turns.
        return dict.fromkeys(topics, 1)

    async def sizes(self, topics: Collection[Topic]) -> Mapping[Topic, int]:
        return {topic: self._index.size(topic) for topic in topics}

    async def groups(self, *, limit: int, after: str | None = None) -> Page[GroupSize]:
        return self._index.groups(limit=limit, after=after)

    async def presence(self) -> Presence:
        return self._index.presence()

    async def over(self, before_s: float, *, limit: int) -> Sequence[Connection]:
        return self._index.over(before_s, limit=limit)

    async def heard(self, connection_ids: Collection[str], at_s: float) -> None:
        for connection_id in connection_ids:
            row = self._index.get(connection_id)
            if row is not None and row.last_heard_at_s < at_s:
                self._index.put(replace(row, last_heard_at_s=at_s))
                self._heard[connection_id] = at_s
        if self._heard and self._heard_timer is None:
            self._heard_timer = asyncio.get_running_loop().call_later(HEARD_AFTER_S, self._heard_is_due)

    def _told(self, row: Connection, *, online: bool, at_s: float) -> Sequence[Event]:
        """What is told of a connection that is not filed yet, or no more, where its terminal or user has no other."""
        if self._outbox is None:
            return ()
        told: list[Event] = []
        if self._index.size(topics.terminal(row.terminal_id)) == 0:
            told.append(events.of_presence("terminal", row.terminal_id, online=online, at_s=at_s, user=row.user))
        if self._index.size(topics.user(row.user)) == 0:
            told.append(events.of_presence("user", row.user, online=online, at_s=at_s))
        return told

    def _committed(self, changes: Sequence[_Change]) -> None:
        if self._outbox is not None and any(change.told for change in changes):
            self._outbox.noted()

    def _write_changes(self, connection: sqlite3.Connection, changes: Sequence[_Change]) -> Sequence[None]:
        if self._outbox is not None:
            self._outbox.note(connection, [event for change in changes for event in change.told])
        return _write_changes(connection, changes)

    def _heard_is_due(self) -> None:
        self._heard_timer = None
        self._heard_task = asyncio.ensure_future(self._write_heard())

    async def _write_heard(self) -> None:
        heard, self._heard = self._heard, {}
        if not heard:
            return
        rows = [(at_s, connection_id) for connection_id, at_s in heard.items()]
        try:
            await self._database.write(lambda connection: _write_heard(connection, rows), durable=False)
        except StorageError as error:
            log.warning("what was heard was not written", extra={"error": str(error), "connections": len(rows)})

    def _shared(self, row: Connection) -> Connection:
        """The same row, with one object for what it has in common with others."""
        attributes = row.attributes
        text = self._texts.get
        return replace(
            row,
            issuer=text(row.issuer, lambda: row.issuer),
            groups=self._groups.get(row.groups, lambda: row.groups),
            token_groups=self._groups.get(row.token_groups, lambda: row.token_groups),
            attributes=self._attributes.get(_json(attributes), lambda: attributes),
            scopes=self._scopes.get(row.scopes, lambda: row.scopes),
            user_agent=text(row.user_agent, lambda: row.user_agent),
        )


def _write_changes(connection: sqlite3.Connection, changes: Sequence[_Change]) -> Sequence[None]:
    """Of each connection only the last change is written; each that came or went is counted."""
    last = {change.row.connection_id: change for change in changes}
    here = [_parameters(change.row) for change in last.values() if change.gone_at_s is None]
    gone = [(change.row, change.gone_at_s) for change in last.values() if change.gone_at_s is not None]
    if here:
        connection.executemany(_PUT, here)
    if gone:
        connection.executemany(_DROP, [(row.connection_id,) for row, _ in gone])
        last_seen.note(
            connection,
            [
                (row.terminal_id, row.user, _groups_json(row.groups), _json(row.attributes), gone_at_s)
                for row, gone_at_s in gone
            ],
        )
    _count(connection, changes)
    return [None] * len(changes)


def _count(connection: sqlite3.Connection, changes: Sequence[_Change]) -> None:
    """Add those who came and went to the figures of their minute; a batch is of one turn of the event loop."""
    came = [change.came_at_s for change in changes if change.came_at_s is not None]
    went = [change.gone_at_s for change in changes if change.gone_at_s is not None]
    if came or went:
        activity.add(connection, (came or went)[0], Figures(connects=len(came), disconnects=len(went)))


def _write_heard(connection: sqlite3.Connection, rows: Iterable[tuple[float, str]]) -> None:
    connection.executemany(_HEARD, rows)


def _parameters(row: Connection) -> tuple[object, ...]:
    return (
        row.connection_id,
        row.terminal_id,
        row.user,
        row.issuer,
        _groups_json(row.groups),
        _groups_json(row.token_groups),
        _json(row.attributes),
        " ".join(sorted(row.scopes)),
        row.token_id,
        row.issued_at_s,
        row.expires_at_s,
        row.connected_at_s,
        row.last_heard_at_s,
        row.source_ip,
        row.user_agent,
    )


@lru_cache(maxsize=1_024)
def _groups_json(groups: tuple[str, ...]) -> str:
    return _json(groups)


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _json(value: object) -> str:
    return _encode(value)

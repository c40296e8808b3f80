"""The logs of topics: which slices were released to a topic, in order of position, while they are kept.

A terminal that comes back reads a log for each of its topics, and most of them have nothing new. So the newest
position of every log is known in memory, and only a log that has something is read.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence

from infra.local.database import Database, Row
from infra.local.push_rows import optional_seconds, optional_text, seconds, to_json
from services.domain.pushes import LogEntry
from services.domain.ring import SIZE, WHOLE, Arc
from services.domain.topics import Topic

FOR_EVERY_TOPIC = ""
"""The topic of the horizon that holds for each topic without a newer one."""

_INSERT = """
INSERT INTO push_log
  (topic, position, push_id, arc_start, arc_length, filter, retained_until_s, expires_at_s, collapse_key, again)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
# The plus keeps SQLite from reading by the index of retention, and sorting: the primary key is in order already.
_READ = """
SELECT position, push_id, arc_start, arc_length, filter, retained_until_s, expires_at_s, collapse_key, again
FROM push_log WHERE topic = ? AND position > ? AND +retained_until_s > ?
ORDER BY position LIMIT ?
"""
_NEWEST = "SELECT topic, MAX(position) FROM push_log GROUP BY topic"
_PRUNED = "SELECT MAX(position) FROM log_horizons WHERE topic IN (?, ?)"
_LEAVING = """
SELECT MAX(position) FROM push_log INDEXED BY push_log_by_topic_and_retention
WHERE topic = ? AND retained_until_s <= ?
"""
_EARLIEST_END = "SELECT MIN(retained_until_s) FROM push_log"
_OVER = "SELECT topic, position FROM push_log WHERE retained_until_s <= ? ORDER BY retained_until_s LIMIT ?"
_RAISE_HORIZON = """
INSERT INTO log_horizons (topic, position) VALUES (?, ?)
ON CONFLICT (topic) DO UPDATE SET position = MAX(position, excluded.position)
"""
_DELETE = "DELETE FROM push_log WHERE topic = ? AND position = ?"


class PushLog:
    """The logs of all topics. What is read is what was committed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._newest = {str(topic): str(position) for topic, position in database.read(_NEWEST)}
        self._earliest_end_s = self._first_end_s()

    def note(self, entries: Iterable[LogEntry]) -> None:
        """Know of entries that were just committed; on the event loop, before anybody is told of them."""
        for entry in entries:
            topic = str(entry.topic)
            if self._newest.get(topic, "") < entry.position:
                self._newest[topic] = entry.position
            self._earliest_end_s = min(self._earliest_end_s, entry.retained_until_s)

    def read(self, topic: Topic, *, after: str, retained_at_s: float, limit: int) -> Sequence[LogEntry]:
        """As `services.ports.PushStore.log`."""
        name = str(topic)
        if self._newest.get(name, "") <= after:
            return ()
        return [_entry_of(topic, row) for row in self._database.read(_READ, (name, after, retained_at_s, limit))]

    def horizon(self, topic: Topic, retained_at_s: float) -> str | None:
        """The newest position that has left the log because its retention was over; None if none has."""
        name = str(topic)
        row = self._database.read_one(_PRUNED, (name, FOR_EVERY_TOPIC))
        pruned = None if row is None else optional_text(row[0])
        if retained_at_s < self._earliest_end_s:
            return pruned
        row = self._database.read_one(_LEAVING, (name, retained_at_s))
        leaving = None if row is None else optional_text(row[0])
        return max(filter(None, (pruned, leaving)), default=None)

    async def prune(self, now_s: float, *, limit: int) -> int:
        """Delete entries whose retention is over, up to `limit`; how many there were. Their horizons stay."""
        over = self._database.read(_OVER, (now_s, limit))
        if over:
            await self._database.write(lambda connection: _prune(connection, over), durable=False)
            self._earliest_end_s = self._first_end_s()
            self._look_again(str(topic) for topic, position in over if self._newest.get(str(topic)) == position)
        return len(over)

    async def forget_horizons(self, before: str, *, limit: int) -> int:
        """Let one horizon speak for all logs that lost nothing since the position `before`; how many were forgotten.

        Whoever was away for longer is told that something may be missing, whichever topics are theirs.
        """
        old = self._database.read(
            "SELECT topic FROM log_horizons WHERE position < ? AND topic <> ? LIMIT ?", (before, FOR_EVERY_TOPIC, limit)
        )

        def forget(connection: sqlite3.Connection) -> None:
            connection.execute(_RAISE_HORIZON, (FOR_EVERY_TOPIC, before))
            connection.executemany("DELETE FROM log_horizons WHERE topic = ?", old)

        if old:
            await self._database.write(forget, durable=False)
        return len(old)

    def _look_again(self, topics: Iterable[str]) -> None:
        for topic in topics:
            row = self._database.read_one("SELECT MAX(position) FROM push_log WHERE topic = ?", (topic,))
            if row is None or row[0] is None:
                self._newest.pop(topic, None)
            else:
                self._newest[topic] = str(row[0])

    def _first_end_s(self) -> float:
        row = self._database.read_one(_EARLIEST_END)
        return float("inf") if row is None or row[0] is None else seconds(row[0])


def append(connection: sqlite3.Connection, entries: Iterable[LogEntry]) -> None:
    """Write entries, in the transaction of what releases them."""
    connection.executemany(
        _INSERT,
        [
            (
                str(entry.topic),
                entry.position,
                entry.push_id,
                entry.arc.start,
                entry.arc.length,
                None if entry.filter is None else to_json(entry.filter),
                entry.retained_until_s,
                entry.expires_at_s,
                entry.collapse_key,
                entry.again,
            )
            for entry in entries
        ],
    )


def _prune(connection: sqlite3.Connection, over: Sequence[Row]) -> None:
    connection.executemany(_RAISE_HORIZON, over)
    connection.executemany(_DELETE, over)


def _entry_of(topic: Topic, row: Row) -> LogEntry:
    position, push_id, arc_start, arc_length, filtered, retained_until_s, expires_at_s, collapse_key, again = row
    return LogEntry(
        topic=topic,
        position=str(position),
        push_id=str(push_id),
        arc=WHOLE if (arc_start, arc_length) == (0, SIZE) else Arc(int(str(arc_start)), int(str(arc_length))),
        filter=None if filtered is None else json.loads(str(filtered)),
        retained_until_s=seconds(retained_until_s),
        expires_at_s=optional_seconds(expires_at_s),
        collapse_key=optional_text(collapse_key),
        again=bool(again),
    )

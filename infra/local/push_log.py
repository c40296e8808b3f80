"""The logs of topics: which slices were released to a topic, in order of position, while they are kept."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence

from infra.local.database import Database, Row
from infra.local.push_rows import optional_seconds, optional_text, seconds, to_json
from services.domain import topics
from services.domain.pushes import LogEntry
from services.domain.ring import Arc
from services.domain.topics import Topic

_INSERT = """
INSERT INTO push_log
  (topic, position, push_id, arc_start, arc_length, filter, retained_until_s, expires_at_s, collapse_key)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
# The plus keeps SQLite from reading by the index of retention, and sorting: the primary key is in order already.
_READ = """
SELECT topic, position, push_id, arc_start, arc_length, filter, retained_until_s, expires_at_s, collapse_key
FROM push_log WHERE topic = ? AND position > ? AND +retained_until_s > ?
ORDER BY position LIMIT ?
"""
_HORIZON = """
SELECT MAX(position) FROM (
  SELECT MAX(position) AS position FROM push_log INDEXED BY push_log_by_topic_and_retention
    WHERE topic = ? AND retained_until_s <= ?
  UNION ALL
  SELECT position FROM log_horizons WHERE topic IN (?, '')
)
"""


def append(connection: sqlite3.Connection, entries: Iterable[LogEntry]) -> None:
    """Write entries, in a transaction."""
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
            )
            for entry in entries
        ],
    )


def read(database: Database, topic: Topic, *, after: str, retained_at_s: float, limit: int) -> Sequence[LogEntry]:
    """As `services.ports.PushStore.log`."""
    return [_entry_of(row) for row in database.read(_READ, (str(topic), after, retained_at_s, limit))]


def horizon(database: Database, topic: Topic, retained_at_s: float) -> str | None:
    """As `services.ports.PushStore.log_horizon`."""
    row = database.read_one(_HORIZON, (str(topic), retained_at_s, str(topic)))
    return None if row is None else optional_text(row[0])


def _entry_of(row: Row) -> LogEntry:
    topic, position, push_id, arc_start, arc_length, filtered, retained_until_s, expires_at_s, collapse_key = row
    return LogEntry(
        topic=topics.parse(str(topic)),
        position=str(position),
        push_id=str(push_id),
        arc=Arc(int(str(arc_start)), int(str(arc_length))),
        filter=None if filtered is None else json.loads(str(filtered)),
        retained_until_s=seconds(retained_until_s),
        expires_at_s=optional_seconds(expires_at_s),
        collapse_key=optional_text(collapse_key),
    )

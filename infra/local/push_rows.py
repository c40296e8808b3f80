"""Pushes as rows: what changes in `pushes`, what never does in `push_contents`."""
# ruff: noqa: S608 - what is put into the SQL here are constants of this module; values go as parameters

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

from infra.local.database import Row
from services.domain.strategies import json_form as strategy_form
from services.domain.pushes import Counts, Job, LogEntry, Push, State
from services.domain.targets import cover

COUNTED = tuple(field.name for field in fields(Counts))
"""The columns of `pushes` that count, in the order of `Counts`."""

SELECT = """
SELECT id, sender, state, step, created_at_s, expires_at_s, finished_at_s, ended_by, target, cover, message, strategy
FROM pushes JOIN push_contents ON push_id = id
"""
_INSERT = """
INSERT INTO pushes
  (id, sender, state, step, created_at_s, expires_at_s, finished_at_s, ended_by, retained_until_s, unfinished_parts)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_INSERT_CONTENTS = "INSERT INTO push_contents (push_id, target, cover, message, strategy) VALUES (?, ?, ?, ?, ?)"
_ADD = "UPDATE pushes SET " + ", ".join(f"{name} = {name} + ?" for name in COUNTED) + " WHERE id = ?"
_PART_IS_FINISHED = (
    "UPDATE pushes SET unfinished_parts = unfinished_parts - 1, "
    + ", ".join(f"{name} = {name} + ?" for name in COUNTED)
    + " WHERE id = ?"
)
_TRANSITION = """
UPDATE pushes
SET state = ?, step = step + 1, finished_at_s = ?, ended_by = ?,
  retained_until_s = MAX(retained_until_s, ?), unfinished_parts = unfinished_parts + ?
WHERE id = ? AND state = ? AND step = ?
"""
_RETAIN = "UPDATE pushes SET retained_until_s = MAX(retained_until_s, ?) WHERE id = ?"
_COMPLETE = """
UPDATE pushes SET state = 'completed', step = step + 1, finished_at_s = ?
WHERE id = ? AND state = 'sending' AND unfinished_parts = 0
"""


@dataclass(frozen=True, slots=True)
class Released:
    """What a push releases in one step: parts to fan out, and how long its log entries are kept (0: none)."""

    parts: int
    retained_until_s: float

    @classmethod
    def of(cls, jobs: Sequence[Job], entries: Iterable[LogEntry]) -> Released:
        return cls(len(jobs), max((entry.retained_until_s for entry in entries), default=0.0))


def insert(connection: sqlite3.Connection, push: Push, released: Released) -> None:
    """Write a new push with what it releases at once."""
    connection.execute(
        _INSERT,
        (
            push.id,
            push.sender,
            push.state.value,
            push.step,
            push.created_at_s,
            push.expires_at_s,
            push.finished_at_s,
            push.ended_by,
            released.retained_until_s,
            released.parts,
        ),
    )
    connection.execute(
        _INSERT_CONTENTS,
        (
            push.id,
            to_json(push.target),
            to_json(cover.to_json(push.cover)),
            to_json(push.message),
            to_json(strategy_form.to_json(push.strategy)),
        ),
    )


def transition(connection: sqlite3.Connection, before: Push, after: Push, released: Released) -> bool:
    """Move a push on from exactly `before`; False, and nothing changed, if it is not there any more."""
    moved = connection.execute(
        _TRANSITION,
        (
            after.state.value,
            after.finished_at_s,
            after.ended_by,
            released.retained_until_s,
            released.parts,
            before.id,
            before.state.value,
            before.step,
        ),
    )
    return moved.rowcount == 1


def retain(connection: sqlite3.Connection, push_id: str, retained_until_s: float) -> None:
    """Keep a push at least until this moment, since a log names it."""
    connection.execute(_RETAIN, (retained_until_s, push_id))


def add(connection: sqlite3.Connection, push_id: str, counts: Counts) -> None:
    """Add to the counts of a push."""
    connection.execute(_ADD, (*_values(counts), push_id))


def finish_part(connection: sqlite3.Connection, push_id: str, counts: Counts, at_s: float) -> bool:
    """Count a part as finished; whether the push was completed by it."""
    connection.execute(_PART_IS_FINISHED, (*_values(counts), push_id))
    return connection.execute(_COMPLETE, (at_s, push_id)).rowcount == 1


def unfinished_parts(connection: sqlite3.Connection, push_id: str) -> int:
    """How many parts of a push are still to be fanned out; 0 for an unknown one."""
    row = connection.execute("SELECT unfinished_parts FROM pushes WHERE id = ?", (push_id,)).fetchone()
    return 0 if row is None else int(row[0])


def counts_of(row: Row) -> Counts:
    """The counts in the columns `COUNTED`."""
    return Counts(**{name: int(str(value)) for name, value in zip(COUNTED, row, strict=True)})


def push_of(row: Row) -> Push:
    """The push in a row of `SELECT`."""
    push_id, sender, state, step, created_at_s, expires_at_s, finished_at_s, ended_by, *written = row
    target, covered, message, strategy = (json.loads(str(text)) for text in written)
    return Push(
        id=str(push_id),
        sender=str(sender),
        state=State(str(state)),
        step=int(str(step)),
        created_at_s=seconds(created_at_s),
        expires_at_s=optional_seconds(expires_at_s),
        finished_at_s=optional_seconds(finished_at_s),
        ended_by=optional_text(ended_by),
        target=target,
        cover=cover.from_json(covered),
        message=message,
        strategy=strategy_form.from_json(strategy),
    )


def to_json(value: object) -> str:
    """JSON text as it is kept: compact, in UTF-8."""
    return _encode(value)


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


def seconds(value: object) -> float:
    """A time in a row."""
    assert isinstance(value, float)
    return value


def optional_seconds(value: object) -> float | None:
    """A time in a row that may be NULL."""
    return None if value is None else seconds(value)


def optional_text(value: object) -> str | None:
    """Text in a row that may be NULL."""
    return None if value is None else str(value)


def _values(counts: Counts) -> Sequence[int]:
    return [getattr(counts, name) for name in COUNTED]

"""Pushes as rows: what changes in `pushes`, what never does in `push_contents`."""
# ruff: noqa: S608 - what is put into the SQL here are constants of this module; values go as parameters

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

from infra.local.database import Database, Row
from services.domain import profile_form
from services.domain.pushes import Counts, Job, LogEntry, Push, State
from services.domain.strategies import json_form as strategy_form
from services.domain.targets import cover
from services.domain.timeline import run as run_form
from services.domain.timeline import schedule as schedule_form
from services.domain.timeline.schedule import AT_ONCE

COUNTED = tuple(field.name for field in fields(Counts))
"""The columns of `pushes` that count, in the order of `Counts`."""

SELECT = """
SELECT
  id, sender, state, step, created_at_s, expires_at_s, finished_at_s, ended_by, due_at_s, closing,
  run, target, cover, message, strategy, details
FROM pushes JOIN push_contents ON push_id = id
"""
_INSERT = """
INSERT INTO pushes
  (id, sender, state, step, created_at_s, expires_at_s, finished_at_s, ended_by, run, due_at_s, closing,
   retained_until_s, unfinished_parts)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_INSERT_CONTENTS = """
INSERT INTO push_contents (push_id, target, cover, message, strategy, details) VALUES (?, ?, ?, ?, ?, ?)
"""
_ADD = "UPDATE pushes SET " + ", ".join(f"{name} = {name} + ?" for name in COUNTED) + " WHERE id = ?"
_PART_IS_FINISHED = (
    "UPDATE pushes SET unfinished_parts = unfinished_parts - 1, "
    + ", ".join(f"{name} = {name} + ?" for name in COUNTED)
    + " WHERE id = ?"
)
_TRANSITION = """
UPDATE pushes
SET state = ?, step = ?, finished_at_s = ?, ended_by = ?, run = ?, due_at_s = ?, closing = ?,
  retained_until_s = MAX(retained_until_s, ?), unfinished_parts = unfinished_parts + ?
WHERE id = ? AND state = ? AND step = ?
"""
_RETAIN = "UPDATE pushes SET retained_until_s = MAX(retained_until_s, ?) WHERE id = ?"
_COMPLETE = """
UPDATE pushes SET state = 'completed', step = step + 1, finished_at_s = ?, due_at_s = NULL
WHERE id = ? AND state = 'sending' AND closing AND unfinished_parts = 0
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
            to_json(run_form.to_json(push.run)),
            push.due_at_s,
            push.closing,
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
            to_json(_details(push)),
        ),
    )


def transition(connection: sqlite3.Connection, before: Push, after: Push, released: Released) -> bool:
    """Move a push on from exactly `before`; False, and nothing changed, if it is not there any more."""
    moved = connection.execute(
        _TRANSITION,
        (
            after.state.value,
            after.step,
            after.finished_at_s,
            after.ended_by,
            to_json(run_form.to_json(after.run)),
            after.due_at_s,
            after.closing,
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


def one(connection: sqlite3.Connection, push_id: str) -> Push:
    """A push as this transaction leaves it. Raises LookupError if there is none."""
    row = connection.execute(SELECT + "WHERE id = ?", (push_id,)).fetchone()
    if row is None:
        raise LookupError(f"there is no push {push_id}")
    return push_of(row)


def counts(database: Database, push_id: str) -> Counts:
    """The counts of a push; none of an unknown one."""
    row = database.read_one(f"SELECT {', '.join(COUNTED)} FROM pushes WHERE id = ?", (push_id,))
    return Counts() if row is None else counts_of(row)


def counts_of(row: Row) -> Counts:
    """The counts in the columns `COUNTED`."""
    return Counts(**{name: int(str(value)) for name, value in zip(COUNTED, row, strict=True)})


def push_of(row: Row) -> Push:
    """The push in a row of `SELECT`."""
    (
        push_id,
        sender,
        state,
        step,
        created_at_s,
        expires_at_s,
        finished_at_s,
        ended_by,
        due_at_s,
        closing,
        *written,
    ) = row
    run, target, covered, message, strategy, details = (json.loads(str(text)) for text in written)
    profile = details.get("profile")
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
        schedule=schedule_form.from_json(details["schedule"]) if "schedule" in details else AT_ONCE,
        parent=details.get("parent"),
        test=details.get("test", False),
        profile=None if profile is None else profile_form.from_json(profile),
        run=run_form.from_json(run),
        due_at_s=optional_seconds(due_at_s),
        closing=bool(closing),
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


def _details(push: Push) -> dict[str, object]:
    """What never changes of a push beside its contents; what it does not have is left out."""
    written: dict[str, object] = {}
    if push.schedule != AT_ONCE:
        written["schedule"] = schedule_form.to_json(push.schedule)
    if push.parent is not None:
        written["parent"] = push.parent
    if push.test:
        written["test"] = True
    if push.profile is not None:
        written["profile"] = profile_form.to_json(push.profile)
    return written


def _values(counts: Counts) -> Sequence[int]:
    return [getattr(counts, name) for name in COUNTED]

"""What each slice of a push came to, and what terminals told, by stage: kept in the transaction of what changes it."""
# ruff: noqa: S608 - what is put into the SQL here are constants of this module; values go as parameters

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Sequence

from infra.local.database import Database, Row
from infra.local.job_table import KINDS
from infra.local.push_rows import COUNTED, counts_of, seconds
from services.domain import positions
from services.domain.pushes import Counts, Job, Progress, SliceTally

TOLD = ("received", "read", "failed", "recalled")
"""The columns of `stages` that count."""
READ_AT_ONCE = 1_000
"""Slices read before deliveries get their turn."""

_INSERT = """
INSERT INTO slices (push_id, position, stage, kind, parts, parts_left, moved_at_s) VALUES (?, ?, ?, ?, ?, ?, ?)
"""
_GO_ON = (
    "UPDATE slices SET parts_left = parts_left - ?, moved_at_s = MAX(moved_at_s, ?), "
    + ", ".join(f"{name} = {name} + ?" for name in COUNTED)
    + " WHERE push_id = ? AND position = ?"
)
_LEAVE = "UPDATE slices SET parts = parts - 1, parts_left = parts_left - 1 WHERE push_id = ? AND position = ?"
_TELL = f"""
INSERT INTO stages (push_id, stage, {", ".join(TOLD)}) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (push_id, stage) DO UPDATE SET {", ".join(f"{name} = {name} + excluded.{name}" for name in TOLD)}
"""
_OF_PUSH = f"""
SELECT stage, kind, position, parts, parts_left, moved_at_s, {", ".join(COUNTED)} FROM slices
WHERE push_id = ? AND position > ? ORDER BY position LIMIT ?
"""


def release(connection: sqlite3.Connection, jobs: Sequence[Job]) -> None:
    """Begin the tallies of what is released, with its jobs."""
    parts = Counter(job.position for job in jobs)
    first = {job.position: job for job in reversed(jobs)}
    connection.executemany(
        _INSERT,
        [
            (job.push_id, position, job.stage, job.kind, parts[position], parts[position], _released_at_s(job))
            for position, job in first.items()
        ],
    )


def release_again(connection: sqlite3.Connection, job: Job, again: Job) -> None:
    """A part that goes on under another position is one of that slice; what it came to before stays where it was."""
    connection.execute(_LEAVE, (job.push_id, job.position))
    release(connection, [again])


def go_on(connection: sqlite3.Connection, job: Job, counts: Counts, at_s: float, *, finished: bool) -> None:
    """Add what a page came to; `finished`: its part is over with it."""
    values = [getattr(counts, name) for name in COUNTED]
    connection.execute(_GO_ON, (int(finished), at_s, *values, job.push_id, job.position))


def tell(connection: sqlite3.Connection, push_id: str, stage: str, counts: Counts) -> None:
    """Add what terminals of a stage told."""
    connection.execute(_TELL, (push_id, stage, *(getattr(counts, name) for name in TOLD)))


async def progress(database: Database, push_id: str) -> Progress:
    """As `services.ports.PushStore.progress`.

    A push at a slow pace has thousands of slices, so deliveries get their turn in between. A part that meanwhile goes
    on under another position is not missed: that one is greater.
    """
    slices: list[SliceTally] = []
    after = positions.BEGINNING
    while True:
        rows = database.read(_OF_PUSH, (push_id, after, READ_AT_ONCE))
        slices += map(_tally_of, rows)
        if len(rows) < READ_AT_ONCE:
            break
        after = slices[-1].position
        await asyncio.sleep(0)
    told = database.read(f"SELECT stage, {', '.join(TOLD)} FROM stages WHERE push_id = ?", (push_id,))
    return Progress(
        slices=slices,
        told={
            str(stage): Counts(**{name: int(str(count)) for name, count in zip(TOLD, counts, strict=True)})
            for stage, *counts in told
        },
    )


def _released_at_s(job: Job) -> float:
    return positions.time_of_s(job.position)


def _tally_of(row: Row) -> SliceTally:
    stage, kind, position, parts, parts_left, moved_at_s, *counts = row
    return SliceTally(
        stage=str(stage),
        kind=KINDS[str(kind)],
        position=str(position),
        parts=int(str(parts)),
        parts_left=int(str(parts_left)),
        moved_at_s=seconds(moved_at_s),
        counts=counts_of(tuple(counts)),
    )

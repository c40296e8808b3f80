"""Fan-out jobs as rows: the unfinished parts of pushes, each as it stands, until it is finished."""
# ruff: noqa: S608 - what is put into the SQL here are constants of this module; values go as parameters

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import get_args

from infra.local.database import Database, Row
from infra.local.push_rows import optional_text, seconds, to_json
from services.domain import topics
from services.domain.pushes import Job, JobKey, JobKind
from services.domain.ring import Arc
from services.ports import DeadJob

KINDS: dict[str, JobKind] = {kind: kind for kind in get_args(JobKind)}
"""The kinds of jobs, by how they are written."""

_COLUMNS = "push_id, position, part, lane, topic, kind, stage, arc_start, arc_length, step, after, remaining, attempt"
_OF_KEY = "push_id = ? AND position = ? AND part = ? AND lane = ?"
_INSERT = f"INSERT INTO jobs ({_COLUMNS}) VALUES ({', '.join('?' * 13)})"
_GO_ON = f"""
UPDATE jobs SET
  arc_start = ?, arc_length = ?, step = ?, after = ?, remaining = ?, attempt = ?, not_before_s = ?,
  receives = 0, dead_at_s = NULL, dead_reason = NULL
WHERE {_OF_KEY} AND step = ?
"""
_DELETE = f"DELETE FROM jobs WHERE {_OF_KEY} AND step = ?"
_FAIL = f"UPDATE jobs SET receives = receives + 1, not_before_s = ? WHERE {_OF_KEY} AND step = ?"
_SET_ASIDE = f"UPDATE jobs SET dead_at_s = ?, dead_reason = ? WHERE {_OF_KEY} AND step = ? AND dead_at_s IS NULL"
_WAITING = f"SELECT {_COLUMNS}, not_before_s, receives FROM jobs WHERE {_OF_KEY} AND dead_at_s IS NULL"
_UNFINISHED = f"""
SELECT {_COLUMNS}, not_before_s, receives FROM jobs
WHERE (push_id, position, part, lane) > (?, ?, ?, ?) AND dead_at_s IS NULL
ORDER BY push_id, position, part, lane LIMIT ?
"""
_DEAD = f"SELECT {_COLUMNS}, dead_reason, dead_at_s FROM jobs WHERE push_id = ? AND dead_at_s IS NOT NULL"


@dataclass(frozen=True, slots=True)
class Waiting:
    """An unfinished job, when it may run (epoch seconds), and how often it has failed since it last went on."""

    job: Job
    not_before_s: float
    receives: int


def insert(connection: sqlite3.Connection, jobs: Iterable[Job]) -> None:
    """Write new jobs, in a transaction."""
    connection.executemany(
        _INSERT,
        [
            (
                *job.key,
                str(job.topic),
                job.kind,
                job.stage,
                job.arc.start,
                job.arc.length,
                job.step,
                job.after,
                to_json(job.left),
                job.attempt,
            )
            for job in jobs
        ],
    )


def go_on(connection: sqlite3.Connection, job: Job, following: Job, not_before_s: float) -> bool:
    """Put `following` in the place of `job`; False if that step was noted before."""
    moved = connection.execute(
        _GO_ON,
        (
            following.arc.start,
            following.arc.length,
            following.step,
            following.after,
            to_json(following.left),
            following.attempt,
            not_before_s,
            *job.key,
            job.step,
        ),
    )
    return moved.rowcount == 1


def finish(connection: sqlite3.Connection, job: Job) -> bool:
    """Take a job out; False if that step was noted before."""
    return connection.execute(_DELETE, (*job.key, job.step)).rowcount == 1


def set_aside(connection: sqlite3.Connection, job: Job, reason: str, at_s: float) -> bool:
    """As `services.ports.PushStore.set_aside`."""
    return connection.execute(_SET_ASIDE, (at_s, reason, *job.key, job.step)).rowcount == 1


def fail(connection: sqlite3.Connection, job: Job, not_before_s: float) -> None:
    """Note that this step of a job failed once more, and when it is tried again."""
    connection.execute(_FAIL, (not_before_s, *job.key, job.step))


def waiting(database: Database, key: JobKey) -> Waiting | None:
    """The job as it stands, None if it is finished, unknown or set aside."""
    row = database.read_one(_WAITING, key)
    return None if row is None else _waiting_of(row)


def unfinished(database: Database, *, after: JobKey, limit: int) -> Sequence[Waiting]:
    """Unfinished jobs in the order of their keys, without those that were set aside."""
    return [_waiting_of(row) for row in database.read(_UNFINISHED, (*after, limit))]


def one(database: Database, key: JobKey) -> Job | None:
    """The job as it stands, also one that was set aside."""
    row = database.read_one(f"SELECT {_COLUMNS} FROM jobs WHERE {_OF_KEY}", key)
    return None if row is None else _job_of(row)


def dead(database: Database, push_id: str) -> Sequence[DeadJob]:
    """As `services.ports.PushStore.dead_jobs`."""
    return [
        DeadJob(job=_job_of(row[:-2]), reason=optional_text(row[-2]) or "", at_s=seconds(row[-1]))
        for row in database.read(_DEAD, (push_id,))
    ]


def _waiting_of(row: Row) -> Waiting:
    return Waiting(_job_of(row[:-2]), seconds(row[-2]), int(str(row[-1])))


def _job_of(row: Row) -> Job:
    push_id, position, part, lane, topic, kind, stage, arc_start, arc_length, step, after, left, attempt = row
    return Job(
        push_id=str(push_id),
        position=str(position),
        part=int(str(part)),
        lane=int(str(lane)),
        topic=topics.parse(str(topic)),
        kind=KINDS[str(kind)],
        stage=str(stage),
        arc=Arc(int(str(arc_start)), int(str(arc_length))),
        step=int(str(step)),
        after=optional_text(after),
        left=tuple(json.loads(str(left))),
        attempt=int(str(attempt)),
    )

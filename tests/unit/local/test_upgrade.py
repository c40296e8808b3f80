"""A database of the first release is brought to today's with all that is in it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path

from infra.local import migrations
from infra.local.database import FILE, open_database
from infra.local.storage import Storage
from services.domain import positions, topics
from services.domain.positions import BEGINNING
from services.domain.pushes import Counts, Job, JobKind, LogEntry, Push, Receipt, SliceTally, State
from services.domain.ring import SIZE
from services.domain.strategies.strategy import Strategy
from services.domain.targets.cover import Cover
from services.domain.targets.expression import Users
from services.ports import Advance, Seen
from tests.contract.adapters import NOON_S, ManualClock

USERS = ("alice", "bob", "carol")
TOPICS = tuple(topics.user(name) for name in USERS)
COUNTS = Counts(targeted=5, sent=4, received=2, read=1, gone=1)
JOBS = "INSERT INTO jobs VALUES (?, ?, ?, 0, ?, ?, 0, ?, ?, NULL, '[]', 0, 0, 0, NULL, NULL)"


def _push(state: State, *, expires_at_s: float | None = None) -> Push:
    over = state is not State.SENDING
    return Push(
        id=positions.new_id(NOON_S),
        sender="admin",
        target={"users": list(USERS)},
        cover=Cover(Users(USERS), TOPICS),
        message={"text": "Grüße"},
        strategy=Strategy(name="old", retain_s=90, expires_in_s=60, receipts="each", collapse_key="k"),
        state=state,
        step=1 if over else 0,
        created_at_s=NOON_S,
        expires_at_s=expires_at_s,
        finished_at_s=NOON_S + 2 if over else None,
        ended_by="carol" if state is State.CANCELLED else None,
    )


def _write_push(database: sqlite3.Connection, push: Push, parts: int, counts: Counts = COUNTS) -> None:
    """A push as the first release wrote it."""
    database.execute(
        "INSERT INTO pushes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(push.id, push.sender, push.state.value, push.step, push.created_at_s, push.expires_at_s),
            *(push.finished_at_s, push.ended_by, NOON_S + 90, parts, counts.targeted, counts.sent, counts.received),
            *(counts.read, counts.failed, counts.recalled, counts.gone, counts.expired, counts.skipped),
        ),
    )
    database.execute(
        "INSERT INTO push_contents VALUES (?, ?, ?, ?, ?)",
        (
            push.id,
            json.dumps(push.target),
            json.dumps({"target": push.target, "topics": [str(topic) for topic in TOPICS]}),
            json.dumps(push.message),
            '{"retain":"90s","receipts":"each","name":"old","expires_in":"60s","collapse_key":"k"}',
        ),
    )


def _write_job(database: sqlite3.Connection, job: Job) -> None:
    database.execute(JOBS, (job.push_id, job.position, job.part, str(job.topic), job.kind, job.arc.length, job.step))


@asynccontextmanager
async def _upgraded(data_dir: Path, write: Callable[[sqlite3.Connection], None]) -> AsyncIterator[Storage]:
    """What a function wrote into a database of the first release, opened by today's program."""
    await open_database(data_dir, steps=migrations.STEPS[:1]).close()
    with closing(sqlite3.connect(data_dir / FILE)) as database, database:
        write(database)
    storage = await Storage.open(data_dir, ManualClock(NOON_S + 5))
    try:
        yield storage
    finally:
        await storage.close()


def _jobs(push: Push, kind: JobKind = "deliver") -> list[Job]:
    position = positions.new_id(NOON_S)
    return [
        Job(push_id=push.id, position=position, part=part, topic=topic, kind=kind) for part, topic in enumerate(TOPICS)
    ]


async def test_pushes_are_read_as_they_were_with_nothing_of_a_timeline(tmp_path: Path) -> None:
    over = [_push(State.COMPLETED), _push(State.CANCELLED), _push(State.EXPIRED)]

    def write(database: sqlite3.Connection) -> None:
        for push in over:
            _write_push(database, push, parts=0)

    async with _upgraded(tmp_path, write) as storage:
        assert list((await storage.pushes.list(limit=10)).items) == over[::-1]
        assert await storage.pushes.counts(over[0].id) == COUNTS


async def test_a_push_under_way_goes_on_and_is_completed(tmp_path: Path) -> None:
    push = _push(State.SENDING)
    done, going, waiting = _jobs(push)
    going = replace(going, step=3)

    def write(database: sqlite3.Connection) -> None:
        _write_push(database, push, parts=2)
        _write_job(database, going)
        _write_job(database, waiting)

    async with _upgraded(tmp_path, write) as storage:
        store = storage.pushes
        assert [one.job for one in store.unfinished(after=("", "", -1, -1), limit=10)] == [going, waiting]
        ten = Counts(targeted=10, sent=10)
        assert await store.advance(Advance(job=going, next=None, counts=ten, at_s=NOON_S + 6)) == 1
        assert await store.advance(Advance(job=waiting, next=None, counts=ten, at_s=NOON_S + 7)) == 0
        assert await store.get(push.id) == push.moved(State.COMPLETED, at_s=NOON_S + 7)
        assert list((await store.progress(push.id)).slices) == [
            SliceTally(
                stage="w1",
                kind="deliver",
                position=done.position,
                parts=2,
                parts_left=0,
                moved_at_s=NOON_S + 7,
                counts=Counts(targeted=25, sent=24, gone=1),
            )
        ]


async def test_a_push_that_is_over_has_what_it_came_to_as_its_slice(tmp_path: Path) -> None:
    push = _push(State.COMPLETED)

    async with _upgraded(tmp_path, lambda database: _write_push(database, push, parts=0)) as storage:
        progress = await storage.pushes.progress(push.id)
        (only,) = progress.slices
        assert (only.stage, only.parts_left, only.counts) == ("w1", 0, Counts(targeted=5, sent=4, gone=1))
        assert progress.told == {"w1": Counts(received=2, read=1)}


async def test_a_recall_under_way_is_a_slice_of_its_own(tmp_path: Path) -> None:
    push = _push(State.CANCELLED)
    recalls = _jobs(push, "recall")

    def write(database: sqlite3.Connection) -> None:
        _write_push(database, push, parts=3)
        for job in recalls:
            _write_job(database, job)

    async with _upgraded(tmp_path, write) as storage:
        sent, recall = (await storage.pushes.progress(push.id)).slices
        assert (sent.kind, sent.parts_left, sent.counts) == ("deliver", 0, Counts(targeted=5, sent=4, gone=1))
        assert (recall.kind, recall.parts_left, recall.counts) == ("recall", 3, Counts())


async def test_a_part_that_was_released_again_is_not_counted_twice(tmp_path: Path) -> None:
    push = _push(State.SENDING)
    first, second, _ = _jobs(push)
    again = replace(second, position=positions.new_id(NOON_S + 60))

    def write(database: sqlite3.Connection) -> None:
        _write_push(database, push, parts=2)
        _write_job(database, first)
        _write_job(database, again)

    async with _upgraded(tmp_path, write) as storage:
        slices = (await storage.pushes.progress(push.id)).slices
        assert [(one.position, one.parts_left) for one in slices] == [(first.position, 1), (again.position, 1)]
        assert [one.counts for one in slices] == [Counts(targeted=5, sent=4, gone=1), Counts()]


async def test_a_push_with_an_end_is_due_then(tmp_path: Path) -> None:
    ends, goes_on, over = _push(State.SENDING, expires_at_s=NOON_S + 3), _push(State.SENDING), _push(State.EXPIRED)

    def write(database: sqlite3.Connection) -> None:
        for push in (ends, goes_on, replace(over, expires_at_s=NOON_S + 1)):
            _write_push(database, push, parts=1)

    async with _upgraded(tmp_path, write) as storage:
        due = replace(ends, due_at_s=NOON_S + 3)
        assert list(await storage.pushes.overdue(NOON_S + 5, limit=10)) == [due]


async def test_logs_and_receipts_are_read_as_they_were(tmp_path: Path) -> None:
    push = _push(State.COMPLETED)
    position = positions.new_id(NOON_S)

    def write(database: sqlite3.Connection) -> None:
        _write_push(database, push, parts=0)
        database.execute(
            "INSERT INTO push_log VALUES (?, ?, ?, 0, ?, NULL, ?, NULL, NULL)",
            (str(TOPICS[0]), position, push.id, SIZE, NOON_S + 90),
        )
        database.execute(
            "INSERT INTO receipts VALUES (?, 't1', 'c1', 'alice', 'read', ?, 'on paper')", (push.id, NOON_S)
        )

    async with _upgraded(tmp_path, write) as storage:
        entry = LogEntry(topic=TOPICS[0], position=position, push_id=push.id, retained_until_s=NOON_S + 90)
        assert list(await storage.pushes.log(TOPICS[0], after=BEGINNING, retained_at_s=NOON_S, limit=10)) == [entry]
        receipt = Receipt(
            push_id=push.id,
            connection_id="c1",
            terminal_id="t1",
            user="alice",
            kind="read",
            at_s=NOON_S,
            detail="on paper",
        )
        assert list((await storage.pushes.receipts(push.id, limit=10)).items) == [receipt]


async def test_who_was_seen_last_is_still_known_by_user(tmp_path: Path) -> None:
    def write(database: sqlite3.Connection) -> None:
        database.execute("INSERT INTO last_seen VALUES ('t1', 'alice', '[\"ops\"]', '{}', ?)", (NOON_S,))

    async with _upgraded(tmp_path, write) as storage:
        seen = Seen(terminal_id="t1", user="alice", groups=("ops",), attributes={}, seen_at_s=NOON_S)
        assert list(await storage.last_seen.of_user("alice")) == [seen]

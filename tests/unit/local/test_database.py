"""The database: writes that share commits, what reaches the disk when, and what a failure undoes."""

from __future__ import annotations

import asyncio
import errno
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from infra.local import database
from infra.local.database import Database, StorageError, open_database
from infra.local.writer import to_disk

Work = Callable[[sqlite3.Connection], None]


class CountedSync:
    """Syncs, counts how often, and fails when told to."""

    def __init__(self) -> None:
        self.times = 0
        self.error: OSError | None = None

    def __call__(self, fd: int) -> None:
        self.times += 1
        if self.error is not None:
            raise self.error
        to_disk(fd)


@pytest.fixture
def sync() -> CountedSync:
    return CountedSync()


@pytest.fixture
async def opened(tmp_path: Path, sync: CountedSync) -> AsyncIterator[Database]:
    opened = open_database(tmp_path, sync=sync)
    try:
        yield opened
    finally:
        await opened.close()


def _use(ticket: str) -> Work:
    def use(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO used_tickets (ticket_id, until_s) VALUES (?, 0)", (ticket,))

    return use


def _used(opened: Database) -> list[str]:
    return [str(ticket) for (ticket,) in opened.read("SELECT ticket_id FROM used_tickets ORDER BY ticket_id")]


def _modes(directory: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mode & 0o777 for path in directory.iterdir()}


class Gate:
    """A work that keeps the writer busy until it is opened, so that others queue up behind it."""

    def __init__(self, opened: Database) -> None:
        self._open = threading.Event()
        self.passed = asyncio.ensure_future(opened.write(self._wait, durable=False))

    def _wait(self, _connection: sqlite3.Connection) -> None:
        assert self._open.wait(10), "nobody opened the gate"

    def open(self) -> None:
        self._open.set()


async def _queued(gate: Gate, *writes: asyncio.Future[None]) -> None:
    """Let writes queue up behind the gate, then let them through together."""
    await asyncio.sleep(0)
    gate.open()
    await asyncio.gather(gate.passed, *writes, return_exceptions=True)


async def test_a_write_is_read_once_it_has_returned(opened: Database) -> None:
    for name in ("a", "b", "c"):
        await opened.write(_use(name), durable=False)
        assert _used(opened)[-1] == name


async def test_a_write_gives_the_result_of_its_function(opened: Database) -> None:
    version = await opened.write(lambda connection: connection.execute("SELECT 41 + 1").fetchone()[0], durable=False)
    assert version == 42


async def test_a_durable_write_is_synced(opened: Database, sync: CountedSync) -> None:
    await opened.write(_use("a"), durable=True)
    assert sync.times == 1


async def test_other_writes_are_not_synced(opened: Database, sync: CountedSync) -> None:
    for n in range(50):
        await opened.write(_use(f"{n}"), durable=False)
    assert sync.times == 0


async def test_writes_that_queued_up_share_one_sync(opened: Database, sync: CountedSync) -> None:
    gate = Gate(opened)
    writes = [asyncio.ensure_future(opened.write(_use(f"{n:03}"), durable=True)) for n in range(100)]
    await _queued(gate, *writes)
    assert len(_used(opened)) == 100
    assert sync.times == 1


async def test_a_write_that_fails_undoes_itself_alone(opened: Database) -> None:
    def fail(connection: sqlite3.Connection) -> None:
        _use("bad")(connection)
        raise ValueError("no")

    gate = Gate(opened)
    before = asyncio.ensure_future(opened.write(_use("a"), durable=True))
    failing = asyncio.ensure_future(opened.write(fail, durable=True))
    after = asyncio.ensure_future(opened.write(_use("b"), durable=True))
    await _queued(gate, before, failing, after)
    assert _used(opened) == ["a", "b"]
    assert isinstance(failing.exception(), ValueError)


async def test_a_write_that_fails_alone_undoes_itself(opened: Database) -> None:
    def fail(connection: sqlite3.Connection) -> None:
        _use("bad")(connection)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await opened.write(fail, durable=True)
    await opened.write(_use("good"), durable=True)
    assert _used(opened) == ["good"]


async def test_writes_happen_in_the_order_they_were_asked_for(opened: Database) -> None:
    order: list[int] = []
    gate = Gate(opened)
    writes = [asyncio.ensure_future(opened.write(lambda _, n=n: order.append(n), durable=False)) for n in range(50)]  # type: ignore[misc]  # mypy cannot infer a lambda with a default
    await _queued(gate, *writes)
    assert order == list(range(50))


async def test_a_write_whose_caller_has_gone_happens_and_is_told(opened: Database) -> None:
    told: list[None] = []
    gate = Gate(opened)
    write = asyncio.ensure_future(opened.write(_use("a"), durable=True, on_done=told.append))
    await asyncio.sleep(0)
    write.cancel()
    await _queued(gate, write)
    assert write.cancelled()
    assert _used(opened) == ["a"]
    assert told == [None]


async def test_a_full_queue_makes_writers_wait_and_loses_nothing(
    opened: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "MOST_QUEUED", 5)
    gate = Gate(opened)
    writes = [asyncio.ensure_future(opened.write(_use(f"{n:03}"), durable=False)) for n in range(40)]
    await _queued(gate, *writes)
    assert len(_used(opened)) == 40


async def test_a_full_disk_is_a_storage_error_and_passes(opened: Database) -> None:
    def limit(connection: sqlite3.Connection, pages: int) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages}")

    def fill(connection: sqlite3.Connection) -> None:
        connection.executemany(
            "INSERT INTO used_tickets (ticket_id, until_s) VALUES (?, 0)", [(f"{n}" * 100,) for n in range(2_000)]
        )

    await opened.write(lambda connection: limit(connection, 60), durable=False)
    with pytest.raises(StorageError, match="full") as caught:
        await opened.write(fill, durable=True)
    assert caught.value.errno == errno.ENOSPC
    await opened.write(lambda connection: limit(connection, 1_000_000), durable=False)
    await opened.write(_use("a"), durable=True)
    assert _used(opened) == ["a"]


async def test_after_a_failed_sync_nothing_is_promised_any_more(opened: Database, sync: CountedSync) -> None:
    sync.error = OSError(errno.EIO, "Input/output error")
    with pytest.raises(StorageError, match="start the server again"):
        await opened.write(_use("a"), durable=True)
    sync.error = None
    with pytest.raises(StorageError, match="start the server again"):
        await opened.write(_use("b"), durable=True)


async def test_a_closed_database_refuses_writes(tmp_path: Path) -> None:
    closed = open_database(tmp_path)
    await closed.close()
    with pytest.raises(StorageError, match="closed"):
        await closed.write(_use("a"), durable=False)


async def test_closing_writes_what_is_queued(tmp_path: Path) -> None:
    opened = open_database(tmp_path)
    writes = [asyncio.ensure_future(opened.write(_use(f"{n:02}"), durable=False)) for n in range(30)]
    await asyncio.sleep(0)
    await opened.close()
    await asyncio.gather(*writes)
    again = open_database(tmp_path)
    assert len(_used(again)) == 30
    await again.close()


async def test_others_cannot_read_the_files(opened: Database, tmp_path: Path) -> None:
    await opened.write(_use("a"), durable=True)
    assert _modes(tmp_path) == {"fanfare.db": 0o600, "fanfare.db-wal": 0o600, "fanfare.db-shm": 0o600, "lock": 0o600}

"""The SQLite database of a data directory: one connection to read on the event loop, one thread that writes."""

from __future__ import annotations

import asyncio
import errno
import os
import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Generic, TypeVar

from infra.local import data_directory, migrations
from infra.local.checkpoints import BACKSTOP_PAGES, Checkpoints
from infra.local.data_directory import DataDirectory, DataDirectoryError
from infra.local.writer import StorageError, Sync, Writer, storage_error, to_disk

T = TypeVar("T")
Row = tuple[object, ...]

FILE = "fanfare.db"
MOST_QUEUED = 10_000
"""How many works may wait for the writer; whoever comes then waits for room."""
CACHE_KIB = 8_192
OLDEST_SQLITE = (3, 24, 0)
"""The first SQLite with `ON CONFLICT … DO UPDATE`."""


class _Write(Generic[T]):
    """A function for the writer's thread, and the future of its result."""

    __slots__ = ("_function", "_future", "_on_done", "_result", "_settled", "durable")

    def __init__(
        self,
        function: Callable[[sqlite3.Connection], T],
        durable: bool,
        on_done: Callable[[T], None] | None,
        settled: Callable[[], None],
        future: asyncio.Future[T],
    ) -> None:
        self.durable = durable
        self._function = function
        self._on_done = on_done
        self._settled = settled
        self._future = future
        self._result: T

    def do(self, connection: sqlite3.Connection) -> None:
        self._result = self._function(connection)

    def done(self) -> None:
        self._settled()
        if self._on_done is not None:
            self._on_done(self._result)
        if not self._future.done():
            self._future.set_result(self._result)

    def failed(self, error: Exception) -> None:
        self._settled()
        if not self._future.done():
            self._future.set_exception(error)


class Database:
    """One open database. Use it from the event loop that opened it."""

    def __init__(self, directory: DataDirectory, connect: Callable[[], sqlite3.Connection], sync: Sync) -> None:
        self._directory = directory
        self._connections = ExitStack()
        self._reader = self._connections.enter_context(closing(connect()))
        writing = self._connections.enter_context(closing(connect()))
        checkpointing = self._connections.enter_context(closing(connect()))
        self._reader.execute("PRAGMA query_only = ON")
        writing.execute(f"PRAGMA wal_autocheckpoint = {BACKSTOP_PAGES}")
        self._wal_fd = os.open(f"{directory.path / FILE}-wal", os.O_RDWR | os.O_CLOEXEC)
        self._loop = asyncio.get_running_loop()
        self._writer = Writer(writing, self._wal_fd, self._loop, sync)
        self._checkpoints = Checkpoints(checkpointing, lambda: self._writer.commits)
        self._queued = 0
        self._closed = False
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def write(
        self,
        function: Callable[[sqlite3.Connection], T],
        *,
        durable: bool,
        on_done: Callable[[T], None] | None = None,
    ) -> T:
        """Run `function` on the writer's thread, in a transaction that others may share; its result once committed.

        `durable`: also on disk, safe against a power loss; otherwise against the end of this process only.
        What `function` raises undoes what it did, and is raised here. `on_done` is called on the event loop
        right after the commit, also if the caller has stopped waiting: a write that is queued happens.
        Raises StorageError.
        """
        while self._queued >= MOST_QUEUED:
            room = self._loop.create_future()
            self._waiting.append(room)
            await room
        if self._closed:
            raise StorageError(errno.EBADF, "the database is closed: the server is stopping")
        future: asyncio.Future[T] = self._loop.create_future()
        self._queued += 1
        self._writer.put(_Write(function, durable, on_done, self._settled, future))
        return await future

    def read(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        """Rows of a small, bounded query, read at once. Sees every write that has returned. Raises StorageError."""
        try:
            rows: list[Row] = self._reader.execute(sql, parameters).fetchall()
        except sqlite3.OperationalError as error:
            raise storage_error(error) from error
        return rows

    def read_one(self, sql: str, parameters: Sequence[object] = ()) -> Row | None:
        """The first row of such a query."""
        try:
            row: Row | None = self._reader.execute(sql, parameters).fetchone()
        except sqlite3.OperationalError as error:
            raise storage_error(error) from error
        return row

    async def close(self) -> None:
        """Write what is queued, then close the file and let another process have the directory."""
        self._closed = True
        await asyncio.to_thread(self._writer.stop)
        await asyncio.to_thread(self._checkpoints.stop)
        self._connections.close()
        os.close(self._wal_fd)
        self._directory.release()

    def _settled(self) -> None:
        self._queued -= 1
        if self._waiting:
            room = self._waiting.popleft()
            if not room.done():
                room.set_result(None)


def open_database(
    data_dir: Path, *, steps: Sequence[migrations.Step] = migrations.STEPS, sync: Sync = to_disk
) -> Database:
    """Hold the data directory and open its database, made or brought to today's version first.

    Call it in the event loop that will use it. Raises DataDirectoryError: in use, too new, or not a database.
    """
    directory = DataDirectory.hold(data_dir)
    path = data_dir / FILE
    try:
        with closing(_connect(path)) as connection:
            migrations.migrate(connection, path, steps)
            # While this connection is open the log stays where it is, and its name is made safe with the directory.
            data_directory.sync(data_dir)
            return Database(directory, lambda: _connect(path), sync)
    except BaseException as error:
        directory.release()
        if isinstance(error, sqlite3.DatabaseError):
            raise DataDirectoryError(f"{path} cannot be opened: {error}. Check the disk, or restore a backup") from None
        raise


def _connect(path: Path) -> sqlite3.Connection:
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        oldest = ".".join(map(str, OLDEST_SQLITE))
        raise DataDirectoryError(
            f"Python was built with SQLite {sqlite3.sqlite_version}; Fanfare needs {oldest} or newer"
        )
    if not path.exists():
        # SQLite would make it as the umask says; its -wal and -shm get the mode of this file.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=256)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    except BaseException:
        connection.close()
        raise
    return connection


__all__ = ["Database", "StorageError", "open_database"]

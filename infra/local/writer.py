"""The one thread that writes to the database: what is queued while it is busy shares the next commit."""

from __future__ import annotations

import errno
import os
import queue
import sqlite3
import threading
from asyncio import AbstractEventLoop
from collections.abc import Callable, Sequence
from typing import Protocol

MOST_IN_A_COMMIT = 1_000
"""Most works in one transaction, so that the first of them does not wait for ever."""

Sync = Callable[[int], None]
to_disk: Sync = getattr(os, "fdatasync", os.fsync)  # macOS has no fdatasync(2)
"""Waits until what was written to an open file is on disk."""


class StorageError(OSError):
    """The database cannot be read or written now: the disk is full, gone or damaged. Nothing was written."""


class Work(Protocol):
    """Something to do in a transaction, and what to do with what came of it.

    `do` runs on the writer's thread and may raise, which undoes only what it did itself. `done` or `failed` is
    called on the event loop, once the transaction is over, in the order in which the works were put.
    """

    @property
    def durable(self) -> bool:
        """Whether it must be on disk, and not only with the operating system, before `done` is called."""

    def do(self, connection: sqlite3.Connection) -> None: ...
    def done(self) -> None: ...
    def failed(self, error: Exception) -> None: ...


class Writer:
    """Runs works in the order they are put.

    A commit alone leaves its pages with the operating system (`synchronous=NORMAL` in WAL mode): a killed process
    loses nothing, a power loss may lose the newest commits, and never leaves the file inconsistent. If a durable
    work is among those committed, the write-ahead log is synced before any of them is told.
    """

    def __init__(self, connection: sqlite3.Connection, wal_fd: int, loop: AbstractEventLoop, sync: Sync) -> None:
        self._connection = connection
        self._wal_fd = wal_fd
        self._loop = loop
        self._sync = sync
        self._queue: queue.SimpleQueue[Work | None] = queue.SimpleQueue()
        self._broken: StorageError | None = None
        self.commits = 0
        self._thread = threading.Thread(target=self._run, name="fanfare-writer", daemon=True)
        self._thread.start()

    def put(self, work: Work) -> None:
        """Queue a work; called on the event loop."""
        self._queue.put(work)

    def stop(self) -> None:
        """Finish what is queued and end the thread. Waits for it: call it off the event loop."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while True:
            works, stopping = self._next_group()
            if works:
                errors = self._commit(works)
                self._loop.call_soon_threadsafe(_tell, works, errors)
            if stopping:
                return

    def _next_group(self) -> tuple[list[Work], bool]:
        """Wait for a work; it and all that are queued behind it, and whether the end of the queue was reached."""
        works: list[Work] = []
        work = self._queue.get()
        while work is not None:
            works.append(work)
            if len(works) == MOST_IN_A_COMMIT:
                return works, False
            try:
                work = self._queue.get_nowait()
            except queue.Empty:
                return works, False
        return works, True

    def _commit(self, works: Sequence[Work]) -> list[Exception | None]:
        if self._broken is not None:
            return [self._broken] * len(works)
        try:
            return self._transact(works)
        except Exception as error:  # noqa: BLE001 - the thread must live, and every caller must be told
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            return [_told(error)] * len(works)

    def _transact(self, works: Sequence[Work]) -> list[Exception | None]:
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        one = self._alone if len(works) == 1 else self._among_others
        errors = [one(work) for work in works]
        if connection.in_transaction:
            connection.execute("COMMIT")
            self.commits += 1
            if any(work.durable and error is None for work, error in zip(works, errors, strict=True)):
                return self._synced(errors)
        return errors

    def _alone(self, work: Work) -> Exception | None:
        """A single work needs no savepoint: its transaction is undone as a whole."""
        try:
            work.do(self._connection)
        except Exception as error:  # noqa: BLE001 - whatever it is, it goes to the caller of the write
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            return _told(error)
        return None

    def _among_others(self, work: Work) -> Exception | None:
        connection = self._connection
        connection.execute("SAVEPOINT work")
        try:
            work.do(connection)
        except Exception as error:
            if not connection.in_transaction:
                # SQLite has undone the whole transaction (a full disk, a read error): the others are lost with it.
                raise
            connection.execute("ROLLBACK TO work")
            connection.execute("RELEASE work")
            return _told(error)
        connection.execute("RELEASE work")
        return None

    def _synced(self, errors: list[Exception | None]) -> list[Exception | None]:
        try:
            self._sync(self._wal_fd)
        except OSError as error:
            # After a failed sync the kernel may have dropped the pages and call the next sync a success.
            self._broken = StorageError(
                error.errno,
                f"the disk failed to keep what was written ({error.strerror}); nothing is written any more. "
                "Check the disk, then start the server again",
            )
            return [self._broken] * len(errors)
        return errors


def storage_error(error: sqlite3.Error) -> StorageError:
    """What the callers of a port are told of an error of SQLite."""
    name = getattr(error, "sqlite_errorname", None) or type(error).__name__
    number = errno.ENOSPC if name == "SQLITE_FULL" else errno.EIO
    return StorageError(number, f"the database cannot be used: {error} ({name})")


def _told(error: Exception) -> Exception:
    """A disk that is full or damaged is the storage's fault; other errors are the work's own."""
    if isinstance(error, sqlite3.OperationalError) or type(error) is sqlite3.DatabaseError:
        return storage_error(error)
    return error


def _tell(works: Sequence[Work], errors: Sequence[Exception | None]) -> None:
    for work, error in zip(works, errors, strict=True):
        if error is None:
            work.done()
        else:
            work.failed(error)

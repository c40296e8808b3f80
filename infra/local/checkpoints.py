"""Moves what was committed from the write-ahead log into the database file, beside the writer and not in its way."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)

EVERY_S = 1.0
BACKSTOP_PAGES = 16_000
"""Length of the log (64 MB) at which the writer itself sees to it. Under steady writes there is always a newer commit
than the last checkpoint, and the log can only begin anew where there is none."""


class Checkpoints:
    """A thread that makes a passive checkpoint now and then, if there was a commit since the last one.

    A checkpoint syncs two files and may take tens of milliseconds, which no caller of a write should wait for.
    """

    def __init__(self, connection: sqlite3.Connection, commits: Callable[[], int]) -> None:
        self._connection = connection
        self._commits = commits
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="fanfare-checkpoints", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread. Waits for it: call it off the event loop."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        done = 0
        while not self._stopping.wait(EVERY_S):
            commits = self._commits()
            if commits == done:
                continue
            try:
                self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
            except sqlite3.Error as error:
                # The log keeps what it could not move; the writer meets the same disk and tells its callers.
                log.warning("checkpoint failed", extra={"error": str(error)})
            else:
                done = commits

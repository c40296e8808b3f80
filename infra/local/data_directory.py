"""The data directory: made at first start, readable by its owner alone, held by one server at a time."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

LOCK_FILE = "lock"


class DataDirectoryError(Exception):
    """The data directory cannot be used; the message says what is wrong with it and what to do."""


class DataDirectory:
    """A data directory that this process holds.

    The hold is an advisory lock on DATA/lock (flock(2)): the kernel drops it when the process ends, however it
    ends, so that no stale lock is ever left behind.
    """

    def __init__(self, path: Path, lock_fd: int) -> None:
        self.path = path
        self._lock_fd = lock_fd

    @classmethod
    def hold(cls, path: Path) -> DataDirectory:
        """Make the directory if it is not there, and hold it. Raises DataDirectoryError if another process does."""
        make(path)
        lock_path = path / LOCK_FILE
        try:
            lock_fd = os.open(lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise DataDirectoryError(f"cannot open {lock_path}: {error.strerror}") from None
        try:
            fcntl.flock(lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(lock_fd, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(lock_fd)
            raise DataDirectoryError(
                f"{path} is in use by the process with pid {holder}; stop it first, or use another data directory"
            ) from None
        os.ftruncate(lock_fd, 0)
        os.pwrite(lock_fd, f"{os.getpid()}\n".encode(), 0)
        return cls(path, lock_fd)

    def release(self) -> None:
        """Let another process have it."""
        os.ftruncate(self._lock_fd, 0)
        os.close(self._lock_fd)


def make(path: Path) -> None:
    """Make the directory, with mode 0700, if it is not there. Raises DataDirectoryError if it cannot be made."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise DataDirectoryError(f"cannot make the data directory {path}: {error.strerror}") from None


def sync(path: Path) -> None:
    """Sync a directory itself: a file that was made or renamed in it is there after a power loss."""
    directory_fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory_fd)
    finally:
        os.close(directory_fd)

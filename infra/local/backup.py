"""A backup: one file with all that a data directory needs to serve again, taken while it serves."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tarfile
import tempfile
from contextlib import closing
from pathlib import Path

from infra.local import data_directory, migrations, secrets
from infra.local.data_directory import DataDirectory, DataDirectoryError
from infra.local.database import FILE as DATABASE

SECRETS = secrets.FILE
MEMBERS = (DATABASE, SECRETS)
PAGES_AT_A_TIME = 2_000
"""Pages copied in one step; between steps the service writes on."""
_WAIT_FOR_LOCK_S = 30.0


def back_up(data_dir: Path, to: Path) -> int:
    """Write a backup of `data_dir` to the file `to`, whole or not at all, mode 0600; its size in bytes.

    The service may run meanwhile: SQLite's online backup copies a state that was committed at one moment. Raises
    DataDirectoryError that says what could not be read or written.
    """
    for name in MEMBERS:
        if not (data_dir / name).is_file():
            raise DataDirectoryError(f"{data_dir} holds no {name}; is it a data directory of the service?")
    secrets.load(data_dir)
    try:
        with tempfile.TemporaryDirectory(prefix=f".{to.name}-", dir=to.absolute().parent) as work:
            copy = Path(work) / DATABASE
            _copy_database(data_dir / DATABASE, copy)
            draft = Path(work) / to.name
            with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                with tarfile.open(fileobj=file, mode="w") as archive:
                    archive.add(copy, DATABASE)
                    archive.add(data_dir / SECRETS, SECRETS)
                file.flush()
                os.fsync(file.fileno())
            size_bytes = draft.stat().st_size
            draft.replace(to)
            data_directory.sync(to.absolute().parent)
    except (OSError, sqlite3.Error) as error:
        raise DataDirectoryError(f"cannot back up {data_dir} to {to}: {error}") from None
    return size_bytes


def restore(backup: Path, data_dir: Path, *, replace: bool) -> None:
    """Put a backup in place. No service may run on `data_dir`; one that holds data is replaced only if `replace`.

    The backup is checked whole before anything changes. Raises DataDirectoryError.
    """
    held = DataDirectory.hold(data_dir)
    try:
        if (data_dir / DATABASE).exists() and not replace:
            raise DataDirectoryError(f"{data_dir} holds data already; --force replaces it, or restore to another one")
        with tempfile.TemporaryDirectory(prefix=".restore-", dir=data_dir) as work:
            _unpack(backup, Path(work))
            _check(backup, Path(work))
            for leftover in ("-wal", "-shm"):
                (data_dir / f"{DATABASE}{leftover}").unlink(missing_ok=True)
            for name in MEMBERS:
                (Path(work) / name).replace(data_dir / name)
            data_directory.sync(data_dir)
    except OSError as error:
        raise DataDirectoryError(f"cannot restore {backup} to {data_dir}: {error}") from None
    finally:
        held.release()


def _copy_database(source: Path, to: Path) -> None:
    with (
        closing(sqlite3.connect(source, timeout=_WAIT_FOR_LOCK_S)) as reading,
        closing(sqlite3.connect(to)) as writing,
    ):
        reading.execute("PRAGMA query_only = ON")
        reading.backup(writing, pages=PAGES_AT_A_TIME, sleep=0.001)
        # The copy stands alone: no log beside it.
        writing.execute("PRAGMA journal_mode = DELETE")


def _unpack(backup: Path, into: Path) -> None:
    try:
        with tarfile.open(backup, mode="r:") as archive:
            for name in MEMBERS:
                content = archive.extractfile(name)
                if content is None:
                    raise DataDirectoryError(f"{backup} is no backup: its {name} is not a file")
                with open(os.open(into / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                    shutil.copyfileobj(content, file)
                    file.flush()
                    os.fsync(file.fileno())
    except KeyError as error:
        raise DataDirectoryError(f"{backup} is no backup: {error.args[0]}") from None
    except tarfile.TarError as error:
        raise DataDirectoryError(f"{backup} is no backup: {error}") from None


def _check(backup: Path, unpacked: Path) -> None:
    secrets.load(unpacked)
    try:
        with closing(sqlite3.connect(unpacked / DATABASE)) as connection:
            (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
            if found != "ok":
                raise DataDirectoryError(f"{backup} is damaged: {found}")
            (version,) = connection.execute("PRAGMA user_version").fetchone()
    except sqlite3.Error as error:
        raise DataDirectoryError(f"{backup} is damaged: {error}") from None
    migrations.check_version(version, backup)

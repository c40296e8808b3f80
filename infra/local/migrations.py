"""The shape of the database, as the steps that lead from an empty file to today's.

A step is never changed once it was released: the next one follows it. `PRAGMA user_version` counts the steps done.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from infra.local import schema_1, schema_2, schema_3, schema_4
from infra.local.data_directory import DataDirectoryError

Step = Sequence[str]

STEPS: Sequence[Step] = (schema_1.STATEMENTS, schema_2.STATEMENTS, schema_3.STATEMENTS, schema_4.STATEMENTS)
"""Every step, in order; the version of a database is how many of them it has had."""


class DatabaseTooNew(DataDirectoryError):
    """The database was made by a newer version."""


def version_of(connection: sqlite3.Connection) -> int:
    """How many steps this database has had."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def check_version(version: int, path: Path, steps: Sequence[Step] = STEPS) -> None:
    """Raise DatabaseTooNew if this version of the program does not know so many steps."""
    if version > len(steps):
        raise DatabaseTooNew(
            f"{path} has version {version} and this program knows versions up to {len(steps)}: a newer Fanfare wrote"
            " it. Start that one again, or restore a backup that was made before the upgrade"
        )


def migrate(connection: sqlite3.Connection, path: Path, steps: Sequence[Step] = STEPS) -> None:
    """Take the missing steps, each with its version in one transaction: a crash leaves the version before it.

    `connection` is in autocommit mode. Raises DatabaseTooNew.
    """
    version = version_of(connection)
    check_version(version, path, steps)
    for number, step in enumerate(steps[version:], start=version + 1):
        connection.execute("BEGIN IMMEDIATE")
        try:
            for statement in step:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number:d}")
            connection.execute("COMMIT")
        except BaseException:
            # On a full disk SQLite may have undone the transaction already.
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

"""An empty database of today's version, made once for all tests of a run: a copy is far cheaper than another."""

from __future__ import annotations

import functools
import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from infra.local import migrations
from infra.local.database import FILE


def put_into(data_dir: Path) -> None:
    """Give a data directory that has no database yet an empty one."""
    path = data_dir / FILE
    if not path.exists():
        data_dir.mkdir(0o700, exist_ok=True)
        path.touch(0o600)
        path.write_bytes(_empty())


@functools.cache
def _empty() -> bytes:
    with TemporaryDirectory() as directory:
        path = Path(directory) / FILE
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            migrations.migrate(connection, path, migrations.STEPS)
        return path.read_bytes()

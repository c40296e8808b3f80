"""The database comes to today's version step by step, and is never half way."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from infra.local import migrations
from infra.local.data_directory import DataDirectoryError
from infra.local.database import FILE, open_database
from infra.local.migrations import DatabaseTooNew

FIRST = ("CREATE TABLE first (a)", "INSERT INTO first VALUES (1)")
SECOND = ("CREATE TABLE second (b)", "UPDATE first SET a = 2")


def _look(path: Path, sql: str) -> object:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchone()[0]


async def _open(data_dir: Path, *steps: migrations.Step) -> None:
    await open_database(data_dir, steps=steps).close()


async def test_a_new_database_has_every_step(tmp_path: Path) -> None:
    await _open(tmp_path, FIRST, SECOND)
    assert _look(tmp_path / FILE, "PRAGMA user_version") == 2
    assert _look(tmp_path / FILE, "SELECT a FROM first") == 2


async def test_an_older_database_gets_the_missing_steps(tmp_path: Path) -> None:
    await _open(tmp_path, FIRST)
    await _open(tmp_path, FIRST, SECOND)
    assert _look(tmp_path / FILE, "SELECT a FROM first") == 2


async def test_a_database_of_today_is_left_alone(tmp_path: Path) -> None:
    await _open(tmp_path, FIRST)
    await _open(tmp_path, FIRST)
    assert _look(tmp_path / FILE, "SELECT COUNT(*) FROM first") == 1


async def test_a_step_that_fails_leaves_the_version_before_it(tmp_path: Path) -> None:
    await _open(tmp_path, FIRST)
    with pytest.raises(DataDirectoryError, match="no such table"):
        await _open(tmp_path, FIRST, (*SECOND, "INSERT INTO missing VALUES (1)"))
    assert _look(tmp_path / FILE, "PRAGMA user_version") == 1
    assert _look(tmp_path / FILE, "SELECT a FROM first") == 1
    assert _look(tmp_path / FILE, "SELECT COUNT(*) FROM sqlite_master WHERE name = 'second'") == 0


async def test_a_step_whose_transaction_sqlite_has_undone_is_told_by_its_own_fault(tmp_path: Path) -> None:
    """As it does where the disk is full; here a statement asks for it."""
    step = ("CREATE TABLE second (b UNIQUE)", *["INSERT OR ROLLBACK INTO second VALUES (1)"] * 2)
    with pytest.raises(DataDirectoryError, match="UNIQUE constraint failed"):
        await _open(tmp_path, FIRST, step)
    assert _look(tmp_path / FILE, "PRAGMA user_version") == 1


async def test_a_newer_database_is_refused_with_both_versions_and_the_way_out(tmp_path: Path) -> None:
    await _open(tmp_path, FIRST, SECOND)
    with pytest.raises(DatabaseTooNew, match=r"version 2 .* up to 1: .* restore a backup"):
        await _open(tmp_path, FIRST)


async def test_a_refused_database_does_not_hold_its_directory(tmp_path: Path) -> None:
    await _open(tmp_path, FIRST, SECOND)
    with pytest.raises(DatabaseTooNew):
        await _open(tmp_path, FIRST)
    await _open(tmp_path, FIRST, SECOND)


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"not a database, surely not one " * 100)
    with pytest.raises(DataDirectoryError, match="restore a backup"):
        await _open(tmp_path, FIRST)


async def test_the_steps_of_the_program_make_a_sound_database(tmp_path: Path) -> None:
    await _open(tmp_path, *migrations.STEPS)
    assert _look(tmp_path / FILE, "PRAGMA integrity_check") == "ok"
    assert _look(tmp_path / FILE, "PRAGMA user_version") == len(migrations.STEPS)

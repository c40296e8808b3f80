"""A backup is whole, and is put back whole or not at all."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
import tarfile
from contextlib import closing
from pathlib import Path

import pytest

from infra.local import secrets
from infra.local.backup import back_up, restore
from infra.local.data_directory import DataDirectory, DataDirectoryError
from infra.local.storage import Storage
from tests.contract.adapters import ManualClock
from tests.contract.makers import push, submission


@pytest.fixture
async def data_dir(tmp_path: Path, clock: ManualClock) -> Path:
    """A data directory with one push."""
    directory = tmp_path / "data"
    secrets.load_or_create(directory)
    storage = await Storage.open(directory, clock)
    await storage.pushes.submit(submission(push()))
    await storage.close()
    return directory


async def _push_ids(data_dir: Path, clock: ManualClock) -> list[str]:
    storage = await Storage.open(data_dir, clock)
    page = await storage.pushes.list(limit=1_000)
    await storage.close()
    return [one.id for one in page.items]


async def test_a_restored_directory_has_the_pushes_and_the_secrets(
    data_dir: Path, tmp_path: Path, clock: ManualClock
) -> None:
    back_up(data_dir, tmp_path / "b.tar")
    restore(tmp_path / "b.tar", tmp_path / "new", replace=False)
    assert await _push_ids(tmp_path / "new", clock) == await _push_ids(data_dir, clock)
    assert secrets.load(tmp_path / "new") == secrets.load(data_dir)


def test_a_backup_can_be_read_by_its_owner_alone(data_dir: Path, tmp_path: Path) -> None:
    back_up(data_dir, tmp_path / "b.tar")
    assert stat.S_IMODE((tmp_path / "b.tar").stat().st_mode) == 0o600


def test_nothing_but_the_backup_is_left_beside_it(data_dir: Path, tmp_path: Path) -> None:
    back_up(data_dir, tmp_path / "b.tar")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.tar", "data"]


async def test_a_backup_under_load_holds_every_push_that_was_answered_before(
    data_dir: Path, tmp_path: Path, clock: ManualClock
) -> None:
    storage = await Storage.open(data_dir, clock)
    answered = [(await storage.pushes.submit(submission(push()))).push.id for _ in range(20)]
    copying = asyncio.create_task(asyncio.to_thread(back_up, data_dir, tmp_path / "b.tar"))
    while not copying.done():
        await storage.pushes.submit(submission(push()))
    await copying
    await storage.close()
    restore(tmp_path / "b.tar", tmp_path / "new", replace=False)
    assert set(answered) <= set(await _push_ids(tmp_path / "new", clock))


async def test_data_is_replaced_only_if_that_is_asked_for(data_dir: Path, tmp_path: Path, clock: ManualClock) -> None:
    back_up(data_dir, tmp_path / "b.tar")
    before = await _push_ids(data_dir, clock)
    storage = await Storage.open(data_dir, clock)
    await storage.pushes.submit(submission(push()))
    await storage.close()
    with pytest.raises(DataDirectoryError, match="--force"):
        restore(tmp_path / "b.tar", data_dir, replace=False)
    restore(tmp_path / "b.tar", data_dir, replace=True)
    assert await _push_ids(data_dir, clock) == before


async def test_a_directory_in_use_is_not_replaced(data_dir: Path, tmp_path: Path) -> None:
    back_up(data_dir, tmp_path / "b.tar")
    held = DataDirectory.hold(data_dir)
    with pytest.raises(DataDirectoryError, match="in use by the process"):
        restore(tmp_path / "b.tar", data_dir, replace=True)
    held.release()


async def test_a_damaged_backup_changes_nothing(data_dir: Path, tmp_path: Path, clock: ManualClock) -> None:
    before = await _push_ids(data_dir, clock)
    (tmp_path / "no.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 8_192)
    with tarfile.open(tmp_path / "b.tar", "w") as archive:
        archive.add(tmp_path / "no.db", "fanfare.db")
        archive.add(data_dir / "secrets.json", "secrets.json")
    with pytest.raises(DataDirectoryError, match="damaged"):
        restore(tmp_path / "b.tar", data_dir, replace=True)
    assert await _push_ids(data_dir, clock) == before


async def test_a_backup_of_a_newer_version_is_refused(data_dir: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(data_dir / "fanfare.db")) as connection:
        connection.execute("PRAGMA user_version = 9999")
    back_up(data_dir, tmp_path / "b.tar")
    with pytest.raises(DataDirectoryError, match="9999"):
        restore(tmp_path / "b.tar", tmp_path / "new", replace=False)


@pytest.mark.parametrize("content", [b"", b"not a tar at all", b"\0" * 10_240])
def test_any_other_file_is_no_backup(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "b.tar").write_bytes(content)
    with pytest.raises(DataDirectoryError, match="is no backup"):
        restore(tmp_path / "b.tar", tmp_path / "new", replace=False)


def test_a_directory_without_data_cannot_be_backed_up(tmp_path: Path) -> None:
    with pytest.raises(DataDirectoryError, match=r"holds no fanfare\.db"):
        back_up(tmp_path, tmp_path / "b.tar")

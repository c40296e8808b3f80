"""A data directory is held by one process at a time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from infra.local.data_directory import DataDirectory, DataDirectoryError

HOLDER = """
import sys
from pathlib import Path
from infra.local.data_directory import DataDirectory
held = DataDirectory.hold(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def _holder(path: Path) -> subprocess.Popen[str]:
    """Another process that holds the directory until it is killed."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def test_the_directory_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    DataDirectory.hold(tmp_path / "a" / "data").release()
    assert (tmp_path / "a" / "data").stat().st_mode & 0o777 == 0o700


def test_a_second_process_is_told_the_pid_of_the_first(tmp_path: Path) -> None:
    with _holder(tmp_path) as holder:
        with pytest.raises(DataDirectoryError, match=rf"{tmp_path} is in use by the process with pid {holder.pid};"):
            DataDirectory.hold(tmp_path)
        holder.kill()


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    with _holder(tmp_path) as holder:
        holder.kill()
    DataDirectory.hold(tmp_path).release()


def test_a_released_directory_can_be_held_again(tmp_path: Path) -> None:
    DataDirectory.hold(tmp_path).release()
    DataDirectory.hold(tmp_path).release()


def test_a_directory_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataDirectoryError, match="cannot make the data directory"):
        DataDirectory.hold(tmp_path / "file" / "data")

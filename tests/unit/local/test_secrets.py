"""Secrets: made once, whole, and read by nobody else."""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from infra.local.data_directory import DataDirectoryError
from infra.local.secrets import FILE, load, load_or_create


def test_secrets_are_made_at_first_start_and_stay(tmp_path: Path) -> None:
    made = load_or_create(tmp_path / "data")
    assert load_or_create(tmp_path / "data") == made
    assert load(tmp_path / "data") == made


def test_two_directories_share_no_secret(tmp_path: Path) -> None:
    one, other = load_or_create(tmp_path / "one"), load_or_create(tmp_path / "other")
    assert {one.token_key, one.ticket_key, one.access_key_id, one.secret_access_key}.isdisjoint(
        {other.token_key, other.ticket_key, other.access_key_id, other.secret_access_key}
    )


def test_the_keys_are_as_long_as_their_use_asks(tmp_path: Path) -> None:
    made = load_or_create(tmp_path)
    assert (len(made.token_key), len(made.ticket_key)) == (32, 32)
    assert made.token_key != made.ticket_key


def test_the_access_key_pair_looks_like_that_of_aws(tmp_path: Path) -> None:
    made = load_or_create(tmp_path)
    assert re.fullmatch("AKIA[A-Z2-7]{16}", made.access_key_id)
    assert re.fullmatch("[A-Za-z0-9+/]{40}", made.secret_access_key)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_only_the_owner_may_read_the_file(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        load_or_create(tmp_path)
    finally:
        os.umask(before)
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620])
def test_a_file_that_others_may_read_is_refused_with_the_way_out(tmp_path: Path, mode: int) -> None:
    load_or_create(tmp_path)
    (tmp_path / FILE).chmod(mode)
    with pytest.raises(DataDirectoryError, match=f"chmod 600 {tmp_path / FILE}"):
        load_or_create(tmp_path)


def test_starting_twice_at_once_makes_one_set(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: _racing(tmp_path), range(8)))
    assert len(set(made)) == 1


def _racing(data_dir: Path) -> bytes:
    return load_or_create(data_dir).token_key


def test_missing_secrets_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataDirectoryError, match=r"secrets\.json is not there"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        ("{}", "token_key is missing"),
        ('{"token_key": "AAAA"}', "token_key is shorter than 32 bytes"),
        ('{"token_key": "A"}', "token_key is not base64url"),
    ],
)
def test_damaged_secrets_are_named_and_not_shown(tmp_path: Path, text: str, fault: str) -> None:
    load_or_create(tmp_path)
    (tmp_path / FILE).write_text(text)
    with pytest.raises(DataDirectoryError, match=fault):
        load(tmp_path)


def test_a_set_of_secrets_does_not_print_itself(tmp_path: Path) -> None:
    made = load_or_create(tmp_path)
    assert made.access_key_id not in repr(made)
    assert repr(made.token_key) not in repr(made)

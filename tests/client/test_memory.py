"""What is kept, and for how long: seen ids, the state file, pauses, headers that ask for patience."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanfare.acknowledgements import Ack, Waiting
from fanfare.backoff import Backoff
from fanfare.credentials import expires_at_s_of, refresh_in_s
from fanfare.deduplication import Seen
from fanfare.http import retry_after_s
from fanfare.state import JsonFile, Snapshot
from tests.client.tokens import token


def test_the_oldest_id_is_forgotten_first() -> None:
    seen = Seen(["a", "b", "c"], most=2)
    assert list(seen) == ["b", "c"]


def test_an_id_that_comes_again_is_remembered_for_longer() -> None:
    seen = Seen(["a", "b"], most=2)
    seen.add("a")
    seen.add("c")
    assert list(seen) == ["a", "c"]


@given(st.lists(st.sampled_from("abcdef")), st.integers(1, 4))
def test_the_memory_is_bounded_and_knows_the_last_ids(ids: list[str], most: int) -> None:
    seen = Seen(ids, most=most)
    newest = list(dict.fromkeys(reversed(ids)))[:most]
    assert list(seen) == newest[::-1]


def test_acks_that_wait_are_bounded() -> None:
    waiting = Waiting()
    for number in range(10_002):
        waiting.add(Ack(str(number), "received"))
    acks = waiting.take()
    assert (len(acks), acks[0].push_id) == (10_000, "2")


def test_a_state_file_gives_back_what_was_saved(tmp_path: Path) -> None:
    file = JsonFile(tmp_path / "state.json")
    file.save(Snapshot("position", ("a", "b"), {"a": "earlier"}))
    assert file.load() == Snapshot("position", ("a", "b"), {"a": "earlier"})


def test_no_state_file_is_no_state(tmp_path: Path) -> None:
    assert JsonFile(tmp_path / "state.json").load() is None


def test_a_state_file_is_for_its_owner_only(tmp_path: Path) -> None:
    JsonFile(tmp_path / "state.json").save(Snapshot())
    assert stat.S_IMODE((tmp_path / "state.json").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"since": 1, "seen": []}',
        '{"since": null, "seen": [1]}',
        '{"since": "a"}',
        '{"since": null, "seen": [], "unread": {"a": 1}}',
    ],
)
def test_a_file_that_is_no_state_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"state\.json is not the state of a terminal"):
        JsonFile(path).load()


def test_a_save_that_fails_leaves_the_old_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = JsonFile(tmp_path / "state.json")
    file.save(Snapshot("old"))

    def fail(_descriptor: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="no space"):
        file.save(Snapshot("new"))
    assert (file.load(), [path.name for path in tmp_path.iterdir()]) == (Snapshot("old"), ["state.json"])


@given(st.integers(0, 60), st.integers(0, 2**32))
def test_a_pause_lies_between_nothing_and_a_bound_that_doubles(attempts: int, seed: int) -> None:
    backoff = Backoff(1.0, 60.0, Random(seed))  # noqa: S311 - repeatable
    for _ in range(attempts):
        backoff.next_s()
    assert 0.0 <= backoff.next_s() <= min(60.0, 2.0**attempts)


def test_a_reset_begins_anew() -> None:
    backoff = Backoff(1.0, 60.0, Random(1))  # noqa: S311 - repeatable
    for _ in range(10):
        backoff.next_s()
    backoff.reset()
    assert backoff.next_s() <= 1.0


def test_no_server_can_silence_a_terminal_for_more_than_an_hour() -> None:
    assert Backoff().next_s(retry_after_s=1e9) <= 3_601.0


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        ("Tue, 24 Nov 2026 09:01:00 GMT", 60.0),
        ("Tue, 24 Nov 2026 08:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        (None, None),
    ],
)
def test_retry_after_is_a_number_or_a_time(header: str | None, seconds: float | None) -> None:
    assert retry_after_s(header, "Tue, 24 Nov 2026 09:00:00 GMT") == seconds


def test_the_end_of_a_token_is_read_from_its_payload() -> None:
    assert expires_at_s_of(token(1_790_000_000)) == 1_790_000_000


@pytest.mark.parametrize(
    "text", ["", "opaque", "a.b.c", "..", token(), token(foo=1), token(exp="soon"), token(exp=True)]
)
def test_the_end_of_other_tokens_is_unknown(text: str) -> None:
    assert expires_at_s_of(text) is None


@given(st.text())
def test_no_text_is_mistaken_for_a_fault(text: str) -> None:
    expires_at_s_of(f"a.{text}.c")


@given(st.floats(0, 1e6), st.integers(0, 2**32))
def test_a_refresh_comes_before_the_end_of_the_token(remaining_s: float, seed: int) -> None:
    wait_s = refresh_in_s(remaining_s, Random(seed))  # noqa: S311 - repeatable
    assert (wait_s is None) == (remaining_s <= 5.0)
    assert wait_s is None or 0.0 <= wait_s <= remaining_s - 5.0


def test_a_state_is_written_as_json(tmp_path: Path) -> None:
    JsonFile(tmp_path / "state.json").save(Snapshot("p", ("a",), {"a": "o"}))
    assert json.loads((tmp_path / "state.json").read_text()) == {"since": "p", "seen": ["a"], "unread": {"a": "o"}}


def test_a_state_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text('{"since": "p", "seen": ["a"]}')
    assert JsonFile(tmp_path / "state.json").load() == Snapshot("p", ("a",))

"""Ids: their form, their uniqueness, their order."""

from __future__ import annotations

import base64
import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.gateway.ids import Ids, is_well_formed


def decoded(made: str) -> bytes:
    return base64.urlsafe_b64decode(made)


@given(now_s=st.floats(0, 4e9), seed=st.integers())
def test_every_id_is_11_bytes_in_base64url_with_one_padding_sign(now_s: float, seed: int) -> None:
    ids = Ids(lambda: now_s, random.Random(seed))  # noqa: S311 - ids are public; the seed makes the test repeatable
    for made in (ids.of_connection(), ids.of_message(), ids.of_request()):
        assert re.fullmatch(r"[A-Za-z0-9_-]{15}=", made)
        assert len(decoded(made)) == 11
        assert is_well_formed(made)


def test_ids_of_one_moment_differ() -> None:
    ids = Ids(lambda: 0.0)
    made = [ids.of_connection() for _ in range(50_000)] + [ids.of_message() for _ in range(50_000)]
    assert len(set(made)) == 100_000


def test_connections_and_messages_end_alike_and_requests_in_05() -> None:
    ids = Ids()
    connection, message, request = map(decoded, (ids.of_connection(), ids.of_message(), ids.of_request()))
    assert connection[8:] == message[8:]
    assert (connection[8], request[8]) == (2, 5)


def test_ids_sort_by_time() -> None:
    now_s = 1_000_000.0
    ids = Ids(lambda: now_s)
    before = decoded(ids.of_connection())
    now_s += 0.025
    assert decoded(ids.of_connection()) > before


@given(st.binary(min_size=11, max_size=11))
def test_11_bytes_are_well_formed(raw: bytes) -> None:
    assert is_well_formed(base64.urlsafe_b64encode(raw).decode())


@given(st.text(max_size=20))
def test_what_is_well_formed_decodes_to_11_bytes(text: str) -> None:
    if is_well_formed(text):
        assert len(decoded(text)) == 11


@pytest.mark.parametrize(
    "text", ["", "=" * 16, "A" * 16, "A" * 14 + "==", "A" * 15 + "\n", "A" * 14 + "+=", "A" * 14 + "/=", "Ä" * 15 + "="]
)
def test_what_no_gateway_made_is_not(text: str) -> None:
    assert not is_well_formed(text)

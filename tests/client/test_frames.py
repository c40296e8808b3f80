"""Frames as they come from the service, and as anything else might send them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanfare import frames
from fanfare.frames import Bye, Error, JsonValue, Other, Resumed

JSON: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
MEMBERS = ["id", "position", "topic", "message", "sent_at", "ack", "upto", "more", "code", "reason", "retry_after"]


@given(st.text())
def test_any_text_is_some_frame(text: str) -> None:
    frames.parse(text)


@given(
    st.sampled_from(["push", "cancel", "pong", "resumed", "error", "bye", "surprise"]),
    st.dictionaries(st.sampled_from(MEMBERS), JSON),
)
def test_any_object_is_some_frame(kind: str, members: dict[str, JsonValue]) -> None:
    frames.parse(json.dumps({"type": kind, **members}))


@pytest.mark.parametrize(
    "text",
    [
        "Echo: hello",
        '{"type":"surprise"}',
        '{"type":"push","id":"1"}',
        '{"type":"push","id":1,"position":"2"}',
        '{"type":"cancel"}',
        "[]",
        "[" * 100_000,
    ],
)
def test_what_is_no_known_frame_is_given_as_it_came(text: str) -> None:
    assert frames.parse(text) == Other(text=text)


def test_an_error_of_api_gateway_itself_is_an_error() -> None:
    frame = frames.parse('{"message": "Forbidden", "connectionId":"XDmENcnwIE0CFEQ=", "requestId":"XDmGEE2RoE0FRdQ="}')
    assert isinstance(frame, Error)
    assert (frame.code, frame.detail) == ("gateway_error", "Forbidden")


@pytest.mark.parametrize("retry_after", [None, -1, True, "soon", float("nan"), float("inf")])
def test_a_bye_without_a_usable_wait_has_none(retry_after: JsonValue) -> None:
    frame = frames.parse(json.dumps({"type": "bye", "code": "c", "reason": "r", "retry_after": retry_after}))
    assert isinstance(frame, Bye)
    assert frame.retry_after_s is None


def test_a_resume_is_taken_as_complete_unless_it_says_otherwise() -> None:
    frame = frames.parse('{"type":"resumed","upto":"x"}')
    assert isinstance(frame, Resumed)
    assert (frame.more, frame.recovered) == (False, True)

"""Where a handshake carries its token."""

from __future__ import annotations

import pytest

from services.authorizer.bearer import token_of
from services.authorizer.refusals import Refusal


def refused(event: dict[str, object]) -> str:
    with pytest.raises(Refusal) as caught:
        token_of(event)
    return caught.value.code


@pytest.mark.parametrize(
    "event",
    [
        {"headers": {"Authorization": "Bearer t.o.k"}},
        {"headers": {"authorization": "bearer t.o.k"}},
        {"headers": {"AUTHORIZATION": "BEARER   t.o.k  "}},
        {"multiValueHeaders": {"Authorization": ["Bearer t.o.k"]}},
        {"headers": {"Sec-WebSocket-Protocol": "fanfare.v1, bearer.t.o.k"}},
        {"headers": {"sec-websocket-protocol": "bearer.t.o.k,fanfare.v1"}},
        {"multiValueHeaders": {"Sec-WebSocket-Protocol": ["fanfare.v1", "bearer.t.o.k"]}},
        {"queryStringParameters": {"token": "t.o.k"}},
        {"multiValueQueryStringParameters": {"token": ["t.o.k"]}},
    ],
)
def test_a_token_is_found_in_each_place(event: dict[str, object]) -> None:
    assert token_of(event) == "t.o.k"


def test_the_same_token_in_several_places_is_one() -> None:
    event: dict[str, object] = {
        "headers": {"Authorization": "Bearer t.o.k", "Sec-WebSocket-Protocol": "fanfare.v1, bearer.t.o.k"},
        "multiValueHeaders": {"Authorization": ["Bearer t.o.k", "bearer t.o.k"]},
        "queryStringParameters": {"token": "t.o.k"},
        "multiValueQueryStringParameters": {"token": ["t.o.k"]},
    }
    assert token_of(event) == "t.o.k"


@pytest.mark.parametrize(
    "event",
    [
        {"headers": {"Authorization": "Bearer a"}, "queryStringParameters": {"token": "b"}},
        {"headers": {"Authorization": "Bearer a", "Sec-WebSocket-Protocol": "bearer.b"}},
        {"headers": {"Authorization": "Bearer a", "authorization": "Bearer b"}},
        {"headers": {"Authorization": "Bearer b"}, "multiValueHeaders": {"Authorization": ["Bearer a", "Bearer b"]}},
        {"headers": {"Sec-WebSocket-Protocol": "bearer.a, bearer.b"}},
        {"multiValueQueryStringParameters": {"token": ["a", "b"]}},
    ],
)
def test_two_tokens_that_differ_are_refused(event: dict[str, object]) -> None:
    assert refused(event) == "token_ambiguous"


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"headers": None, "multiValueHeaders": None, "queryStringParameters": None},
        {"headers": [], "multiValueHeaders": "Authorization", "queryStringParameters": 7},
        {"headers": {"Authorization": None, "authorization": 7, 7: "Bearer a"}},
        {"multiValueHeaders": {"Authorization": [None, 7, ["Bearer a"]]}},
        {"headers": {"Authorization": ""}},
        {"headers": {"Authorization": "Bearer"}},
        {"headers": {"Authorization": "Bearer "}},
        {"headers": {"Authorization": "Basic YTpi"}},
        {"headers": {"Authorization": "t.o.k"}},
        {"headers": {"X-Authorization": "Bearer a"}},
        {"headers": {"Sec-WebSocket-Protocol": "fanfare.v1"}},
        {"headers": {"Sec-WebSocket-Protocol": "bearer."}},
        {"headers": {"Sec-WebSocket-Protocol": "Bearer.a"}},
        {"queryStringParameters": {"token": "", "Token": "a"}},
    ],
)
def test_a_handshake_without_a_token_is_refused(event: dict[str, object]) -> None:
    assert refused(event) == "token_missing"


def test_another_scheme_does_not_hide_a_token_elsewhere() -> None:
    event: dict[str, object] = {
        "headers": {"Authorization": "Basic YTpi"},
        "queryStringParameters": {"token": "t.o.k"},
    }
    assert token_of(event) == "t.o.k"


def test_an_empty_parameter_is_no_second_token() -> None:
    event: dict[str, object] = {"headers": {"Authorization": "Bearer a"}, "queryStringParameters": {"token": ""}}
    assert token_of(event) == "a"

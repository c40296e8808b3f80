import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.domain import frames
from services.domain.frames import Ack, Chat, Ping, Refresh, Resume, parse_action
from services.domain.problems import Problem
from services.domain.pushes import Push
from services.domain.strategies.strategy import Strategy
from services.domain.targets.cover import Cover
from services.domain.targets.expression import All

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("body", "action"),
    [
        ('{"action":"resume","since":"x"}', Resume("x")),
        ('{"action":"resume"}', Resume(None)),
        ('{"action":"resume","since":null}', Resume(None)),
        ('{"action":"ping"}', Ping()),
        ('{"action":"refresh","token":"a.b.c"}', Refresh("a.b.c")),
        ('{"action":"onMessage","message":"hi"}', Chat("hi")),
        ('{"action":"ack","ids":["p","p","q"],"kind":"read"}', Ack(("p", "q"), "read", None)),
        ('{"action":"ack","ids":["p"],"kind":"failed","detail":"no printer"}', Ack(("p",), "failed", "no printer")),
    ],
)
def test_a_frame_is_read_as_its_action(body: str, action: frames.Action) -> None:
    assert parse_action(body) == action


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", "not_json"),
        ("[]", "not_json"),
        ("hi", "not_json"),
        ("[" * 100_000, "not_json"),
        ("{}", "unknown_action"),
        ('{"action":"$connect"}', "unknown_action"),
        ('{"action":["ping"]}', "unknown_action"),
        ('{"action":"ping","extra":1}', "invalid_frame"),
        ('{"action":"resume","since":5}', "invalid_frame"),
        ('{"action":"resume","since":""}', "invalid_frame"),
        ('{"action":"refresh"}', "invalid_frame"),
        ('{"action":"ack","ids":[],"kind":"read"}', "invalid_frame"),
        ('{"action":"ack","ids":"p","kind":"read"}', "invalid_frame"),
        ('{"action":"ack","ids":[1],"kind":"read"}', "invalid_frame"),
        ('{"action":"ack","ids":["p"],"kind":"sent"}', "invalid_frame"),
        ('{"action":"ack","ids":["p"],"kind":["read"]}', "invalid_frame"),
        ('{"action":"onMessage","message":"\\ud800"}', "invalid_frame"),
        (json.dumps({"action": "ack", "ids": ["p"] * 101, "kind": "read"}), "invalid_frame"),
        (json.dumps({"action": "onMessage", "message": "é" * 4_000}, ensure_ascii=False), "invalid_frame"),
    ],
)
def test_a_frame_that_is_wrong_is_refused_with_a_code(body: str, code: str) -> None:
    with pytest.raises(Problem) as refused:
        parse_action(body)
    assert refused.value.code == code


@given(st.text() | json_values.map(json.dumps))
def test_no_frame_raises_anything_but_a_problem(body: str) -> None:
    with contextlib.suppress(Problem):
        parse_action(body)


@given(json_values)
def test_a_push_frame_carries_the_message_unchanged(message: object) -> None:
    push = Push(id="p", sender="s", target={"all": True}, cover=Cover(All(), ()), message=message, created_at_s=0)
    data = frames.push(push, position="pos", topic="all", released_at_s=1.5)
    assert json.loads(data) == {
        "type": "push",
        "id": "p",
        "position": "pos",
        "topic": "all",
        "message": message,
        "sent_at": "1970-01-01T00:00:01.500Z",
    }


def test_a_push_frame_says_what_the_strategy_asks_of_the_terminal() -> None:
    strategy = Strategy(receipts="each", collapse_key="weather", expires_in_s=60)
    push = Push(
        id="p",
        sender="s",
        target={"all": True},
        cover=Cover(All(), ()),
        message="m",
        strategy=strategy,
        created_at_s=0,
        expires_at_s=60,
    )
    frame = json.loads(frames.push(push, position="pos", topic="all", released_at_s=0, replayed=True))
    assert (frame["replayed"], frame["ack"], frame["collapse_key"]) == (True, "received", "weather")
    assert frame["expires_at"] == "1970-01-01T00:01:00.000Z"

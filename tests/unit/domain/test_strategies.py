import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.domain import durations
from services.domain.problems import Problem
from services.domain.strategies.json_form import from_json, to_json
from services.domain.strategies.strategy import DEFAULT, MAX_EXPIRES_IN_S, MAX_RETAIN_S, Strategy

written = st.builds(
    Strategy,
    name=st.none() | st.just("nightly"),
    retain_s=st.integers(0, MAX_RETAIN_S),
    expires_in_s=st.none() | st.integers(1, MAX_EXPIRES_IN_S),
    receipts=st.sampled_from(["none", "each"]),
    collapse_key=st.none() | st.just("k"),
)


@given(written)
def test_a_strategy_is_read_back_as_it_was_written(strategy: Strategy) -> None:
    assert from_json(to_json(strategy)) == strategy


def test_an_empty_strategy_is_the_default_one() -> None:
    assert from_json({}) == DEFAULT
    assert (DEFAULT.retain_s, DEFAULT.expires_in_s, DEFAULT.ack_need) == (86_400, None, None)


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ([], "strategy"),
        ({"retian": "1h"}, "strategy.retian"),
        ({"retain": "1 hour"}, "strategy.retain"),
        ({"retain": "31d"}, "strategy.retain"),
        ({"retain": -1}, "strategy.retain"),
        ({"retain": True}, "strategy.retain"),
        ({"expires_in": "0s"}, "strategy.expires_in"),
        ({"receipts": "some"}, "strategy.receipts"),
        ({"receipts": []}, "strategy.receipts"),
    ],
)
def test_a_wrong_strategy_is_refused_with_the_name_of_the_member(value: object, field: str) -> None:
    with pytest.raises(Problem) as refused:
        from_json(value)
    assert (refused.value.status, refused.value.extra["field"]) == (422, field)


@pytest.mark.parametrize("key", ["", " x", "a\nb", "x" * 300, 5])
def test_a_collapse_key_is_a_name(key: object) -> None:
    with pytest.raises(Problem, match=r"strategy\.collapse_key"):
        from_json({"collapse_key": key})


@given(st.integers(0, 10**9 - 1))
def test_a_duration_is_read_back_as_it_was_written(seconds: int) -> None:
    assert durations.parse_s(durations.text(seconds), "x", most_s=10**9) == seconds

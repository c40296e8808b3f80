"""The token bucket."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.aws.sender.budget import Budget, TokenBucket


def test_a_burst_goes_at_once_and_then_the_rate() -> None:
    bucket = TokenBucket(Budget(per_s=10, burst=3), 100.0)
    assert [bucket.take(100.0) for _ in range(4)] == [0.0, 0.0, 0.0, pytest.approx(0.1)]
    assert bucket.take(100.11) == 0.0
    assert bucket.take(100.11) == pytest.approx(0.09)


def test_a_pause_saves_no_more_than_a_burst() -> None:
    bucket = TokenBucket(Budget(per_s=1_000, burst=2), 0.0)
    assert [bucket.take(1e6) == 0.0 for _ in range(3)] == [True, True, False]


@given(
    per_s=st.floats(0.1, 20_000),
    burst=st.integers(1, 1_000),
    pauses=st.lists(st.floats(0, 2), min_size=1, max_size=300),
)
def test_no_more_go_than_the_budget_allows(per_s: float, burst: int, pauses: list[float]) -> None:
    bucket = TokenBucket(Budget(per_s=per_s, burst=burst), 0.0)
    now_s = 0.0
    gone = 0
    for pause_s in pauses:
        now_s += pause_s
        gone += bucket.take(now_s) == 0.0
    assert gone <= burst + per_s * now_s + 1e-3


@given(per_s=st.floats(0.1, 20_000), burst=st.integers(1, 10), early=st.floats(0, 1))
def test_whoever_waits_as_long_as_told_may_go(per_s: float, burst: int, early: float) -> None:
    bucket = TokenBucket(Budget(per_s=per_s, burst=burst), 0.0)
    while (wait_s := bucket.take(early)) == 0.0:
        pass
    assert bucket.take(early + wait_s * (1 + 1e-6) + 1e-9) == 0.0


@pytest.mark.parametrize(("per_s", "burst"), [(0, 1), (-1, 1), (1, 0), (1, 0.5), (float("nan"), 1)])
def test_a_budget_that_lets_nothing_through_is_refused(per_s: float, burst: float) -> None:
    with pytest.raises(ValueError, match="nothing through"):
        Budget(per_s=per_s, burst=burst)

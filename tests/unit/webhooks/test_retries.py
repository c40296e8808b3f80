"""When a webhook that was not taken is tried again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from infra.webhooks import retries

CHANCE = st.floats(0, 1)
EVEN = 0.5
"""The chance that leaves a wait as it is."""


def test_waits_grow_up_to_three_hours() -> None:
    waits = [retries.wait_s(tries, chance=EVEN) for tries in range(1, 12)]
    assert waits[:4] == [5, 12.5, 31.25, 78.125]
    assert waits[-2:] == [10_800, 10_800]


def test_a_day_has_as_many_tries_as_are_counted_where_time_is_not() -> None:
    after_s, tries = 0.0, 1
    while after_s < retries.GIVEN_UP_AFTER_S:
        after_s += retries.wait_s(tries, chance=EVEN)
        tries += 1
    assert tries == retries.TRIES


@given(tries=st.integers(1, 10_000), chance=CHANCE)
def test_jitter_stays_within_a_fifth(tries: int, chance: float) -> None:
    even = retries.wait_s(tries, chance=EVEN)
    assert 0.8 * even - 1e-6 <= retries.wait_s(tries, chance=chance) <= 1.2 * even + 1e-6


@given(tries=st.integers(1, 10_000), chance=CHANCE, asked=st.floats(0, 1e9))
def test_what_an_endpoint_asks_for_makes_it_longer_and_never_more_than_three_hours_of_it(
    tries: int, chance: float, asked: float
) -> None:
    own = retries.wait_s(tries, chance=chance)
    assert retries.wait_s(tries, chance=chance, retry_after_s=asked) == max(own, min(asked, 10_800))

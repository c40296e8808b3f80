"""A cover finds every row that a target means, serves it once, and costs no more than it must."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from services.domain import topics
from services.domain.targets import cover
from services.domain.targets import expression as ex
from services.domain.topics import Topic
from tests.unit.targets.expressions import ARow, means, registries, targets

SIZES = st.dictionaries(st.integers(0, 40), st.integers(0, 5_000))


def estimates(sizes: dict[int, int], everybody: int) -> Callable[[Topic], int]:
    """Some size for each topic: covers must be right however wrong the estimates are."""
    return lambda topic: everybody if topic == topics.ALL else sizes.get(sum(map(ord, str(topic))) % 41, 1)


@given(targets(), registries(), SIZES, st.integers(0, 100_000))
def test_every_meant_row_is_served_exactly_once_and_no_other_is(
    target: ex.Target, registry: list[ARow], sizes: dict[int, int], everybody: int
) -> None:
    found = cover.plan(target, estimates(sizes, everybody))
    served = [
        row.connection_id
        for part in found.parts()
        for row in registry
        if cover.is_filed_under(row, part.topic) and (part.accepts is None or part.accepts(row))
    ]
    assert sorted(served) == sorted(row.connection_id for row in registry if means(target, row))

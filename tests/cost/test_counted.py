"""What operations take of AWS, measured through the services' own entries, against the figures that are published."""

from __future__ import annotations

from dataclasses import astuple

import pytest

from tests.cost.counted import COUNTED
from tests.cost.operations import OPERATIONS, TEAM, pushed_to_team


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_an_operation_takes_what_is_published(operation: str) -> None:
    assert astuple(await OPERATIONS[operation]()) == pytest.approx(astuple(COUNTED[operation]))


def test_every_figure_is_measured() -> None:
    assert set(COUNTED) == set(OPERATIONS)


@pytest.mark.parametrize(
    ("others", "counted"), [(10_000, None), (10_000, 100_000), (100, 1_000_000)], ids=["10,000", "100,000", "1,000,000"]
)
async def test_a_push_to_a_team_takes_the_same_among_many_as_among_few(others: int, counted: int | None) -> None:
    """Design, G7. That many rows are there; how many the planner believes there are is in the counters."""
    assert await pushed_to_team(others=others, counted=counted) == await pushed_to_team(others=100)


def test_a_push_to_a_team_reads_its_rows_and_little_else() -> None:
    """A row is below 1 KB, so four fit into a unit; the rest is the push's own."""
    rows = TEAM / 4
    assert COUNTED["push_to_team"].read_units < rows + COUNTED["push_to_user"].read_units

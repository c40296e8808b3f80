"""Shards: where the rows of a large topic are, and in what order they are walked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.aws.shards import Sharding, lanes, runs, runs_behind, shard_of
from services.domain import topics
from services.domain.ring import NOWHERE, SIZE, WHOLE, Arc
from services.domain.topics import ALL

PLACES = st.integers(0, SIZE - 1)
ARCS = st.builds(Arc, PLACES, st.integers(1, SIZE))
SHARDS = st.integers(1, 256)


def _steps(arc: Arc, place: int) -> int:
    return (place - arc.start) % SIZE


@given(arc=ARCS, shards=SHARDS)
def test_the_runs_of_an_arc_are_all_of_it_in_the_order_of_the_walk(arc: Arc, shards: int) -> None:
    gone = 0
    for run in runs(arc, shards):
        assert _steps(arc, run.first) == gone
        gone += run.last - run.first + 1
    assert gone == arc.length


@given(arc=ARCS, shards=SHARDS)
def test_a_run_lies_in_its_shard(arc: Arc, shards: int) -> None:
    for run in runs(arc, shards):
        assert shard_of(run.first, shards) == run.shard == shard_of(run.last, shards)


@given(arc=ARCS, shards=SHARDS, place=PLACES)
def test_a_walk_goes_on_in_the_run_where_it_stopped(arc: Arc, shards: int, place: int) -> None:
    if place not in arc:
        with pytest.raises(ValueError, match="does not lie on the arc"):
            runs_behind(arc, shards, place)
        return
    left = runs_behind(arc, shards, place)
    assert place in left[0]
    assert list(left) == list(runs(arc, shards))[-len(left) :]


def test_no_part_of_the_ring_has_no_runs() -> None:
    assert list(runs(NOWHERE, 16)) == []


def test_shards_hold_equal_parts_of_the_ring() -> None:
    assert [run.last - run.first + 1 for run in runs(WHOLE, 16)] == [SIZE // 16] * 16


@pytest.mark.parametrize(
    ("topic", "number"),
    [
        (ALL, 8),
        (topics.group("big"), 8),
        (topics.group("small"), 1),
        (topics.user("big"), 1),
        (topics.terminal("big"), 1),
    ],
)
def test_all_and_the_groups_declared_big_are_sharded(topic: topics.Topic, number: int) -> None:
    assert Sharding(shards=8, big_groups=frozenset({"big"})).of(topic) == number


@pytest.mark.parametrize(("rows", "number"), [(0, 1), (1, 1), (20_000, 1), (20_001, 2), (100_000, 5), (1_000_000, 16)])
def test_a_topic_has_a_lane_for_every_twenty_thousand_rows(rows: int, number: int) -> None:
    assert lanes(rows, 16) == number


@pytest.mark.parametrize("number", [0, 257])
def test_a_number_of_shards_that_cannot_be_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="from 1 to 256"):
        Sharding(shards=number)

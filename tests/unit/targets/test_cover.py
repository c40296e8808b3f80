"""A cover finds every row that a target means, serves it once, and costs no more than it must."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.domain import topics
from services.domain.targets import cover, json_form
from services.domain.targets import expression as ex
from services.domain.targets.text_form import parse
from services.domain.topics import Topic
from tests.unit.targets.expressions import ARow, means, narrow_targets, registries, targets

TARGETS = st.one_of(targets(), narrow_targets())
SIZES = st.dictionaries(st.integers(0, 40), st.integers(0, 5_000))
EVERYBODY = st.sampled_from((0, 100, 1_000_000))


def estimates(sizes: dict[int, int], everybody: int) -> Callable[[Topic], int]:
    """Some size for each topic: covers must be right however wrong the estimates are."""
    return lambda topic: everybody if topic == topics.ALL else sizes.get(sum(map(ord, str(topic))) % 41, 1)


@given(TARGETS, registries(), SIZES, EVERYBODY)
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


@given(TARGETS, registries(), SIZES, EVERYBODY)
def test_a_row_tells_by_itself_where_it_is_served(
    target: ex.Target, registry: list[ARow], sizes: dict[int, int], everybody: int
) -> None:
    found = cover.plan(target, estimates(sizes, everybody))
    for row in registry:
        accepting = [
            index
            for index, part in enumerate(found.parts())
            if cover.is_filed_under(row, part.topic) and (part.accepts is None or part.accepts(row))
        ]
        assert found.serving(row) == (accepting[0] if accepting else None)


@given(TARGETS, registries(), SIZES, EVERYBODY)
def test_the_filter_of_each_part_alone_means_the_target(
    target: ex.Target, registry: list[ARow], sizes: dict[int, int], everybody: int
) -> None:
    """A log is read by terminals of its topic, whatever other topics they have."""
    for part in cover.plan(target, estimates(sizes, everybody)).parts():
        found = [row for row in registry if cover.is_filed_under(row, part.topic)]
        assert [means(part.filter, row) for row in found] == [means(target, row) for row in found]


@given(TARGETS, SIZES, EVERYBODY)
def test_a_cover_never_costs_more_than_reading_all(target: ex.Target, sizes: dict[int, int], everybody: int) -> None:
    size_of = estimates(sizes, everybody)
    read = cover.plan(target, size_of).topics
    assert sum(size_of(topic) + cover.TOPIC_COST_ROWS for topic in read) <= everybody + cover.TOPIC_COST_ROWS


@given(TARGETS, SIZES, EVERYBODY)
def test_the_same_target_and_sizes_give_the_same_cover(
    target: ex.Target, sizes: dict[int, int], everybody: int
) -> None:
    size_of = estimates(sizes, everybody)
    again = json_form.from_json(json_form.to_json(target), bounds=ex.KEPT)
    assert cover.plan(target, size_of) == cover.plan(again, size_of)


@given(TARGETS, SIZES)
def test_sizes_are_asked_once_and_of_candidates_only(target: ex.Target, sizes: dict[int, int]) -> None:
    asked: list[Topic] = []

    def size_of(topic: Topic) -> int:
        asked.append(topic)
        return sizes.get(len(topic.name), 1)

    cover.plan(target, size_of)
    assert len(asked) == len(set(asked))
    assert set(asked) <= set(cover.candidates(target))


@given(TARGETS, SIZES, EVERYBODY)
def test_a_kept_cover_is_read_as_the_same(target: ex.Target, sizes: dict[int, int], everybody: int) -> None:
    found = cover.plan(target, estimates(sizes, everybody))
    assert cover.from_json(json.loads(json.dumps(cover.to_json(found)))) == found


def size_of_office(topic: Topic) -> int:
    """A million connected; `ops` is the smallest group but one."""
    groups = {"ops": 50, "it": 80, "sales": 2_000, "ghosts": 0}
    return {"all": 1_000_000, "group": groups.get(topic.name, 500), "user": 2, "terminal": 1, "connection": 1}[
        topic.kind
    ]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("all", ["all"]),
        ("not all", []),
        ("user:ann and user:bob", []),
        ("group:ops", ["group:ops"]),
        ("group:(sales, ops)", ["group:ops", "group:sales"]),
        ("group:sales and group:ops", ["group:ops"]),
        ("group:sales and group:ops and group:ghosts", ["group:ghosts"]),
        ("group:ops and os = mac", ["group:ops"]),
        ("group:ops or os = mac", ["all"]),
        ("(group:it or user:bob) and group:ops", ["group:ops"]),
        ("(user:ann or user:bob) and group:ops", ["user:ann", "user:bob"]),
        ("not (not group:ops or os = mac)", ["group:ops"]),
        ("not (not group:ops and not user:bob)", ["user:bob", "group:ops"]),
        ("user:(ann, bob) and not user:bob", ["user:ann"]),
        ("user:(ann, bob) and not (user:bob and all)", ["user:ann"]),
        (
            "group:ops or user:bob or terminal:t or connection:c",
            ["connection:c", "terminal:t", "user:bob", "group:ops"],
        ),
    ],
)
def test_the_cheapest_topics_are_read(text: str, read: list[str]) -> None:
    assert [str(topic) for topic in cover.plan(parse(text), size_of_office).topics] == read


def test_all_is_read_where_many_topics_cost_no_less() -> None:
    target = parse("group:(a, b)")
    sizes = {topics.group("a"): 100, topics.group("b"): 100}
    at_most_all = 200 + cover.TOPIC_COST_ROWS
    assert cover.plan(target, lambda topic: sizes.get(topic, at_most_all)).topics == (topics.ALL,)
    assert len(cover.plan(target, lambda topic: sizes.get(topic, at_most_all + 1)).topics) == 2


@pytest.mark.parametrize("text", ["user:bob", "group:ops", "terminal:t", "connection:c", "group:ops and os = mac"])
def test_one_topic_is_read_and_logged_rather_than_all_also_where_nobody_is_connected(text: str) -> None:
    (found,) = cover.plan(parse(text), lambda topic: 0).topics
    assert found != topics.ALL


def test_a_cover_has_as_many_topics_as_allowed_and_falls_back_on_all_beyond() -> None:
    users = ex.Users(tuple(f"u{number}" for number in range(cover.MAX_TOPICS)))
    assert len(cover.plan(users, size_of_office).topics) == cover.MAX_TOPICS
    assert cover.plan(ex.Any((users, ex.Groups(("ops",)))), size_of_office).topics == (topics.ALL,)


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("all", "all"),
        ("group:ops", "group:ops"),
        ("user:(ann, bob)", "user:bob"),
        ("terminal:(s, t)", "terminal:t"),
        ("connection:(b, c)", "connection:c"),
        ("user:bob and not user:ann", "user:bob"),
        ("group:(ops, it)", "group:it"),
    ],
)
def test_a_part_whose_rows_are_all_served_there_asks_nothing(text: str, topic: str) -> None:
    found = cover.plan(parse(text), size_of_office)
    part = next(part for part in found.parts() if str(part.topic) == topic)
    assert part.filter == ex.All()
    assert part.accepts is None


def test_a_row_in_two_groups_is_served_under_the_first() -> None:
    it, ops = cover.plan(parse("group:(ops, it)"), size_of_office).parts()
    assert (str(it.topic), str(ops.topic)) == ("group:it", "group:ops")
    assert ops.accepts is not None
    assert ops.accepts(ARow(groups=("ops",)))
    assert not ops.accepts(ARow(groups=("ops", "it")))


@pytest.mark.parametrize("forged", ["all", "group:ops", "ops#0", "LOG#group:ops", "a:b:c", "営業:本部"])
def test_a_name_that_looks_like_a_topic_stays_a_name(forged: str) -> None:
    target = ex.Any((ex.Users((forged,)), ex.Groups((forged,)), ex.Terminals((forged,)), ex.Connections((forged,))))
    found = cover.from_json(cover.to_json(cover.plan(target, size_of_office)))
    assert found.topics == (
        topics.connection(forged),
        topics.terminal(forged),
        topics.user(forged),
        topics.group(forged),
    )
    assert found.serving(ARow(groups=("ops",))) is None
    assert found.serving(ARow(user=forged)) == 2


def test_a_cover_is_kept_with_its_target_once() -> None:
    found = cover.plan(parse("user:(ann, bob) and os = mac"), size_of_office)
    assert cover.to_json(found) == {
        "target": {"every": [{"users": ["ann", "bob"]}, {"attr": "os", "op": "eq", "value": "mac"}]},
        "topics": ["user:ann", "user:bob"],
    }


@pytest.mark.parametrize(
    "value",
    [
        None,
        {},
        {"target": {"all": True}},
        {"target": {"all": True}, "topics": "all"},
        {"target": {"all": True}, "topics": [1]},
        {"target": {"all": True}, "topics": ["everything"]},
        {"target": {"every": []}, "topics": ["all"]},
        {"target": {"all": True}, "topics": ["all"], "more": 1},
    ],
)
def test_what_is_no_cover_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"cover|topic"):
        cover.from_json(value)

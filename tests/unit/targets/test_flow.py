"""Each clause of a target lets through as many as it means of those that come to it, whatever is read to find that."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from hypothesis import given
from hypothesis import strategies as st

from services.domain import topics
from services.domain.targets import cover, flow_form
from services.domain.targets import expression as ex
from services.domain.targets.flow import Flow, FlowCount
from services.domain.targets.text_form import parse, print_text
from services.domain.topics import Topic
from tests.unit.targets.expressions import ARow, means, narrow_targets, registries, targets
from tests.unit.targets.test_cover import EVERYBODY, SIZES, estimates

TARGETS = st.one_of(targets(), narrow_targets())


def flow_of(target: ex.Target, registry: list[ARow], size_of: Callable[[Topic], int]) -> Flow:
    """The flow as who walks the topics of the cover finds it."""
    read = cover.plan_clauses(target, size_of)
    counting = FlowCount(target, read)
    for index, topic in enumerate(read.topics):
        found_first = read.found_first(index)
        for row in registry:
            if cover.is_filed_under(row, topic) and (found_first is None or found_first(row)):
                assert counting.add(row) == means(target, row)
    return counting.flow(len(registry))


def flow_where_topics_are_cheap(text: str, registry: list[ARow]) -> Flow:
    """The flow where reading everybody is to be avoided, the rows not read being as many as they are."""
    return flow_of(parse(text), registry, lambda topic: 1_000_000 if topic == topics.ALL else 1)


def nodes(flow: Flow) -> Iterator[Flow]:
    yield flow
    for part in flow.parts:
        yield from nodes(part)


ANY_FLOW = st.builds(
    lambda target, registry, sizes, everybody: (flow_of(target, registry, estimates(sizes, everybody)), registry),
    TARGETS,
    registries(),
    SIZES,
    EVERYBODY,
)


def check(flow: Flow, coming: list[ARow]) -> None:
    """Hold a flow against those who come to it, one by one."""
    assert flow.into == len(coming)
    assert flow.out == sum(means(flow.clause, row) for row in coming)
    for part in flow.parts:
        check(part, coming)
        if flow.op == "every":
            coming = [row for row in coming if means(part.clause, row)]


@given(ANY_FLOW)
def test_every_clause_counts_those_it_means_of_those_who_come_to_it(made: tuple[Flow, list[ARow]]) -> None:
    flow, registry = made
    check(flow, registry)


@given(ANY_FLOW)
def test_the_parts_of_a_clause_fit_together(made: tuple[Flow, list[ARow]]) -> None:
    for node in nodes(made[0]):
        outs = [part.out for part in node.parts]
        intos = [part.into for part in node.parts]
        assert 0 <= node.out <= node.into
        match node.op:
            case "every":
                assert intos == [node.into, *outs[:-1]]
                assert outs == sorted(outs, reverse=True)
                assert node.out == outs[-1]
            case "any":
                assert intos == [node.into] * len(intos)
                assert max(outs) <= node.out <= sum(outs)
            case "not":
                assert (intos, node.out) == ([node.into], node.into - outs[0])
            case "everybody":
                assert (outs, node.out) == ([], node.into)
            case "is":
                assert outs == []


@given(ANY_FLOW)
def test_a_flow_has_each_part_of_its_target_once(made: tuple[Flow, list[ARow]]) -> None:
    for node in nodes(made[0]):
        match node.clause:
            case ex.Any(parts) | ex.Every(parts):
                assert sorted(map(repr, parts)) == sorted(repr(part.clause) for part in node.parts)
            case ex.Not(part):
                assert [part] == [each.clause for each in node.parts]
            case _:
                assert node.parts == ()


@given(ANY_FLOW)
def test_a_flow_is_kept_with_all_its_figures_and_clauses(made: tuple[Flow, list[ARow]]) -> None:
    flow, registry = made
    kept = flow_form.from_json(json.loads(json.dumps(flow_form.to_json(flow))))
    # An `every` is kept in the order in which it narrows.
    check(kept, registry)
    assert [(node.op, node.into, node.out) for node in nodes(kept)] == [
        (node.op, node.into, node.out) for node in nodes(flow)
    ]
    assert [node.clause for node in nodes(kept) if not node.parts] == [
        node.clause for node in nodes(flow) if not node.parts
    ]


def test_a_flow_that_names_very_many_is_not_kept() -> None:
    named = Flow(clause=ex.Users(tuple(f"user-{number}" for number in range(2_000))), into=9, out=0)
    assert not flow_form.can_be_kept(Flow(clause=ex.Not(named.clause), into=9, out=9, parts=(named,)))
    assert flow_form.can_be_kept(Flow(clause=ex.All(), into=9, out=9))


OFFICE = [
    ARow(connection_id="c1", user="ann", groups=("ops",), attributes={"os": "windows"}),
    ARow(connection_id="c2", user="bob", groups=("ops", "it"), attributes={"os": "windows"}),
    ARow(connection_id="c3", user="cho", groups=("ops",), attributes={"os": "mac"}),
    ARow(connection_id="c4", user="dan", groups=("it",), attributes={"os": "windows"}),
    ARow(connection_id="c5", user="eve"),
]


def steps(flow: Flow) -> list[tuple[str, int, int]]:
    return [(print_text(part.clause), part.into, part.out) for part in flow.parts]


def test_what_connections_are_filed_under_comes_first_and_the_rest_as_it_is_written() -> None:
    flow = flow_where_topics_are_cheap("os = windows and not user:bob and group:ops", OFFICE)
    assert (flow.op, flow.into, flow.out) == ("every", 5, 1)
    assert steps(flow) == [("group:ops", 5, 3), ("os = windows", 3, 2), ("not user:bob", 2, 1)]


def test_alternatives_overlap_and_their_union_is_counted_once() -> None:
    flow = flow_where_topics_are_cheap("group:ops or group:it", OFFICE)
    assert (flow.op, flow.into, flow.out) == ("any", 5, 4)
    assert steps(flow) == [("group:ops", 5, 3), ("group:it", 5, 2)]


def test_a_clause_that_does_not_matter_in_the_end_is_counted_too() -> None:
    flow = flow_where_topics_are_cheap("(group:ops or group:it) and not group:ops", OFFICE)
    either, without = flow.parts
    assert (either.into, either.out, without.out) == (5, 4, 1)
    assert steps(either) == [("group:ops", 5, 3), ("group:it", 5, 2)]


def test_those_who_were_not_read_are_counted_where_a_clause_means_them() -> None:
    flow = flow_where_topics_are_cheap("not (not group:it and not user:eve)", OFFICE)
    (neither,) = flow.parts
    assert (flow.into, flow.out) == (5, 3)
    assert steps(neither) == [("not group:it", 5, 3), ("not user:eve", 3, 2)]


def test_everybody_is_let_through_by_all() -> None:
    flow = flow_where_topics_are_cheap("all", OFFICE)
    assert (flow.op, flow.into, flow.out, flow.parts) == ("everybody", 5, 5, ())


def test_a_directory_that_lags_does_not_make_fewer_come_than_were_read() -> None:
    target = parse("group:ops")
    counting = FlowCount(target, cover.Cover(target, (topics.group("ops"),)))
    for row in OFFICE[:3]:
        counting.add(row)
    flow = counting.flow(connected=1)
    assert (flow.into, flow.out) == (3, 3)

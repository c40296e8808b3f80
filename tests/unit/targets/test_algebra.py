"""Targets made smaller without a change of meaning."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.domain import topics
from services.domain.targets import expression as ex
from services.domain.targets.algebra import simplify, within
from services.domain.targets.cover import is_filed_under
from services.domain.targets.text_form import parse
from services.domain.topics import Topic
from tests.unit.targets.expressions import (
    CONNECTIONS,
    GROUPS,
    TERMINALS,
    USERS,
    ARow,
    means,
    registries,
    targets,
)

SOME_TOPIC = st.one_of(
    st.just(topics.ALL),
    st.sampled_from(USERS).map(topics.user),
    st.sampled_from(GROUPS).map(topics.group),
    st.sampled_from(TERMINALS).map(topics.terminal),
    st.sampled_from(CONNECTIONS).map(topics.connection),
)


@given(targets(), registries())
def test_a_simplified_target_means_the_same_rows(target: ex.Target, registry: list[ARow]) -> None:
    simple = simplify(target)
    assert [means(simple, row) for row in registry] == [means(target, row) for row in registry]


@given(targets())
def test_simplifying_again_changes_nothing(target: ex.Target) -> None:
    assert simplify(simplify(target)) == simplify(target)


@given(targets())
def test_a_simplified_target_is_no_bigger(target: ex.Target) -> None:
    depth, nodes = ex.depth_and_nodes(target)
    simple_depth, simple_nodes = ex.depth_and_nodes(simplify(target))
    # Nobody is written with one node more than all.
    assert simplify(target) == ex.NOBODY or (simple_depth <= depth and simple_nodes <= nodes)


@given(targets(), SOME_TOPIC, registries())
def test_within_a_topic_the_rest_means_the_same_rows(target: ex.Target, topic: Topic, registry: list[ARow]) -> None:
    rest = within(target, topic)
    found = [row for row in registry if is_filed_under(row, topic)]
    assert [means(rest, row) for row in found] == [means(target, row) for row in found]


@pytest.mark.parametrize(
    ("text", "simple"),
    [
        ("not not user:bob", "user:bob"),
        ("user:bob or (user:ann or user:bob)", "user:(bob, ann)"),
        ("group:ops or user:bob or group:it", "group:(ops, it) or user:bob"),
        ("user:(ann, bob) and user:(bob, cho)", "user:bob"),
        ("terminal:a and terminal:b", "not all"),
        ("connection:(a, a)", "connection:a"),
        ("group:ops and group:it", "group:ops and group:it"),
        ("all and user:bob", "user:bob"),
        ("all or user:bob", "all"),
        ("not all or user:bob", "user:bob"),
        ("not all and user:bob", "not all"),
        ("os = mac or not os = mac", "all"),
        ("os = mac and not os = mac", "not all"),
        ("os = mac or os != mac", "os = mac or os != mac"),
        ("os = mac and (os = mac and floor = 1)", "os = mac and floor = 1"),
        ("os in (mac, mac)", "os = mac"),
        ("a in (1, true, 1)", "a in (1, true)"),
        ("a = 1 or a = true", "a = 1 or a = true"),
    ],
)
def test_nothing_is_kept_that_does_not_matter(text: str, simple: str) -> None:
    assert simplify(parse(text)) == parse(simple)


@pytest.mark.parametrize(
    ("text", "topic", "rest"),
    [
        ("group:ops", topics.group("ops"), "all"),
        ("group:(it, ops) and os = mac", topics.group("ops"), "os = mac"),
        ("group:ops and os = mac", topics.group("it"), "group:ops and os = mac"),
        ("not group:ops", topics.group("ops"), "not all"),
        ("user:bob or os = mac", topics.user("bob"), "all"),
        ("user:bob or os = mac", topics.user("ann"), "os = mac"),
        ("user:bob and os = mac", topics.user("ann"), "not all"),
        ("user:bob and os = mac", topics.group("bob"), "user:bob and os = mac"),
        ("not terminal:a", topics.terminal("b"), "all"),
        ("connection:c and user:bob", topics.connection("c"), "user:bob"),
        ("not (group:ops and user:bob)", topics.user("bob"), "not group:ops"),
    ],
)
def test_within_a_topic_only_what_it_leaves_open_is_asked(text: str, topic: Topic, rest: str) -> None:
    assert within(parse(text), topic) == parse(rest)

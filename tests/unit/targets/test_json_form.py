"""Targets as JSON."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.domain.problems import Problem
from services.domain.targets import expression as ex
from services.domain.targets.json_form import from_json, to_json
from tests.unit.targets.expressions import refusal_of, targets

SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5))
MEMBERS = st.sampled_from(
    ["all", "users", "groups", "terminals", "connections", "attr", "op", "value", "any", "every", "not", "x"]
)
ANY_JSON = st.recursive(
    SCALARS | st.sampled_from(["eq", "in", "exists"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(MEMBERS, inner, max_size=3),
    max_leaves=12,
)


@given(targets())
def test_what_is_written_is_read_as_the_same(target: ex.Target) -> None:
    assert from_json(json.loads(json.dumps(to_json(target)))) == target


@given(ANY_JSON)
def test_any_json_is_either_a_target_or_a_problem_with_a_pointer(value: object) -> None:
    problem = refusal_of(lambda: from_json(value))
    if problem is not None:
        assert (problem.code, problem.status) == ("invalid_target", 422)
        assert isinstance(problem.extra["pointer"], str)
        assert problem.detail.encode()


def test_op_is_eq_where_it_is_left_out() -> None:
    assert from_json({"attr": "os", "value": "mac"}) == ex.Attr("os", "eq", "mac")


def test_exists_may_say_true() -> None:
    assert from_json({"attr": "os", "op": "exists", "value": True}) == ex.Attr("os", "exists")


def test_true_and_one_are_different_values() -> None:
    truth, one = from_json({"attr": "a", "value": True}), from_json({"attr": "a", "value": 1})
    assert truth != one
    assert len({truth, one}) == 2


@pytest.mark.parametrize(
    ("value", "pointer", "hint"),
    [
        (None, "", "is not an object"),
        ("group:ops", "", "is not an object"),
        ({}, "", "is empty"),
        ({"grups": ["ops"]}, "", 'unknown member "grups"'),
        ({"groups": ["ops"], "colour": 1}, "", 'unknown member "colour"'),
        ({"groups": ["ops"], "op": "eq"}, "", 'unknown member "op"'),
        ({"attr": "os", "value": 1, "values": 1}, "", "attr takes op and value"),
        ({"users": ["bob"], "groups": ["ops"]}, "", "users and groups"),
        ({"all": False}, "/all", "is not true"),
        ({"all": 1}, "/all", "is not true"),
        ({"users": "bob"}, "/users", "is not a list"),
        ({"users": []}, "/users", "is empty"),
        ({"every": []}, "/every", "is empty"),
        ({"any": {"all": True}}, "/any", "is not a list"),
        ({"users": ["ann", 7]}, "/users/1", "is not text"),
        ({"users": ["a\x00"]}, "/users/0", "control character"),
        ({"users": ["a" * 257]}, "/users/0", "256 bytes"),
        ({"groups": ["ops", "営" * 86]}, "/groups/1", "256 bytes"),
        ({"every": [{"all": True}, {"attr": "", "value": 1}]}, "/every/1/attr", "is empty"),
        ({"attr": "os"}, "", "has no value"),
        ({"attr": "os", "op": "like", "value": "w"}, "/op", "is not one of eq, ne"),
        ({"attr": "os", "op": ["eq"], "value": "w"}, "/op", "is not one of eq, ne"),
        ({"attr": "os", "value": None}, "/value", "use exists"),
        ({"attr": "os", "value": {}}, "/value", "is not text"),
        ({"attr": "os", "value": ["a"]}, "/value", "use in"),
        ({"attr": "os", "op": "in", "value": "a"}, "/value", "is not a list"),
        ({"attr": "os", "op": "in", "value": []}, "/value", "is empty"),
        ({"attr": "os", "op": "in", "value": ["a", None]}, "/value/1", "is null"),
        ({"attr": "os", "op": "lt", "value": True}, "/value", "no order"),
        ({"attr": "os", "op": "prefix", "value": 3}, "/value", "prefix compares text"),
        ({"attr": "os", "op": "exists", "value": False}, "/value", "wrap exists in not"),
        ({"attr": "os", "value": float("nan")}, "/value", "finite"),
        ({"attr": "os", "value": float("inf")}, "/value", "finite"),
        ({"attr": "os", "value": 1 << 63}, "/value", "64 bits"),
        ({"attr": "os", "value": "営" * 171}, "/value", "512 bytes"),
        ({"attr": "os", "value": "\ud800"}, "/value", "lone surrogate"),
        ({"not": {"any": [{"users": ["bob"]}, {"not": 3}]}}, "/not/any/1/not", "is not an object"),
    ],
)
def test_an_error_points_at_the_member_and_says_what_to_do(value: object, pointer: str, hint: str) -> None:
    with pytest.raises(Problem) as caught:
        from_json(value)
    assert caught.value.extra["pointer"] == pointer
    assert f"target{pointer}" in caught.value.detail
    assert hint in caught.value.detail


def test_a_long_unknown_member_is_cut_in_the_error() -> None:
    with pytest.raises(Problem) as caught:
        from_json({"\ud800" * 10_000: 1})
    assert len(caught.value.detail.encode()) < 1_000


def nested(levels: int) -> object:
    value: object = {"all": True}
    for _ in range(levels - 1):
        value = {"not": value}
    return value


def test_as_deep_as_allowed_is_read_and_no_deeper() -> None:
    assert ex.depth_and_nodes(from_json(nested(8))) == (8, 8)
    with pytest.raises(Problem, match="deeper than 8 levels"):
        from_json(nested(9))


def test_a_hostile_depth_is_refused_at_the_bound() -> None:
    with pytest.raises(Problem) as caught:
        from_json(nested(100_000))
    assert caught.value.extra["pointer"] == "/not" * 8


def test_as_many_expressions_as_allowed_are_read_and_no_more() -> None:
    assert ex.depth_and_nodes(from_json({"any": [{"all": True}] * 255})) == (2, 256)
    with pytest.raises(Problem, match="at most 256"):
        from_json({"any": [{"all": True}] * 256})


@pytest.mark.parametrize("kind", ["users", "groups", "terminals", "connections"])
def test_lists_as_long_as_allowed_are_read_and_no_longer(kind: str) -> None:
    assert from_json({kind: ["a"] * 1_000})
    with pytest.raises(Problem, match="1001 entries, at most 1000"):
        from_json({kind: ["a"] * 1_001})


def test_all_lists_together_are_bounded() -> None:
    full = [{"users": ["a"] * 1_000}, {"attr": "os", "op": "in", "value": ["a"] * 1_000}]
    assert from_json({"any": full})
    with pytest.raises(Problem, match="at most 2000"):
        from_json({"any": [*full, {"groups": ["a"]}]})


def test_two_of_the_largest_targets_joined_are_read_where_the_service_kept_them() -> None:
    largest = from_json({"any": [{"not": nested(6)}, *([{"all": True}] * 248)]})
    assert ex.depth_and_nodes(largest) == (8, 256)
    joined = ex.Every((largest, largest))
    assert from_json(to_json(joined), bounds=ex.KEPT) == joined


@pytest.mark.parametrize("make", [ex.Users, ex.Groups, ex.Terminals, ex.Connections, ex.Any, ex.Every])
def test_an_expression_cannot_list_nothing(make: type[ex.Users]) -> None:
    with pytest.raises(ValueError, match="at least one"):
        make(())

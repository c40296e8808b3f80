"""A target asked of a row."""

from __future__ import annotations

import pytest
from hypothesis import given

from services.domain.connection import opened
from services.domain.identity import AttributeValue, Identity
from services.domain.targets import expression as ex
from services.domain.targets.row_filter import compile_filter, matches
from services.domain.targets.text_form import parse
from tests.unit.targets.expressions import ARow, means, registries, targets


@given(targets(), registries())
def test_a_compiled_target_means_what_its_definition_says(target: ex.Target, registry: list[ARow]) -> None:
    compiled = compile_filter(target)
    assert [compiled(row) for row in registry] == [means(target, row) for row in registry]


@pytest.mark.parametrize(
    ("text", "held", "meant"),
    [
        ("a = 1", 1.0, True),
        ("a = 1", True, False),
        ("a = 1", "1", False),
        ("a = true", 1, False),
        ("a != 1", True, True),
        ("a != 1", "1", True),
        ("a in (1, x)", True, False),
        ("a in (true, x)", 1, False),
        ("a in (0, x)", False, False),
        ("a < 2", True, False),
        ("a < 2", "1", False),
        ("a >= 2", 2, True),
        ('a < "2"', "10", True),
        ('a < "2"', 1, False),
        ("a > あ", "い", True),
        ("a prefix win", "windows", True),
        ("a prefix win", "Windows", False),
        ("a prefix win", 3, False),
        ('a prefix "1"', 10, False),
        ('a = ""', "", True),
        ("has a", False, True),
        ("has a", "", True),
    ],
)
def test_values_compare_within_their_kind(text: str, held: AttributeValue, meant: bool) -> None:
    assert matches(parse(text), ARow(attributes={"a": held})) is meant


def test_a_missing_attribute_matches_no_operator() -> None:
    comparisons = "a = 1 or a != 1 or a in (1) or a < 1 or a <= 1 or a > 1 or a >= 1 or a prefix x or has a"
    assert not matches(parse(comparisons), ARow(attributes={"b": 1}))


def test_a_connection_of_the_registry_is_a_row() -> None:
    connection = opened(
        Identity(user="bob", issuer="i", expires_at_s=10, groups=("ops",), attributes={"os": "mac"}),
        connection_id="c1",
        calls_itself="pc",
        run_time_groups=frozenset({"night shift"}),
        now_s=1.0,
    )
    target = parse('user:bob and group:ops and group:"night shift" and terminal:bob/pc and connection:c1 and os = mac')
    assert matches(target, connection)

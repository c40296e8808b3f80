"""What docs/targets.md says is so."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from services.domain import names, topics
from services.domain.identity import MAX_ATTRIBUTE_VALUE_BYTES, AttributeValue
from services.domain.problems import Problem
from services.domain.targets import cover, json_form
from services.domain.targets import expression as ex
from services.domain.targets.row_filter import matches
from services.domain.targets.text_form import MAX_TEXT_BYTES, parse, print_text
from services.domain.topics import Topic
from tests.unit.targets.expressions import ARow

PAGE = (Path(__file__).parents[3] / "docs" / "targets.md").read_text(encoding="utf-8")


def rows_under(*heads: str) -> list[list[str]]:
    """The rows of every table of the page that has these heads, cells without the marks of code."""
    found: list[list[str]] = []
    for table in re.findall(r"(?:^\|.*\n)+", PAGE, re.MULTILINE):
        cells = [[cell.strip() for cell in line.strip("|\n").split(" | ")] for line in table.splitlines()]
        if cells[0] == list(heads):
            found += [[cell.removeprefix("`").removesuffix("`") for cell in row] for row in cells[2:]]
    assert found, f"the page has no table with the heads {heads}"
    return found


@pytest.mark.parametrize(("text", "written"), [row[:2] for row in rows_under("text", "JSON", "means")])
def test_text_and_json_of_an_example_mean_the_same(text: str, written: str) -> None:
    target = json_form.from_json(json.loads(written))
    assert parse(text) == target
    assert print_text(target) == text


@pytest.mark.parametrize("op", ex.OPS)
def test_every_operator_has_an_example(op: ex.Op) -> None:
    examples = (parse(text) for text, *_ in rows_under("text", "JSON", "means"))
    assert any(isinstance(target, ex.Attr) and target.op == op for target in examples)


@pytest.mark.parametrize(
    ("text", "on_windows", "on_mac", "without"), rows_under("expression", "`os` is windows", "`os` is mac", "no `os`")
)
def test_missing_attributes_count_as_told(text: str, on_windows: str, on_mac: str, without: str) -> None:
    held: list[dict[str, AttributeValue]] = [{"os": "windows"}, {"os": "mac"}, {}]
    told = ["yes" if matches(parse(text), ARow(attributes=attributes)) else "no" for attributes in held]
    assert told == [on_windows, on_mac, without]


def test_the_bounds_are_those_of_the_code() -> None:
    assert [int(limit) for _, limit in rows_under("what", "at most")] == [
        ex.ASKED.depth,
        ex.ASKED.nodes,
        ex.MAX_LISTED,
        ex.ASKED.listed,
        MAX_TEXT_BYTES,
        names.MAX_NAME_BYTES,
        MAX_ATTRIBUTE_VALUE_BYTES,
    ]


def test_the_error_shown_is_the_one_given() -> None:
    with pytest.raises(Problem) as caught:
        parse("group:ops group:it")
    assert f"```\n{caught.value.detail}\n```" in PAGE


@pytest.mark.parametrize(("text", "reads", "asks"), rows_under("target", "reads", "asks of each row"))
def test_covers_are_as_told(text: str, reads: str, asks: str) -> None:
    sizes = {"all": 1_000_000, "group": 50, "user": 2}

    def size_of(topic: Topic) -> int:
        return sizes[topic.kind]

    found = list(cover.plan(parse(text), size_of).parts())
    assert [part.topic for part in found] == [topics.parse(topic) for topic in reads.split("`, `")]
    asked = ["nothing" if part.filter == ex.All() else print_text(part.filter) for part in found]
    assert set(asked) == {asks}

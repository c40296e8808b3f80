"""Expressions made from what is to be."""

from __future__ import annotations

import pytest

from infra.aws.actions import Update
from infra.aws.attributes import Value
from infra.aws.expressions import change, holds
from infra.aws.keys import Key
from infra.aws.table import Table

KEY = Key("p", "s")
THERE: dict[str, Value] = {"pk": "p", "sk": "s", "state": "old", "left": "x", "number": 3, "of": frozenset({"a"})}


async def test_attributes_are_set_removed_and_added_to_whatever_they_are_called(table: Table) -> None:
    await table.put(THERE)
    changed = change({"state": "new", "left": None, "name": "n"}, {"number": -1, "count": 2, "of": frozenset({"b"})})
    assert await table.update(Update(key=KEY, change=changed)) == {
        "pk": "p",
        "sk": "s",
        "state": "new",
        "name": "n",
        "number": 2,
        "count": 2,
        "of": frozenset({"a", "b"}),
    }


async def test_nothing_is_added_for_nothing(table: Table) -> None:
    changed = change({"state": "new"}, {"number": 0, "of": frozenset()})
    assert await table.update(Update(key=KEY, change=changed)) == {"pk": "p", "sk": "s", "state": "new"}


def test_an_update_that_changes_nothing_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="changes nothing"):
        change(add={"number": 0})


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"state": "old"}, True),
        ({"state": "old", "number": 3, "after": None}, True),
        ({"state": "new"}, False),
        ({"state": "old", "left": None}, False),
        ({"after": "x"}, False),
    ],
)
async def test_a_condition_holds_if_all_of_it_does(table: Table, attributes: dict[str, Value], expected: bool) -> None:
    await table.put(THERE)
    updated = await table.update(Update(key=KEY, change=change({"name": "n"}), condition=holds(attributes)))
    assert (updated is not None) is expected

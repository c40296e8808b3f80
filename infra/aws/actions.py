"""What is done to items: writes, their conditions, and the expressions of both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from infra.aws.attributes import Item, Value
from infra.aws.keys import Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A condition, filter or update expression of DynamoDB, with what its `:values` and `#names` stand for."""

    expression: str
    values: Mapping[str, Value] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)


ABSENT: Final = Condition(expression="attribute_not_exists(pk)")
"""There is no such item yet."""
PRESENT: Final = Condition(expression="attribute_exists(pk)")
"""There is such an item."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """Write an item; in a transaction, under a condition."""

    item: Item
    condition: Condition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete:
    """Delete an item; in a transaction, under a condition."""

    key: Key
    condition: Condition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """Change an item (`SET …`, `ADD …`, `REMOVE …`); an item that is not there is made."""

    key: Key
    change: Condition
    condition: Condition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """In a transaction: only if this holds of an item."""

    key: Key
    condition: Condition


Action = Put | Delete | Update | Check

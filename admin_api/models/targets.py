"""Target expressions, as the document shows them. They are read by `services.domain.targets`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypeAliasType

from admin_api.models.base import Model, Name
from services.domain.targets.expression import MAX_LISTED

_Names = Annotated[list[Name], Field(min_length=1, max_length=MAX_LISTED)]
_Value = str | int | float | bool


class Everybody(Model):
    """Everybody who is connected."""

    all: Literal[True]


class OfUsers(Model):
    """Terminals of one of these users."""

    users: _Names


class InGroups(Model):
    """Terminals in at least one of these groups."""

    groups: _Names


class OfTerminals(Model):
    """These terminals, by `terminal_id`."""

    terminals: _Names


class OfConnections(Model):
    """These open sockets, by `connection_id`."""

    connections: _Names


class WithAttribute(Model):
    """Terminals whose attribute compares so; one that lacks it is matched by no operator, `ne` included."""

    attr: Name
    op: Literal["eq", "ne", "in", "lt", "le", "gt", "ge", "prefix", "exists"] = "eq"
    value: _Value | list[_Value] = Field(
        True, description="A list for `in`, text for `prefix`, absent or true for `exists`."
    )


class AnyOf(Model):
    """At least one of these."""

    any: list[Expression] = Field(min_length=1)


class EveryOf(Model):
    """All of these."""

    every: list[Expression] = Field(min_length=1)


class NotThis(Model):
    """Everybody else."""

    not_: Expression = Field(alias="not")


Expression = TypeAliasType(
    "Expression",
    "Everybody | OfUsers | InGroups | OfTerminals | OfConnections | WithAttribute | AnyOf | EveryOf | NotThis",
)
"""Who is meant, as JSON: docs/targets.md."""

EXAMPLE_TEXT = "group:ops and os = windows and not user:bob"
EXAMPLE = {
    "every": [
        {"groups": ["ops"]},
        {"attr": "os", "op": "eq", "value": "windows"},
        {"not": {"users": ["bob"]}},
    ]
}

Target = Annotated[
    Expression | str,
    Field(
        description="Who is meant: an expression in JSON, or as text in the language of docs/targets.md.",
        examples=[EXAMPLE, EXAMPLE_TEXT],
    ),
]

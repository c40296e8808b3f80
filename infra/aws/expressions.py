"""Expressions made from what is to be: every name and value is put in as a placeholder, so no word is reserved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

from infra.aws.actions import Condition
from infra.aws.attributes import Value

Amount: TypeAlias = int | frozenset[str]
_NOTHING: Final[Mapping[str, Value]] = {}
_NO_MORE: Final[Mapping[str, Amount]] = {}
_NO_LESS: Final[Mapping[str, frozenset[str]]] = {}


def change(
    to: Mapping[str, Value] = _NOTHING,
    add: Mapping[str, Amount] = _NO_MORE,
    take: Mapping[str, frozenset[str]] = _NO_LESS,
) -> Condition:
    """An update: attributes set (or removed, where None), numbers added to, sets added to and taken from.

    Nothing is added for 0, and nothing is done with an empty set. Raises ValueError if nothing is changed.
    """
    clauses: dict[str, list[str]] = {"SET": [], "REMOVE": [], "ADD": [], "DELETE": []}
    names: dict[str, str] = {}
    values: dict[str, Value] = {}
    for number, (name, value) in enumerate(to.items()):
        names[f"#to{number}"] = name
        if value is None:
            clauses["REMOVE"].append(f"#to{number}")
        else:
            clauses["SET"].append(f"#to{number} = :to{number}")
            values[f":to{number}"] = value
    for number, (name, more) in enumerate(add.items()):
        if more:
            names[f"#add{number}"] = name
            values[f":add{number}"] = more
            clauses["ADD"].append(f"#add{number} :add{number}")
    for number, (name, less) in enumerate(take.items()):
        if less:
            names[f"#take{number}"] = name
            values[f":take{number}"] = less
            clauses["DELETE"].append(f"#take{number} :take{number}")
    expression = " ".join(f"{verb} {', '.join(some)}" for verb, some in clauses.items() if some)
    if not expression:
        raise ValueError("an update that changes nothing")
    return Condition(expression=expression, values=values, names=names)


def holds(attributes: Mapping[str, Value]) -> Condition:
    """A condition: the item has just these values, and not the attributes that are None here."""
    parts: list[str] = []
    names: dict[str, str] = {}
    values: dict[str, Value] = {}
    for number, (name, value) in enumerate(attributes.items()):
        names[f"#is{number}"] = name
        if value is None:
            parts.append(f"attribute_not_exists(#is{number})")
        else:
            parts.append(f"#is{number} = :is{number}")
            values[f":is{number}"] = value
    return Condition(expression=" AND ".join(parts), values=values, names=names)

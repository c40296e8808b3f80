"""Whether a target means a row of the registry: targets made into fast predicates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import ge, gt, le, lt
from typing import Protocol, TypeAlias

from services.domain.identity import AttributeValue
from services.domain.targets.algebra import simplify
from services.domain.targets.expression import (
    All,
    Any,
    Attr,
    Connections,
    Every,
    Groups,
    Not,
    Opening,
    Target,
    Terminals,
    Users,
)
from services.domain.timeline import windows


class Row(Protocol):
    """What a target can ask about a connection; `services.domain.connection.Connection` is one."""

    @property
    def connection_id(self) -> str: ...
    @property
    def terminal_id(self) -> str: ...
    @property
    def user(self) -> str: ...
    @property
    def groups(self) -> tuple[str, ...]: ...
    @property
    def attributes(self) -> Mapping[str, AttributeValue]: ...


RowFilter: TypeAlias = Callable[[Row], bool]

_InOrder: TypeAlias = Callable[[str | float, str | float], bool]
_ORDER: Mapping[str, _InOrder] = {"lt": lt, "le": le, "gt": gt, "ge": ge}


def matches(target: Target, row: Row) -> bool:
    """Whether `target` means `row`. For many rows, `compile_filter` once is faster."""
    return compile_filter(target)(row)


def compile_filter(target: Target) -> RowFilter:
    """`target` as a predicate on rows; `Attr` says how attributes compare."""
    return _compiled(simplify(target))


def _compiled(target: Target) -> RowFilter:
    match target:
        case All():
            return lambda _: True
        case Users(ids):
            users = frozenset(ids)
            return lambda row: row.user in users
        case Groups((name,)):
            return lambda row: name in row.groups
        case Groups(several):
            groups = frozenset(several)
            return lambda row: not groups.isdisjoint(row.groups)
        case Terminals(ids):
            terminals = frozenset(ids)
            return lambda row: row.terminal_id in terminals
        case Connections(ids):
            connections = frozenset(ids)
            return lambda row: row.connection_id in connections
        case Attr():
            return _attr(target)
        case Opening():
            return _opening(target)
        case Any(parts):
            return _any(tuple(_compiled(part) for part in parts))
        case Every(parts):
            return _every(tuple(_compiled(part) for part in parts))
        case Not(part):
            inner = _compiled(part)
            return lambda row: not inner(row)


def _opening(target: Opening) -> RowFilter:
    window, attribute = target.window, target.window.attribute
    known: dict[str, bool] = {}

    def opens_then(row: Row) -> bool:
        zone_name = windows.zone_of(window, None if attribute is None else row.attributes.get(attribute))
        holds = known.get(zone_name)
        if holds is None:
            opens_at_s = windows.opening(window, zone_name, target.ready_at_s)
            holds = opens_at_s <= target.ready_at_s if target.since_before else opens_at_s == target.opens_at_s
            # As many entries as there are time zones at most.
            known[zone_name] = holds
        return holds

    return opens_then


def _any(filters: tuple[RowFilter, ...]) -> RowFilter:
    if len(filters) == 2:
        first, second = filters
        return lambda row: first(row) or second(row)

    def one_matches(row: Row) -> bool:
        for matching in filters:  # noqa: SIM110 - any() over a generator costs twice as much per row
            if matching(row):
                return True
        return False

    return one_matches


def _every(filters: tuple[RowFilter, ...]) -> RowFilter:
    if len(filters) == 2:
        first, second = filters
        return lambda row: first(row) and second(row)

    def all_match(row: Row) -> bool:
        for matching in filters:  # noqa: SIM110 - all() over a generator costs twice as much per row
            if not matching(row):
                return False
        return True

    return all_match


def _attr(target: Attr) -> RowFilter:
    name, value = target.name, target.value
    if target.op == "exists":
        return lambda row: name in row.attributes
    if isinstance(value, tuple):
        return _one_of(name, value)
    if target.op == "eq":
        return _one_of(name, (value,))
    if target.op == "ne":
        equal = _one_of(name, (value,))
        return lambda row: name in row.attributes and not equal(row)
    if isinstance(value, str):
        if target.op == "prefix":
            return _begins(name, value)
        return _ordered_text(name, _ORDER[target.op], value)
    return _ordered_number(name, _ORDER[target.op], value)


def _one_of(name: str, values: tuple[AttributeValue, ...]) -> RowFilter:
    booleans = frozenset(value for value in values if isinstance(value, bool))
    others = frozenset(value for value in values if not isinstance(value, bool))
    if not booleans and all(isinstance(value, str) for value in others):
        if len(others) == 1:
            (text,) = others
            return lambda row: row.attributes.get(name) == text
        return lambda row: row.attributes.get(name) in others

    def is_one(row: Row) -> bool:
        held = row.attributes.get(name)
        return held in (booleans if isinstance(held, bool) else others)

    return is_one


def _begins(name: str, prefix: str) -> RowFilter:
    def begins(row: Row) -> bool:
        held = row.attributes.get(name)
        return isinstance(held, str) and held.startswith(prefix)

    return begins


def _ordered_text(name: str, in_order: _InOrder, value: str) -> RowFilter:
    def compares(row: Row) -> bool:
        held = row.attributes.get(name)
        return isinstance(held, str) and in_order(held, value)

    return compares


def _ordered_number(name: str, in_order: _InOrder, value: float) -> RowFilter:
    def compares(row: Row) -> bool:
        held = row.attributes.get(name)
        return isinstance(held, int | float) and not isinstance(held, bool) and in_order(held, value)

    return compares

"""Random targets and rows, and what a target means said in the plainest way, to hold the fast ways against."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from hypothesis import strategies as st

from services.domain.identity import AttributeValue
from services.domain.problems import Problem
from services.domain.targets import expression as ex

USERS = ("ann", "bob", "cho", "all", "group:ops")
GROUPS = ("ops", "it", "night shift", "all", "user:bob")
TERMINALS = ("ann/pc", "bob/pc", "kiosk-1", "group:ops")
CONNECTIONS = ("c1", "c2", "c3", "c4")
ATTRIBUTES = ("os", "floor", "and", "a b")
VALUES: tuple[AttributeValue, ...] = ("windows", "win", "", "1", "true", 0, 1, 1.0, 2.5, -3, True, False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ARow:
    """A row of a registry with nothing beside what targets ask."""

    connection_id: str = "c1"
    terminal_id: str = "ann/pc"
    user: str = "ann"
    groups: tuple[str, ...] = ()
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)


def _some(names: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(names), min_size=1, max_size=3).map(tuple)


def _attrs() -> st.SearchStrategy[ex.Target]:
    name = st.sampled_from(ATTRIBUTES)
    value = st.sampled_from(VALUES)
    ordered = value.filter(lambda each: not isinstance(each, bool))
    return st.one_of(
        st.builds(ex.Attr, name, st.sampled_from(("eq", "ne")), value),
        st.builds(ex.Attr, name, st.just("in"), st.lists(value, min_size=1, max_size=3).map(tuple)),
        st.builds(ex.Attr, name, st.sampled_from(("lt", "le", "gt", "ge")), ordered),
        st.builds(ex.Attr, name, st.just("prefix"), value.filter(lambda each: isinstance(each, str))),
        st.builds(ex.Attr, name, st.just("exists")),
    )


def _listings() -> st.SearchStrategy[ex.Target]:
    return st.one_of(
        st.builds(ex.Users, _some(USERS)),
        st.builds(ex.Groups, _some(GROUPS)),
        st.builds(ex.Terminals, _some(TERMINALS)),
        st.builds(ex.Connections, _some(CONNECTIONS)),
    )


def _leaves() -> st.SearchStrategy[ex.Target]:
    return st.one_of(st.just(ex.All()), _listings(), _attrs())


def targets(*, fewest_parts: int = 1) -> st.SearchStrategy[ex.Target]:
    """Any target within `expression.ASKED`, whose `any` and `every` have `fewest_parts` to 3 parts."""

    def larger(parts: st.SearchStrategy[ex.Target]) -> st.SearchStrategy[ex.Target]:
        several = st.lists(parts, min_size=fewest_parts, max_size=3).map(tuple)
        return st.one_of(st.builds(ex.Any, several), st.builds(ex.Every, several), st.builds(ex.Not, parts))

    return st.recursive(_leaves(), larger, max_leaves=12).filter(
        lambda target: ex.depth_and_nodes(target)[0] <= ex.ASKED.depth
    )


def narrow_targets() -> st.SearchStrategy[ex.Target]:
    """Targets that can be covered without `all`, mostly by several topics that share rows."""
    narrowed = st.builds(lambda listing, asked: ex.Every((listing, asked)), _listings(), targets())
    return st.lists(_listings() | narrowed, min_size=1, max_size=4).map(lambda parts: ex.Any(tuple(parts)))


def registries() -> st.SearchStrategy[list[ARow]]:
    """Up to 12 rows, each with a connection id of its own."""
    row = st.builds(
        ARow,
        connection_id=st.sampled_from((*CONNECTIONS, "c5", "c6", "c7", "c8", "c9")),
        terminal_id=st.sampled_from(TERMINALS),
        user=st.sampled_from(USERS),
        groups=st.lists(st.sampled_from(GROUPS), unique=True, max_size=4).map(tuple),
        attributes=st.dictionaries(st.sampled_from(ATTRIBUTES), st.sampled_from(VALUES)),
    )
    return st.lists(row, max_size=12, unique_by=lambda each: each.connection_id)


def means(target: ex.Target, row: ARow) -> bool:
    """Whether `target` means `row`, read off the definition."""
    match target:
        case ex.All():
            return True
        case ex.Users(ids):
            return row.user in ids
        case ex.Groups(names):
            return any(name in row.groups for name in names)
        case ex.Terminals(ids):
            return row.terminal_id in ids
        case ex.Connections(ids):
            return row.connection_id in ids
        case ex.Attr(name):
            return name in row.attributes and _compares(target, row.attributes[name])
        case ex.Any(parts):
            return any(means(part, row) for part in parts)
        case ex.Every(parts):
            return all(means(part, row) for part in parts)
        case ex.Not(part):
            return not means(part, row)
        case ex.Opening():
            raise AssertionError("no caller can write it, and none is made here")


def _compares(target: ex.Attr, held: AttributeValue) -> bool:
    if isinstance(target.value, tuple):
        return any(_kind(held) == _kind(value) and held == value for value in target.value)
    same_kind = _kind(held) == _kind(target.value)
    if target.op == "exists":
        return True
    if target.op == "ne":
        return not same_kind or held != target.value
    if isinstance(held, str) and isinstance(target.value, str):
        return {
            "eq": held == target.value,
            "lt": held < target.value,
            "le": held <= target.value,
            "gt": held > target.value,
            "ge": held >= target.value,
            "prefix": held.startswith(target.value),
        }[target.op]
    if not same_kind or isinstance(held, str) or isinstance(target.value, str):
        return False
    return {
        "eq": held == target.value,
        "lt": held < target.value,
        "le": held <= target.value,
        "gt": held > target.value,
        "ge": held >= target.value,
    }[target.op]


def _kind(value: AttributeValue) -> str:
    if isinstance(value, bool):
        return "truth"
    return "text" if isinstance(value, str) else "number"


def refusal_of(read: Callable[[], ex.Target]) -> Problem | None:
    """The problem that `read` raises, or None if it gives a target."""
    try:
        read()
    except Problem as problem:
        return problem
    return None

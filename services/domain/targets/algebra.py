"""Targets made smaller without a change of meaning, in general and for the rows of one topic."""

from __future__ import annotations

from collections.abc import Callable

from services.domain.targets.expression import (
    NOBODY,
    All,
    Any,
    Attr,
    Connections,
    Every,
    Groups,
    Not,
    Target,
    Terminals,
    Users,
)
from services.domain.topics import Topic


def simplify(target: Target) -> Target:
    """A target that matches the same rows, with nothing in it that does not matter.

    Flat (`any` in `any`, `every` in `every`), without doubles, without `all` and nobody except as the whole
    result (`All()`, `NOBODY`), without double negation; lists of names of one kind are joined in an `any`, and
    lists of users, terminals or connections, of which a row has but one, are cut down in an `every`.
    """
    return _rebuilt(target, lambda leaf: leaf)


def within(target: Target, topic: Topic) -> Target:
    """What is left of `target` to ask about a row that is known to be filed under `topic`.

    `All()` if every such row matches, `NOBODY` if none can.
    """

    def known(leaf: Target) -> Target:
        match leaf:
            case Users(ids) if topic.kind == "user":
                return All() if topic.name in ids else NOBODY
            case Terminals(ids) if topic.kind == "terminal":
                return All() if topic.name in ids else NOBODY
            case Connections(ids) if topic.kind == "connection":
                return All() if topic.name in ids else NOBODY
            case Groups(names) if topic.kind == "group" and topic.name in names:
                return All()
            case _:
                return leaf

    return _rebuilt(target, known)


def _rebuilt(target: Target, known: Callable[[Target], Target]) -> Target:
    """`target` simplified from the leaves up, each leaf put through `known` first."""
    match target:
        case Any(parts):
            return _any([_rebuilt(part, known) for part in parts])
        case Every(parts):
            return _every([_rebuilt(part, known) for part in parts])
        case Not(part):
            return _negated(_rebuilt(part, known))
        case _:
            return _without_doubles(known(target))


def _without_doubles(leaf: Target) -> Target:
    match leaf:
        case Users(ids):
            return Users(tuple(dict.fromkeys(ids)))
        case Groups(names):
            return Groups(tuple(dict.fromkeys(names)))
        case Terminals(ids):
            return Terminals(tuple(dict.fromkeys(ids)))
        case Connections(ids):
            return Connections(tuple(dict.fromkeys(ids)))
        case Attr(name, "in", value) if isinstance(value, tuple):
            single = dict.fromkeys(Attr(name, "eq", one) for one in value)
            values = tuple(one.value for one in single if not isinstance(one.value, tuple))
            return Attr(name, "eq", values[0]) if len(values) == 1 else Attr(name, "in", values)
        case _:
            return leaf


def _negated(part: Target) -> Target:
    return part.part if isinstance(part, Not) else Not(part)


def _any(parts: list[Target]) -> Target:
    flat: dict[Target, None] = {}
    listed: dict[type[Target], dict[str, None]] = {}
    for part in parts:
        for each in part.of if isinstance(part, Any) else (part,):
            names = _names_of(each)
            if names is None:
                flat[each] = None
            else:
                listed.setdefault(type(each), {}).update(dict.fromkeys(names))
    joined = [_listing(kind, tuple(names)) for kind, names in listed.items()]
    flat = dict.fromkeys([*joined, *flat])
    flat.pop(NOBODY, None)
    if All() in flat or any(_negated(part) in flat for part in flat):
        return All()
    if not flat:
        return NOBODY
    return Any(tuple(flat)) if len(flat) > 1 else next(iter(flat))


def _every(parts: list[Target]) -> Target:
    flat: dict[Target, None] = {}
    listed: dict[type[Target], tuple[str, ...]] = {}
    for part in parts:
        for each in part.of if isinstance(part, Every) else (part,):
            names = _names_of(each)
            if names is None or isinstance(each, Groups):
                flat[each] = None
                continue
            others = set(names)
            left = tuple(name for name in listed.get(type(each), names) if name in others)
            if not left:
                return NOBODY
            listed[type(each)] = left
    flat = dict.fromkeys([*(_listing(kind, names) for kind, names in listed.items()), *flat])
    flat.pop(All(), None)
    if NOBODY in flat or any(_negated(part) in flat for part in flat):
        return NOBODY
    if not flat:
        return All()
    return Every(tuple(flat)) if len(flat) > 1 else next(iter(flat))


def _names_of(target: Target) -> tuple[str, ...] | None:
    match target:
        case Users(names) | Groups(names) | Terminals(names) | Connections(names):
            return names
        case _:
            return None


def _listing(kind: type[Target], names: tuple[str, ...]) -> Target:
    for of_kind in (Users, Groups, Terminals, Connections):
        if kind is of_kind:
            return of_kind(names)
    raise ValueError(f"{kind.__name__} lists no names")

"""Targets made smaller without a change of meaning, in general and for the rows of one topic."""

from __future__ import annotations

from operator import is_

from services.domain.targets.expression import (
    NOBODY,
    All,
    Any,
    Attr,
    Connections,
    Every,
    Groups,
    Listing,
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
    match target:
        case Any(parts):
            return _any([simplify(part) for part in parts])
        case Every(parts):
            return _every([simplify(part) for part in parts])
        case Not(part):
            return _negated(simplify(part))
        case _:
            return _without_doubles(target)


def within(target: Target, topic: Topic) -> Target:
    """What is left of `target` to ask about a row that is known to be filed under `topic`.

    `All()` if every such row matches, `NOBODY` if none can. What the topic says nothing about stays as it is, so
    the result is as simple as `target`; it is the same object if the topic says nothing about any of it.
    """
    match target:
        case Any(parts) | Every(parts):
            left = [within(part, topic) for part in parts]
            if all(map(is_, left, parts)):
                return target
            return _any(left) if isinstance(target, Any) else _every(left)
        case Not(part):
            rest = within(part, topic)
            return target if rest is part else _negated(rest)
        case Users(names) if topic.kind == "user":
            return All() if topic.name in names else NOBODY
        case Terminals(names) if topic.kind == "terminal":
            return All() if topic.name in names else NOBODY
        case Connections(names) if topic.kind == "connection":
            return All() if topic.name in names else NOBODY
        case Groups(names) if topic.kind == "group" and topic.name in names:
            return All()
        case _:
            return target


def _without_doubles(leaf: Target) -> Target:
    if isinstance(leaf, Listing):
        return type(leaf)(tuple(dict.fromkeys(_names(leaf))))
    if isinstance(leaf, Attr) and isinstance(leaf.value, tuple):
        # Told apart as the `Attr` they make: Python alone holds True and 1 for the same.
        single = list({Attr(leaf.name, "eq", value): value for value in leaf.value}.values())
        return Attr(leaf.name, "eq", single[0]) if len(single) == 1 else Attr(leaf.name, "in", tuple(single))
    return leaf


def _negated(part: Target) -> Target:
    return part.part if isinstance(part, Not) else Not(part)


def _any(parts: list[Target]) -> Target:
    others: dict[Target, None] = {}
    joined: dict[type[Listing], dict[str, None]] = {}
    for part in parts:
        for each in part.of if isinstance(part, Any) else (part,):
            if isinstance(each, Listing):
                joined.setdefault(type(each), {}).update(dict.fromkeys(_names(each)))
            else:
                others[each] = None
    flat: dict[Target, None] = {kind(tuple(names)): None for kind, names in joined.items()} | others
    flat.pop(NOBODY, None)
    if All() in flat or any(_negated(part) in flat for part in flat):
        return All()
    if not flat:
        return NOBODY
    return Any(tuple(flat)) if len(flat) > 1 else next(iter(flat))


def _every(parts: list[Target]) -> Target:
    others: dict[Target, None] = {}
    shared: dict[type[Users | Terminals | Connections], tuple[str, ...]] = {}
    for part in parts:
        for each in part.of if isinstance(part, Every) else (part,):
            if isinstance(each, Users | Terminals | Connections):
                names = set(_names(each))
                left = tuple(name for name in shared.get(type(each), _names(each)) if name in names)
                if not left:
                    return NOBODY
                shared[type(each)] = left
            else:
                others[each] = None
    flat: dict[Target, None] = {kind(names): None for kind, names in shared.items()} | others
    flat.pop(All(), None)
    if NOBODY in flat or any(_negated(part) in flat for part in flat):
        return NOBODY
    if not flat:
        return All()
    return Every(tuple(flat)) if len(flat) > 1 else next(iter(flat))


def _names(listing: Listing) -> tuple[str, ...]:
    return listing.names if isinstance(listing, Groups) else listing.ids

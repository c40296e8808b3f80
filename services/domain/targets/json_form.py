"""Targets in JSON, as callers send them and as they are kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields

from services.domain import names
from services.domain.identity import AttributeValue
from services.domain.problems import Problem
from services.domain.strategies.strategy import Window
from services.domain.targets.expression import (
    ASKED,
    KEPT,
    MAX_LISTED,
    OPS,
    All,
    Any,
    Attr,
    Bounds,
    Connections,
    Every,
    Groups,
    Not,
    Op,
    Opening,
    Target,
    Terminals,
    Users,
    fault_of_value,
)

_KINDS = ("all", "users", "groups", "terminals", "connections", "attr", "any", "every", "not")
_KINDS_IN_WORDS = ", ".join(_KINDS[:-1]) + " or " + _KINDS[-1]
_OPENING = "opening"
_OPS_IN_WORDS = ", ".join(OPS[:-1]) + " or " + OPS[-1]
_LISTS: Mapping[str, Callable[[tuple[str, ...]], Target]] = {
    "users": Users,
    "groups": Groups,
    "terminals": Terminals,
    "connections": Connections,
}


def from_json(value: object, *, bounds: Bounds = ASKED) -> Target:
    """The target that parsed JSON says, as `{"every": [{"groups": ["ops"]}, {"attr": "os", "value": "mac"}]}`.

    An object has exactly one of the members all, users, groups, terminals, connections, attr, any, every and
    not; beside attr stand op (eq if absent) and value. Lists hold 1 to `MAX_LISTED` entries. `bounds` are
    those of what callers write; what the service wrote is read with `KEPT`, and only then may hold an `opening`.
    Raises `Problem("invalid_target", 422)`; its `extra["pointer"]` is the JSON pointer (RFC 6901), from
    `value` on, to what is wrong.
    """
    return _Reader(bounds).target(value, "", 1)


def to_json(target: Target) -> dict[str, object]:
    """`target` as `from_json` takes it."""
    match target:
        case All():
            return {"all": True}
        case Users(ids):
            return {"users": list(ids)}
        case Groups(group_names):
            return {"groups": list(group_names)}
        case Terminals(ids):
            return {"terminals": list(ids)}
        case Connections(ids):
            return {"connections": list(ids)}
        case Attr(name, "exists"):
            return {"attr": name, "op": "exists"}
        case Attr(name, op, value):
            return {"attr": name, "op": op, "value": list(value) if isinstance(value, tuple) else value}
        case Opening():
            return {_OPENING: _opening_json(target)}
        case Any(parts):
            return {"any": [to_json(part) for part in parts]}
        case Every(parts):
            return {"every": [to_json(part) for part in parts]}
        case Not(part):
            return {"not": to_json(part)}


class _Reader:
    """Reads one expression, and counts meanwhile, so that it stops at the bounds and not after them."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._nodes = 0
        self._listed = 0

    def target(self, value: object, pointer: str, depth: int) -> Target:
        self._count(pointer, depth)
        if not isinstance(value, dict):
            raise _refusal(pointer, f"is not an object with one of {_KINDS_IN_WORDS}")
        members: dict[object, object] = value
        if self._bounds is KEPT and members.keys() == {_OPENING}:
            return _opening(members[_OPENING], f"{pointer}/{_OPENING}")
        kind = _kind_of(members, pointer)
        inside = members[kind]
        here = f"{pointer}/{kind}"
        if kind == "attr":
            return self._attr(members, pointer)
        if kind == "all":
            if inside is not True:
                raise _refusal(here, 'is not true; who means nobody writes {"not": {"all": true}}')
            return All()
        if kind == "not":
            return Not(self.target(inside, here, depth + 1))
        if kind in _LISTS:
            entries = self._list(inside, here)
            return _LISTS[kind](tuple(_name(entry, f"{here}/{place}") for place, entry in enumerate(entries)))
        parts = tuple(
            self.target(entry, f"{here}/{place}", depth + 1) for place, entry in enumerate(_filled(inside, here))
        )
        return Any(parts) if kind == "any" else Every(parts)

    def _count(self, pointer: str, depth: int) -> None:
        if depth > self._bounds.depth:
            raise _refusal(pointer, f"is nested deeper than {self._bounds.depth} levels; flatten the expression")
        self._nodes += 1
        if self._nodes > self._bounds.nodes:
            raise _refusal(
                pointer,
                f"is one expression too many: at most {self._bounds.nodes} in a target; "
                "list names together in one users, groups or terminals",
            )

    def _attr(self, members: Mapping[object, object], pointer: str) -> Attr:
        name = _name(members["attr"], f"{pointer}/attr")
        op = _op(members.get("op", "eq"), f"{pointer}/op")
        here = f"{pointer}/value"
        if op == "exists":
            if members.get("value", True) is not True:
                raise _refusal(here, "is not true; for terminals without the attribute, wrap exists in not")
            return Attr(name, op)
        if "value" not in members:
            raise _refusal(pointer, f"has no value, and {op} needs one; only exists goes without")
        value = members["value"]
        if op == "in":
            entries = self._list(value, here)
            return Attr(name, op, tuple(_value(op, entry, f"{here}/{place}") for place, entry in enumerate(entries)))
        if isinstance(value, list):
            raise _refusal(here, f"is a list, and {op} takes one value; use in for several")
        return Attr(name, op, _value(op, value, here))

    def _list(self, value: object, pointer: str) -> list[object]:
        entries = _filled(value, pointer)
        if len(entries) > MAX_LISTED:
            raise _refusal(pointer, f"has {len(entries)} entries, at most {MAX_LISTED} fit; split the list")
        self._listed += len(entries)
        if self._listed > self._bounds.listed:
            raise _refusal(
                pointer,
                f"makes it {self._listed} entries in all lists, at most {self._bounds.listed} fit in a target; "
                "send several pushes, or put those users into a group",
            )
        return entries


def _opening_json(opening: Opening) -> dict[str, object]:
    window = {member.name: getattr(opening.window, member.name) for member in fields(Window)}
    return {
        **window,
        "days": sorted(opening.window.days),
        "ready_at_s": opening.ready_at_s,
        "opens_at_s": opening.opens_at_s,
        "since_before": opening.since_before,
    }


def _opening(value: object, pointer: str) -> Opening:
    """What `_opening_json` wrote; a store may have made whole numbers of its times."""
    match value:
        case {
            "timezone": str(timezone),
            "attribute": str() | None as attribute,
            "days": [*days],
            "from_minute": int(from_minute),
            "to_minute": int(to_minute),
            "outside": "wait" | "drop" as outside,
            "ready_at_s": int() | float() as ready_at_s,
            "opens_at_s": int() | float() as opens_at_s,
            "since_before": bool(since_before),
        }:
            window = Window(
                timezone=timezone,
                attribute=attribute,
                days=frozenset(int(day) for day in days),
                from_minute=from_minute,
                to_minute=to_minute,
                outside="drop" if outside == "drop" else "wait",
            )
            return Opening(window, float(ready_at_s), float(opens_at_s), since_before)
    raise _refusal(pointer, "is not what the service writes")


def _kind_of(members: Mapping[object, object], pointer: str) -> str:
    kinds = [kind for kind in _KINDS if kind in members]
    if len(kinds) > 1:
        raise _refusal(pointer, f"has {' and '.join(kinds)}; put each into an object of its own, under any or every")
    allowed = {"attr", "op", "value"} if kinds == ["attr"] else set(kinds)
    unknown = [member for member in members if member not in allowed]
    if unknown:
        known = "attr takes op and value" if kinds == ["attr"] else f"an expression has one of {_KINDS_IN_WORDS}"
        raise _refusal(pointer, f"has the unknown member {shown(str(unknown[0]))}; {known}")
    if not kinds:
        raise _refusal(pointer, f"is empty; an expression has one of {_KINDS_IN_WORDS}")
    return kinds[0]


def _op(value: object, pointer: str) -> Op:
    for op in OPS:
        if op == value:
            return op
    raise _refusal(pointer, f"is not one of {_OPS_IN_WORDS}")


def _value(op: Op, value: object, pointer: str) -> AttributeValue:
    fault = fault_of_value(op, value)
    if fault is not None:
        raise _refusal(pointer, fault)
    assert isinstance(value, str | int | float)
    return value


def _name(value: object, pointer: str) -> str:
    fault = names.fault_of(value)
    if fault is not None:
        raise _refusal(pointer, fault)
    assert isinstance(value, str)
    return value


def _filled(value: object, pointer: str) -> list[object]:
    if not isinstance(value, list):
        raise _refusal(pointer, "is not a list")
    if not value:
        raise _refusal(pointer, 'is empty; who means nobody writes {"not": {"all": true}}')
    return value


def shown(text: str, *, limit: int = 40) -> str:
    """`text` quoted and cut to `limit` characters, fit for an error message: no lone surrogate stays in it."""
    cut = text if len(text) <= limit else text[:limit] + "…"
    return json.dumps(cut, ensure_ascii=False).encode("utf-8", "backslashreplace").decode()


def _refusal(pointer: str, fault: str) -> Problem:
    return Problem("invalid_target", 422, f"target{pointer} {fault}", pointer=pointer)

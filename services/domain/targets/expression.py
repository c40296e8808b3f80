"""What a target is made of: who a push is for, as a tree of small values."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from services.domain.identity import MAX_ATTRIBUTE_VALUE_BYTES, AttributeValue
from services.domain.strategies.strategy import Window

MAX_LISTED = 1_000
"""Most names in one list, and most values of one `in`."""
MAX_INTEGER = (1 << 63) - 1
"""Largest whole number an attribute is compared with; the smallest is its negative."""

Op = Literal["eq", "ne", "in", "lt", "le", "gt", "ge", "prefix", "exists"]
"""How an attribute is compared. Every one of them, `ne` too, speaks only of rows that have the attribute."""
OPS: tuple[Op, ...] = get_args(Op)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How deep and how big an expression may be.

    A leaf has depth 1. Each node counts, leaf or not. `listed` are the entries of all its lists together.
    """

    depth: int
    nodes: int
    listed: int


ASKED = Bounds(depth=8, nodes=256, listed=2_000)
"""For what a caller or a person writes."""
KEPT = Bounds(depth=32, nodes=2_048, listed=10_000)
"""For what the service itself wrote: a caller's target and-ed with what its sender may reach is bigger."""


@dataclass(frozen=True, slots=True)
class All:
    """Everybody who is connected."""


@dataclass(frozen=True, slots=True)
class Users:
    """Rows of one of these users."""

    ids: tuple[str, ...]

    def __post_init__(self) -> None:
        _not_empty(self.ids)


@dataclass(frozen=True, slots=True)
class Groups:
    """Rows in at least one of these groups."""

    names: tuple[str, ...]

    def __post_init__(self) -> None:
        _not_empty(self.names)


@dataclass(frozen=True, slots=True)
class Terminals:
    """Rows of one of these terminals."""

    ids: tuple[str, ...]

    def __post_init__(self) -> None:
        _not_empty(self.ids)


@dataclass(frozen=True, slots=True)
class Connections:
    """These open sockets."""

    ids: tuple[str, ...]

    def __post_init__(self) -> None:
        _not_empty(self.ids)


@dataclass(frozen=True, slots=True, eq=False)
class Attr:
    """Rows whose attribute `name` compares so with `value`.

    A row without the attribute is matched by no operator, `ne` included: `os != windows` means "has an os, and
    it is another". So a push never reaches a terminal of which the service does not know that it is meant;
    `Not(Attr("os", "eq", "windows"))` also takes those without.

    Values are compared within their kind: text with text (by code point), numbers with numbers (1 equals
    1.0), true and false with themselves. A value of another kind is not equal, and neither less nor greater.
    `in` holds a tuple of values, `prefix` text, `exists` the value True.
    """

    name: str
    op: Op
    value: AttributeValue | tuple[AttributeValue, ...] = True

    def __post_init__(self) -> None:
        if self.op == "in" and not isinstance(self.value, tuple):
            raise ValueError("the value of `in` is a tuple")
        if isinstance(self.value, tuple):
            _not_empty(self.value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Attr):
            return NotImplemented
        return self._identity == other._identity

    def __hash__(self) -> int:
        return hash((self.name, self.op, self.value))

    @property
    def _identity(self) -> tuple[object, ...]:
        """What makes two of them the same; Python alone holds True and 1 for equal."""
        values = self.value if isinstance(self.value, tuple) else (self.value,)
        return (self.name, self.op, tuple((isinstance(value, bool), value) for value in values))


@dataclass(frozen=True, slots=True)
class Any:
    """Rows that at least one part matches."""

    of: tuple[Target, ...]

    def __post_init__(self) -> None:
        _not_empty(self.of)


@dataclass(frozen=True, slots=True)
class Every:
    """Rows that all parts match."""

    of: tuple[Target, ...]

    def __post_init__(self) -> None:
        _not_empty(self.of)


@dataclass(frozen=True, slots=True)
class Not:
    """Rows that the part does not match."""

    part: Target


@dataclass(frozen=True, slots=True)
class Opening:
    """Rows whose window, asked by their own clock at `ready_at_s`, is in the opening that began at `opens_at_s`, or
    shut and opens then. With `since_before`, all of those whose window was open at `ready_at_s`, since whenever.

    The service's own: it tells the lanes of a push apart, and no caller can write it.
    """

    window: Window
    ready_at_s: float
    opens_at_s: float
    since_before: bool = False


Listing: TypeAlias = Users | Groups | Terminals | Connections
"""The leaves that list names, each of which is a topic."""

Target: TypeAlias = All | Users | Groups | Terminals | Connections | Attr | Opening | Any | Every | Not
"""Who a push is for. Lists are never empty: an empty `every` would be everybody, by accident."""

NOBODY = Not(All())
"""The target that matches no row."""


def depth_and_nodes(target: Target) -> tuple[int, int]:
    """How deep and how big `target` is, as `Bounds` counts."""
    deepest = nodes = 0
    for depth, _ in walk(target):
        deepest = max(deepest, depth)
        nodes += 1
    return deepest, nodes


def walk(target: Target) -> Iterator[tuple[int, Target]]:
    """Each node with its depth, the target itself first at depth 1."""
    waiting: list[tuple[int, Target]] = [(1, target)]
    while waiting:
        depth, node = waiting.pop()
        yield depth, node
        if isinstance(node, Any | Every):
            waiting.extend((depth + 1, part) for part in reversed(node.of))
        elif isinstance(node, Not):
            waiting.append((depth + 1, node.part))


def fault_of_value(op: Op, value: object) -> str | None:
    """Why an attribute cannot be compared so with `value` (for `in`: with one of its values), or None."""
    if value is None:
        return "is null; to ask whether an attribute is there, use exists"
    if not isinstance(value, str | int | float):
        return "is not text, a number, true or false"
    if op == "prefix" and not isinstance(value, str):
        return "is not text, and prefix compares text"
    if op in {"lt", "le", "gt", "ge"} and isinstance(value, bool):
        return "is true or false, which have no order; use eq"
    if isinstance(value, str):
        return _fault_of_text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return "is not a finite number"
    if isinstance(value, int) and abs(value) > MAX_INTEGER:
        return "is a whole number of more than 64 bits"
    return None


def _fault_of_text(value: str) -> str | None:
    if len(value) > MAX_ATTRIBUTE_VALUE_BYTES:
        return f"is longer than {MAX_ATTRIBUTE_VALUE_BYTES} bytes"
    try:
        size_bytes = len(value.encode())
    except UnicodeEncodeError:
        return "holds a lone surrogate"
    return f"is longer than {MAX_ATTRIBUTE_VALUE_BYTES} bytes" if size_bytes > MAX_ATTRIBUTE_VALUE_BYTES else None


def _not_empty(listed: tuple[object, ...]) -> None:
    if not listed:
        raise ValueError("a target lists at least one; who means nobody writes Not(All())")

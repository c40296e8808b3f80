"""Values as items hold them: what may be missing, times, numbers, sets, arcs and JSON text; and how large they are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from infra.aws.attributes import Item, Value
from services.domain.ring import WHOLE, Arc

DAY_S: Final = 86_400
_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


def present(attributes: Mapping[str, Value]) -> Item:
    """Attributes without those that are None."""
    return {name: value for name, value in attributes.items() if value is not None}


def seconds(value: Value) -> float:
    """A time in an item."""
    assert isinstance(value, int | float)
    return float(value)


def optional_seconds(value: Value) -> float | None:
    """A time that an item may not have."""
    return None if value is None else seconds(value)


def whole(value: Value) -> int:
    """A whole number in an item."""
    assert isinstance(value, int)
    return value


def texts(value: Value) -> frozenset[str]:
    """A set in an item that has it unless it is empty."""
    if value is None:
        return frozenset()
    assert isinstance(value, frozenset)
    return value


def arc_text(arc: Arc) -> str | None:
    """An arc as it is kept; the whole circle is not kept."""
    return None if arc == WHOLE else f"{arc.start}+{arc.length}"


def arc_of(value: Value) -> Arc:
    """The arc in an item."""
    return WHOLE if value is None else Arc(*map(int, str(value).split("+")))


def to_json(value: object) -> str:
    """JSON text as it is kept: compact, in UTF-8."""
    return _encode(value)


def size_bytes(item: Item) -> int:
    """About how large DynamoDB takes an item to be: names and values in UTF-8, a number at most 21 bytes."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def _value_bytes(value: Value) -> int:
    match value:
        case str():
            return len(value.encode())
        case bytes():
            return len(value)
        case frozenset():
            return sum(len(text.encode()) + 1 for text in value) + 3
        case bool() | None:
            return 1
        case _:
            return min(21, len(repr(value)) // 2 + 2)

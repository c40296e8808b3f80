"""JSON objects from outside, read without the latitude that Python's reader gives."""

from __future__ import annotations

import json
from typing import NoReturn


def _unique(members: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(members)
    if len(found) != len(members):
        raise ValueError("a member name occurs twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant)


def value_of(text: bytes | str) -> object:
    """The JSON value that `text` holds (RFC 8259, in UTF-8 if bytes).

    Raises ValueError for what is not JSON, for a member name that occurs twice in one object (RFC 7515 §4
    asks for that), for NaN and Infinity, and for nesting that is too deep to read.
    """
    try:
        value: object = _DECODER.decode(text.decode() if isinstance(text, bytes) else text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return value


def object_of(text: bytes | str) -> dict[str, object]:
    """The JSON object that `text` holds; raises ValueError as `value_of` does, and for any other value."""
    value = value_of(text)
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value

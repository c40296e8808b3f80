"""The order in which a Java `HashMap` lists its keys: API Gateway serialises the authorizer's map in it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TypeVar

Value = TypeVar("Value")

_LOAD_FACTOR = 0.75


@lru_cache(maxsize=1024)
def java_hash(text: str) -> int:
    """`String.hashCode`: 31-polynomial over UTF-16 units, as an unsigned 32-bit number.

    Remembered, since every handshake asks for the same few keys.
    """
    value = 0
    units = text.encode("utf-16-be", "surrogatepass")
    for at in range(0, len(units), 2):
        value = (31 * value + (units[at] << 8 | units[at + 1])) & 0xFFFF_FFFF
    return value


def in_hash_map_order(entries: Mapping[str, Value], *, buckets: int = 16) -> dict[str, Value]:
    """The same entries in the order of a `HashMap` that started with `buckets` and doubled as it filled.

    Keys that share a bucket keep the order they have in `entries`.
    """
    while len(entries) > _LOAD_FACTOR * buckets:
        buckets *= 2
    return dict(sorted(entries.items(), key=lambda entry: _bucket(entry[0], buckets)))


def _bucket(key: str, buckets: int) -> int:
    value = java_hash(key)
    return (value ^ value >> 16) & (buckets - 1)

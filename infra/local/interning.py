"""One object for equal values: thousands of connections share a few groups, attributes and user agents."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

MOST_KEPT = 4_096
"""Values remembered in one table. It is emptied when full: what is in use lives on, and is shared anew from there."""


class Interned(Generic[K, V]):
    """For each key the first value that came with it."""

    def __init__(self, most_kept: int = MOST_KEPT) -> None:
        self._most_kept = most_kept
        self._kept: dict[K, V] = {}

    def get(self, key: K, make: Callable[[], V]) -> V:
        """The value kept under `key`, or else the one that `make` gives, which is kept from then on."""
        value = self._kept.get(key)
        if value is None:
            if len(self._kept) >= self._most_kept:
                self._kept.clear()
            value = self._kept[key] = make()
        return value

"""Listings, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items of a listing, and the cursor that continues it; `next` is None at the end."""

    items: Sequence[T]
    next: str | None = None

"""Terminals that were here."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from services.domain.identity import AttributeValue
from services.ports.page import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A terminal as it was when it was last here, or still is. `seen_at_s` is in epoch seconds."""

    terminal_id: str
    user: str
    groups: tuple[str, ...]
    attributes: Mapping[str, AttributeValue]
    seen_at_s: float


class LastSeen(Protocol):
    """Terminals that were here, for as long as the deployment says. One that is here may be among them, or not yet.

    Derived as connections go; may lag by seconds.
    """

    async def list(self, *, limit: int, after: str | None = None) -> Page[Seen]:
        """In a fixed order; `after` is a page's `next`. A page may hold fewer than `limit` and still have a `next`."""

    async def get_many(self, terminal_ids: Collection[str]) -> Mapping[str, Seen]:
        """Those that are known, by terminal id."""

    async def of_user(self, user: str) -> Sequence[Seen]:
        """Every known terminal of a user."""

"""One-time tickets that were used."""

from __future__ import annotations

from typing import Protocol


class Tickets(Protocol):
    """One-time tickets that were used."""

    async def use(self, ticket_id: str, *, until_s: float) -> bool:
        """True for the first caller with this id, False for every later one; forgotten at `until_s`."""

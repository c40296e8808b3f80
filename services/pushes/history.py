"""Pushes as they are now, and those of the past."""

from __future__ import annotations

from collections.abc import Collection

from services.domain.positions import is_position
from services.domain.problems import Problem
from services.domain.pushes import Counts, Push, State
from services.ports import Page, Ports


async def one(ports: Ports, push_id: str) -> tuple[Push, Counts]:
    """A push, and what became of it so far. Raises Problem (404)."""
    push = await ports.pushes.get(push_id) if is_position(push_id) else None
    if push is None:
        raise Problem("push_not_found", 404, f"there is no push {push_id[:64]}")
    return push, await ports.pushes.counts(push_id)


async def recent(
    ports: Ports, *, limit: int, after: str | None, states: Collection[State] = (), sender: str | None = None
) -> Page[Push]:
    """The newest pushes first; `after` is the id of the last one seen. No `states` means every state."""
    return await ports.pushes.list(limit=limit, after=after, states=states, sender=sender)

"""Pushes as they are now, and those of the past."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from services.domain.positions import is_position
from services.domain.problems import Problem
from services.domain.pushes import Counts, Push, State
from services.ports import DeadJob, Page, Ports


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A push, what became of it so far, and those of its jobs that failed too often and are tried no more."""

    push: Push
    counts: Counts
    dead_jobs: Sequence[DeadJob]


async def one(ports: Ports, push_id: str) -> Account:
    """The account of a push. Raises Problem (404)."""
    push = await ports.pushes.get(push_id) if is_position(push_id) else None
    if push is None:
        raise Problem("push_not_found", 404, f"there is no push {push_id[:64]}")
    counts, dead_jobs = await asyncio.gather(ports.pushes.counts(push_id), ports.pushes.dead_jobs(push_id))
    return Account(push=push, counts=counts, dead_jobs=dead_jobs)


async def recent(
    ports: Ports, *, limit: int, after: str | None, states: Collection[State] = (), sender: str | None = None
) -> Page[Push]:
    """The newest pushes first; `after` is the id of the last one seen. No `states` means every state."""
    return await ports.pushes.list(limit=limit, after=after, states=states, sender=sender)

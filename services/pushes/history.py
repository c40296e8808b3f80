"""Pushes as they are now, those of the past, and what became of them at each terminal."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from services.connections import away
from services.domain.positions import is_position
from services.domain.problems import Problem
from services.domain.pushes import Counts, Push, Receipt, ReceiptKind, State
from services.ports import DeadJob, Page, Ports

READ_FOR_A_PAGE: Final = 5_000
"""Most receipts read for one page; a page of a rare match may hold fewer than asked, and go on."""

Recall = Literal["recalled", "had_been_read", "not_reached", "pending"]
"""What a cancel came to at a terminal. `not_reached`: it is not connected, or never got the push; one that comes back
in time takes it off then. `pending`: it is connected, and has not said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A push, what became of it so far, and those of its jobs that failed too often and are tried no more."""

    push: Push
    counts: Counts
    dead_jobs: Sequence[DeadJob]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A receipt, and of a push that was cancelled what that came to; None of others."""

    receipt: Receipt
    recall: Recall | None


async def push(ports: Ports, push_id: str) -> Push:
    """A push. Raises Problem (404)."""
    found = await ports.pushes.get(push_id) if is_position(push_id) else None
    if found is None:
        raise Problem("push_not_found", 404, f"there is no push {push_id[:64]}")
    return found


async def one(ports: Ports, push_id: str) -> Account:
    """The account of a push. Raises Problem (404)."""
    found = await push(ports, push_id)
    counts, dead_jobs = await asyncio.gather(ports.pushes.counts(push_id), ports.pushes.dead_jobs(push_id))
    return Account(push=found, counts=counts, dead_jobs=dead_jobs)


async def recent(
    ports: Ports, *, limit: int, after: str | None, states: Collection[State] = (), sender: str | None = None
) -> Page[Push]:
    """The newest pushes first; `after` is the id of the last one seen. No `states` means every state."""
    return await ports.pushes.list(limit=limit, after=after, states=states, sender=sender)


async def children(ports: Ports, push_id: str) -> Sequence[Push]:
    """The pushes that came of a push, the newest first: its last runs, or its escalation. Raises Problem (404)."""
    parent = await push(ports, push_id)
    found = await asyncio.gather(*(ports.pushes.get(child) for child in reversed(parent.run.children)))
    return [child for child in found if child is not None]


async def receipts(
    ports: Ports,
    push_id: str,
    *,
    limit: int,
    after: str | None,
    kinds: Collection[ReceiptKind] = (),
    stage: str | None = None,
    wave: int | None = None,
) -> Page[Proof]:
    """Receipts of a push by terminal id, of these kinds, this stage and this wave (from 1); none given means all.

    `after` is a page's `next`. Raises Problem (404).
    """
    of = await push(ports, push_id)
    of_wave = None if wave is None else f"w{wave}"
    found: list[Receipt] = []
    read = 0
    while True:
        page = await ports.pushes.receipts(push_id, limit=limit - len(found), after=after)
        found.extend(
            receipt
            for receipt in page.items
            if (not kinds or receipt.kind in kinds)
            and (stage is None or receipt.stage == stage)
            and (of_wave is None or receipt.stage.partition("/")[0] == of_wave)
        )
        read += max(len(page.items), 1)
        after = page.next
        if after is None or len(found) >= limit or read >= READ_FOR_A_PAGE:
            break
    if of.state is not State.CANCELLED:
        return Page([Proof(receipt=receipt, recall=None) for receipt in found], after)
    connected = await away.connected(ports.registry, [receipt.terminal_id for receipt in found])
    return Page([Proof(receipt=receipt, recall=recall_of(receipt, connected)) for receipt in found], after)


def recall_of(receipt: Receipt, connected: Collection[str]) -> Recall:
    """What the cancel of a push came to at a terminal, given the terminals that are connected now."""
    match receipt.kind:
        case "recalled":
            return "recalled"
        case "read":
            return "had_been_read"
        case "gone" | "expired" | "skipped":
            return "not_reached"
        case _:
            return "pending" if receipt.terminal_id in connected else "not_reached"

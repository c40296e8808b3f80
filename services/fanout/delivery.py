"""One fan-out job: page by page round the ring, posting to the rows that are meant, noting each page once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from services.connections.farewell import Bye, dismiss
from services.domain import frames, positions
from services.domain.connection import Connection
from services.domain.positions import new_id
from services.domain.pushes import (
    CLOCK_SKEW_S,
    DELIVERABLE,
    IN_FLIGHT_BOUND_S,
    Counts,
    Job,
    Push,
    Receipt,
    ReceiptKind,
    State,
)
from services.domain.ring import NOWHERE, Arc
from services.domain.targets.row_filter import RowFilter
from services.ports import Advance, Ports, PostResult
from services.pushes.release import log_entries

log = logging.getLogger(__name__)

PAGE = 500
"""Rows read and posted at a time; a cancelled push stops within one page (G6)."""
RETRY_DELAYS_S = (0.2, 0.5, 1.0, 2.0, 4.0)
"""Waits before a throttled connection is tried again; after the last one it is closed, to resume."""
MOST_LEFT = 1_000
"""Most throttled connections that a job carries along before it sees to them."""
RESYNC = Bye(
    code="resync",
    reason="this connection could not keep up; connect again and resume",
    reconnect=True,
    retry_after_s=1,
)


@dataclass(frozen=True, slots=True)
class Budget:
    """How long a worker may go on, as a function: seconds left before it must hand the job back."""

    remaining_s: Callable[[], float]
    reserve_s: float = 5.0

    def is_over(self) -> bool:
        return self.remaining_s() < self.reserve_s


NO_LIMIT = Budget(remaining_s=lambda: float("inf"))


async def deliver(ports: Ports, job: Job, budget: Budget = NO_LIMIT) -> None:
    """Carry a job on from where it stands until it is finished, over budget, or has to wait for a retry.

    Safe to call twice for the same job, also at the same time: a page is noted by one caller only, and the
    other stops there.
    """
    current = await ports.pushes.job(job.push_id, job.position, job.part)
    push = await ports.pushes.get(job.push_id)
    if current is None or push is None:
        return
    if _too_old(current, ports.clock.now_s()):
        again = await _release_again(ports, push, current)
        if again is None:
            return
        current = again
    accepts = push.cover.part(current.part).accepts
    while True:
        now_s = ports.clock.now_s()
        if not _may_go_on(push, current, now_s):
            await ports.pushes.advance(Advance(job=current, next=None, counts=Counts(), at_s=now_s))
            return
        if current.left and (current.arc == NOWHERE or len(current.left) >= MOST_LEFT):
            advance = await _left_over(ports, push, current)
        else:
            advance = await _page(ports, push, current, accepts)
        noted = await ports.pushes.advance(advance)
        if advance.next is None or noted is None or advance.delay_s > 0 or budget.is_over():
            return
        latest = await ports.pushes.get(push.id)
        if latest is None:
            return
        current, push = advance.next, latest


def _may_go_on(push: Push, job: Job, now_s: float) -> bool:
    if job.kind == "recall":
        return push.state is State.CANCELLED
    return push.state in DELIVERABLE and not push.expired_at(now_s)


def _too_old(job: Job, now_s: float) -> bool:
    return now_s - positions.time_of_s(job.position) > IN_FLIGHT_BOUND_S - CLOCK_SKEW_S


async def _release_again(ports: Ports, push: Push, job: Job) -> Job | None:
    """Put what is left of a job under a new position, so that no reader has passed it by (design, "Why slices").

    None if another worker has done it. Single connections that are left go along: their terminals read it too.
    """
    now_s = ports.clock.now_s()
    again = replace(job, position=new_id(now_s), arc=_rest_of(job), after=None, step=0)
    written = log_entries(push, again.position, released_at_s=now_s, arc=again.arc)
    entry = next((entry for entry in written if entry.topic == job.topic), None)
    if not await ports.pushes.release_again(job, entry, again):
        return None
    log.info("released again", extra={"push_id": push.id, "topic": str(job.topic), "position": again.position})
    return again


def _rest_of(job: Job) -> Arc:
    """The arc from the last place done on: other rows of that place may not have had their turn."""
    if job.after is None:
        return job.arc
    place = int(job.after[:8], 16)
    return Arc(place, job.arc.after(place).length + 1)


async def _page(ports: Ports, push: Push, job: Job, accepts: RowFilter | None) -> Advance:
    """Post the next page of rows; throttled ones join those that are left."""
    now_s = ports.clock.now_s()
    page = await ports.registry.page(job.topic, job.arc, live_at_s=now_s, limit=PAGE, after=job.after)
    rows = page.items if accepts is None else [row for row in page.items if accepts(row)]
    result = await ports.gateway.post([row.connection_id for row in rows], _frame(push, job))
    await _prune(ports, result)
    left = (*job.left, *result.throttled)
    following: Job | None = None
    if page.next is not None:
        following = replace(job, step=job.step + 1, after=page.next, left=left)
    elif left:
        following = replace(job, step=job.step + 1, arc=NOWHERE, after=None, left=left)
    waits = page.next is None or len(left) >= MOST_LEFT
    return Advance(
        job=job,
        next=following,
        counts=_counts(job, result, targeted=len(rows)),
        receipts=_receipts(push, job, rows, result, now_s),
        at_s=now_s,
        delay_s=RETRY_DELAYS_S[0] if following is not None and waits else 0.0,
    )


async def _left_over(ports: Ports, push: Push, job: Job) -> Advance:
    """Try the throttled connections again; those that were tried often enough are closed, to resume."""
    now_s = ports.clock.now_s()
    found = [await ports.registry.get(connection_id) for connection_id in job.left]
    rows = [row for row in found if row is not None and row.expires_at_s > now_s]
    result = await ports.gateway.post([row.connection_id for row in rows], _frame(push, job))
    await _prune(ports, result)
    left = tuple(result.throttled)
    attempt = job.attempt + 1
    if left and attempt >= len(RETRY_DELAYS_S):
        stuck = set(left)
        await dismiss(ports, [row for row in rows if row.connection_id in stuck], RESYNC)
        log.warning("connections closed to resync", extra={"push_id": push.id, "connections": len(left)})
        result = replace(result, throttled=(), refused=(*result.refused, *left))
        left = ()
    missing = len(job.left) - len(rows)
    following: Job | None = None
    if left or job.arc != NOWHERE:
        following = replace(job, step=job.step + 1, left=left, attempt=attempt if left else 0)
    return Advance(
        job=job,
        next=following,
        counts=_counts(job, result, targeted=0, missing=missing),
        receipts=_receipts(push, job, rows, result, now_s),
        at_s=now_s,
        delay_s=RETRY_DELAYS_S[attempt] if left else 0.0,
    )


async def _prune(ports: Ports, result: PostResult) -> None:
    if result.gone:
        await ports.registry.remove(result.gone)


def _frame(push: Push, job: Job) -> bytes:
    if job.kind == "recall":
        return frames.cancel(push.id)
    return frames.push(
        push, position=job.position, topic=str(job.topic), released_at_s=positions.time_of_s(job.position)
    )


def _counts(job: Job, result: PostResult, *, targeted: int, missing: int = 0) -> Counts:
    """What a page adds. A recall adds nothing: what comes of it the terminals tell."""
    if job.kind == "recall":
        return Counts()
    return Counts(
        targeted=targeted,
        sent=len(result.sent),
        gone=len(result.gone) + missing,
        skipped=len(result.refused),
    )


def _receipts(push: Push, job: Job, rows: Sequence[Connection], result: PostResult, now_s: float) -> Sequence[Receipt]:
    if job.kind == "recall" or push.strategy.ack_need is None:
        return ()
    kinds: dict[str, ReceiptKind] = dict.fromkeys(result.sent, "sent")
    kinds.update(dict.fromkeys(result.gone, "gone"))
    kinds.update(dict.fromkeys(result.refused, "skipped"))
    return [
        Receipt(
            push_id=push.id,
            connection_id=row.connection_id,
            terminal_id=row.terminal_id,
            user=row.user,
            kind=kinds[row.connection_id],
            at_s=now_s,
        )
        for row in rows
        if row.connection_id in kinds
    ]

"""One fan-out job: page by page round the ring, posting to the rows that are meant, noting each row once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from services.connections.farewell import Bye, dismiss
from services.domain import frames, positions
from services.domain.connection import Connection, connection_id_of, place_of
from services.domain.positions import new_id
from services.domain.pushes import (
    CLOCK_SKEW_S,
    DELIVERABLE,
    IN_FLIGHT_BOUND_S,
    OPEN,
    Counts,
    Job,
    Push,
    ReceiptKind,
    State,
)
from services.domain.ring import SIZE, Arc
from services.domain.targets.expression import All
from services.domain.targets.row_filter import RowFilter, compile_filter, matches
from services.fanout.outcome import counts, joined, keys_of, kinds_of, receipt, receipts
from services.ports import Advance, Ports, PostResult
from services.pushes.release import Slice, log_entry, meant_in
from services.timeline.proceed import proceed

log = logging.getLogger(__name__)

PAGE = 500
"""Rows read and posted at a time; a cancelled push stops within one page (G6)."""
RETRY_DELAYS_S = (0.2, 0.5, 1.0, 2.0, 4.0)
"""Waits before a throttled connection is tried again; after the last one it is closed, to resume."""
NOTED_EVERY = 5_000
"""After so many rows a job's progress is noted, and at its end. A worker that dies posts at most so many again."""
MOST_LEFT = 1_000
"""Most throttled connections that a job carries along before it sees to them."""
_NOT_REACHED: frozenset[ReceiptKind] = frozenset({"gone", "expired", "skipped"})
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
    current = await ports.pushes.job(job.key)
    push = await ports.pushes.get(job.push_id)
    if push is None:
        return
    if current is None:
        # Whoever ended it may have died before it looked what comes next.
        await _onward(ports, push)
        return
    accepts = _accepts(push, current)
    done: Advance | None = None
    while True:
        now_s = ports.clock.now_s()
        if not _may_go_on(push, current, now_s):
            await _note(ports, push, joined(done, await _ending(ports, push, current)))
            return
        if _too_old(current, now_s):
            if done is not None and await _note(ports, push, done) is None:
                return
            again = await _release_again(ports, push, current)
            if again is None:
                return
            current, done = again, None
        done = joined(done, await _some(ports, push, current, accepts))
        if done.next is None or done.delay_s > 0 or budget.is_over():
            await _note(ports, push, replace(done, hands_over=done.next is not None))
            return
        current = done.next
        if done.counts.targeted >= NOTED_EVERY:
            if await _note(ports, push, done) is None:
                return
            done = None
        else:
            # A page takes a while, and others have work in this event loop too.
            await asyncio.sleep(0)
        latest = await ports.pushes.get(push.id)
        if latest is None:
            return
        push = latest


async def _note(ports: Ports, push: Push, advance: Advance) -> int | None:
    """Note pages as done, as `PushStore.advance` does. With the last part of what was released the push goes on."""
    left = await ports.pushes.advance(advance)
    if left == 0 and advance.next is None:
        await _onward(ports, push)
    return left


async def _onward(ports: Ports, push: Push) -> None:
    """Take the push along its timeline, if it has one: one that is closing ends with its last part."""
    if push.state in OPEN and not push.closing:
        await proceed(ports, push.id)


def _accepts(push: Push, job: Job) -> RowFilter | None:
    """Which rows found under the job's topic are served by it; None is all of them."""
    accepts = push.cover.part(job.part).accepts
    among = meant_in(push, job.stage, job.kind, All())
    if among == All():
        return accepts
    of_stage = compile_filter(among)
    if accepts is None:
        return of_stage
    return lambda row: accepts(row) and of_stage(row)


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
    rest = _rest_of(job)
    arc = Arc(rest.start, 0) if job.arc.is_empty else rest
    again = replace(job, position=new_id(now_s), arc=arc, step=0)
    piece = Slice(position=again.position, released_at_s=now_s, stage=job.stage, kind=job.kind)
    entry = log_entry(push, piece, push.cover.part(job.part), rest)
    if not await ports.pushes.release_again(job, entry, again):
        return None
    log.info("released again", extra={"push_id": push.id, "topic": str(job.topic), "position": again.position})
    return again


def _rest_of(job: Job) -> Arc:
    """The part of the job's arc that holds all who have not had it: from the first place that is not done, on.

    The last place done is one of them, since other rows of that place may not have had their turn.
    """
    keys = job.left if job.after is None else (*job.left, job.after)
    if not keys:
        return job.arc
    steps = [(place_of(key) - job.arc.start) % SIZE for key in keys]
    first, last = min(steps), max(steps)
    length = last + 1 if job.arc.is_empty else job.arc.length
    return Arc((job.arc.start + first) % SIZE, length - first)


async def _ending(ports: Ports, push: Push, job: Job) -> Advance:
    """The end of a job of a push that may not go on: who was found and not served is accounted for."""
    now_s = ports.clock.now_s()
    if job.kind == "recall":
        return Advance(job=job, next=None, counts=Counts(), at_s=now_s)
    kind: ReceiptKind = "expired" if push.state is State.EXPIRED or push.expired_at(now_s) else "skipped"
    keeps_receipts = job.kind == "deliver" and push.strategy.ack_need is not None
    rows = await _rows_left(ports, job) if keeps_receipts else []
    return Advance(
        job=job,
        next=None,
        counts=Counts(**{kind: len(job.left)}),
        receipts=receipts(push, job, rows, {row.connection_id: kind for row in rows}, now_s),
        at_s=now_s,
    )


async def _rows_left(ports: Ports, job: Job) -> list[Connection]:
    """The rows of the throttled connections that are still open."""
    found = await asyncio.gather(*(ports.registry.get(connection_id_of(key)) for key in job.left))
    return [row for row in found if row is not None]


async def _some(ports: Ports, push: Push, job: Job, accepts: RowFilter | None) -> Advance:
    """See to the throttled connections if they are many or all that is left, else to the next page."""
    if job.left and (job.arc.is_empty or len(job.left) >= MOST_LEFT):
        return await _left_over(ports, push, job)
    return await _page(ports, push, job, accepts)


async def _page(ports: Ports, push: Push, job: Job, accepts: RowFilter | None) -> Advance:
    """Post the next page of rows; throttled ones join those that are left."""
    now_s = ports.clock.now_s()
    page = await ports.registry.page(job.topic, job.arc, live_at_s=now_s, limit=PAGE, after=job.after)
    found = page.items if accepts is None else [row for row in page.items if accepts(row)]
    rows, left_out = await _unanswered(ports, push, job, found)
    result = await ports.gateway.post([row.connection_id for row in rows], _frame(push, job))
    await _prune(ports, rows, result, now_s)
    result = replace(result, refused=(*result.refused, *left_out))
    left = (*job.left, *keys_of(rows, result.throttled))
    following: Job | None = None
    if page.next is not None:
        following = replace(job, step=job.step + 1, after=page.next, left=left)
    elif left:
        following = replace(job, step=job.step + 1, arc=Arc(job.arc.start, 0), after=None, left=left)
    waits = page.next is None or len(left) >= MOST_LEFT
    return Advance(
        job=job,
        next=following,
        counts=counts(result, targeted=len(rows) + len(left_out)),
        receipts=receipts(push, job, found, kinds_of(result), now_s),
        at_s=now_s,
        delay_s=RETRY_DELAYS_S[0] if following is not None and waits else 0.0,
    )


async def _unanswered(
    ports: Ports, push: Push, job: Job, rows: Sequence[Connection]
) -> tuple[Sequence[Connection], Sequence[str]]:
    """The rows that are to be posted to, and the connections that are left out for having it behind them.

    What is sent again is for those who have not answered; whom it reaches for the first time has a receipt from then
    on. What a user need read once only is not shown on a terminal whose turn comes when they have read it.
    """
    if job.kind == "resend":
        answered = await ports.pushes.confirmed(push, rows)
        rows = [row for row in rows if row.connection_id not in answered]
        known = await ports.pushes.receipts_of(push.id, {row.terminal_id for row in rows})
        new = [row for row in rows if row.terminal_id not in known or known[row.terminal_id].kind in _NOT_REACHED]
        if new:
            now_s = ports.clock.now_s()
            await ports.pushes.replayed([receipt(push, job, row, "sent", now_s) for row in new])
        return rows, ()
    if job.kind == "recall" or not push.strategy.once_per_user or push.strategy.is_immediate:
        return rows, ()
    answered = await ports.pushes.confirmed(push, rows)
    return (
        [row for row in rows if row.connection_id not in answered],
        [row.connection_id for row in rows if row.connection_id in answered],
    )


async def _left_over(ports: Ports, push: Push, job: Job) -> Advance:
    """Try the throttled connections again; those that were tried often enough are closed, to resume."""
    now_s = ports.clock.now_s()
    rows = [row for row in await _rows_left(ports, job) if row.expires_at_s > now_s]
    # Who has left the target meanwhile gets nothing any more (G4), but may have on screen what is recalled.
    meant = {row.connection_id for row in rows if job.kind == "recall" or matches(push.cover.target, row)}
    result = await ports.gateway.post(
        [row.connection_id for row in rows if row.connection_id in meant], _frame(push, job)
    )
    await _prune(ports, rows, result, now_s)
    left_out = [row.connection_id for row in rows if row.connection_id not in meant]
    result = replace(result, refused=(*result.refused, *left_out))
    left = keys_of(rows, result.throttled)
    attempt = job.attempt + 1
    if left and attempt >= len(RETRY_DELAYS_S):
        stuck = set(result.throttled)
        await dismiss(ports, [row for row in rows if row.connection_id in stuck], RESYNC)
        log.warning("connections closed to resync", extra={"push_id": push.id, "connections": len(left)})
        result = replace(result, throttled=(), refused=(*result.refused, *stuck))
        left = ()
    missing = len(job.left) - len(rows)
    following: Job | None = None
    if left or not job.arc.is_empty:
        following = replace(job, step=job.step + 1, left=left, attempt=attempt if left else 0)
    return Advance(
        job=job,
        next=following,
        counts=counts(result, targeted=0, missing=missing),
        receipts=receipts(push, job, rows, kinds_of(result), now_s),
        at_s=now_s,
        delay_s=RETRY_DELAYS_S[attempt] if left else 0.0,
    )


async def _prune(ports: Ports, rows: Sequence[Connection], result: PostResult, now_s: float) -> None:
    """Take connections that are gone out of the registry, but not those whose handshake may be under way."""
    if result.gone:
        gone = set(result.gone)
        await ports.registry.remove(
            [row.connection_id for row in rows if row.connection_id in gone and not row.may_be_opening(now_s)]
        )


def _frame(push: Push, job: Job) -> bytes:
    if job.kind == "recall":
        return frames.cancel(push.id)
    return frames.push(
        push, position=job.position, topic=str(job.topic), released_at_s=positions.time_of_s(job.position)
    )

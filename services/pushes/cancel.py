"""Cancelling a push: it stops within a page of deliveries, and is recalled from screens (G6)."""

from __future__ import annotations

from services.domain.audit import AuditEntry
from services.domain.positions import new_id
from services.domain.problems import Problem
from services.domain.pushes import CANCELLABLE, Push, State
from services.ports import Ports
from services.pushes.release import jobs, log_entries

MOST_TRIES = 5


async def cancel(ports: Ports, push_id: str, *, by: str) -> Push:
    """Stop a push and have it recalled; the push as it is now. A second cancel changes nothing.

    The recall is a slice of its own, in the logs too: a terminal that is away takes the push off its screen when
    it comes back.

    Raises Problem: 404 if there is none, 409 if its state allows none.
    """
    for _ in range(MOST_TRIES):
        push = await ports.pushes.get(push_id)
        if push is None:
            raise Problem("push_not_found", 404, f"there is no push {push_id}")
        if push.state is State.CANCELLED:
            return push
        if push.state not in CANCELLABLE:
            raise Problem("push_not_cancellable", 409, f"push {push_id} is {push.state}: there is nothing to cancel")
        now_s = ports.clock.now_s()
        position = new_id(now_s)
        cancelled = await ports.pushes.transition(
            push,
            State.CANCELLED,
            at_s=now_s,
            by=by,
            audit=AuditEntry(
                id=new_id(now_s),
                at_s=now_s,
                actor=by,
                action="push.cancel",
                subject=push_id,
                detail={"was": push.state},
            ),
            entries=log_entries(push, position, released_at_s=now_s),
            jobs=await jobs(ports.registry, push, position, kind="recall"),
        )
        if cancelled is not None:
            return cancelled
    raise Problem("push_busy", 409, f"push {push_id} is changing; try again")

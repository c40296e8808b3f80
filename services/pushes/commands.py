"""What a person does to a push: approve it, reject it, halt it, let it go on, cancel it (G6)."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from services.domain.audit import AuditEntry
from services.domain.positions import is_position, new_id
from services.domain.problems import Problem
from services.domain.pushes import Push, State
from services.domain.timeline import machine
from services.domain.timeline.step import Step
from services.ports import Ports
from services.pushes.release import recall
from services.timeline.apply import apply
from services.timeline.proceed import proceed

MOST_TRIES = 5
"""How often a command looks again at a push that is moving."""


class _Decide(Protocol):
    """A command of the machine."""

    def __call__(self, push: Push, /, *, by: str, reason: str | None, now_s: float) -> Step: ...


async def approve(ports: Ports, push_id: str, *, by: str, reason: str | None = None) -> Push:
    """Let a push go that waits for a second person; the push as it is now.

    Raises Problem: 404 `push_not_found`, 403 `approval_by_sender` if `by` is who sent it, 409
    `push_not_awaiting_approval`, 409 `push_busy`.
    """
    approved = await _done(ports, push_id, "push.approve", machine.approve, by=by, reason=reason)
    return await _onward(ports, approved)


async def reject(ports: Ports, push_id: str, *, by: str, reason: str | None = None) -> Push:
    """End a push that waits for a second person: it reaches nobody.

    Raises Problem: 404 `push_not_found`, 403 `approval_by_sender` if `by` is who sent it (who may cancel it), 409
    `push_not_awaiting_approval`, 409 `push_busy`.
    """
    return await _done(ports, push_id, "push.reject", machine.reject, by=by, reason=reason)


async def halt(ports: Ports, push_id: str, *, by: str, reason: str | None = None) -> Push:
    """Release no more of a push until it is resumed. What was released is still delivered, and replayed.

    Raises Problem: 404 `push_not_found`, 409 `push_not_haltable`, also when its time is over, 409 `push_busy`.
    """
    await _see_whether_it_is_over(ports, push_id)
    return await _done(ports, push_id, "push.halt", machine.halt, by=by, reason=reason)


async def resume(ports: Ports, push_id: str, *, by: str, reason: str | None = None) -> Push:
    """Let a halted push go on where it stopped.

    Raises Problem: 404 `push_not_found`, 409 `push_not_halted`, also when its time is over, 409 `push_busy`.
    """
    await _see_whether_it_is_over(ports, push_id)
    resumed = await _done(ports, push_id, "push.resume", machine.resume, by=by, reason=reason)
    return await _onward(ports, resumed)


async def cancel(ports: Ports, push_id: str, *, by: str, reason: str | None = None) -> Push:
    """Stop a push and have it recalled; the push as it is now. A second cancel changes nothing.

    The recall is a slice of its own, in the logs too: a terminal that is away takes the push off its screen when
    it comes back. Of what was never released nothing is recalled. One that repeats runs no more; runs that were made
    are pushes of their own.

    Raises Problem: 404 `push_not_found`, 409 `push_not_cancellable` if its state allows none, 409 `push_busy`.
    """

    return await _done(ports, push_id, "push.cancel", _recalled, by=by, reason=reason, already=State.CANCELLED)


def _recalled(push: Push, *, by: str, reason: str | None, now_s: float) -> Step:
    return replace(machine.cancel(push, by=by, reason=reason, now_s=now_s), releases=recall(push))


async def _done(
    ports: Ports,
    push_id: str,
    action: str,
    decide: _Decide,
    *,
    by: str,
    reason: str | None,
    already: State | None = None,
) -> Push:
    """Do what is decided to the push as it is then, with an entry in the audit trail; in state `already` do nothing."""
    for _ in range(MOST_TRIES):
        push = await ports.pushes.get(push_id) if is_position(push_id) else None
        if push is None:
            raise Problem("push_not_found", 404, f"there is no push {push_id[:64]}")
        if push.state is already:
            return push
        now_s = ports.clock.now_s()
        detail: dict[str, object] = {"was": push.state}
        if reason is not None:
            detail["reason"] = reason
        moved = await apply(
            ports,
            push,
            decide(push, by=by, reason=reason, now_s=now_s),
            now_s=now_s,
            audit=AuditEntry(id=new_id(now_s), at_s=now_s, actor=by, action=action, subject=push_id, detail=detail),
        )
        if moved is not None:
            return moved
    raise Problem("push_busy", 409, f"push {push_id} is changing; try again")


async def _see_whether_it_is_over(ports: Ports, push_id: str) -> None:
    """End a push whose time is over, should the timer be late or lost that was to end it. No sweep looks at one that is
    halted."""
    push = await ports.pushes.get(push_id) if is_position(push_id) else None
    if push is not None and push.expired_at(ports.clock.now_s()):
        await proceed(ports, push_id)


async def _onward(ports: Ports, push: Push) -> Push:
    """The push after all that may be done with it at once."""
    return await proceed(ports, push.id) or push

"""The timeline's machine: how a push goes on, step by step. Every decision is a pure function of what is kept of it.

`begin` a push that was just submitted; after that `proceed` says what is to be done now, until it says `Rest`. What
people do to it are steps as well. A step is the push one step on with what goes with it; applied on the condition that
the push is still as it was decided on, a step that is decided twice, late or by two at once acts once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from services.domain.problems import Problem
from services.domain.pushes import CANCELLABLE, FIRST_STAGE, OPEN, Progress, Push, State
from services.domain.ring import WHOLE
from services.domain.strategies.strategy import DAY_S
from services.domain.timeline import cron, turn
from services.domain.timeline.lanes import lanes_at
from services.domain.timeline.run import MarkKind, Run
from services.domain.timeline.step import Child, Release, Rest, Step

MAX_APPROVAL_S: Final = DAY_S
"""So long a push waits for a second person."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What became of a push so far, and of the stages that `asks` named: how many are unconfirmed."""

    progress: Progress = field(default_factory=Progress)
    unconfirmed: Mapping[str, int] = field(default_factory=dict)


def begin(push: Push, now_s: float, *, needs_approval: bool = False) -> Step:
    """The first step of a push that is just being submitted; it stays at step 0, as nobody has seen it before.

    One whose cover is empty is completed. `needs_approval`: it waits for another person first, a day at most.
    """
    if needs_approval:
        approve_by_s = now_s + MAX_APPROVAL_S
        if push.expires_at_s is not None:
            approve_by_s = min(approve_by_s, push.expires_at_s)
        run = replace(push.run, approve_by_s=approve_by_s)
        step = Step(push=_open(push, State.AWAITING_APPROVAL, run, now_s=now_s, due_at_s=approve_by_s))
    else:
        step = _started(push, push.run, now_s)
    return replace(step, push=replace(step.push, step=push.step))


def proceed(push: Push, facts: Facts, now_s: float, *, foreseen_s: float = 0.0) -> Step | Rest:
    """What is to be done with a push now. It never raises; a push that has ended rests, and a halted one too until its
    time is over.

    `foreseen_s` is for a forecast: for so long nothing else will happen, and slices may be as long.
    """
    if push.expired_at(now_s) and (push.state in OPEN or push.state is State.HALTED):
        return expire(push, now_s=now_s)
    if push.state not in OPEN:
        return Rest(None)
    if push.state is State.AWAITING_APPROVAL:
        return _awaiting(push, now_s)
    if push.run.ready_at_s is None and not push.closing:
        return _scheduled(push, now_s)
    return turn.take(push, facts.progress, facts.unconfirmed, now_s, foreseen_s=foreseen_s)


def asks(push: Push, now_s: float) -> frozenset[str]:
    """The stages whose deadline has come: `proceed` needs to know how many of them are unconfirmed."""
    if push.state not in OPEN:
        return frozenset()
    return frozenset(wait.stage for wait in push.run.ack_waits if wait.due_at_s <= now_s and wait.released is None)


def approve(push: Push, *, by: str, reason: str | None = None, now_s: float) -> Step:
    """Let a push go that waits for a second person.

    Raises Problem: 403 `approval_by_sender` if `by` sent it, 409 `push_not_awaiting_approval`: not, or not any more.
    """
    _check_awaiting(push, by, now_s)
    return _started(push, push.run.marked(now_s, "approved", detail=_words(by, reason)), now_s)


def reject(push: Push, *, by: str, reason: str | None = None, now_s: float) -> Step:
    """End a push that waits for a second person. Raises as `approve` does."""
    _check_awaiting(push, by, now_s)
    return _ended(push, State.REJECTED, "rejected", by=by, reason=reason, now_s=now_s)


def halt(push: Push, *, by: str, reason: str | None = None, now_s: float) -> Step:
    """Release no more of a push until it is resumed.

    Raises Problem: 409 `push_not_haltable` if it has ended, is halted, waits for approval (reject it), or is released
    to everybody already (cancel it).
    """
    if push.state not in OPEN or push.state is State.AWAITING_APPROVAL or push.closing:
        what = "is released to everybody already" if push.state is State.SENDING else f"is {push.state}"
        raise Problem("push_not_haltable", 409, f"push {push.id} {what}: nothing of it can be held back")
    return _ended(push, State.HALTED, "halted", by=by, reason=reason, now_s=now_s)


def resume(push: Push, *, by: str, reason: str | None = None, now_s: float) -> Step:
    """Let a halted push go on. A wave that had halted it by its failures does not halt it again.

    Raises Problem: 409 `push_not_halted`, also when its time is over.
    """
    if push.state is not State.HALTED or push.expired_at(now_s):
        what = "has expired" if push.state is State.HALTED else f"is {push.state}, not halted"
        raise Problem("push_not_halted", 409, f"push {push.id} {what}: there is nothing to resume")
    run = push.run.marked(now_s, "resumed", detail=_words(by, reason))
    if run.halted_by is not None:
        run = replace(run, halted_by=None, waved_through=(*run.waved_through, run.halted_by))
    state = State.SCHEDULED if run.ready_at_s is None else State.WAITING
    return Step(push=_open(push, state, run, now_s=now_s, due_at_s=now_s))


def cancel(push: Push, *, by: str, reason: str | None = None, now_s: float) -> Step:
    """Stop a push for good. That it is recalled is not said by the step. Raises Problem: 409 `push_not_cancellable`."""
    if push.state not in CANCELLABLE:
        raise Problem("push_not_cancellable", 409, f"push {push.id} is {push.state}: there is nothing to cancel")
    return _ended(push, State.CANCELLED, "cancelled", by=by, reason=reason, now_s=now_s)


def expire(push: Push, *, now_s: float) -> Step:
    """End a push whose time is over. Raises Problem: 409 `push_not_open` if it has ended already."""
    if push.state not in OPEN and push.state is not State.HALTED:
        raise Problem("push_not_open", 409, f"push {push.id} is {push.state}: it has ended already")
    return _ended(push, State.EXPIRED, "expires", by=None, reason=None, now_s=now_s)


def _started(push: Push, run: Run, now_s: float) -> Step:
    """A push that nobody needs to approve (any more): it waits for its time, or begins."""
    send_at_s = push.schedule.send_at_s
    if push.schedule.repeat is not None:
        from_s = now_s if send_at_s is None else max(now_s, send_at_s)
        return _repeated(push, run, (), after_s=from_s, now_s=now_s)
    if send_at_s is not None and send_at_s > now_s:
        return Step(push=_open(push, State.SCHEDULED, run, now_s=now_s, due_at_s=send_at_s))
    return _begun(push, run, now_s)


def _begun(push: Push, run: Run, now_s: float) -> Step:
    """A push whose time has come: its lanes, and all of it that may go at once."""
    run = replace(run.marked(now_s, "start"), ready_at_s=now_s)
    if not push.cover.topics:
        return Step(push=push.moved(State.COMPLETED, at_s=now_s, run=run.marked(now_s, "done")))
    if push.strategy.is_immediate:
        return Step(
            push=push.moved(State.SENDING, at_s=now_s, run=run), releases=(Release(stage=FIRST_STAGE, arc=WHOLE),)
        )
    ready = replace(push, state=State.WAITING, run=run, due_at_s=None, closing=False)
    ready = replace(ready, run=replace(run, lanes=lanes_at(ready, now_s)))
    taken = turn.take(ready, Progress(), {}, now_s)
    assert isinstance(taken, Step), "a push that is due at no time takes a step"
    return taken


def _scheduled(push: Push, now_s: float) -> Step | Rest:
    """A push that waits for its time, or for that of its next run."""
    run = push.run
    if push.schedule.repeat is None:
        send_at_s = push.schedule.send_at_s
        due_at_s = now_s if send_at_s is None else send_at_s
        return _begun(push, run, now_s) if due_at_s <= now_s else _rest_until(push, due_at_s, now_s)
    if run.run_at_s is None:
        return _repeated(push, run, (), after_s=now_s, now_s=now_s)
    if run.run_at_s > now_s:
        return _rest_until(push, run.run_at_s, now_s)
    number = run.runs + 1
    child = Child(key=f"{push.id}/run/{number}", target=push.target, message=push.message, strategy=push.strategy)
    # However many were missed: one run makes up for them.
    return _repeated(
        push, replace(run.marked(now_s, "run"), runs=number), (child,), after_s=max(now_s, run.run_at_s), now_s=now_s
    )


def _repeated(push: Push, run: Run, children: tuple[Child, ...], *, after_s: float, now_s: float) -> Step:
    """A push that repeats, up to its next run; completed if there is none."""
    repeat = push.schedule.repeat
    coming = () if repeat is None else cron.next_runs(repeat, after_s, 1, runs=run.runs)
    if not coming:
        run = replace(run, run_at_s=None).marked(now_s, "done")
        return Step(push=push.moved(State.COMPLETED, at_s=now_s, run=run), children=children)
    run = replace(run, run_at_s=coming[0])
    return Step(push=_open(push, State.SCHEDULED, run, now_s=now_s, due_at_s=coming[0]), children=children)


def _awaiting(push: Push, now_s: float) -> Step | Rest:
    approve_by_s = push.run.approve_by_s
    if approve_by_s is None or approve_by_s <= now_s:
        return expire(push, now_s=now_s)
    return _rest_until(push, approve_by_s, now_s)


def _rest_until(push: Push, due_at_s: float, now_s: float) -> Step | Rest:
    """Nothing until then; a step where the push is not to be looked at again by then."""
    if push.due_at_s is None or push.due_at_s > due_at_s:
        return Step(push=_open(push, push.state, push.run, now_s=now_s, due_at_s=due_at_s))
    return Rest(due_at_s)


def _open(push: Push, state: State, run: Run, *, now_s: float, due_at_s: float) -> Push:
    return push.moved(state, at_s=now_s, run=run, due_at_s=due_at_s, closing=False)


def _ended(push: Push, state: State, mark: MarkKind, *, by: str | None, reason: str | None, now_s: float) -> Step:
    run = push.run.marked(now_s, mark, detail=None if by is None else _words(by, reason))
    return Step(push=push.moved(state, at_s=now_s, by=by, run=run, closing=False))


def _words(by: str, reason: str | None) -> str:
    return by if reason is None else f"{by}: {reason}"


def _check_awaiting(push: Push, by: str, now_s: float) -> None:
    late = push.run.approve_by_s is not None and push.run.approve_by_s <= now_s
    if push.state is not State.AWAITING_APPROVAL or late or push.expired_at(now_s):
        what = f"is {push.state}" if push.state is not State.AWAITING_APPROVAL else "was not approved in time"
        raise Problem("push_not_awaiting_approval", 409, f"push {push.id} {what}: there is nothing to approve")
    if by == push.sender:
        raise Problem("approval_by_sender", 403, f"{by} sent push {push.id}; another person must approve or reject it")

"""Accepting a push: checked, planned, and durable before the caller hears of it (G1, G5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from services.domain.audit import AuditEntry
from services.domain.positions import new_id
from services.domain.problems import Problem
from services.domain.pushes import Profile, Push
from services.domain.strategies import json_form as strategy_form
from services.domain.strategies.strategy import DEFAULT, Strategy
from services.domain.targets import json_form
from services.domain.targets.cover import Cover
from services.domain.targets.expression import KEPT
from services.domain.timeline import machine
from services.domain.timeline.schedule import AT_ONCE, Schedule
from services.domain.timeline.step import Child
from services.ports import IdempotencyConflict, IdempotencyKey, Ports, Submission, Submitted, Timer
from services.pushes import audience
from services.pushes.release import check_frame_size, released
from services.pushes.requests import PushRequest
from services.senders import limits


def expiry_timer(push: Push) -> Timer | None:
    """The timer that ends a push when its time is over; None if it has no end."""
    if push.expires_at_s is None:
        return None
    return Timer(name=f"expire/{push.id}", at_s=push.expires_at_s, body={"do": "expire", "push_id": push.id})


def step_timer(push: Push) -> Timer | None:
    """The timer that looks at a push when something is due; None if nothing is."""
    if push.due_at_s is None:
        return None
    return Timer(
        name=f"step/{push.id}/{push.step}",
        at_s=push.due_at_s,
        body={"do": "step", "push_id": push.id, "step": push.step},
    )


async def submit(ports: Ports, request: PushRequest, *, sender: str, idempotency_key: str | None = None) -> Submitted:
    """Write a push and start it. When this returns it is delivered or accounted for, whatever dies next.

    It is held to what its sender may reach; one over their threshold is `awaiting_approval` and reaches nobody until
    another person approves it. `sender` is the caller's `sub`.

    Raises Problem: 413 `message_too_large`, 422 `idempotency_key_reused` if the key was used for another body, and of
    `services.senders.limits.admit` 429 `sender_rate` and 403 `audience_over_limit`.
    """
    key = None
    if idempotency_key is not None:
        key = IdempotencyKey(caller=sender, key=idempotency_key, body_digest=request.digest())
        # Before the limits: a request that is repeated is not one more.
        if (known := await earlier(ports, key)) is not None:
            return known
    now_s = ports.clock.now_s()
    admitted = await limits.admit(ports, request, sender=sender)
    asked = admitted.request
    push = _push(
        target=json_form.to_json(asked.target),
        cover=admitted.cover,
        message=asked.message,
        strategy=asked.strategy,
        sender=sender,
        schedule=asked.schedule,
        test=asked.test,
        profile=admitted.profile,
        now_s=now_s,
    )
    _check_frames(push, now_s)
    return await _submit(ports, push, now_s, needs_approval=admitted.needs_approval, key=key)


async def earlier(ports: Ports, key: IdempotencyKey) -> Submitted | None:
    """The push that a request with this key made before (G5). Raises Problem (422) if that said something else."""
    try:
        push = await ports.pushes.submitted(key)
    except IdempotencyConflict:
        raise _key_reused() from None
    return None if push is None else Submitted(push=push, created=False)


async def submit_child(ports: Ports, parent: Push, child: Child) -> Push:
    """Write a push that another one makes: a run of it, or its escalation; the same one however often it is tried.

    It goes out in the name of the parent's sender, and is not held to their limits again: the parent was, with what it
    escalates to.
    """
    now_s = ports.clock.now_s()
    meant = await audience.meant_by(ports, json_form.from_json(child.target, bounds=KEPT), child.strategy)
    push = _push(
        target=child.target,
        cover=meant.cover,
        message=child.message,
        strategy=child.strategy,
        sender=parent.sender,
        parent=parent.id,
        profile=await meant.profile(),
        now_s=now_s,
    )
    key = IdempotencyKey(caller="", key=child.key, body_digest=child.key)
    return (await _submit(ports, push, now_s, needs_approval=False, key=key)).push


def _push(
    *,
    target: Mapping[str, object],
    cover: Cover,
    message: object,
    strategy: Strategy,
    sender: str,
    schedule: Schedule = AT_ONCE,
    test: bool = False,
    parent: str | None = None,
    profile: Profile,
    now_s: float,
) -> Push:
    """A push that was just asked for. Its life begins when it is to be sent; one that repeats lives until its last run,
    each of which has its own."""
    expires_at_s = None
    if strategy.expires_in_s is not None and schedule.repeat is None:
        expires_at_s = max(now_s, schedule.send_at_s or 0.0) + strategy.expires_in_s
    return Push(
        id=new_id(now_s),
        sender=sender,
        target=target,
        cover=cover,
        message=message,
        strategy=strategy,
        created_at_s=now_s,
        expires_at_s=expires_at_s,
        schedule=schedule,
        parent=parent,
        test=test,
        profile=profile,
    )


def _check_frames(push: Push, now_s: float) -> None:
    """Raise Problem (413) if the push, or what it may be escalated with, does not fit into a frame."""
    check_frame_size(push, push.id, now_s)
    escalate = None if push.strategy.ack is None else push.strategy.ack.escalate
    if escalate is not None:
        check_frame_size(replace(push, message=escalate.message, strategy=DEFAULT), push.id, now_s)


async def _submit(
    ports: Ports, push: Push, now_s: float, *, needs_approval: bool, key: IdempotencyKey | None
) -> Submitted:
    begun = machine.begin(push, now_s, needs_approval=needs_approval)
    entries, jobs = await released(ports.registry, begun.push, begun.releases, released_at_s=now_s)
    for timer in (expiry_timer(begun.push), step_timer(begun.push)):
        if timer is not None:
            await ports.timers.set(timer)
    submission = Submission(push=begun.push, entries=entries, jobs=jobs, audit=_audit(push, now_s), idempotency=key)
    try:
        return await ports.pushes.submit(submission)
    except IdempotencyConflict:
        raise _key_reused() from None


def _audit(push: Push, now_s: float) -> AuditEntry:
    detail: dict[str, object] = {"target": push.target, "strategy": strategy_form.to_json(push.strategy)}
    if push.parent is not None:
        detail["parent"] = push.parent
    if push.test:
        detail["test"] = True
    return AuditEntry(
        id=new_id(now_s), at_s=now_s, actor=push.sender, action="push.create", subject=push.id, detail=detail
    )


def _key_reused() -> Problem:
    return Problem(
        "idempotency_key_reused", 422, "this Idempotency-Key was used for another push; a new push needs a new key"
    )

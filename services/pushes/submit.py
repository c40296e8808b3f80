"""Accepting a push: checked, planned, and durable before the caller hears of it (G1, G5)."""

from __future__ import annotations

from services.domain.audit import AuditEntry
from services.domain.positions import new_id
from services.domain.problems import Problem
from services.domain.pushes import Push, State
from services.domain.strategies import json_form as strategy_form
from services.domain.targets import json_form
from services.ports import IdempotencyConflict, IdempotencyKey, Ports, Submission, Submitted, Timer
from services.pushes.release import cheapest_cover, check_frame_size, jobs, log_entries
from services.pushes.requests import PushRequest


def expiry_timer(push: Push) -> Timer | None:
    """The timer that ends a push when its time is over; None if it has no end."""
    if push.expires_at_s is None:
        return None
    return Timer(name=f"expire/{push.id}", at_s=push.expires_at_s, body={"do": "expire", "push_id": push.id})


async def submit(ports: Ports, request: PushRequest, *, sender: str, idempotency_key: str | None = None) -> Submitted:
    """Write a push and start it. When this returns it is delivered or accounted for, whatever dies next.

    Raises Problem: 413 if its frame is too large, 422 if the idempotency key was used for another body.
    """
    now_s = ports.clock.now_s()
    expires_in_s = request.strategy.expires_in_s
    cover = await cheapest_cover(ports.registry, request.target)
    push = Push(
        id=new_id(now_s),
        sender=sender,
        target=json_form.to_json(request.target),
        cover=cover,
        message=request.message,
        strategy=request.strategy,
        state=State.SENDING if cover.topics else State.COMPLETED,
        created_at_s=now_s,
        expires_at_s=None if expires_in_s is None else now_s + expires_in_s,
        finished_at_s=None if cover.topics else now_s,
    )
    position = new_id(now_s)
    check_frame_size(push, position, now_s)
    submission = Submission(
        push=push,
        entries=log_entries(push, position, released_at_s=now_s),
        jobs=await jobs(ports.registry, push, position),
        audit=AuditEntry(
            id=new_id(now_s),
            at_s=now_s,
            actor=sender,
            action="push.create",
            subject=push.id,
            detail={"target": push.target, "strategy": strategy_form.to_json(push.strategy)},
        ),
        idempotency=None
        if idempotency_key is None
        else IdempotencyKey(caller=sender, key=idempotency_key, body_digest=request.digest()),
    )
    timer = expiry_timer(push)
    if timer is not None:
        await ports.timers.set(timer)
    try:
        return await ports.pushes.submit(submission)
    except IdempotencyConflict:
        raise Problem(
            "idempotency_key_reused",
            422,
            "this Idempotency-Key was used for another push; a new push needs a new key",
        ) from None

"""What a sender is held to: whom they may reach, how often, how many, and from where on a second person decides."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

from services.domain.problems import Problem
from services.domain.pushes import Profile
from services.domain.strategies.strategy import Ack, Strategy
from services.domain.targets import json_form
from services.domain.targets.algebra import simplify
from services.domain.targets.cover import Cover
from services.domain.targets.expression import KEPT, Every, Target, Users
from services.domain.timeline.schedule import AT_ONCE
from services.ports import Ports, Sender
from services.pushes import audience
from services.pushes.audience import Meant
from services.pushes.requests import PushRequest

_HELD_TO_NOTHING: Final = Sender(sub="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """A request as it may be sent: its target (and that of its escalation) is what the sender may reach of it.

    `cover` is the cheapest for that target; `profile` is who was counted, for its plan or now, else about how many it
    means at most.
    """

    request: PushRequest
    needs_approval: bool
    cover: Cover
    profile: Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A request as it may be sent, with the cheapest cover of its target, and the limits that it is over, else None."""

    request: PushRequest
    cover: Cover
    over_max_terminals: int | None = None
    over_approve_over: int | None = None


async def admit(ports: Ports, request: PushRequest, *, sender: str) -> Admitted:
    """Hold a request to what its sender may. Counts it against their rate, also if it is then refused.

    A test goes to the sender's own terminals at once, whatever its target and schedule, and needs no approval.

    Raises Problem: `sender_rate` (429), `audience_over_limit` (403), `invalid_target` (422) if what is escalated to
    becomes too big an expression.
    """
    held = await ports.senders.get(sender) or _HELD_TO_NOTHING
    await _take(ports, held)
    asked = _bounded(request, held, sender)
    meant = await audience.meant_by(ports, asked.target, asked.strategy)
    judged = await _judged(ports, asked, meant, held)
    if judged.over_max_terminals is not None:
        raise Problem(
            "audience_over_limit",
            403,
            f"the push would reach more than {judged.over_max_terminals} terminals, the most that {sender} may reach"
            " with one; make its target smaller, or ask an administrator",
            max_terminals=judged.over_max_terminals,
        )
    return Admitted(
        request=asked,
        needs_approval=judged.over_approve_over is not None,
        cover=meant.cover,
        profile=await meant.profile() if asked.profile is None else asked.profile,
    )


async def judged(ports: Ports, request: PushRequest, *, sender: str) -> Judged:
    """What `admit` would say of a request, without counting it. Raises Problem (422) as `admit` does."""
    held = await ports.senders.get(sender) or _HELD_TO_NOTHING
    asked = _bounded(request, held, sender)
    return await _judged(ports, asked, await audience.meant_by(ports, asked.target, asked.strategy), held)


async def bounded(ports: Ports, request: PushRequest, *, sender: str) -> PushRequest:
    """The request with the target that its sender may reach of it; counts nothing and refuses nothing."""
    return _bounded(request, await ports.senders.get(sender) or _HELD_TO_NOTHING, sender)


async def _judged(ports: Ports, request: PushRequest, meant: Meant, held: Sender) -> Judged:
    size = await _size(ports, request, meant, held)
    return Judged(
        request=request,
        cover=meant.cover,
        over_max_terminals=_if_over(size, held.max_terminals),
        over_approve_over=_if_over(size, held.approve_over),
    )


def _if_over(size: int, limit: int | None) -> int | None:
    return limit if limit is not None and size > limit else None


def _bounded(request: PushRequest, held: Sender, sender: str) -> PushRequest:
    if request.test:
        return replace(
            request, target=Users((sender,)), strategy=_as_a_test(request.strategy), schedule=AT_ONCE, plan=None
        )
    if held.targets is None:
        return request
    reachable = json_form.from_json(held.targets, bounds=KEPT)
    return replace(
        request,
        target=Every((reachable, request.target)),
        strategy=_escalating_within(request.strategy, reachable),
    )


def _as_a_test(strategy: Strategy) -> Strategy:
    """The strategy without what would keep it from the sender, or let it reach others."""
    ack = None if strategy.ack is None else replace(strategy.ack, escalate=None)
    return replace(strategy, window=None, pace=None, waves=(), ack=ack)


def _escalating_within(strategy: Strategy, reachable: Target) -> Strategy:
    """What is escalated goes out in the sender's name, so it reaches no further than they may."""
    target = _escalation_of(strategy)
    if target is None:
        return strategy
    assert strategy.ack is not None
    assert strategy.ack.escalate is not None
    bounded_target = json_form.to_json(simplify(Every((reachable, target))))
    # It is read again as callers write it, and must not have grown too big for that.
    json_form.from_json(bounded_target)
    escalate = replace(strategy.ack.escalate, target=bounded_target)
    ack: Ack = replace(strategy.ack, escalate=escalate)
    return replace(strategy, ack=ack)


def _escalation_of(strategy: Strategy) -> Target | None:
    if strategy.ack is None or strategy.ack.escalate is None:
        return None
    return json_form.from_json(strategy.ack.escalate.target, bounds=KEPT)


async def _take(ports: Ports, held: Sender) -> None:
    if held.per_minute is None:
        return
    wait_s = await ports.senders.take(held.sub, per_minute=held.per_minute, at_s=ports.clock.now_s())
    if wait_s > 0:
        raise Problem(
            "sender_rate",
            429,
            f"{held.sub} may send {held.per_minute} pushes a minute, and has; try again in {math.ceil(wait_s)} s",
            retry_after_s=max(1, math.ceil(wait_s)),
            per_minute=held.per_minute,
        )


async def _size(ports: Ports, request: PushRequest, meant: Meant, held: Sender) -> int:
    """For how many terminals the push, or its escalation if that is for more, is: counted as far as a limit asks."""
    limits = [limit for limit in (held.max_terminals, held.approve_over) if limit is not None]
    if not limits or request.test:
        return 0
    # A push that is kept reaches those who are away when they come back, however few are here at the moment.
    with_away = request.strategy.keeps_log or request.schedule != AT_ONCE
    size = await meant.number(max(limits), with_away=with_away)
    escalation = _escalation_of(request.strategy)
    if escalation is not None:
        size = max(size, await (await audience.meant_by(ports, escalation)).number(max(limits), with_away=True))
    return size

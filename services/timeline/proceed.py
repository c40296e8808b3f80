"""Taking a push as far along its timeline as it can go now."""

from __future__ import annotations

import asyncio
import logging

from services.domain.pushes import OPEN, Push, State
from services.domain.timeline import machine
from services.domain.timeline.machine import Facts
from services.domain.timeline.step import Rest, Step
from services.ports import Ports, Timer
from services.pushes.submit import step_timer
from services.timeline.apply import apply

log = logging.getLogger(__name__)

_GOES_ON = (*OPEN, State.HALTED)
MOST_STEPS = 500
"""Most steps taken at a time; a push that could go on then is overdue, and the sweep takes it up."""


async def proceed(ports: Ports, push_id: str) -> Push | None:
    """Take every step that a push can take now; the push then, None if there is none.

    Safe to call at any time, twice, late, or by several at once: a step is taken by one of them, and the others look
    again. One that has ended stays as it is, and one that is halted too, until its time is over.
    """
    for _ in range(MOST_STEPS):
        push = await ports.pushes.get(push_id)
        if push is None or push.state not in _GOES_ON:
            return push
        now_s = ports.clock.now_s()
        decided = await _decided(ports, push, now_s)
        if isinstance(decided, Rest):
            await _wake_again(ports, push, decided, now_s)
            return push
        await apply(ports, push, decided, now_s=now_s)
    log.warning("a push takes too many steps at a time; the sweep goes on", extra={"push_id": push_id})
    return await ports.pushes.get(push_id)


async def _decided(ports: Ports, push: Push, now_s: float) -> Step | Rest:
    if push.expired_at(now_s):
        return machine.expire(push, now_s=now_s)
    stages = sorted(machine.asks(push, now_s))
    progress, unconfirmed = await asyncio.gather(
        ports.pushes.progress(push.id),
        asyncio.gather(*(ports.pushes.unconfirmed(push, stage) for stage in stages)),
    )
    return machine.proceed(push, Facts(progress, dict(zip(stages, unconfirmed, strict=True))), now_s)


async def _wake_again(ports: Ports, push: Push, rest: Rest, now_s: float) -> None:
    """Where the timer of a push has fired and it must wait on, set it to when it need be looked at again."""
    timer = step_timer(push)
    if timer is None or rest.until_s is None or timer.at_s > now_s or rest.until_s <= now_s:
        return
    await ports.timers.set(Timer(name=timer.name, at_s=rest.until_s, body=timer.body))

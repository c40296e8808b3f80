"""Entry of timers: something was to be done at a moment, and the moment has come."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping

from services.domain.pushes import State
from services.ports import Ports

log = logging.getLogger(__name__)

Event = Mapping[str, object]
Handler = Callable[[Event], Awaitable[None]]


def build(ports: Ports) -> Handler:
    """The handler over these ports; an event is the body of a timer."""

    async def handle(event: Event) -> None:
        match event.get("do"):
            case "expire":
                await expire(ports, str(event["push_id"]))
            case other:
                raise ValueError(f"a timer asks for {other!r}, which nobody knows how to do")

    return handle


async def expire(ports: Ports, push_id: str) -> None:
    """End a push whose time is over and that is still under way. One that is finished stays as it is."""
    push = await ports.pushes.get(push_id)
    now_s = ports.clock.now_s()
    if push is None or push.state is not State.SENDING or not push.expired_at(now_s):
        return
    if await ports.pushes.transition(push, State.EXPIRED, at_s=now_s) is None:
        # Another step came first; it may have left the push under way.
        await expire(ports, push_id)

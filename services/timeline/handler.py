"""Entry of timers: something was to be done at a moment, and the moment has come."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from services.ports import Ports
from services.timeline.proceed import proceed

Event = Mapping[str, object]
Handler = Callable[[Event], Awaitable[None]]


def build(ports: Ports) -> Handler:
    """The handler over these ports; an event is the body of a timer."""

    async def handle(event: Event) -> None:
        match event.get("do"):
            case "step":
                await _step(ports, str(event["push_id"]), int(str(event["step"])))
            case "expire":
                await proceed(ports, str(event["push_id"]))
            case other:
                raise ValueError(f"a timer asks for {other!r}, which nobody knows how to do")

    return handle


async def _step(ports: Ports, push_id: str, step: int) -> None:
    """What a step set its timer for; a later step has set its own."""
    push = await ports.pushes.get(push_id)
    if push is not None and push.step <= step:
        await proceed(ports, push_id)

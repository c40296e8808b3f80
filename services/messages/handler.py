"""Entry of every message a terminal sends: reads the event, calls, answers by a frame."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping

from services.connections import sessions
from services.domain import frames
from services.domain.connection import Connection
from services.domain.problems import Problem
from services.messages import chat
from services.messages.acknowledgement import acknowledge
from services.messages.replay import catch_up
from services.messages.resume import resume
from services.ports import Ports, TokenVerifier

log = logging.getLogger(__name__)

Event = Mapping[str, object]
Handler = Callable[[Event], Awaitable[dict[str, object]]]

HEARD_AGAIN_S = 60
"""How long after a terminal was heard it is noted again: on AWS each time is a write, and whoever asks for it asks for
minutes (`services.connections.presence.HEARD_LATELY_S`)."""
NOT_REGISTERED = frames.bye(
    "not_registered", "this connection is not registered any more; connect again", reconnect=True, retry_after_s=1
)


def build(ports: Ports, verifier: TokenVerifier) -> Handler:
    """The handler of all message routes over these ports."""

    async def handle(event: Event) -> dict[str, object]:
        context = event["requestContext"]
        assert isinstance(context, Mapping)
        connection_id = str(context["connectionId"])
        row = await ports.registry.get(connection_id)
        if row is None:
            await ports.gateway.post([connection_id], NOT_REGISTERED)
            await ports.gateway.close(connection_id)
            return {"statusCode": 200}
        try:
            await _act(ports, verifier, row, str(event.get("body", "")))
        except Problem as problem:
            log.info("frame refused", extra={"connection_id": connection_id, "code": problem.code})
            await ports.gateway.post([connection_id], frames.error(problem.code, problem.detail))
        return {"statusCode": 200}

    return handle


async def _act(ports: Ports, verifier: TokenVerifier, row: Connection, body: str) -> None:
    now_s = ports.clock.now_s()
    action = frames.parse_action(body)
    if isinstance(action, frames.Refresh):
        newer = await sessions.refresh(ports, row, await sessions.verified(verifier, action.token))
        if newer.groups != row.groups or newer.attributes != row.attributes:
            await catch_up(ports, newer)
        return
    sessions.check_not_over(row, now_s)
    if _is_news(row, now_s):
        await ports.registry.heard([row.connection_id], now_s)
    match action:
        case frames.Resume(since):
            await resume(ports, row, since)
        case frames.Ack():
            await acknowledge(ports, row, action)
        case frames.Chat(message):
            await chat.say(ports, row, message)
        case frames.Ping():
            await ports.gateway.post([row.connection_id], frames.PONG)


def _is_news(row: Connection, now_s: float) -> bool:
    """Whether it is to be noted that a terminal was heard: for the first time, or after a while."""
    return row.last_heard_at_s <= row.connected_at_s or now_s - row.last_heard_at_s > HEARD_AGAIN_S

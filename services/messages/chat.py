"""The chat of the article that the service began with: everyone connected gets `Echo: <message>`."""

from __future__ import annotations

from services.domain import frames, topics
from services.domain.connection import Connection
from services.domain.problems import Problem
from services.domain.ring import WHOLE
from services.ports import Ports

SCOPE = "chat"
PAGE = 500


async def say(ports: Ports, speaker: Connection, message: str) -> None:
    """Post a message to everyone connected. Raises Problem (403) without the scope `chat`."""
    if SCOPE not in speaker.scopes:
        raise Problem("scope_missing", 403, f"onMessage needs a token with the scope {SCOPE}")
    data = frames.chat(message)
    after: str | None = None
    while True:
        page = await ports.registry.page(topics.ALL, WHOLE, live_at_s=ports.clock.now_s(), limit=PAGE, after=after)
        await ports.gateway.post([row.connection_id for row in page.items], data)
        if page.next is None:
            return
        after = page.next

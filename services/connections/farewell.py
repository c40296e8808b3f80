"""Closing sockets politely: out of the registry first, then a `bye` that says why, then the close."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from services.domain import frames
from services.domain.connection import Connection
from services.domain.problems import Problem
from services.ports import Ports


@dataclass(frozen=True, slots=True, kw_only=True)
class Bye:
    """Why a socket is closed, and whether and when (seconds) its terminal should come back."""

    code: str
    reason: str
    reconnect: bool
    retry_after_s: int | None = None

    @classmethod
    def of(cls, fault: Problem) -> Bye:
        """The end of a connection that may not be open; coming back helps if there is a moment from when on."""
        return cls(
            code=fault.code,
            reason=fault.detail,
            reconnect=fault.retry_after_s is not None,
            retry_after_s=fault.retry_after_s,
        )


CLOSES_AT_ONCE = 50
"""How many sockets are closed at the same time."""


async def dismiss(ports: Ports, connections: Sequence[Connection], bye: Bye) -> int:
    """Close these connections; how many were still registered.

    Nothing is delivered to them once they are out of the registry, whether or not their socket still answers.
    """
    removed = await ports.registry.remove([connection.connection_id for connection in connections])
    ids = [connection.connection_id for connection in removed]
    data = frames.bye(bye.code, bye.reason, reconnect=bye.reconnect, retry_after_s=bye.retry_after_s)
    for start in range(0, len(ids), CLOSES_AT_ONCE):
        some = ids[start : start + CLOSES_AT_ONCE]
        await ports.gateway.post(some, data)
        await asyncio.gather(*(ports.gateway.close(connection_id) for connection_id in some))
    return len(removed)

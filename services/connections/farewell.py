"""Closing sockets politely: a `bye` that says why, then the close, and out of the registry."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.domain import frames
from services.domain.connection import Connection
from services.domain.problems import Problem
from services.ports import Ports

log = logging.getLogger(__name__)


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


class NotAllClosed(OSError):
    """Some sockets could not be closed now; `closed` others were."""

    def __init__(self, unclosed: int, closed: int) -> None:
        super().__init__(f"{unclosed} sockets could not be closed now; try again")
        self.closed = closed


async def dismiss(ports: Ports, connections: Sequence[Connection], bye: Bye) -> int:
    """Close these connections, each out of the registry once its socket is closed; how many were open or registered.

    In this order, whoever dies half-way leaves rows whose sockets are gone, which is found out. A socket that is open
    and not registered would go on, and get nothing: its terminal cannot tell, since API Gateway answers its `ping`.

    Raises NotAllClosed when it has tried them all; those whose socket is still open are still registered.
    """
    return await _end(ports, connections, bye, unregister_first=False)


async def expel(ports: Ports, connections: Sequence[Connection], bye: Bye) -> int:
    """Close these connections, and have nothing delivered to them any more; how many were open or registered.

    They are out of the registry first, whether or not their sockets can be closed. Raises NotAllClosed when it has
    tried them all.
    """
    return await _end(ports, connections, bye, unregister_first=True)


async def _end(ports: Ports, connections: Sequence[Connection], bye: Bye, *, unregister_first: bool) -> int:
    ids = list(dict.fromkeys(connection.connection_id for connection in connections))
    data = frames.bye(bye.code, bye.reason, reconnect=bye.reconnect, retry_after_s=bye.retry_after_s)
    ended: set[str] = set()
    failures: list[OSError] = []
    for start in range(0, len(ids), CLOSES_AT_ONCE):
        some = ids[start : start + CLOSES_AT_ONCE]
        if unregister_first:
            ended.update(row.connection_id for row in await ports.registry.remove(some))
        closings = await _close(ports, some, data)
        ended.update(connection_id for connection_id, was_open in closings.items() if was_open is True)
        failed = {connection_id: fault for connection_id, fault in closings.items() if isinstance(fault, OSError)}
        failures += failed.values()
        if not unregister_first:
            gone = [connection_id for connection_id in some if connection_id not in failed]
            ended.update(row.connection_id for row in await ports.registry.remove(gone))
    if failures:
        raise NotAllClosed(len(failures), len(ended)) from failures[0]
    return len(ended)


async def _close(ports: Ports, connection_ids: Sequence[str], data: bytes) -> Mapping[str, bool | OSError]:
    """Say good-bye and close, whether or not that could be said; of each whether it was open, or why it still is."""
    try:
        await ports.gateway.post(connection_ids, data)
    except OSError as error:
        log.warning("bye not said", extra={"connections": len(connection_ids), "error": str(error)})

    async def close(connection_id: str) -> bool | OSError:
        try:
            return await ports.gateway.close(connection_id)
        except OSError as error:
            return error

    closings = await asyncio.gather(*map(close, connection_ids))
    return dict(zip(connection_ids, closings, strict=True))

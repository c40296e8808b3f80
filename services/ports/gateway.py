"""The terminals' sockets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class PostResult:
    """What became of one message at the connections it was posted to, in no order.

    `throttled` can be tried again (429, 5xx); `gone` are closed (410); `refused` will never work (400, 413).

    A 403 is about us, not about a terminal: it is tried again with new credentials, and else raised as an OSError.
    """

    sent: Sequence[str] = ()
    gone: Sequence[str] = ()
    throttled: Sequence[str] = ()
    refused: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketInfo:
    """What the gateway knows of an open socket (GET @connections)."""

    connected_at_s: float
    last_active_at_s: float
    source_ip: str
    user_agent: str


class Gateway(Protocol):
    """The terminals' sockets: API Gateway's @connections, or the sockets of this process."""

    async def post(self, connection_ids: Sequence[str], data: bytes) -> PostResult:
        """Send one text message to each, at most once a call."""

    async def close(self, connection_id: str) -> bool:
        """Close a socket; False if it was gone. `$disconnect` follows."""

    async def describe(self, connection_id: str) -> SocketInfo | None:
        """None if it is gone."""

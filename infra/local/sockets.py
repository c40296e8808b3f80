"""The gateway port over the sockets of this process."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from infra.local.gateway.gateway import Gateway as LocalGateway
from services.ports import PostResult, SocketInfo


class Sockets:
    """Implements `services.ports.Gateway`: what API Gateway's @connections does, without a request in between."""

    def __init__(self, gateway: LocalGateway) -> None:
        self._gateway = gateway

    async def post(self, connection_ids: Sequence[str], data: bytes) -> PostResult:
        if self._gateway.post_latency_s:
            await asyncio.sleep(self._gateway.post_latency_s)
        result = self._gateway.post_many(connection_ids, data)
        return PostResult(sent=result.sent, gone=result.gone, throttled=result.throttled)

    async def close(self, connection_id: str) -> bool:
        return self._gateway.disconnect(connection_id)

    async def describe(self, connection_id: str) -> SocketInfo | None:
        info = self._gateway.describe(connection_id)
        if info is None:
            return None
        return SocketInfo(
            connected_at_s=info.connected_at_ms / 1000,
            last_active_at_s=info.last_active_at_ms / 1000,
            source_ip=info.source_ip,
            user_agent=info.user_agent or "",
        )

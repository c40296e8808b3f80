"""The gateway port over the sockets of this process."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from infra.local.gateway.gateway import Gateway as LocalGateway
from services.ports import PostResult, SocketInfo


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A post that waits for the end of the event loop's turn."""

    connection_ids: Sequence[str]
    data: bytes
    result: asyncio.Future[PostResult]


class Sockets:
    """Implements `services.ports.Gateway`: what API Gateway's @connections does, without a request in between.

    What is posted to the same connections within one turn of the event loop is written to each of them at once: a
    system call costs far more than the bytes do.
    """

    def __init__(self, gateway: LocalGateway) -> None:
        self._gateway = gateway
        self._waiting: list[_Waiting] = []

    async def post(self, connection_ids: Sequence[str], data: bytes) -> PostResult:
        if self._gateway.post_latency_s:
            await asyncio.sleep(self._gateway.post_latency_s)
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self._write)
        waiting = _Waiting(connection_ids, data, loop.create_future())
        self._waiting.append(waiting)
        return await waiting.result

    def _write(self) -> None:
        """Write what waits, in its order; neighbours for the same connections together."""
        posts, self._waiting = self._waiting, []
        for _, neighbours in itertools.groupby(posts, key=lambda post: post.connection_ids):
            together = list(neighbours)
            try:
                self._write_together(together)
            except ValueError:
                # One of them cannot be sent: each for itself, so that only that one fails.
                for post in together:
                    self._write_alone(post)

    def _write_together(self, posts: Sequence[_Waiting]) -> None:
        written = self._gateway.post_all(posts[0].connection_ids, [post.data for post in posts])
        result = PostResult(sent=written.sent, gone=written.gone, throttled=written.throttled)
        for post in posts:
            if not post.result.done():
                post.result.set_result(result)

    def _write_alone(self, post: _Waiting) -> None:
        try:
            self._write_together([post])
        except ValueError as error:
            if not post.result.done():
                post.result.set_exception(error)

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

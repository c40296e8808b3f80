"""A WebSocket API of API Gateway in one process: its socket side, and `@connections`."""

from __future__ import annotations

import asyncio
import ssl as tls
from collections.abc import Iterable, Sequence
from dataclasses import replace

from infra.local.gateway import delivery, management
from infra.local.gateway.api import WebSocketApi
from infra.local.gateway.chaos import Chaos, Mischief
from infra.local.gateway.connection import Connection
from infra.local.gateway.counters import Counters
from infra.local.gateway.delivery import Outcome, PostResult
from infra.local.gateway.forwarded import TrustedProxies
from infra.local.gateway.http_connection import HttpConnection
from infra.local.gateway.limits import Limits
from infra.local.gateway.management import ConnectionInfo
from infra.local.gateway.sigv4 import Credentials, SignatureVerifier
from infra.local.gateway.stage import Stage

_BACKLOG = 4096
_DROP_EACH_S = 0.5
GOING_AWAY = 1001


class Gateway:
    """Serves one WebSocketApi. Make it, and use it, within a running event loop.

    `credentials` sign requests to `@connections`, for the API's region; without them that API refuses everyone.
    `trusted_proxies` are the networks (CIDR) of reverse proxies whose `X-Forwarded-*` headers are taken at their word.
    """

    def __init__(
        self,
        api: WebSocketApi,
        *,
        limits: Limits | None = None,
        credentials: Credentials | None = None,
        trusted_proxies: Iterable[str] = (),
        chaos: Chaos | None = None,
    ) -> None:
        limits = limits or Limits()
        if chaos is not None and chaos.max_duration_s is not None:
            limits = replace(limits, max_duration_s=chaos.max_duration_s)
        self._stage = Stage(
            api,
            limits,
            trusted_proxies=TrustedProxies(trusted_proxies),
            verifier=None if credentials is None else SignatureVerifier(credentials, api.region),
            mischief=None if chaos is None else Mischief(chaos),
            loop=asyncio.get_running_loop(),
        )
        self._dropping: asyncio.TimerHandle | None = None
        self._servers: list[asyncio.Server] = []

    @property
    def counters(self) -> Counters:
        """What it has counted so far."""
        return self._stage.counters

    @property
    def open_connections(self) -> int:
        """How many connections can be posted to now."""
        return len(self._stage.open)

    @property
    def tcp_connections(self) -> int:
        """How many TCP connections there are, whatever their state: handshakes under way and HTTP requests too."""
        return len(self._stage.tcp_connections)

    def connection_ids(self) -> list[str]:
        """The connections that can be posted to now, oldest first."""
        return list(self._stage.open)

    async def start(self, host: str, port: int, *, ssl: tls.SSLContext | None = None) -> int:
        """Listen on `host` and `port` (0 picks a free one); returns the port. May be called for several addresses.

        Raises OSError if it cannot.
        """
        stage = self._stage
        server = await stage.loop.create_server(
            lambda: HttpConnection(stage),
            host,
            port,
            ssl=ssl,
            ssl_handshake_timeout=None if ssl is None else stage.limits.request_timeout_s,
            ssl_shutdown_timeout=None if ssl is None else stage.limits.close_timeout_s,
            backlog=_BACKLOG,
        )
        self._servers.append(server)
        stage.timers.start()
        if stage.mischief is not None and self._dropping is None:
            self._dropping = stage.loop.call_later(_DROP_EACH_S, self._drop, stage.mischief)
        return int(server.sockets[0].getsockname()[1])

    def drain(self) -> None:
        """Take no new connections and refuse handshakes (503); open connections stay."""
        self._stage.draining = True
        for server in self._servers:
            server.close()

    async def close(self, *, timeout_s: float = 5) -> None:
        """Drain, close every connection (1001), and wait for `$disconnect` and other work under way.

        Clients and functions that take longer than `timeout_s` are cut off.
        """
        self.drain()
        stage = self._stage
        deadline_s = stage.loop.time() + timeout_s
        for transport in list(stage.tcp_connections):
            protocol = transport.get_protocol()
            if isinstance(protocol, Connection):
                protocol.close(GOING_AWAY, "Going away")
            elif isinstance(protocol, HttpConnection):
                protocol.finish()
        if self._dropping is not None:
            self._dropping.cancel()
        await stage.emptied(timeout_s)
        await stage.settle(max(0.0, deadline_s - stage.loop.time()))
        stage.timers.stop()
        for server in self._servers:
            await server.wait_closed()
        self._servers.clear()

    @property
    def post_latency_s(self) -> float:
        """How long chaos has a caller in this process wait before it posts; 0 without chaos."""
        mischief = self._stage.mischief
        return 0 if mischief is None else mischief.chaos.post_latency_s

    def post(self, connection_id: str, data: bytes) -> Outcome:
        """Send one text message to one connection. Raises ValueError as `post_many` does."""
        return delivery.post(self._stage, connection_id, data)

    def post_many(self, connection_ids: Sequence[str], data: bytes) -> PostResult:
        """Send one text message to each connection at once, its frame built once.

        Never waits: a client that does not read, and whose buffer is full, is `throttled` and closed.
        Raises ValueError if `data` is over the message limit or is not UTF-8.
        """
        return delivery.post_all(self._stage, connection_ids, (data,))

    def post_all(self, connection_ids: Sequence[str], messages: Sequence[bytes]) -> PostResult:
        """As `post_many`, for several messages in their order: each connection is written to once.

        Raises ValueError if one of them cannot be sent; none is sent then.
        """
        return delivery.post_all(self._stage, connection_ids, messages)

    def disconnect(self, connection_id: str) -> bool:
        """Close a connection (1000), as DELETE does; False if it was gone. `$disconnect` follows."""
        return management.disconnect(self._stage, connection_id)

    def describe(self, connection_id: str) -> ConnectionInfo | None:
        """What GET tells of a connection; None if it is gone."""
        return management.describe(self._stage, connection_id)

    def _drop(self, mischief: Mischief) -> None:
        stage = self._stage
        self._dropping = stage.loop.call_later(_DROP_EACH_S, self._drop, mischief)
        for connection_id in mischief.dropped(list(stage.open), _DROP_EACH_S):
            stage.open[connection_id].transport.abort()

"""A deployed API: what all of its connections share."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import TYPE_CHECKING

from infra.local.gateway.api import DISCONNECT, WebSocketApi
from infra.local.gateway.chaos import Mischief
from infra.local.gateway.counters import Counters
from infra.local.gateway.events import Session, disconnect_event
from infra.local.gateway.forwarded import TrustedProxies
from infra.local.gateway.ids import Ids
from infra.local.gateway.invocation import FunctionError, FunctionTimedOut, invoke, log_failure
from infra.local.gateway.limits import Limits
from infra.local.gateway.parser import Parser
from infra.local.gateway.sigv4 import SignatureVerifier
from infra.local.gateway.throttle import TokenBucket
from infra.local.gateway.timers import TimerWheel

if TYPE_CHECKING:
    from infra.local.gateway.connection import Connection

log = logging.getLogger("fanfare.gateway")

_MAX_SPARE_PARSERS = 64
_MAX_SHARED_TEXTS = 4096
_MAX_SHARED_TEXT = 256


class Stage:
    """One API at its stage: its open connections, its bounds, and what they share so that each costs little."""

    def __init__(
        self,
        api: WebSocketApi,
        limits: Limits,
        *,
        trusted_proxies: TrustedProxies,
        verifier: SignatureVerifier | None,
        mischief: Mischief | None,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self.api = api
        self.limits = limits
        self.trusted_proxies = trusted_proxies
        self.verifier = verifier
        self.mischief = mischief
        self.loop = loop
        self.ids = Ids()
        self.counters = Counters()
        self.timers = TimerWheel(loop, limits.timer_resolution_s)
        self.connects = TokenBucket(limits.connects_per_s, limits.connects_burst, loop.time)
        self.requests = TokenBucket(limits.requests_per_s, limits.requests_burst, loop.time)
        self.open: dict[str, Connection] = {}
        """Connections that can be posted to: from the 101 until a close begins."""
        self.tcp_connections: set[asyncio.Transport] = set()
        self.draining = False
        self._emptied = asyncio.Event()
        self._emptied.set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._shared_texts: dict[str, str] = {}
        self._spare_parsers: list[Parser] = []

    def arrived(self, transport: asyncio.Transport) -> None:
        """A TCP connection was made."""
        self.tcp_connections.add(transport)
        self._emptied.clear()

    def left(self, transport: asyncio.Transport) -> None:
        """A TCP connection is gone."""
        self.tcp_connections.discard(transport)
        if not self.tcp_connections:
            self._emptied.set()

    async def emptied(self, timeout_s: float) -> None:
        """Wait until all TCP connections are gone; cut off those that are not in time."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._emptied.wait()
        except TimeoutError:
            for transport in list(self.tcp_connections):
                transport.abort()

    def spawn(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        """Run `work` in a task that `settle` waits for."""
        task = self.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def settle(self, timeout_s: float) -> None:
        """Wait for the invocations that are under way; cancel those that are not done in time."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=timeout_s)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)

    def share(self, text: str) -> str:
        """The one copy of a text that many connections have: a host, a user agent, a group list.

        Not `sys.intern`, which keeps what clients send for ever on some versions of Python (3.12).
        """
        if len(text) > _MAX_SHARED_TEXT:
            return text
        if len(self._shared_texts) >= _MAX_SHARED_TEXTS:
            self._shared_texts.clear()
        return self._shared_texts.setdefault(text, text)

    def take_parser(self) -> Parser:
        """A parser between two messages. It holds no state then, so idle connections have none: they share a few."""
        if self._spare_parsers:
            return self._spare_parsers.pop()
        return Parser(self.limits)

    def return_parser(self, parser: Parser) -> None:
        """Give back a parser that is between two messages."""
        if len(self._spare_parsers) < _MAX_SPARE_PARSERS:
            self._spare_parsers.append(parser)

    def disconnected(self, session: Session, code: int, reason: str) -> None:
        """A connection that `$connect` let in has ended: invoke `$disconnect`, once and at best effort."""
        self.counters.closes[code] += 1
        log.debug("disconnected", extra={"connection_id": session.connection_id, "code": code})
        if self.mischief is not None and self.mischief.loses_disconnect():
            return
        if self.api.handler_of(DISCONNECT) is not None:
            self.spawn(self._invoke_disconnect(session, code, reason))

    async def _invoke_disconnect(self, session: Session, code: int, reason: str) -> None:
        handler = self.api.handler_of(DISCONNECT)
        if handler is None:
            return
        if self.mischief is not None:
            await asyncio.sleep(self.mischief.chaos.delay_disconnect_s)
        request_id = self.ids.of_request()
        event = disconnect_event(self.api, session, code, reason, request_id)
        try:
            await invoke(handler, event, self.limits.integration_timeout_s)
        except (FunctionError, FunctionTimedOut) as error:
            self.counters.function_errors += 1
            log_failure(DISCONNECT, error, session.connection_id, request_id)

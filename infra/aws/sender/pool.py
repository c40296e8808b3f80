"""The connections to one endpoint: opened for work, kept alive, given up when not to be trusted."""

from __future__ import annotations

import asyncio
import ssl
import time
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar

import aiofastnet

from infra.aws.sender.endpoint import Endpoint
from infra.aws.sender.http1 import Connection
from infra.aws.sender.http1 import Owner as ConnectionOwner

T = TypeVar("T")

_TLS_SHUTDOWN_S: Final = 1.0
_NEXT_ADDRESS_S: Final = 0.25
"""How long one address may take before the next is tried beside it (RFC 8305)."""
_SWEEPS_PER_TIMEOUT: Final = 10
_LONGEST_SWEEP_S: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many connections, and how long each thing may take. Times in seconds."""

    connections: int = 64
    """Most connections, and so most requests under way: one on each."""
    connect_s: float = 5.0
    """For a connection to be made, TLS included."""
    answer_s: float = 10.0
    """For a request to be answered; it is given up up to a second later."""
    trusted_idle_s: float = 2.0
    """A connection idle for longer is looked at before it is used: the event loop may have stood still."""
    longest_idle_s: float = 30.0
    """One idle for longer is closed instead: whoever is in between may have forgotten it without a word."""


class Owner(ConnectionOwner[T], Protocol[T]):
    """Who works with the connections."""

    def opened(self, connection: Connection[T]) -> None:
        """A new connection is there, fresh and idle; it is the owner's to use or to give back."""

    def unreachable(self, error: OSError) -> None:
        """One connection could not be opened."""


class Pool(Generic[T]):
    """Connections to an endpoint for one owner, all on one event loop."""

    def __init__(self, endpoint: Endpoint, tls: ssl.SSLContext | None, limits: Limits, owner: Owner[T]) -> None:
        self._endpoint = endpoint
        self._tls = tls
        self._limits = limits
        self._owner = owner
        self._open: set[Connection[T]] = set()
        self._idle: list[Connection[T]] = []
        self._opening: set[asyncio.Task[None]] = set()
        self._sweep_handle: asyncio.TimerHandle | None = None
        self._emptied: asyncio.Event | None = None

    @property
    def opening(self) -> int:
        """Connections that are being opened."""
        return len(self._opening)

    @property
    def open(self) -> int:
        """Connections that are open, idle ones included."""
        return len(self._open)

    def take(self) -> Connection[T] | None:
        """An idle connection that can be trusted, the one used last first; None if there is none."""
        now_s = time.time()
        while self._idle:
            connection = self._idle.pop()
            if connection.is_spent:
                continue
            idle_s = now_s - connection.idle_since_s
            if 0 <= idle_s <= self._limits.trusted_idle_s:
                return connection
            if 0 <= idle_s <= self._limits.longest_idle_s and connection.is_quiet():
                return connection
            connection.close()
        return None

    def give_back(self, connection: Connection[T]) -> None:
        """Keep an idle connection for later."""
        connection.idle_since_s = time.time()
        self._idle.append(connection)

    def want(self, more: int) -> None:
        """Have at least so many connections being opened, as far as the limit allows."""
        room = self._limits.connections - len(self._open)
        loop = asyncio.get_running_loop()
        for _ in range(len(self._opening), min(more, room)):
            task = loop.create_task(self._connect())
            self._opening.add(task)

    def forget(self, connection: Connection[T]) -> None:
        """A connection has ended."""
        self._open.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        self._tell_if_empty()

    def watch(self) -> None:
        """See to it that requests under way are given up in time. Called when one is sent; cheap if all is set up."""
        if self._sweep_handle is None:
            period_s = min(self._limits.answer_s / _SWEEPS_PER_TIMEOUT, _LONGEST_SWEEP_S)
            self._sweep_handle = asyncio.get_running_loop().call_later(period_s, self._sweep)

    async def aclose(self) -> None:
        """Close every connection; requests under way are lost. Returns when all have ended."""
        if self._sweep_handle is not None:
            self._sweep_handle.cancel()
            self._sweep_handle = None
        for task in self._opening:
            task.cancel()
        for connection in self._open:
            if connection.task is None:
                connection.close()
            else:
                connection.abort()
        self._emptied = asyncio.Event()
        self._tell_if_empty()
        await self._emptied.wait()

    async def _connect(self) -> None:
        """Open one connection and tell the owner how it went, whatever happens: others wait for it."""
        connection: Connection[T] | None = None
        fault = OSError("the connection ended as soon as it was there")
        try:
            connection = await self._connected()
        except OSError as error:
            fault = error
        finally:
            task = asyncio.current_task()
            assert task is not None
            self._opening.discard(task)
            if connection is None or connection.is_spent:
                self._owner.unreachable(fault)
                self._tell_if_empty()
            else:
                self._open.add(connection)
                self._owner.opened(connection)

    async def _connected(self) -> Connection[T]:
        endpoint = self._endpoint
        is_tls = self._tls is not None
        async with asyncio.timeout(self._limits.connect_s):
            _, connection = await aiofastnet.create_connection(
                asyncio.get_running_loop(),
                lambda: Connection(self._owner),
                endpoint.host,
                endpoint.port,
                ssl=self._tls,
                ssl_handshake_timeout=self._limits.connect_s if is_tls else None,
                ssl_shutdown_timeout=_TLS_SHUTDOWN_S if is_tls else None,
                happy_eyeballs_delay=_NEXT_ADDRESS_S,
            )
        return connection

    def _tell_if_empty(self) -> None:
        if self._emptied is not None and not self._open and not self._opening:
            self._emptied.set()

    def _sweep(self) -> None:
        self._sweep_handle = None
        now_s = time.monotonic()
        under_way = [connection for connection in self._open if connection.task is not None]
        for connection in under_way:
            if now_s > connection.deadline_s:
                connection.has_timed_out = True
                connection.abort()
        if under_way:
            self.watch()

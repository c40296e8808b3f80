"""A server on loopback whose every answer the test decides, down to the bytes and the end of the connection."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from types import TracebackType
from typing import Self
from urllib.parse import unquote


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request as it came. `connection` numbers the connections from 1, `turn` the requests on one."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    connection: int
    turn: int

    @property
    def connection_id(self) -> str:
        return unquote(self.target.rpartition("/")[2])


@dataclass(slots=True)
class Exchange:
    """A request and the means to answer it, or not to."""

    request: Request
    writer: asyncio.StreamWriter

    def answer(self, status: int, *headers: str, body: bytes = b"") -> None:
        """A whole response with a content-length."""
        self.send(response(status, *headers, body=body))

    def send(self, raw: bytes) -> None:
        """Bytes as they are."""
        self.writer.write(raw)

    def end(self) -> None:
        """FIN after what was sent."""
        self.writer.close()

    def reset(self) -> None:
        """RST: what was sent may be lost."""
        handle = self.writer.get_extra_info("socket")
        handle.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


Script = Callable[[Exchange], Awaitable[None]]


def response(status: int, *headers: str, body: bytes = b"") -> bytes:
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", *headers, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


async def accept(exchange: Exchange) -> None:
    """What API Gateway does if all is well."""
    exchange.answer(200, "x-amzn-RequestId: 1")


def always(status: int, *headers: str, body: bytes = b"") -> Script:
    """The same answer to everything."""

    async def script(exchange: Exchange) -> None:
        exchange.answer(status, *headers, body=body)

    return script


@dataclass
class ScriptedServer:
    """Runs a script for each request; used with `async with`. `requests` are in the order in which they were read."""

    script: Script = accept
    host: str = "127.0.0.1"
    tls: ssl.SSLContext | None = None
    listen_on: int = 0
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    open: int = 0
    most_open: int = 0
    under_way: int = 0
    most_under_way: int = 0
    pipelined: int = 0
    """Requests that came before the one in front of them was answered."""
    _server: asyncio.Server | None = None
    _serving: set[asyncio.Task[None]] = field(default_factory=set)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, self.host, self.listen_on, ssl=self.tls)
        self.listen_on = int(self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    def stop_listening(self) -> None:
        """Take no new connections; those that are open go on."""
        assert self._server is not None
        self._server.close()

    @property
    def port(self) -> int:
        """The port on which it listens, or did."""
        return self.listen_on

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}/prod"

    @property
    def ids(self) -> list[str]:
        """The connection ids of the requests, in order."""
        return [request.connection_id for request in self.requests]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        self.connections += 1
        number = self.connections
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            turn = 0
            received = bytearray()
            while not writer.is_closing():
                turn += 1
                request = await _read(reader, received, number, turn)
                self.pipelined += bool(received)
                self.requests.append(request)
                self.under_way += 1
                self.most_under_way = max(self.most_under_way, self.under_way)
                try:
                    await self.script(Exchange(request, writer))
                finally:
                    self.under_way -= 1
        except (ConnectionError, asyncio.CancelledError):
            pass  # the client has left, or the test is over
        finally:
            self.open -= 1
            self._serving.discard(task)
            writer.close()


async def _read(reader: asyncio.StreamReader, received: bytearray, connection: int, turn: int) -> Request:
    """The next request; `received` keeps what came beyond it."""
    while (end := received.find(b"\r\n\r\n")) < 0:
        received += await _some(reader)
    line, *fields = received[:end].decode("latin-1").split("\r\n")
    method, target, version = line.split(" ")
    assert version == "HTTP/1.1"
    headers = {name.lower(): value for name, _, value in (text.partition(": ") for text in fields)}
    whole = end + 4 + int(headers.get("content-length", "0"))
    while len(received) < whole:
        received += await _some(reader)
    body = bytes(received[end + 4 : whole])
    del received[:whole]
    return Request(method=method, target=target, headers=headers, body=body, connection=connection, turn=turn)


async def _some(reader: asyncio.StreamReader) -> bytes:
    part = await reader.read(1 << 16)
    if not part:
        raise ConnectionResetError
    return part

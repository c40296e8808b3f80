"""A small HTTP/1.1 server for simulators: requests parsed by httptools, answers in the order of the requests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol, cast

import httptools
import uvloop

Answer = tuple[int, bytes]
"""Status and body."""


class Request(Protocol):
    """What a simulator sees of a request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


Handler = Callable[[Request, Callable[[Answer], None]], None]
"""Gets a request and what to call, at once or later, with the answer."""

_REASONS = {200: "OK", 400: "Bad Request", 404: "Not Found", 410: "Gone", 429: "Too Many Requests"}


class Connection(asyncio.Protocol):
    """One client connection, one request at a time."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._begin()

    def _begin(self) -> None:
        self.method = self.path = ""
        self.headers: dict[str, str] = {}
        self.body = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are asyncio's by behaviour, not by class.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self._begin()
        self.path = url.decode()

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.decode().lower()] = value.decode()

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.method = self._parser.get_method().decode()
        self._handler(self, self._answer)

    def _answer(self, answer: Answer) -> None:
        assert self._transport is not None
        status, body = answer
        head = f"HTTP/1.1 {status} {_REASONS[status]}\r\nContent-Type: application/x-amz-json-1.0\r\n"
        self._transport.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)


def serve(handler: Handler) -> None:
    """Serve on a free port of 127.0.0.1, whose number is the first line on standard output, until killed."""

    async def run() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Connection(handler), "127.0.0.1", 0, backlog=1_024)
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()

    uvloop.run(run())

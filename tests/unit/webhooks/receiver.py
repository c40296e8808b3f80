"""Who gets webhooks: a small HTTP server that answers by a script, and remembers what it was sent."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from infra.webhooks.endpoints import Endpoint, endpoints_of

NOON_S = 1_795_521_600.0
"""2026-11-24T12:00:00Z."""
KEY = b"a key of webhooks' tests, 32 b.."
SECRET = f"whsec_{base64.b64encode(KEY).decode()}"
LOOPBACK = ("127.0.0.0/8", "::1/128")


class Noon:
    """A clock that stands still."""

    def now_s(self) -> float:
        return NOON_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A request as it came; names of headers are in small letters."""

    request_line: str
    headers: Mapping[str, str]
    body: bytes


def status(code: int, **headers: str) -> bytes:
    """An answer without a body."""
    lines = [f"HTTP/1.1 {code} Whatever", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    return ("\r\n".join([*lines, "Content-Length: 0"]) + "\r\n\r\n").encode()


@dataclass(slots=True)
class Receiver:
    """`script` is what it answers, one after the other; then 204. None answers nothing."""

    port: int = 0
    script: list[bytes | None] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    open: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
            body = await reader.readexactly(int(headers["content-length"]))
            self.received.append(Received(request_line=head[0], headers=headers, body=body))
            answer = self.script.pop(0) if self.script else status(204)
            if answer is None:
                await reader.read()
            else:
                writer.write(answer)
                await writer.drain()
                await reader.read()
        except (ConnectionError, asyncio.IncompleteReadError):
            # Who posts closes as soon as it knows enough.
            return
        finally:
            self.open -= 1
            writer.transport.abort()

    def endpoint(self, *, host: str = "127.0.0.1", networks: tuple[str, ...] = LOOPBACK, **more: object) -> Endpoint:
        """The endpoint that this is."""
        members: dict[str, object] = {
            "url": f"http://{host}:{self.port}/hook?from=fanfare",
            "secret": SECRET,
            "http": True,
            "networks": networks,
        }
        (made,) = endpoints_of([{**members, **more}])
        return made


@asynccontextmanager
async def receiving(*script: bytes | None, tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """A receiver on a port of its own."""
    receiver = Receiver(script=list(script))
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0, ssl=tls)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()

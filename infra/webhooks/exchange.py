"""One POST to an address that is given: HTTP/1.1 over a connection of its own; of the answer only the head is read.

The name is for TLS and `Host` alone: nothing is looked up here. asyncio and httptools do the work. A whole HTTP library
would look the name up by itself.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import httptools

TIMEOUT_S: Final = 10.0
"""From the look-up of the name to the last header of the answer."""
CONNECT_TIMEOUT_S: Final = 3.0
"""How long each of several addresses may take to let us in."""
MAX_HEAD_BYTES: Final = 16_384
"""Most of an answer that is read. Its body is not waited for."""
_CHUNK_BYTES: Final = 4_096


class NotAnswered(OSError):
    """What came back is not the answer of an HTTP server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is posted. `authority` is the `Host` header, `target` the path and query."""

    authority: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    def head(self) -> bytes:
        """The request line and the headers."""
        lines = [
            f"POST {self.target} HTTP/1.1",
            f"Host: {self.authority}",
            f"Content-Length: {len(self.body)}",
            "Connection: close",
            *(f"{name}: {value}" for name, value in self.headers.items()),
        ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What an endpoint answered. `retry_after` is that header as it came."""

    status: int
    retry_after: str | None = None


async def post(request: Request, *, addresses: Sequence[str], port: int, tls_name: str | None) -> Answer:
    """Post to the first of these addresses that lets us in. `tls_name` is whose certificate it must show; None: no TLS.

    Raises OSError: unreachable, a certificate that does not prove the name, no answer in HTTP. How long all of it may
    take is the caller's to say; nothing is left open when it is cancelled.
    """
    reader, writer = await asyncio.open_connection(
        sock=await _connected(addresses, port),
        ssl=None if tls_name is None else tls(),
        server_hostname=tls_name,
        limit=MAX_HEAD_BYTES,
    )
    try:
        writer.write(request.head() + request.body)
        return await _answer(reader)
    finally:
        writer.transport.abort()


async def _connected(addresses: Sequence[str], port: int) -> socket.socket:
    failure: OSError = NotAnswered("there is no address")
    for address in addresses:
        opened = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
        try:
            opened.setblocking(False)
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await asyncio.get_running_loop().sock_connect(opened, (address, port))
        except OSError as error:
            opened.close()
            failure = error
        except BaseException:
            opened.close()
            raise
        else:
            return opened
    raise failure


class _Head:
    """What httptools tells of an answer; interim ones (1xx, RFC 9110 §15.2) are passed over."""

    def __init__(self) -> None:
        self.parser = httptools.HttpResponseParser(self)
        self.answer: Answer | None = None
        self._retry_after: str | None = None

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"retry-after":
            self._retry_after = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        status = self.parser.get_status_code()
        if status >= 200 and self.answer is None:
            self.answer = Answer(status=status, retry_after=self._retry_after)
        self._retry_after = None


async def _answer(reader: asyncio.StreamReader) -> Answer:
    head = _Head()
    left = MAX_HEAD_BYTES
    while head.answer is None:
        read = await reader.read(min(_CHUNK_BYTES, left))
        if not read:
            raise NotAnswered("the connection was closed" if left else f"headers of more than {MAX_HEAD_BYTES} bytes")
        left -= len(read)
        try:
            head.parser.feed_data(read)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            if head.answer is None:
                raise NotAnswered(f"not an HTTP answer: {type(error).__name__}") from error
    return head.answer


@cache
def tls() -> ssl.SSLContext:
    """How certificates are checked: by the authorities that this machine trusts."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context

"""A client that sends whatever bytes a test wants, right or wrong."""

from __future__ import annotations

import asyncio
import socket
import struct
from dataclasses import dataclass
from typing import cast

from tests.gateway.serving import DEADLINE_S, Served

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
MASK = b"\x37\xfa\x21\x3d"


@dataclass(frozen=True)
class Received:
    """A frame from the server."""

    opcode: int
    payload: bytes
    fin: bool

    @property
    def close_code(self) -> int:
        assert self.opcode == CLOSE, self
        return int(struct.unpack("!H", self.payload[:2])[0]) if self.payload else 1005


def frame(
    opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0, masked: bool = True, claim: int | None = None
) -> bytes:
    """A client's frame. `claim` is a payload length other than the true one."""
    size = len(payload) if claim is None else claim
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
    mask_bit = 0x80 if masked else 0
    if size < 126:
        head += bytes([mask_bit | size])
    elif size < 65536:
        head += struct.pack("!BH", mask_bit | 126, size)
    else:
        head += struct.pack("!BQ", mask_bit | 127, size)
    if not masked:
        return head + payload
    return head + MASK + bytes(byte ^ MASK[at % 4] for at, byte in enumerate(payload))


def close_frame(code: int | None = None, reason: bytes = b"") -> bytes:
    """A close frame, with a code or empty."""
    return frame(CLOSE, b"" if code is None else struct.pack("!H", code) + reason)


def upgrade_request(path: str = "/local", *headers: str, without: tuple[str, ...] = ()) -> bytes:
    """A handshake, with more headers, or without some."""
    lines = [
        "Host: ws.example",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ]
    kept = [line for line in lines if line.split(":")[0] not in without]
    return "\r\n".join([f"GET {path} HTTP/1.1", *kept, *headers, "", ""]).encode("latin-1")


class RawClient:
    """A TCP connection to the gateway."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def connected(cls, served: Served, **options: object) -> RawClient:
        """Only the TCP connection."""
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port, limit=2**24, **options)  # type: ignore[arg-type]  # passed on
        return cls(reader, writer)

    @classmethod
    async def open(cls, served: Served, path: str = "/local") -> RawClient:
        """A WebSocket."""
        client = await cls.connected(served)
        client.send(upgrade_request(path))
        status, _, _ = await client.response()
        assert status == 101
        return client

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def response(self, *, to_head: bool = False) -> tuple[int, dict[str, str], bytes]:
        """The next HTTP response: status, headers by lower-case name, body, which one to a HEAD request has not."""
        async with asyncio.timeout(DEADLINE_S):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            lines = head.split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:] if line)}
            body = b"" if to_head else await self.reader.readexactly(int(headers.get("content-length", "0")))
        return int(lines[0].split()[1]), headers, body

    async def frame(self) -> Received:
        """The next frame of the server, which must not be masked."""
        async with asyncio.timeout(DEADLINE_S):
            first, second = await self.reader.readexactly(2)
            assert not second & 0x80, "a server's frame is masked"
            size = second & 0x7F
            if size == 126:
                (size,) = struct.unpack("!H", await self.reader.readexactly(2))
            elif size == 127:
                (size,) = struct.unpack("!Q", await self.reader.readexactly(8))
            payload = await self.reader.readexactly(size)
        return Received(first & 0x0F, payload, bool(first & 0x80))

    async def text(self) -> str:
        """The next message, which must be one frame of text."""
        received = await self.frame()
        assert received.opcode == TEXT, received
        assert received.fin
        return received.payload.decode()

    async def closed_with(self) -> int:
        """The code of the server's close frame, which is answered; then the server ends the connection."""
        while (received := await self.frame()).opcode != CLOSE:
            pass
        self.send(frame(CLOSE, received.payload))
        await self.end()
        return received.close_code

    async def end(self) -> None:
        """Wait for the server to end the connection, and read whatever comes before."""
        async with asyncio.timeout(DEADLINE_S):
            try:
                while await self.reader.read(65536):
                    pass
            except ConnectionError:
                pass

    def pause(self) -> None:
        """Read no more, so that the kernel's buffers fill."""
        cast("asyncio.Transport", self.writer.transport).pause_reading()

    def resume(self) -> None:
        """Read again."""
        cast("asyncio.Transport", self.writer.transport).resume_reading()

    def abort(self) -> None:
        """Leave without a word."""
        self.writer.transport.abort()

    async def close(self) -> None:
        self.writer.close()


async def slow_client(served: Served) -> tuple[RawClient, str]:
    """A client that reads nothing after its handshake, with as little room in the kernel as can be had."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.setblocking(False)
    await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", served.port))
    reader, writer = await asyncio.open_connection(sock=sock, limit=2**24)
    client = RawClient(reader, writer)
    known = set(served.gateway.connection_ids())
    client.send(upgrade_request())
    await client.response()
    client.pause()
    (connection_id,) = set(served.gateway.connection_ids()) - known
    return client, connection_id

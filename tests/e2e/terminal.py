"""A terminal as the wire has it: frames in, frames out, no more help than a test needs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlencode

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests.e2e.deadlines import WITHIN_S

BEGINNING = "00000000-0000-7000-8000-000000000000"
"""The `since` that asks for all that is kept."""
SUBPROTOCOL = "fanfare.v1"

Frame = Mapping[str, object]
Way = Literal["header", "subprotocol", "query"]
"""How the token is brought."""


@dataclass(frozen=True, slots=True)
class Closed:
    """How a socket was closed by the other side; 1006 if without a close frame."""

    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class Replay:
    """The answer to one `resume`: what came before `resumed`, and `resumed` itself."""

    frames: tuple[Frame, ...]
    resumed: Frame

    def pushes(self) -> list[str]:
        """The ids of the pushes among the frames, in the order in which they came."""
        return [str(frame["id"]) for frame in self.frames if frame["type"] == "push"]


class Terminal:
    """One open socket. `user`, `token` and `terminal_id` say whose."""

    def __init__(self, socket: ClientConnection, *, user: str, token: str) -> None:
        self._socket = socket
        self.user = user
        self.token = token

    @property
    def subprotocol(self) -> str | None:
        """What the service chose of the subprotocols that were offered."""
        return self._socket.subprotocol

    async def send(self, action: str, **members: object) -> None:
        """Send one action."""
        await self.send_text(json.dumps({"action": action, **members}))

    async def send_text(self, text: str) -> None:
        """Send a text frame as it is."""
        await self._socket.send(text)

    async def send_bytes(self, data: bytes) -> None:
        """Send a binary frame."""
        await self._socket.send(data)

    async def text(self, *, within_s: float = WITHIN_S) -> str:
        """The next text frame."""
        async with asyncio.timeout(within_s):
            received = await self._socket.recv()
        assert isinstance(received, str), "a binary frame came"
        return received

    async def frame(self, *, within_s: float = WITHIN_S) -> Frame:
        """The next frame, which must be a JSON object."""
        frame = json.loads(await self.text(within_s=within_s))
        assert isinstance(frame, dict)
        return frame

    async def expect(self, kind: str, *, within_s: float = WITHIN_S) -> Frame:
        """The next frame, which must be of this `type`."""
        frame = await self.frame(within_s=within_s)
        assert frame.get("type") == kind, f"expected {kind}, got {frame}"
        return frame

    async def resume(self, since: str | None, *, within_s: float = WITHIN_S) -> Replay:
        """One round of `resume`: everything up to the next `resumed`."""
        await self.send("resume", since=since)
        frames: list[Frame] = []
        while (frame := await self.frame(within_s=within_s)).get("type") != "resumed":
            frames.append(frame)
        return Replay(tuple(frames), frame)

    async def closed(self, *, within_s: float = WITHIN_S) -> Closed:
        """How the other side closes; a frame before that is a failure."""
        async with asyncio.timeout(within_s):
            try:
                frame = await self._socket.recv()
            except ConnectionClosed as closed:
                return _closed(closed)
        raise AssertionError(f"expected the end of the connection, got {frame!r}")

    async def rest(self, *, within_s: float = WITHIN_S) -> tuple[list[str], Closed]:
        """Every text frame that still comes, and how it ends."""
        texts: list[str] = []
        async with asyncio.timeout(within_s):
            while True:
                try:
                    received = await self._socket.recv()
                except ConnectionClosed as closed:
                    return texts, _closed(closed)
                assert isinstance(received, str)
                texts.append(received)

    def stop_reading(self) -> None:
        """Take nothing more off the network, as a client that hangs."""
        self._socket.transport.pause_reading()

    def cut(self) -> None:
        """Break the TCP connection, without a close frame."""
        self._socket.transport.abort()

    async def close(self) -> None:
        """Close the socket from this side."""
        await self._socket.close()


async def open_socket(
    ws_url: str, token: str | None, *, user: str = "", way: Way = "header", calls_itself: str | None = None
) -> Terminal:
    """Connect. Raises InvalidStatus (of websockets) if the handshake is refused."""
    headers: dict[str, str] = {}
    query: dict[str, str] = {}
    subprotocols: list[Subprotocol] | None = None
    if calls_itself is not None:
        query["terminal"] = calls_itself
    if token is not None:
        if way == "header":
            headers["Authorization"] = f"Bearer {token}"
        elif way == "query":
            query["token"] = token
        else:
            subprotocols = [Subprotocol(SUBPROTOCOL), Subprotocol(f"bearer.{token}")]
    socket = await connect(
        f"{ws_url}?{urlencode(query)}" if query else ws_url,
        additional_headers=headers,
        subprotocols=subprotocols,
        compression=None,
        open_timeout=WITHIN_S,
        close_timeout=2,
        ping_interval=None,
        max_queue=None,
        proxy=None,
    )
    return Terminal(socket, user=user, token=token or "")


def _closed(error: ConnectionClosed) -> Closed:
    if error.rcvd is None:
        return Closed(1006, "")
    return Closed(error.rcvd.code, error.rcvd.reason)

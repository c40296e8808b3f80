"""A service of two ports for the terminal library's tests: a scripted WebSocket side and a scripted REST side."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import cast

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosedError
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from fanfare.frames import JsonValue

DEADLINE_S = 5.0


def position(number: int) -> str:
    """The `number`th position."""
    return f"00000000-0000-7000-8000-{number:012x}"


def push(number: int, **members: JsonValue) -> dict[str, JsonValue]:
    """The `number`th push, as a frame."""
    return {
        "type": "push",
        "id": f"push-{number}",
        "position": position(number),
        "topic": "all",
        "message": f"message {number}",
        "sent_at": "2026-11-24T09:00:00.000Z",
        **members,
    }


def resumed(upto: int, **members: JsonValue) -> dict[str, JsonValue]:
    """The end of a replay that came to the `upto`th position."""
    return {"type": "resumed", "upto": position(upto), "more": False, "recovered": True, **members}


class Peer:
    """The service's end of one terminal's connection."""

    def __init__(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        self.socket = socket
        self.path = socket.request.path
        self.headers = socket.request.headers
        self.frames: asyncio.Queue[dict[str, JsonValue]] = asyncio.Queue()
        self.closed = asyncio.Event()

    async def next_frame(self) -> dict[str, JsonValue]:
        """The next frame that the terminal sent."""
        async with asyncio.timeout(DEADLINE_S):
            return await self.frames.get()

    async def send(self, *frames: Mapping[str, JsonValue] | str) -> None:
        for frame in frames:
            await self.socket.send(frame if isinstance(frame, str) else json.dumps(frame))

    async def answer_resume(self, upto: int = 0, **members: JsonValue) -> dict[str, JsonValue]:
        """Take the terminal's resume, and say that there was nothing to replay."""
        frame = await self.next_frame()
        assert frame["action"] == "resume"
        await self.send(resumed(upto, **members))
        return frame

    async def wait_closed(self) -> int | None:
        """The close code, once the connection is closed."""
        async with asyncio.timeout(DEADLINE_S):
            await self.closed.wait()
        return self.socket.close_code

    def cut(self) -> None:
        """Lose the connection without a word."""
        self.socket.transport.abort()


@dataclass
class HandshakeRefusal:
    """How one handshake is answered instead of 101."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)


class FakeGateway:
    """Accepts terminals; `refusals` are used up one by one, before anybody is let in."""

    def __init__(self) -> None:
        self.url = ""
        self.peers: asyncio.Queue[Peer] = asyncio.Queue()
        self.refusals: deque[HandshakeRefusal] = deque()
        self.attempts: list[Request] = []
        self._attempted = asyncio.Event()

    async def next_peer(self) -> Peer:
        """The next terminal that is let in."""
        async with asyncio.timeout(DEADLINE_S):
            return await self.peers.get()

    async def wait_for_attempts(self, number: int) -> None:
        """Until so many handshakes have been tried."""
        async with asyncio.timeout(DEADLINE_S):
            while len(self.attempts) < number:
                self._attempted.clear()
                await self._attempted.wait()

    def refuse(self, connection: ServerConnection, request: Request) -> Response | None:
        if "Upgrade" not in request.headers:
            return connection.respond(HTTPStatus.UPGRADE_REQUIRED, "this is a WebSocket API\n")
        self.attempts.append(request)
        self._attempted.set()
        if not self.refusals:
            return None
        refusal = self.refusals.popleft()
        response = connection.respond(HTTPStatus(refusal.status), "no\n")
        for name, value in refusal.headers.items():
            response.headers[name] = value
        return response

    async def serve(self, socket: ServerConnection) -> None:
        peer = Peer(socket)
        self.peers.put_nowait(peer)
        try:
            async for text in socket:
                frame = json.loads(text)
                peer.frames.put_nowait(cast("dict[str, JsonValue]", frame))
        except ConnectionClosedError:
            # Lost, as some tests want it.
            return
        finally:
            peer.closed.set()


def _chosen(_connection: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    return Subprotocol("fanfare.v1") if "fanfare.v1" in offered else None


@asynccontextmanager
async def fake_gateway() -> AsyncIterator[FakeGateway]:
    """A WebSocket service on loopback."""
    gateway = FakeGateway()
    async with serve(
        gateway.serve,
        "127.0.0.1",
        0,
        process_request=gateway.refuse,
        select_subprotocol=_chosen,
        compression=None,
        close_timeout=0.1,
    ) as server:
        port = server.sockets[0].getsockname()[1]
        gateway.url = f"ws://127.0.0.1:{port}/local"
        yield gateway


@dataclass
class HttpRequest:
    """A request that the REST side got."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, JsonValue]:
        return cast("dict[str, JsonValue]", json.loads(self.body))


@dataclass
class HttpAnswer:
    """How it is answered; a body that is no text is sent as JSON."""

    status: int = 200
    body: JsonValue = None
    headers: Mapping[str, str] = field(default_factory=dict)


def problem(status: int, code: str, detail: str, headers: Mapping[str, str] | None = None) -> HttpAnswer:
    """A refusal as the service writes it (RFC 9457)."""
    document: dict[str, JsonValue] = {
        "type": f"/errors#{code}",
        "title": code.replace("_", " "),
        "status": status,
        "detail": detail,
        "code": code,
    }
    return HttpAnswer(status, document, {"Content-Type": "application/problem+json", **(headers or {})})


class FakeApi:
    """Answers requests with the scripted `answers`, one by one, by method and path; those to `held` routes wait."""

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[HttpRequest] = []
        self.answers: dict[str, deque[HttpAnswer]] = {}
        self.held: dict[str, asyncio.Queue[HttpAnswer]] = {}
        self.broken_off = asyncio.Event()
        """Set once a client has left while its request was held."""
        self._asked = asyncio.Event()

    def script(self, route: str, *answers: HttpAnswer) -> None:
        """What `route`, such as `GET /healthz`, will answer; the last answer is given again and again."""
        self.answers[route] = deque(answers)

    def hold(self, route: str) -> asyncio.Queue[HttpAnswer]:
        """Let requests to `route` wait, each for the next answer that is put into this queue."""
        return self.held.setdefault(route, asyncio.Queue())

    def requests_to(self, route: str) -> list[HttpRequest]:
        """The requests to `route` so far."""
        return [request for request in self.requests if f"{request.method} {request.path.partition('?')[0]}" == route]

    async def wait_for_requests(self, route: str, number: int) -> HttpRequest:
        """Until there were so many to `route`; the last of them."""
        async with asyncio.timeout(DEADLINE_S):
            while len(self.requests_to(route)) < number:
                self._asked.clear()
                await self._asked.wait()
        return self.requests_to(route)[number - 1]

    async def _answer_to(self, route: str, path: str, reader: asyncio.StreamReader) -> HttpAnswer | None:
        """The answer; None if the client has left before there was one."""
        if route in self.held:
            answering = asyncio.ensure_future(self.held[route].get())
            leaving = asyncio.ensure_future(reader.read(1))
            await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
            leaving.cancel()
            if answering.done():
                return answering.result()
            answering.cancel()
            self.broken_off.set()
            return None
        answers = self.answers.get(route)
        if not answers:
            return problem(404, "not_found", f"nothing is at {path}")
        return answers.popleft() if len(answers) > 1 else answers[0]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            method, path, _ = head[0].split(" ", 2)
            headers = dict(line.split(": ", 1) for line in head[1:] if line)
            lengths = [value for name, value in headers.items() if name.lower() == "content-length"]
            body = await reader.readexactly(int(lengths[0])) if lengths else b""
            self.requests.append(HttpRequest(method, path, headers, body))
            self._asked.set()
            answer = await self._answer_to(f"{method} {path.partition('?')[0]}", path, reader)
            if answer is None:
                return
            content = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
            sent = {"Content-Type": "application/json", **answer.headers, "Content-Length": str(len(content.encode()))}
            lines = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}", "Connection: close"]
            lines += [f"{name}: {value}" for name, value in sent.items()]
            writer.write(("\r\n".join(lines) + "\r\n\r\n" + content).encode())
            await writer.drain()
        finally:
            writer.close()


@asynccontextmanager
async def fake_api() -> AsyncIterator[FakeApi]:
    """A REST API on loopback."""
    api = FakeApi()
    server = await asyncio.start_server(api.serve, "127.0.0.1", 0)
    async with server:
        api.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield api

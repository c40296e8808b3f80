"""`@connections` on a bad day: a proxy before the emulator's, which a test tells what is to become of each request.

It also has connections of its own, whose sockets nobody needs: what is sent to them ends here.

What is forwarded keeps its `Host`, which is signed, so the emulator checks the function's own signature and role.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final
from urllib.parse import unquote, urlsplit

ANSWERS_WITHIN_S: Final = 30.0
"""How long the emulator may take for an answer."""
_REFUSALS: Final = {429: "LimitExceededException", 410: "GoneException", 403: "ForbiddenException"}
"""API Gateway's names of what is refused with these statuses (API reference of `PostToConnection`)."""


class Fate(Enum):
    """What becomes of a request."""

    SERVED = auto()
    """It is forwarded, and so is the answer."""
    UNANSWERED = auto()
    """It is forwarded, and the connection ends before the answer."""
    HELD = auto()
    """It has arrived and goes no further, until `FlakyConnections.let_go` says how it goes on."""
    LOST = auto()
    """The connection ends; nothing is forwarded."""
    THROTTLED = 429
    GONE = 410
    DENIED = 403


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request. `repeat` is how many of its method came for the same connection before, under the same script."""

    method: str
    connection_id: str
    repeat: int


Script = Callable[[Request], Fate]
"""Decides on each request; called for one at a time."""


def all_served(_request: Request) -> Fate:
    """The script of a good day."""
    return Fate.SERVED


class FlakyConnections:
    """The proxy at `url`. A test gives it a script by `play`, and looks at what has come."""

    def __init__(self, upstream: str) -> None:
        self._upstream = urlsplit(upstream).netloc
        self._turn = threading.Condition()
        self._script: Script = all_served
        self._came: Counter[tuple[str, str]] = Counter()
        self._ended: Counter[Fate] = Counter()
        self._held = 0
        self._round = 0
        self._held_become = Fate.LOST
        self._sockets: dict[str, list[bytes]] = {}
        self._server = _Server(self)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def play(self, script: Script) -> None:
        """Decide by this script from now on, and forget what came before. Whatever is held is lost."""
        self.let_go(Fate.LOST)
        with self._turn:
            self._script = script
            self._came.clear()
            self._ended.clear()

    def adopt(self, connection_ids: Iterable[str]) -> None:
        """Have these connections, which the emulator does not know."""
        with self._turn:
            self._sockets |= {connection_id: [] for connection_id in connection_ids}

    def copies(self, push_id: str, connection_ids: Iterable[str]) -> set[int]:
        """How often adopted connections got a push: every number that there is."""
        with self._turn:
            got = [list(self._sockets[connection_id]) for connection_id in connection_ids]
        return {sum(json.loads(message)["id"] == push_id for message in messages) for messages in got}

    def held(self) -> int:
        """How many requests are held."""
        with self._turn:
            return self._held

    def number_of(self, fate: Fate) -> int:
        """How many requests have met this fate, to its end, under this script."""
        with self._turn:
            return self._ended[fate]

    def let_go(self, fate: Fate) -> None:
        """Have what is held now meet another fate."""
        with self._turn:
            self._held_become = fate
            self._held = 0
            self._round += 1
            self._turn.notify_all()

    @contextlib.contextmanager
    def running(self) -> Iterator[FlakyConnections]:
        """Serve, in threads of its own, until the context is left."""
        thread = threading.Thread(target=self._server.serve_forever, name="flaky-connections")
        thread.start()
        try:
            yield self
        finally:
            self.let_go(Fate.LOST)
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def decide(self, method: str, path: str) -> Fate:
        """What becomes of a request that has come; returns when that is known."""
        connection_id = _connection_id(path)
        with self._turn:
            request = Request(method=method, connection_id=connection_id, repeat=self._came[method, connection_id])
            self._came[method, connection_id] += 1
            fate = self._script(request)
            if fate is Fate.HELD:
                self._held += 1
                this_round = self._round
                self._turn.wait_for(lambda: self._round != this_round)
                fate = self._held_become
        return fate

    def has_met(self, fate: Fate) -> None:
        """Note that a request has met its fate."""
        with self._turn:
            self._ended[fate] += 1

    def serve(self, handler: BaseHTTPRequestHandler, body: bytes) -> tuple[int, str, bytes]:
        """The answer to a request, most often the emulator's: its status, its type of error or nothing, its body."""
        with self._turn:
            socket_of_ours = self._sockets.get(_connection_id(handler.path))
            if socket_of_ours is not None and handler.command == "POST":
                socket_of_ours.append(body)
                return 200, "", b""
        upstream = http.client.HTTPConnection(self._upstream, timeout=ANSWERS_WITHIN_S)
        with contextlib.closing(upstream):
            upstream.request(handler.command, handler.path, body, dict(handler.headers.items()))
            answer = upstream.getresponse()
            return answer.status, answer.getheader("x-amzn-errortype", ""), answer.read()


def _connection_id(path: str) -> str:
    return unquote(path.rpartition("/")[2])


class _Server(ThreadingHTTPServer):
    """A thread for each connection; one of them may be held for long."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 256
    """A worker opens all of its connections at once."""

    def __init__(self, connections: FlakyConnections) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.connections = connections


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        self._serve()

    def do_GET(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: tests look at what came."""

    def _serve(self) -> None:
        connections = self.server.connections
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        fate = connections.decide(self.command, self.path)
        if fate in (Fate.SERVED, Fate.UNANSWERED):
            answer = connections.serve(self, body)
        else:
            error = _REFUSALS.get(fate.value, "")
            answer = (fate.value, error, json.dumps({"message": error}).encode())
        # Before the answer: who has it may look at once.
        connections.has_met(fate)
        if fate in (Fate.UNANSWERED, Fate.LOST):
            self.close_connection = True
            # Who asked may be dead by now.
            with contextlib.suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
            return
        self._answer(*answer)

    def _answer(self, status: int, error: str, body: bytes) -> None:
        self.send_response(status)
        if error:
            self.send_header("x-amzn-ErrorType", error)
        self.send_header("Content-Type", "application/json")
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        with contextlib.suppress(ConnectionError):
            self.end_headers()
            self.wfile.write(body)

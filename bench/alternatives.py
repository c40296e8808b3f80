"""What people would use instead: a loop of write() as the floor, nchan, `ws`, socket.io."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import machine
from bench.contestant import Audience, Push, Server, padded, ready_line, started

_NCHAN_MODULE = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")
_SERVERS = machine.HERE / "servers"


def _one_port(name: str, process_id: int, port: int) -> Server:
    return Server(name=name, process_id=process_id, ws_port=port, http_port=port, ws_path="/ws")


class WriteLoop:
    """`write()` of one ready-made frame on every socket, in C: the floor under every broadcast."""

    name = "C write() loop"
    collects_garbage = False

    def missing(self) -> str | None:
        return None if (machine.BUILD / "write_loop").exists() else "not built; run make -C bench"

    @contextmanager
    def running(self, work: Path) -> Iterator[Server]:
        with started([str(machine.BUILD / "write_loop")], work / "write_loop.log") as process:
            yield _one_port(self.name, process.pid, _port_of(ready_line(process)))

    def push(self, audience: Audience, payload_bytes: int, expected: int = 0) -> Push:
        return Push("/publish", padded(payload_bytes), expected)


class Nchan:
    """nginx with nchan, one worker, nothing stored."""

    name = "nchan"
    collects_garbage = False

    def missing(self) -> str | None:
        if shutil.which("nginx") and _NCHAN_MODULE.exists():
            return None
        return "nginx or its nchan module is not here; apt-get install nginx libnginx-mod-nchan"

    @contextmanager
    def running(self, work: Path) -> Iterator[Server]:
        port = machine.free_port()
        directory = work / "nchan"
        directory.mkdir(exist_ok=True)
        settings = {
            "@PORT@": str(port),
            "@DIR@": str(directory),
            "@MODULE@": str(_NCHAN_MODULE),
            "@FILES@": str(machine.most_terminals() + machine.SPARE_DESCRIPTORS),
        }
        text = (_SERVERS / "nchan.conf").read_text()
        for placeholder, value in settings.items():
            text = text.replace(placeholder, value)
        configuration = directory / "nginx.conf"
        configuration.write_text(text)
        with started(["nginx", "-p", str(directory), "-c", str(configuration)], work / "nginx.log") as process:
            machine.wait_until_listening(port)
            yield _one_port(self.name, process.pid, port)

    def push(self, audience: Audience, payload_bytes: int, expected: int = 0) -> Push:
        return Push("/publish", padded(payload_bytes), expected)


class _Node:
    """A server of `servers/` under Node."""

    collects_garbage = True

    def __init__(self, name: str, script: str, package: str) -> None:
        self.name = name
        self._script = script
        self._package = package

    def missing(self) -> str | None:
        if shutil.which("node") is None:
            return "node is not here; install Node 20 or newer"
        if not (machine.HERE / "node_modules" / self._package).exists():
            return f"{self._package} is not installed; run npm ci in bench/"
        return None

    def _command(self) -> list[str]:
        return ["node", "--expose-gc", str(_SERVERS / self._script)]


class Ws(_Node):
    """Node `ws`: a loop over its clients, as its README shows."""

    def __init__(self) -> None:
        super().__init__("ws", "ws.mjs", "ws")

    @contextmanager
    def running(self, work: Path) -> Iterator[Server]:
        with started(self._command(), work / "ws.log") as process:
            yield _one_port(self.name, process.pid, _port_of(ready_line(process)))

    def push(self, audience: Audience, payload_bytes: int, expected: int = 0) -> Push:
        return Push("/publish", padded(payload_bytes), expected)


class SocketIo(_Node):
    """Node socket.io over WebSocket alone; with `token_key` it checks RS256 tokens and has rooms."""

    _FRAME_AROUND_BYTES = len('42["push",""]')

    def __init__(self, token_key: Path | None = None, issuer: str = "", audience: str = "") -> None:
        super().__init__("socket.io" if token_key is None else "socket.io + JWT", "socketio.mjs", "socket.io")
        self._checks_tokens = token_key is not None
        self._environment = dict(os.environ)
        if token_key is not None:
            self._environment |= {
                "TOKEN_KEY": str(token_key),
                "TOKEN_ISSUER": issuer,
                "TOKEN_AUDIENCE": audience,
            }

    @contextmanager
    def running(self, work: Path) -> Iterator[Server]:
        with started(self._command(), work / "socketio.log", environment=self._environment) as process:
            port = _port_of(ready_line(process))
            yield Server(
                name=self.name,
                process_id=process.pid,
                ws_port=port,
                http_port=port,
                ws_path="/socket.io/?EIO=4&transport=websocket",
                socketio=True,
                takes_tokens=self._checks_tokens,
            )

    def push(self, audience: Audience, payload_bytes: int, expected: int = 0) -> Push:
        room = "" if audience.kind == "all" else f"?room={audience.kind}:{audience.name}"
        return Push(f"/publish{room}", padded(payload_bytes - self._FRAME_AROUND_BYTES), expected)


def _port_of(ready: dict[str, object]) -> int:
    port = ready["port"]
    assert isinstance(port, int)
    return port

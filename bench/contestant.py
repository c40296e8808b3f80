"""A contestant: a server that can be started, told to push, and measured. Fanfare is one of them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bench import machine

MARKER = "#bench-00000000"
"""What the load client counts up in each push, and looks for in each receipt."""
_STOPPING_S = 20
_LOG_LINES = 10


@dataclass(frozen=True, slots=True)
class Audience:
    """Who a push is for: `all`, or one `user` or `group` by name."""

    kind: str
    name: str = ""


EVERYONE = Audience("all")


@dataclass(frozen=True, slots=True)
class Push:
    """The POST of one push and how many receipts it must have; 0 means one of every terminal."""

    path: str
    body: str
    expected: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running server: where terminals connect, where callers push, and what the load client must bring."""

    name: str
    process_id: int
    ws_port: int
    http_port: int
    ws_path: str
    socketio: bool = False
    takes_tokens: bool = False
    caller_token: str | None = None
    list_path: str | None = None


class Entrant(Protocol):
    """Whatever takes part in a benchmark."""

    @property
    def name(self) -> str:
        """As it stands in the tables."""
        ...

    def missing(self) -> str | None:
        """Why it cannot run here and how to get it, or None if it can."""
        ...


class Contestant(Entrant, Protocol):
    """What a benchmark needs of each server."""

    @property
    def collects_garbage(self) -> bool:
        """Whether POST /gc makes it collect its garbage, so that its memory can be read without."""
        ...

    def running(self, work: Path) -> AbstractContextManager[Server]:
        """Starts it on the server's core with its files under `work`; stops it at the end."""
        ...

    def push(self, audience: Audience, payload_bytes: int, expected: int = 0) -> Push:
        """A push whose frame at the terminal has a payload of about `payload_bytes`."""
        ...


@contextmanager
def started(
    command: list[str], log: Path, *, environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """A server process on the server's core; its standard output can be read, its standard error goes to `log`.

    SIGTERM at the end. If the body raises, what the server logged last is shown.
    """
    with log.open("w") as log_file:
        process = subprocess.Popen(
            machine.on_core(machine.SERVER_CORE, *command),
            stdout=subprocess.PIPE,
            stderr=log_file,
            text=True,
            env=None if environment is None else dict(environment),
        )
    try:
        yield process
    except BaseException:
        print(f"{log.name} ended with:", *log.read_text().splitlines()[-_LOG_LINES:], sep="\n", file=sys.stderr)
        raise
    finally:
        process.terminate()
        try:
            process.wait(_STOPPING_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def ready_line(process: subprocess.Popen[str]) -> dict[str, object]:
    """The JSON line a server prints when it listens. Raises RuntimeError if it ends without one."""
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"{process.args!r} ended before it was ready; status {process.wait()}")
    value = json.loads(line)
    assert isinstance(value, dict)
    return value


def padded(payload_bytes: int) -> str:
    """A message of so many bytes with the marker in it. Raises ValueError if there is no room for it."""
    if payload_bytes < len(MARKER):
        raise ValueError(f"a message of {payload_bytes} bytes has no room for the marker")
    return MARKER + "x" * (payload_bytes - len(MARKER))

"""The load client: drives `build/load` (C, one thread, its own core) by lines of commands and JSON answers."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import machine
from bench.contestant import Push, Server

WINDOW = 64
"""Handshakes pending at a time; below the backlog of every server, or a lost SYN would cost a second."""
_ENDING_S = 30


class BrokenRun(RuntimeError):
    """A message was missing, doubled or refused: the run has no figure."""


@dataclass(frozen=True, slots=True)
class Times:
    """A distribution of times in milliseconds."""

    count: int
    least_ms: float
    p50_ms: float
    p90_ms: float
    p99_ms: float
    most_ms: float


@dataclass(frozen=True, slots=True)
class Opened:
    """`count` terminals established in `seconds`."""

    count: int
    seconds: float
    client_share: float


@dataclass(frozen=True, slots=True)
class Burst:
    """Pushes one after another (or some in flight): `last_receipt` is from the POST to the last terminal."""

    receipts: int
    seconds: float
    client_share: float
    shortest_bytes: int
    longest_bytes: int
    last_receipt: Times
    answer: Times


@dataclass(frozen=True, slots=True)
class Steady:
    """Pushes at fixed moments: `receipt` is from the moment a push was due to each of its receipts."""

    receipts: int
    seconds: float
    client_share: float
    rows_listed: int
    walks: int
    longest_page_ms: float
    receipt: Times
    answer: Times


def _times(value: dict[str, Any]) -> Times:
    return Times(
        int(value["count"]),
        value["least_ms"],
        value["p50_ms"],
        value["p90_ms"],
        value["p99_ms"],
        value["most_ms"],
    )


class LoadClient:
    """Terminals on one server, and the pushes to them. Made by `connected_to`."""

    def __init__(self, server_name: str, process: subprocess.Popen[str]) -> None:
        self._server_name = server_name
        self._process = process

    def open(self, count: int, window: int = WINDOW) -> Opened:
        """Opens `count` more terminals."""
        answer = self._ask(f"open {count} {window}")
        return Opened(count, answer["seconds"], answer["client_cpu_s"] / answer["seconds"])

    def close(self) -> None:
        """Closes every terminal."""
        self._ask("close")

    def burst(self, pushes: int, in_flight: int) -> Burst:
        """`pushes` pushes, `in_flight` at a time; every terminal must get every one, once."""
        answer = self._ask(f"burst {pushes} {in_flight}")
        return Burst(
            receipts=answer["receipts"],
            seconds=answer["seconds"],
            client_share=answer["client_cpu_s"] / answer["seconds"],
            shortest_bytes=answer["shortest_bytes"],
            longest_bytes=answer["longest_bytes"],
            last_receipt=_times(answer["last_receipt"]),
            answer=_times(answer["answer"]),
        )

    def steady(self, per_second: float, seconds: float, *, listing: bool = False) -> Steady:
        """Pushes at a steady rate; with `listing`, one more caller pages through the terminals all the while."""
        answer = self._ask(f"steady {per_second} {seconds} {int(listing)}")
        return Steady(
            receipts=answer["receipts"],
            seconds=answer["seconds"],
            client_share=answer["client_cpu_s"] / answer["seconds"],
            rows_listed=answer["rows"],
            walks=answer["walks"],
            longest_page_ms=answer["longest_page_ms"],
            receipt=_times(answer["receipt"]),
            answer=_times(answer["answer"]),
        )

    def _ask(self, command: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise BrokenRun(f"{self._server_name}: the load client died on `{command}`")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise BrokenRun(f"{self._server_name}: `{command}`: {answer['error']}")
        return answer


@contextmanager
def connected_to(
    server: Server, pushes: Sequence[Push], work: Path, *, tokens: Path | None = None
) -> Iterator[LoadClient]:
    """A load client for `server` that sends `pushes` in turn; files for it go to `work`.

    `tokens` has one a line for each terminal; a server that takes none gets none.
    """
    pushes_file = work / f"{server.name.replace(' ', '-')}.pushes.tsv"
    pushes_file.write_text("".join(f"{push.expected}\t{push.path}\t{push.body}\n" for push in pushes))
    command = [str(machine.BUILD / "load"), "--ws-port", str(server.ws_port), "--ws-path", server.ws_path]
    command += ["--http-port", str(server.http_port), "--pushes", str(pushes_file)]
    if server.socketio:
        command.append("--socketio")
    if server.takes_tokens:
        if tokens is None:
            raise ValueError(f"{server.name} wants tokens")
        command += ["--tokens", str(tokens), "--token-place", "connect" if server.socketio else "header"]
    if server.caller_token is not None:
        token_file = work / "caller.token"
        token_file.write_text(server.caller_token + "\n")
        command += ["--caller-token", str(token_file)]
    if server.list_path is not None:
        command += ["--list-path", server.list_path]
    process = subprocess.Popen(
        machine.on_core(machine.CLIENT_CORE, *command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield LoadClient(server.name, process)
    finally:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        try:
            process.wait(_ENDING_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()

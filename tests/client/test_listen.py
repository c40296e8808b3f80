"""`fanfare listen` beside the fake service: as a process of its own where signals matter."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import jwt
import pytest

from fanfare.cli.event_lines import content_line, json_line, status_line
from fanfare.frames import (
    BEGINNING,
    Cancel,
    Connected,
    Disconnected,
    Error,
    Event,
    JsonValue,
    Other,
    Push,
    Reminder,
    Resumed,
)
from tests.client.command_line import announce, fanfare
from tests.client.fake_service import (
    DEADLINE_S,
    FakeApi,
    FakeGateway,
    HandshakeRefusal,
    position,
    problem,
    push,
    resumed,
)

START_S = 20.0
"""How long a process may take to start on a busy machine."""


@asynccontextmanager
async def process_of(gateway: FakeGateway, *options: str) -> AsyncIterator[Process]:
    """The command, connecting to the fake service; killed at the end if it still runs."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FANFARE_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from fanfare.cli import main; main()"),
        *("listen", "--url", gateway.url, "--token", "t", *options),
        stdout=PIPE,
        stderr=PIPE,
        env=environment | {"TZ": "UTC"},
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_it_prints_what_arrives_and_leaves_politely_when_interrupted(
    gateway: FakeGateway, number: signal.Signals
) -> None:
    async with process_of(gateway) as process, asyncio.timeout(START_S):
        peer = await gateway.peers.get()
        await peer.answer_resume()
        await peer.send(push(1, topic="group:ops"))
        assert process.stdout is not None
        line = await process.stdout.readline()
        process.send_signal(number)
        ended = await process.wait(), await peer.wait_closed()
    assert (line, ended) == (b"09:00:00  group:ops  message 1\n", (0, 1000))


async def test_json_prints_a_line_for_each_frame(gateway: FakeGateway) -> None:
    listening = asyncio.create_task(fanfare("listen", "--url", gateway.url, "--token", "t", "--json", "--count", "2"))
    peer = await gateway.next_peer()
    await peer.next_frame()
    sent: list[dict[str, JsonValue]] = [
        resumed(0),
        push(1, message={"level": 1}),
        {"type": "cancel", "id": "push-0"},
        {"type": "error", "code": "invalid_frame", "detail": "no"},
        push(2),
    ]
    await peer.send(*sent)
    result = await asyncio.wait_for(listening, DEADLINE_S)
    assert [json.loads(line) for line in result.stdout.splitlines()] == sent


async def test_read_is_acked_once_it_is_printed(gateway: FakeGateway) -> None:
    listening = asyncio.create_task(fanfare("listen", "--url", gateway.url, "--token", "t", "--read", "--count", "1"))
    peer = await gateway.next_peer()
    await peer.answer_resume()
    await peer.send(push(1, ack="read"))
    kinds = {(await peer.next_frame())["kind"], (await peer.next_frame())["kind"]}
    await asyncio.wait_for(listening, DEADLINE_S)
    assert kinds == {"received", "read"}


async def test_the_state_file_is_gone_on_from(gateway: FakeGateway, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    asked: list[JsonValue] = []
    for number in (1, 2):
        listening = asyncio.create_task(
            fanfare("listen", "--url", gateway.url, "--token", "t", "--state", str(state), "--count", "1")
        )
        peer = await gateway.next_peer()
        asked.append((await peer.answer_resume())["since"])
        await peer.send(push(number))
        await asyncio.wait_for(listening, DEADLINE_S)
    assert asked == [None, position(1)]


async def test_all_that_is_kept_can_be_asked_for(gateway: FakeGateway) -> None:
    listening = asyncio.create_task(
        fanfare("listen", "--url", gateway.url, "--token", "t", "--from-beginning", "--count", "1")
    )
    peer = await gateway.next_peer()
    since = (await peer.answer_resume())["since"]
    await peer.send(push(1))
    await asyncio.wait_for(listening, DEADLINE_S)
    assert since == BEGINNING


async def test_a_final_refusal_is_said_with_its_reason(gateway: FakeGateway, api: FakeApi) -> None:
    gateway.refusals.append(HandshakeRefusal(403))
    api.script("POST /v1/tickets", problem(403, "user_blocked", "left the company"))
    result = await fanfare("listen", "--url", gateway.url, "--api-url", api.url, "--token", "t")
    assert (result.exit_code, result.stderr) == (
        1,
        "Error: the service refuses this terminal: user_blocked: left the company\n",
    )


async def test_a_token_for_a_user_is_made_from_the_data_directory(
    gateway: FakeGateway, api: FakeApi, data_dir: Path, token_key: bytes
) -> None:
    announce(data_dir, http=api.url, ws=gateway.url)
    listening = asyncio.create_task(
        fanfare("listen", "--data", str(data_dir), "--user", "alice", "--group", "ops", "--count", "1")
    )
    peer = await gateway.next_peer()
    await peer.answer_resume()
    await peer.send(push(1))
    await asyncio.wait_for(listening, DEADLINE_S)
    token = peer.headers["Authorization"].removeprefix("Bearer ")
    claims = jwt.decode(token, token_key, algorithms=["HS256"], audience="fanfare")
    assert (claims["sub"], claims["groups"]) == ("alice", ["ops"])


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--user", "alice", "--url", "ws://127.0.0.1:1/local"),
        ("--token", "t", "--group", "ops", "--url", "ws://127.0.0.1:1/local"),
        ("--token", "t", "--url", "http://127.0.0.1:1"),
        ("--token", "t", "--api-url", "http://127.0.0.1:1"),
    ],
)
async def test_options_that_make_no_sense_are_a_usage_error(options: tuple[str, ...]) -> None:
    assert (await fanfare("listen", *options)).exit_code == 2


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (Cancel(id="1"), "called back: 1"),
        (Reminder(push=Push(id="1", position="p", topic="all", message="x\n")), "not read yet: x"),
        (Other(text="Echo: hello"), "Echo: hello"),
        (Push(id="1", position="p", topic="all", message={"a": 1}), '--:--:--  all  {"a": 1}'),
        (Push(id="1", position="p", topic="all", message="a\nb", replayed=True), "--:--:--  all  (missed) a ⏎ b"),
        (Push(id="1", position="p", topic="all", message="\x1b[2J\x07"), "--:--:--  all  \ufffd[2J\ufffd"),
        (Connected(), None),
    ],
)
def test_content_is_one_line_without_escape_sequences(event: Event, line: str | None) -> None:
    assert content_line(event) == line


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (Connected(), "connected"),
        (Connected(renewed=True), "connection renewed"),
        (Connected(by="inbox"), "connected by way of the inbox, since no WebSocket gets through"),
        (Disconnected(reason="lost", retry_in_s=1.25), "not connected: lost; next attempt in 1.2 s"),
        (Error(code="c", detail="d"), "error c: d"),
        (Resumed(upto="p", recovered=False), "away for longer than pushes are kept: something may be missing"),
        (Resumed(upto="p"), None),
    ],
)
def test_what_happens_to_the_connection_is_said(event: Event, line: str | None) -> None:
    assert status_line(event) == line


def test_an_error_of_the_library_itself_has_a_line_of_json() -> None:
    assert json_line(Error(code="c", detail="d")) == '{"type": "error", "code": "c", "detail": "d"}'


def test_a_reminder_has_a_line_of_json_that_is_no_push() -> None:
    frame: dict[str, JsonValue] = {"type": "push", "id": "1"}
    reminder = Reminder(push=Push(id="1", position="p", topic="all", message="x", raw=frame))
    assert json_line(reminder) == '{"type": "reminder", "push": {"type": "push", "id": "1"}}'

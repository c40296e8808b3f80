"""What a terminal may send, and what it is told when it should not have."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.e2e.fixtures import OwnOffice
from tests.e2e.office import Office
from tests.e2e.targets.target import Tuning
from tests.e2e.terminal import Terminal


async def _still_serves(terminal: Terminal) -> None:
    await terminal.send("ping")
    await terminal.expect("pong")


async def test_a_ping_is_answered_by_a_pong(office: Office) -> None:
    terminal = await office.terminal()
    await terminal.send("ping")
    assert await terminal.frame() == {"type": "pong"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("hello", "not_json"),
        ("", "not_json"),
        ("[]", "not_json"),
        ("null", "not_json"),
        pytest.param("[" * 30_000, "not_json", id="too deep"),
        ("{}", "unknown_action"),
        ('{"action": "dance"}', "unknown_action"),
        ('{"action": 7}', "unknown_action"),
        ('{"action": "$connect"}', "unknown_action"),
        ('{"action": "Ping"}', "unknown_action"),
        ('{"action": "resume", "from": "here"}', "invalid_frame"),
        ('{"action": "ack", "ids": [], "kind": "read"}', "invalid_frame"),
        ('{"action": "ack", "ids": ["x"], "kind": "eaten"}', "invalid_frame"),
        ('{"action": "ack", "ids": "x", "kind": "read"}', "invalid_frame"),
        (json.dumps({"action": "ack", "ids": ["x"] * 101, "kind": "read"}), "invalid_frame"),
        (json.dumps({"action": "ack", "ids": ["x"], "kind": "read", "detail": "x" * 501}), "invalid_frame"),
        ('{"action": "refresh"}', "invalid_frame"),
        ('{"action": "onMessage"}', "invalid_frame"),
        ('{"action": "onMessage", "message": "\\ud800"}', "invalid_frame"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else None,
)
async def test_a_frame_that_makes_no_sense_is_refused_and_the_socket_stays(
    office: Office, text: str, code: str
) -> None:
    terminal = await office.terminal()
    await terminal.send_text(text)
    assert (await terminal.expect("error"))["code"] == code
    await _still_serves(terminal)


async def test_a_binary_frame_is_closed_with_1003(office: Office) -> None:
    terminal = await office.terminal()
    await terminal.send_bytes(b"\x00")
    assert (await terminal.closed()).code == 1003


async def test_a_frame_over_32_kib_is_closed_with_1009(office: Office) -> None:
    terminal = await office.terminal()
    await terminal.send_text("x" * 32_769)
    assert (await terminal.closed()).code == 1009


async def test_a_chat_message_reaches_everyone_connected(office: Office) -> None:
    speaker, listener = await office.terminal(scopes=["chat"]), await office.terminal()
    await speaker.send("onMessage", message="Good morning ☀")
    assert [await terminal.text() for terminal in (speaker, listener)] == ["Echo: Good morning ☀"] * 2


async def test_a_chat_message_without_the_scope_is_refused_and_reaches_nobody(office: Office) -> None:
    speaker, listener = await office.terminal(), await office.terminal()
    await speaker.send("onMessage", message="spam")
    assert (await speaker.expect("error"))["code"] == "scope_missing"
    await office.got_nothing(speaker, listener)


async def test_a_chat_message_is_at_most_4096_bytes(office: Office) -> None:
    speaker = await office.terminal(scopes=["chat"])
    await speaker.send("onMessage", message="ä" * 2_049)
    assert (await speaker.expect("error"))["code"] == "invalid_frame"


async def test_many_frames_at_once_are_all_answered(office: Office) -> None:
    terminal = await office.terminal()
    await asyncio.gather(*(terminal.send("ping") for _ in range(200)))
    assert [await terminal.frame() for _ in range(200)] == [{"type": "pong"}] * 200


async def test_an_idle_socket_is_closed_as_api_gateway_does(own_office: OwnOffice) -> None:
    office = own_office(Tuning(idle_timeout_s=0.3))
    terminal = await office.terminal()
    closed = await terminal.closed()
    assert (closed.code, closed.reason) == (1001, "Going away")


async def test_a_socket_is_closed_at_the_longest_age_whatever_it_does(own_office: OwnOffice) -> None:
    office = own_office(Tuning(max_duration_s=0.3))
    terminal = await office.terminal()
    push_id = await office.api.push({"users": [terminal.user]})
    assert (await terminal.expect("push"))["id"] == push_id
    closed = await terminal.closed()
    assert (closed.code, closed.reason) == (1001, "Going away")

"""What comes of a request, by how it is answered and how its connection ends."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading

import pytest

from infra.aws.sender import sender as sending
from tests.unit.aws.sender.conftest import Senders, ids
from tests.unit.aws.sender.endings import (
    bad_chunk,
    break_off_in_the_body,
    chunked,
    close_after,
    continued,
    end_after,
    end_after_100,
    end_at_once,
    end_in_the_status_line,
    first_turn_only,
    http_1_0,
    in_pieces,
    nonsense,
    reset_at_once,
    say_close,
    say_http_1_0,
    switch_protocols,
    too_much,
    until_the_end,
    without_a_body,
)
from tests.unit.aws.sender.scripted import Exchange, Script, ScriptedServer, accept, always, response
from tests.unit.aws.sender.test_posting import lists


@pytest.mark.parametrize("script", [say_close, say_http_1_0])
async def test_a_connection_that_is_to_be_closed_takes_no_other_request(senders: Senders, script: Script) -> None:
    async with ScriptedServer(script) as server:
        await senders.to(server, connections=2).post(ids(6), b"x")
    assert [request.turn for request in server.requests] == [1] * 6


@pytest.mark.parametrize(
    "script",
    [close_after, end_after, http_1_0, until_the_end, break_off_in_the_body, bad_chunk, too_much],
)
async def test_once_a_status_was_read_nothing_is_sent_twice(senders: Senders, script: Script) -> None:
    async with ScriptedServer(script) as server:
        result = await senders.to(server, connections=2).post(ids(10), b"x")
    assert lists(result) == {"sent": set(ids(10))}
    # An end that crosses the next request leaves that unread: it goes out once more, and is read once.
    assert sorted(server.ids) == ids(10)


@pytest.mark.parametrize("script", [in_pieces, chunked, continued, without_a_body])
async def test_however_an_answer_is_framed_the_connection_serves_on(senders: Senders, script: Script) -> None:
    async with ScriptedServer(script) as server:
        result = await senders.to(server, connections=1).post(ids(5), b"x")
    assert lists(result) == {"sent": set(ids(5))}
    assert server.connections == 1


NO_ANSWER = [nonsense, end_in_the_status_line, end_after_100, switch_protocols, end_at_once, reset_at_once]


@pytest.mark.parametrize("script", NO_ANSWER)
async def test_without_a_status_on_a_new_connection_it_may_be_tried_again(
    senders: Senders, caplog: pytest.LogCaptureFixture, script: Script
) -> None:
    caplog.set_level(logging.INFO, "infra.aws.sender")
    async with ScriptedServer(script) as server:
        result = await senders.to(server).post(ids(4), b"x")
    assert lists(result) == {"throttled": set(ids(4))}
    assert sorted(server.ids) == ids(4)
    assert vars(caplog.records[0])["reasons"] == {"reset": 4}


@pytest.mark.parametrize("ending", [end_at_once, reset_at_once])
async def test_a_request_that_a_kept_connection_swallows_goes_out_once_more_on_a_new_one(
    senders: Senders, ending: Script
) -> None:
    async with ScriptedServer(first_turn_only(ending)) as server:
        result = await senders.to(server, connections=2).post(ids(9), b"x")
    assert lists(result) == {"sent": set(ids(9))}
    assert sorted(request.connection_id for request in server.requests if request.turn == 1) == ids(9)
    assert all(server.ids.count(connection_id) <= 2 for connection_id in ids(9))


async def test_the_second_time_is_the_last(senders: Senders) -> None:
    lost = ids(2)[1]

    async def script(exchange: Exchange) -> None:
        await (end_at_once if exchange.request.connection_id == lost else accept)(exchange)

    async with ScriptedServer(script) as server:
        result = await senders.to(server, connections=1).post(ids(2), b"x")
    assert lists(result) == {"sent": {ids(2)[0]}, "throttled": {lost}}
    assert server.ids.count(lost) == 2
    assert [request.turn for request in server.requests if request.connection_id == lost] == [2, 1]


@pytest.mark.parametrize("ending", [end_in_the_status_line, nonsense, end_after_100])
async def test_a_request_that_was_begun_to_be_answered_is_not_repeated(senders: Senders, ending: Script) -> None:
    async with ScriptedServer(first_turn_only(ending)) as server:
        result = await senders.to(server, connections=1).post(ids(2), b"x")
    assert lists(result) == {"sent": {ids(2)[0]}, "throttled": {ids(2)[1]}}
    assert server.ids == ids(2)


async def test_an_answer_more_than_there_were_requests_is_nobodys(senders: Senders) -> None:
    async def script(exchange: Exchange) -> None:
        if exchange.request.turn == 1:
            exchange.send(response(200) + response(200))
        else:
            exchange.answer(410)

    async with ScriptedServer(script) as server:
        result = await senders.to(server, connections=1).post(ids(3), b"x")
    assert lists(result) == {"sent": set(ids(3))}
    assert [request.turn for request in server.requests] == [1, 1, 1]


async def test_a_part_of_an_answer_too_many_is_not_taken_for_the_next(senders: Senders) -> None:
    async def script(exchange: Exchange) -> None:
        exchange.send(response(410 if exchange.request.connection_id in ids(1) else 200) + b"HTTP/1.1 2")

    async with ScriptedServer(script) as server:
        result = await senders.to(server, connections=1).post(ids(3), b"x")
    assert lists(result) == {"gone": set(ids(1)), "sent": set(ids(3)[1:])}
    assert server.connections == 3


async def test_a_second_408_is_an_answer(senders: Senders) -> None:
    async with ScriptedServer(always(408)) as server:
        result = await senders.to(server, connections=1).post(ids(3), b"x")
    assert lists(result) == {"throttled": set(ids(3))}
    assert sorted(server.ids) == sorted(ids(3) * 2)


async def test_no_answer_in_time_is_no_answer(senders: Senders, caplog: pytest.LogCaptureFixture) -> None:
    slow = ids(4)[2]
    never = asyncio.Event()

    async def script(exchange: Exchange) -> None:
        if exchange.request.connection_id == slow:
            await never.wait()
        exchange.answer(200)

    caplog.set_level(logging.INFO, "infra.aws.sender")
    async with ScriptedServer(script) as server:
        sender = senders.to(server, connections=1, answer_s=0.05)
        result = await sender.post(ids(4), b"x")
    assert lists(result) == {"sent": set(ids(4)) - {slow}, "throttled": {slow}}
    assert server.ids == ids(4)
    assert vars(caplog.records[0])["reasons"] == {"timeout": 1}


class Hasty:
    """A server in a thread that answers each connection's first bytes and reads no further."""

    def __init__(self, status: int) -> None:
        self._answer = response(status)
        self._listening = socket.socket()
        self._listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self._listening.bind(("127.0.0.1", 0))
        self._listening.listen()
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}/prod"
        self.open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self.open.append(connection)
            connection.recv(1_000)
            connection.sendall(self._answer)

    def stop(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(10)
        for connection in self.open:
            connection.close()


async def test_an_answer_before_the_whole_request_was_written_counts_and_ends_the_connection(
    senders: Senders, monkeypatch: pytest.MonkeyPatch
) -> None:
    # More than the kernel takes off our hands, so that a part of it is still to be written.
    size = 16_000_000
    monkeypatch.setattr(sending, "MESSAGE_BYTES", size)
    server = Hasty(413)
    sender = senders.to(server.url, connections=1, answer_s=2)
    result = await sender.post(ids(4), b"x" * size)
    await sender.aclose()
    server.stop()
    assert lists(result) == {"refused": set(ids(4))}
    assert len(server.open) == 4

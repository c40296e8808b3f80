"""Connections: kept, bounded, looked at before they are used again, closed."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import suppress

import pytest

from infra.aws.sender import GatewayUnavailable
from tests.gateway.serving import until
from tests.unit.aws.sender.conftest import Senders, ids
from tests.unit.aws.sender.scripted import Exchange, ScriptedServer, response
from tests.unit.aws.sender.test_posting import lists


class Gathering:
    """Answers once `number` requests are under way, so that they are under way together."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._arrived = 0
        self._all = asyncio.Event()

    async def __call__(self, exchange: Exchange) -> None:
        self._arrived += 1
        if self._arrived >= self._number:
            self._all.set()
        await self._all.wait()
        exchange.answer(200)


async def test_a_connection_is_kept_for_later(senders: Senders) -> None:
    async with ScriptedServer() as server:
        sender = senders.to(server)
        for _ in range(20):
            await sender.post(ids(1), b"x")
    assert server.connections == 1


async def test_requests_go_side_by_side_up_to_the_limit(senders: Senders) -> None:
    async with ScriptedServer(Gathering(8)) as server:
        await senders.to(server, connections=8).post(ids(200), b"x")
    assert (server.most_open, server.most_under_way, server.pipelined) == (8, 8, 0)


async def test_no_more_connections_are_opened_than_there_are_posts(senders: Senders) -> None:
    async with ScriptedServer(Gathering(3)) as server:
        await senders.to(server, connections=8).post(ids(3), b"x")
    assert server.connections == 3


class SayingGoodbye:
    """Answers, and says on the first connection, when told, that it was idle for too long, as some servers do."""

    first: Exchange

    async def __call__(self, exchange: Exchange) -> None:
        exchange.answer(200)
        if exchange.request.connection == 1:
            self.first = exchange

    def say_it(self) -> None:
        self.first.answer(408, "Connection: close")


async def test_what_a_server_says_on_an_idle_connection_is_no_answer(senders: Senders) -> None:
    script = SayingGoodbye()
    async with ScriptedServer(script) as server:
        sender = senders.to(server, connections=1)
        await sender.post(ids(1), b"x")
        script.say_it()
        await until(lambda: server.open == 0, "the sender has closed the connection")
        result = await sender.post(ids(2)[1:], b"x")
    assert lists(result) == {"sent": {ids(2)[1]}}
    assert server.ids == ids(2)


async def test_what_a_server_says_when_the_next_request_crosses_it_is_no_answer(senders: Senders) -> None:
    script = SayingGoodbye()
    async with ScriptedServer(script) as server:
        sender = senders.to(server, connections=1)
        await sender.post(ids(1), b"x")
        script.say_it()
        script.first.end()
        result = await sender.post(ids(2)[1:], b"x")
    assert lists(result) == {"sent": {ids(2)[1]}}
    assert server.ids == ids(2)


class HalfClosing:
    """A server in a thread: it goes on while the event loop stands still, as servers do while a Lambda is frozen.

    On the first connection it says after one answer that it will say no more, but still hears; on others it answers
    everything.
    """

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}/prod"
        self.heard: list[int] = []
        """For each connection, how many requests came on it."""
        self.has_closed = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self.heard.append(0)
            with connection, suppress(ConnectionError):
                while connection.recv(65_536):
                    self.heard[-1] += 1
                    if len(self.heard) > 1:
                        connection.sendall(response(200))
                    elif self.heard[0] == 1:
                        connection.sendall(response(200))
                        connection.shutdown(socket.SHUT_WR)
                        self.has_closed.set()

    def stop(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(10)


@pytest.mark.parametrize(
    ("trusted_idle_s", "heard"),
    [
        pytest.param(0.0, [1, 1], id="looked at before use"),
        pytest.param(60.0, [2, 1], id="trusted, and the request sent again"),
    ],
)
async def test_a_connection_that_was_closed_while_the_loop_stood_still_costs_no_post(
    senders: Senders, trusted_idle_s: float, heard: list[int]
) -> None:
    server = HalfClosing()
    sender = senders.to(server.url, connections=1, trusted_idle_s=trusted_idle_s)
    await sender.post(ids(1), b"x")
    assert server.has_closed.wait(10)  # the event loop stands still here
    result = await sender.post(ids(1), b"x")
    await sender.aclose()
    server.stop()
    assert lists(result) == {"sent": set(ids(1))}
    assert server.heard == heard


async def test_a_connection_that_was_idle_for_long_is_not_used(senders: Senders) -> None:
    async with ScriptedServer() as server:
        sender = senders.to(server, trusted_idle_s=0.0, longest_idle_s=0.0)
        await sender.post(ids(1), b"x")
        await sender.post(ids(1), b"x")
    assert [request.connection for request in server.requests] == [1, 2]


async def test_a_connection_that_was_idle_for_a_while_is_used_if_nothing_came(senders: Senders) -> None:
    async with ScriptedServer() as server:
        sender = senders.to(server, trusted_idle_s=0.0)
        await sender.post(ids(1), b"x")
        await sender.post(ids(1), b"x")
    assert server.connections == 1


async def test_closing_lets_what_is_under_way_end(senders: Senders) -> None:
    gathered = asyncio.Event()

    async def script(exchange: Exchange) -> None:
        gathered.set()
        await asyncio.sleep(0)
        exchange.answer(200)

    async with ScriptedServer(script) as server:
        sender = senders.to(server, connections=1)
        post = asyncio.create_task(sender.post(ids(5), b"x"))
        await gathered.wait()
        await sender.aclose()
        assert post.done()
        assert lists(post.result()) == {"sent": set(ids(5))}
        with pytest.raises(RuntimeError, match="closed"):
            await sender.post(ids(1), b"x")


async def test_closing_ends_every_connection(senders: Senders) -> None:
    async with ScriptedServer(Gathering(4)) as server:
        sender = senders.to(server)
        await sender.post(ids(4), b"x")
        assert server.open == 4
        await sender.aclose()
        await until(lambda: server.open == 0, "the connections are closed")


def test_a_sender_stays_on_its_loop() -> None:
    made = Senders()
    sender = made.to("http://127.0.0.1:1/prod")

    async def post() -> None:
        await sender.post(ids(1), b"x")

    with pytest.raises(GatewayUnavailable):
        asyncio.run(post())
    with pytest.raises(RuntimeError, match="another event loop"):
        asyncio.run(post())

"""Connections: kept, bounded, replaced; and what comes of a request when one ends."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from contextlib import ExitStack, suppress

import aiofastnet
import pytest

from infra.aws.sender import GatewayUnavailable
from infra.aws.sender import sender as sending
from services.ports import PostResult
from tests.gateway.serving import until
from tests.unit.aws.sender.conftest import Senders, ids
from tests.unit.aws.sender.scripted import Exchange, Script, ScriptedServer, accept, always, response
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


async def close_after(exchange: Exchange) -> None:
    exchange.answer(200, "Connection: close")
    exchange.end()


async def end_after(exchange: Exchange) -> None:
    exchange.answer(200)
    exchange.end()


async def http_1_0(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n")
    exchange.end()


async def until_the_end(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\n\r\nsomething")
    exchange.end()


async def break_off_in_the_body(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome")
    exchange.end()


async def bad_chunk(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")


async def too_much(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 100_000)


async def say_close(exchange: Exchange) -> None:
    exchange.answer(200, "Connection: close")


async def say_http_1_0(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n")


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


async def in_pieces(exchange: Exchange) -> None:
    for byte in response(200, "X-Name: value", body=b"ok"):
        exchange.send(bytes((byte,)))
        await exchange.writer.drain()
        await asyncio.sleep(0)


async def chunked(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Trailer: 1\r\n\r\n")


async def continued(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 100 Continue\r\n\r\n")
    exchange.send(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")
    exchange.answer(200)


async def without_a_body(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 204 No Content\r\n\r\n")


@pytest.mark.parametrize("script", [in_pieces, chunked, continued, without_a_body])
async def test_however_an_answer_is_framed_the_connection_serves_on(senders: Senders, script: Script) -> None:
    async with ScriptedServer(script) as server:
        result = await senders.to(server, connections=1).post(ids(5), b"x")
    assert lists(result) == {"sent": set(ids(5))}
    assert server.connections == 1


async def nonsense(exchange: Exchange) -> None:
    exchange.send(b"SSH-2.0-OpenSSH_9.2\r\n")


async def end_in_the_status_line(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 20")
    exchange.end()


async def end_after_100(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 100 Continue\r\n\r\n")
    exchange.end()


async def switch_protocols(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n")


async def end_at_once(exchange: Exchange) -> None:
    exchange.end()


async def reset_at_once(exchange: Exchange) -> None:
    exchange.reset()


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


def first_turn_only(ending: Script) -> Script:
    """Answers the first request of a connection, and ends the others some way."""

    async def script(exchange: Exchange) -> None:
        await (accept if exchange.request.turn == 1 else ending)(exchange)

    return script


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


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("host", ["127.0.0.1", "no-such-host.invalid"])
async def test_an_endpoint_that_is_not_there_is_told(senders: Senders, host: str) -> None:
    sender = senders.to(f"http://{host}:{free_port()}/prod")
    with pytest.raises(GatewayUnavailable, match="cannot be reached"):
        await sender.post(ids(100), b"x")


async def test_an_endpoint_that_goes_away_leaves_the_rest_for_later(senders: Senders) -> None:
    async def script(exchange: Exchange) -> None:
        exchange.answer(200)
        if len(server.requests) == 3:
            server.stop_listening()
            exchange.end()

    async with ScriptedServer(script) as server:
        result = await senders.to(server, connections=1).post(ids(10), b"x")
    assert lists(result) == {"sent": set(ids(10)[:3]), "throttled": set(ids(10)[3:])}


async def test_while_no_more_connections_can_be_opened_those_there_are_do_all(senders: Senders) -> None:
    async with ScriptedServer() as server:
        sender = senders.to(server, connections=4)
        await sender.post(ids(1), b"x")
        server.stop_listening()
        result = await sender.post(ids(30), b"x")
    assert lists(result) == {"sent": set(ids(30))}
    assert server.connections == 1


async def test_a_post_behind_one_that_finds_no_new_connection_uses_an_idle_one(senders: Senders) -> None:
    lost, other = ids(2)

    async def script(exchange: Exchange) -> None:
        if exchange.request.body == b"swallowed":
            server.stop_listening()
            exchange.end()
        else:
            await gathering(exchange)

    gathering = Gathering(2)
    async with ScriptedServer(script) as server:
        sender = senders.to(server, connections=2)
        await sender.post([lost, other], b"x")
        first, second = await asyncio.gather(
            sender.post([lost], b"swallowed"), sender.post([lost], b"behind"), return_exceptions=True
        )
    assert isinstance(first, GatewayUnavailable)
    assert isinstance(second, PostResult)
    assert lists(second) == {"sent": {lost}}


async def test_a_connection_that_ends_as_soon_as_it_is_there_is_none(
    senders: Senders, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = aiofastnet.create_connection

    async def connect_in_vain(*arguments: object, **options: object) -> object:
        transport, connection = await connect(*arguments, **options)  # type: ignore[arg-type,var-annotated]  # passed on
        transport.abort()
        await until(lambda: connection.is_spent, "the connection has ended")
        return transport, connection

    monkeypatch.setattr(aiofastnet, "create_connection", connect_in_vain)
    async with ScriptedServer() as server:
        with pytest.raises(GatewayUnavailable, match="ended as soon as it was there"):
            await senders.to(server).post(ids(3), b"x")


async def test_an_endpoint_that_takes_no_connection_is_given_up_in_time(senders: Senders) -> None:
    with socket.socket() as listening, ExitStack() as waiting:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        # A few that nobody accepts fill the queue of the socket; the kernel does not answer further ones.
        for _ in range(8):
            client = waiting.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(listening.getsockname())
        sender = senders.to(f"http://127.0.0.1:{listening.getsockname()[1]}/prod", connect_s=0.05)
        with pytest.raises(GatewayUnavailable, match="cannot be reached"):
            await sender.post(ids(3), b"x")


async def test_closing_gives_up_connections_that_are_being_opened(
    senders: Senders, monkeypatch: pytest.MonkeyPatch
) -> None:
    connecting = asyncio.Event()

    async def connect(*arguments: object, **options: object) -> object:
        connecting.set()
        return await asyncio.Event().wait()

    monkeypatch.setattr(aiofastnet, "create_connection", connect)
    sender = senders.to("http://127.0.0.1:1/prod", connect_s=60)
    post = asyncio.create_task(sender.post(ids(3), b"x"))
    await connecting.wait()
    post.cancel()
    async with asyncio.timeout(5):
        await sender.aclose()
    assert post.cancelled()


async def test_after_an_endpoint_was_away_it_is_found_again(senders: Senders) -> None:
    port = free_port()
    sender = senders.to(f"http://127.0.0.1:{port}/prod")
    with pytest.raises(GatewayUnavailable):
        await sender.post(ids(1), b"x")
    async with ScriptedServer(listen_on=port):
        assert lists(await sender.post(ids(1), b"x")) == {"sent": set(ids(1))}


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

"""How long a connection lives, and how a gateway ends."""

from __future__ import annotations

import asyncio

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from infra.local.gateway import Event, Limits, MockRoute, Outcome, Route
from tests.gateway.serving import DEADLINE_S, Function, Served, Serving, connection_id_of, ok, until
from tests.gateway.wire import CLOSE, PING, PONG, TEXT, RawClient, close_frame, frame, upgrade_request


async def lifetime_s(client: RawClient) -> float:
    """How long until the server closes with 1001."""
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    while (received := await client.frame()).opcode != CLOSE:
        pass
    assert (received.close_code, received.payload[2:]) == (1001, b"Going away")
    client.send(close_frame(1001))
    await client.end()
    return loop.time() - began_s


async def test_an_idle_connection_is_closed_with_1001(serving: Serving) -> None:
    disconnect = Function()
    served = await serving.start({"$disconnect": disconnect}, limits=Limits(idle_timeout_s=0.1))
    assert await lifetime_s(await RawClient.open(served)) >= 0.1
    await until(lambda: bool(disconnect.events), "$disconnect is invoked")
    told = disconnect.contexts[0]
    assert (told["disconnectStatusCode"], told["disconnectReason"]) == (1001, "Going away")


async def test_a_connection_of_the_maximum_age_is_closed_with_1001(serving: Serving) -> None:
    served = await serving.start(limits=Limits(max_duration_s=0.1))
    assert await lifetime_s(await RawClient.open(served)) >= 0.1


async def test_a_post_just_now_puts_off_the_idle_timeout(serving: Serving) -> None:
    served = await serving.start(limits=Limits(idle_timeout_s=0.2))
    client = await RawClient.open(served)
    (connection_id,) = served.gateway.connection_ids()
    loop = asyncio.get_running_loop()
    last_s = loop.time()
    for _ in range(3):
        await asyncio.sleep(0.1)
        if served.gateway.post(connection_id, b"x") is Outcome.SENT:
            last_s = loop.time()
    await lifetime_s(client)
    assert loop.time() - last_s >= 0.19


def last_active_ms(served: Served) -> int:
    (connection_id,) = served.gateway.connection_ids()
    info = served.gateway.describe(connection_id)
    assert info is not None
    return info.last_active_at_ms


async def test_a_message_counts_as_activity(serving: Serving) -> None:
    served = await serving.start({"ping": MockRoute("pong")})
    client = await RawClient.open(served)
    first_ms = last_active_ms(served)

    def talks() -> bool:
        client.send(frame(TEXT, b'{"action":"ping"}'))
        return last_active_ms(served) > first_ms + 2

    await until(talks, "a message counts")


@pytest.mark.parametrize("count", [False, True])
async def test_ping_frames_count_as_activity_only_if_they_are_meant_to(serving: Serving, count: bool) -> None:
    served = await serving.start(limits=Limits(client_pings_keep_open=count))
    client = await RawClient.open(served)
    first_ms = last_active_ms(served)
    loop = asyncio.get_running_loop()
    until_s = loop.time() + 0.05
    while loop.time() < until_s:
        client.send(frame(PING))
        assert (await client.frame()).opcode == PONG
    assert (last_active_ms(served) > first_ms + 2) is count


async def test_a_client_that_does_not_answer_a_close_is_cut_off(serving: Serving) -> None:
    served = await serving.start(limits=Limits(idle_timeout_s=0.05, close_timeout_s=0.1))
    client = await RawClient.open(served)
    assert (await client.frame()).close_code == 1001
    await client.end()


async def test_nothing_is_posted_to_a_connection_that_is_closing(serving: Serving) -> None:
    served = await serving.start()
    client = await RawClient.open(served)
    (connection_id,) = served.gateway.connection_ids()
    served.gateway.disconnect(connection_id)
    assert served.gateway.post_many([connection_id], b"x").gone == [connection_id]
    assert (await client.frame()).close_code == 1000


async def test_an_answer_that_comes_after_the_close_is_dropped(serving: Serving) -> None:
    release = asyncio.Event()

    async def work(event: Event) -> object:
        await release.wait()
        return ok("late")

    function = Function(work)
    served = await serving.start({"$default": Route(function, two_way=True)})
    client = await RawClient.open(served)
    client.send(frame(1, b"x"))
    await until(lambda: bool(function.events), "the message is in work")
    client.send(close_frame(1000))
    assert (await client.frame()).close_code == 1000
    release.set()
    assert await asyncio.wait_for(client.reader.read(), 10) == b""


class TestDraining:
    async def test_open_connections_stay_and_handshakes_are_503(self, serving: Serving) -> None:
        served = await serving.start()
        late = await RawClient.connected(served)
        async with served.connect() as client:
            connection_id = await connection_id_of(client, served)
            # The late client's TCP connection was accepted before the gateway drained.
            await until(lambda: served.gateway.tcp_connections == 2, "both are accepted")
            served.gateway.drain()
            late.send(upgrade_request())
            assert (await late.response())[0] == 503
            served.gateway.post(connection_id, b"still here")
            assert await client.recv() == "still here"

    async def test_no_new_connection_is_accepted(self, serving: Serving) -> None:
        served = await serving.start()
        served.gateway.drain()
        await asyncio.sleep(0)
        with pytest.raises((OSError, InvalidStatus)):
            await served.connect()


class TestClosing:
    async def test_closes_everyone_with_1001_and_waits_for_disconnect(self, serving: Serving) -> None:
        done: list[object] = []

        async def slow(event: Event) -> None:
            await asyncio.sleep(0.02)
            done.append(event)

        served = await serving.start({"$disconnect": Function(slow)})
        clients = [await served.connect() for _ in range(20)]
        await served.gateway.close()
        assert len(done) == 20
        for client in clients:
            with pytest.raises(ConnectionClosed) as closed:
                await client.recv()
            assert closed.value.rcvd is not None
            assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1001, "Going away")

    async def test_does_not_wait_for_ever(self, serving: Serving) -> None:
        hang = Function(lambda event: asyncio.sleep(60))
        served = await serving.start({"$disconnect": hang})
        await RawClient.open(served)
        async with asyncio.timeout(10):
            await served.gateway.close(timeout_s=0.05)
        assert len(hang.events) == 1
        assert served.gateway.tcp_connections == 0

    async def test_ends_connections_that_wait_for_a_request(self, serving: Serving) -> None:
        served = await serving.start()
        client = await RawClient.connected(served)
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        await client.response()
        async with asyncio.timeout(2):
            await served.gateway.close(timeout_s=10)
        await client.end()

    async def test_closes_whom_it_let_in_meanwhile(self, serving: Serving) -> None:
        release = asyncio.Event()

        async def let_in(event: Event) -> object:
            await release.wait()
            return ok()

        connect = Function(let_in)
        served = await serving.start({"$connect": connect})
        client = await RawClient.connected(served)
        client.send(upgrade_request())
        await until(lambda: bool(connect.events), "$connect is invoked")
        closing = asyncio.create_task(served.gateway.close(timeout_s=DEADLINE_S))
        await asyncio.sleep(0)
        release.set()
        assert (await client.response())[0] == 101
        assert await client.closed_with() == 1001
        await closing

    async def test_twice_is_no_harm(self, serving: Serving) -> None:
        served = await serving.start()
        await served.gateway.close()
        await served.gateway.close()


async def test_counters_tell_what_happened(serving: Serving) -> None:
    served: Served = await serving.start({"ping": MockRoute("pong")})
    async with served.connect() as client:
        await client.send('{"action":"ping"}')
        await client.recv()
        served.gateway.post_many(served.gateway.connection_ids(), b"hello")
        await client.recv()
    with pytest.raises(InvalidStatus):
        await served.connect("x")
    await until(lambda: served.gateway.open_connections == 0, "the client has gone")
    found = served.gateway.counters
    assert (found.connections, found.messages_in, found.messages_out, found.bytes_out) == (1, 1, 2, 9)
    assert found.bytes_in > 17
    assert (found.handshakes, found.closes) == ({101: 1, 403: 1}, {1000: 1})

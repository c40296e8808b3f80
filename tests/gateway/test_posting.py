"""Posting from within the process, to many at once, and to clients that do not read."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import socket
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from infra.local.gateway import Limits, Outcome
from tests.gateway.serving import DEADLINE_S, Function, Served, Serving, connection_id_of, ok, until
from tests.gateway.wire import BINARY, CONTINUATION, PING, TEXT, RawClient, frame, slow_client, upgrade_request

UNKNOWN = "AAAAAAAAAAAAAAA="


async def test_to_many_reaches_each_and_says_who_is_gone(serving: Serving) -> None:
    served = await serving.start()
    async with contextlib.AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(served.connect()) for _ in range(200)]
        ids = [await connection_id_of(client, served) for client in clients]
        result = served.gateway.post_many([ids[0], UNKNOWN, *ids[1:]], "håp".encode())
        assert (list(result.sent), list(result.gone), list(result.throttled)) == (ids, [UNKNOWN], [])
        assert [await client.recv() for client in clients] == ["håp"] * 200


async def test_to_one_says_what_became_of_it(serving: Serving) -> None:
    served = await serving.start()
    async with served.connect() as client:
        connection_id = await connection_id_of(client, served)
        assert served.gateway.post(connection_id, b"x") is Outcome.SENT
        assert await client.recv() == "x"
    await until(lambda: served.gateway.open_connections == 0, "the connection is closed")
    assert served.gateway.post(connection_id, b"x") is Outcome.GONE


async def test_posts_to_one_arrive_in_their_order(serving: Serving) -> None:
    served = await serving.start(limits=Limits(write_buffer_bytes=50_000_000))
    client, connection_id = await slow_client(served)
    sent = [f"{number} {'x' * 2000}" for number in range(2000)]
    for text in sent[:1000]:
        served.gateway.post(connection_id, text.encode())
    client.resume()
    received = []
    for text in sent[1000:]:
        served.gateway.post(connection_id, text.encode())
        received.append(await client.text())
    received += [await client.text() for _ in range(1000)]
    assert received == sent


async def test_one_that_is_named_twice_gets_both_whole(serving: Serving) -> None:
    served = await serving.start(limits=Limits(write_buffer_bytes=50_000_000))
    client, connection_id = await slow_client(served)
    for number in range(50):
        served.gateway.post_many([connection_id] * 4, f"{number} {'x' * 100_000}".encode())
    client.resume()
    for number in range(50):
        for _ in range(4):
            whole = b""
            while not (part := await client.frame()).fin:
                whole += part.payload
            assert (whole + part.payload).split()[0] == b"%d" % number


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536, 131_072])
async def test_a_message_over_32_kib_comes_in_frames_of_that_size(serving: Serving, size: int) -> None:
    served = await serving.start()
    client = await RawClient.open(served)
    (connection_id,) = served.gateway.connection_ids()
    served.gateway.post(connection_id, b"*" * size)
    opcode, whole = TEXT, b""
    while True:
        part = await client.frame()
        assert part.opcode == opcode
        assert len(part.payload) <= 32_768
        opcode, whole = CONTINUATION, whole + part.payload
        if part.fin:
            break
    assert whole == b"*" * size


@pytest.mark.parametrize("data", [b"*" * 131_073, b"\xff", b"\xed\xa0\x80"], ids=["too-long", "no-utf-8", "surrogate"])
async def test_what_cannot_be_sent_is_refused_before_anyone_gets_it(serving: Serving, data: bytes) -> None:
    served = await serving.start()
    async with served.connect() as client:
        connection_id = await connection_id_of(client, served)
        with pytest.raises(ValueError, match=r"limit|codec"):
            served.gateway.post_many([connection_id], data)
        served.gateway.post(connection_id, b"next")
        assert await client.recv() == "next"


async def test_a_slow_client_is_throttled_and_closed(serving: Serving) -> None:
    disconnect = Function()
    served = await serving.start(
        {"$disconnect": disconnect}, limits=Limits(write_buffer_bytes=100_000, close_timeout_s=0.2)
    )
    _, connection_id = await slow_client(served)
    outcomes = set()
    while (outcome := served.gateway.post(connection_id, b"*" * 30_000)) is not Outcome.GONE:
        outcomes.add(outcome)
    assert outcomes == {Outcome.SENT, Outcome.THROTTLED}
    await until(lambda: bool(disconnect.events), "$disconnect is invoked")
    assert disconnect.contexts[0]["disconnectStatusCode"] == 1008
    # It reads nothing, not even the close frame, so it is cut off.
    await until(lambda: served.gateway.tcp_connections == 0, "the client is cut off")
    assert served.gateway.counters.throttled == 1


async def test_a_slow_client_that_reads_again_sees_all_before_the_close(serving: Serving) -> None:
    served = await serving.start(limits=Limits(write_buffer_bytes=100_000))
    client, connection_id = await slow_client(served)
    sent = 0
    while served.gateway.post(connection_id, b"*" * 30_000) is Outcome.SENT:
        sent += 1
    client.resume()
    for _ in range(sent):
        assert (await client.frame()).payload == b"*" * 30_000
    assert await client.closed_with() == 1008


async def test_a_slow_client_holds_up_nobody_else(serving: Serving) -> None:
    served = await serving.start(limits=Limits(write_buffer_bytes=100_000))
    _, slow = await slow_client(served)
    async with served.connect() as client:
        quick = await connection_id_of(client, served)
        for number in range(300):
            served.gateway.post_many([slow, quick], b"%d %s" % (number, b"*" * 10_000))
            assert str(await client.recv()).startswith(f"{number} ")


async def test_a_client_that_asks_for_more_than_it_reads_is_not_read_from(serving: Serving) -> None:
    served = await serving.start(limits=Limits(write_buffer_bytes=20_000))
    client, _ = await slow_client(served)
    client.send(frame(PING, b"*" * 125) * 200_000)
    # As long as another client is served, the gateway could read on from this one; it does not.
    async with served.connect() as other:
        for _ in range(100):
            await connection_id_of(other, served)
    assert served.gateway.counters.bytes_in < 20_000_000
    client.abort()


async def test_a_client_that_was_held_up_still_finishes_the_closing_handshake(serving: Serving) -> None:
    # The close timeout is longer than the test would wait: the end must come by the handshake.
    served = await serving.start(limits=Limits(write_buffer_bytes=20_000, close_timeout_s=3 * DEADLINE_S))
    client, connection_id = await slow_client(served)
    client.send(frame(PING, b"*" * 125) * 100_000)
    async with served.connect() as other:
        for _ in range(100):
            await connection_id_of(other, served)
    served.gateway.disconnect(connection_id)
    client.resume()
    assert await client.closed_with() == 1000


async def test_a_violation_by_a_client_that_is_held_up_ends_it_at_once(serving: Serving) -> None:
    # As above: only the client's end, which must be seen, ends it in time.
    hang = Function(lambda event: asyncio.sleep(60))
    served = await serving.start({"$default": hang}, limits=Limits(in_flight=1, close_timeout_s=3 * DEADLINE_S))
    client = await RawClient.open(served)
    client.send(frame(TEXT, b"x") + frame(BINARY, b"x"))
    assert await client.closed_with() == 1003
    client.abort()
    await until(lambda: served.gateway.tcp_connections == 0, "the client's end is seen")


async def test_posts_beyond_the_rate_are_throttled_and_nobody_is_closed(serving: Serving) -> None:
    served = await serving.start(limits=Limits(requests_per_s=0.001, requests_burst=4))
    async with served.connect() as client:
        # Of the burst of 4, the connect and the message that asks for the id have had two.
        connection_id = await connection_id_of(client, served)
        result = served.gateway.post_many([connection_id] * 5, b"x")
        assert (len(result.sent), len(result.throttled)) == (2, 3)
        assert [await client.recv() for _ in range(2)] == ["x", "x"]
        assert served.gateway.open_connections == 1


async def test_data_either_way_is_the_last_activity(serving: Serving) -> None:
    served = await serving.start()
    async with served.connect() as client:
        connection_id = await connection_id_of(client, served)
        first = served.gateway.describe(connection_id)
        assert first is not None
        await until(lambda: _active_after(served, connection_id, first.last_active_at_ms), "a post counts as activity")
        assert first.connected_at_ms <= first.last_active_at_ms
        assert (first.source_ip, first.user_agent) == ("127.0.0.1", client.request.headers["User-Agent"])  # type: ignore[union-attr]  # it is connected


def _active_after(served: Served, connection_id: str, moment_ms: int) -> bool:
    served.gateway.post(connection_id, b"x")
    info = served.gateway.describe(connection_id)
    return info is not None and info.last_active_at_ms > moment_ms


async def test_nothing_is_known_of_one_that_is_gone(serving: Serving) -> None:
    served = await serving.start()
    assert served.gateway.describe(UNKNOWN) is None
    assert served.gateway.disconnect(UNKNOWN) is False


async def test_disconnect_closes_like_delete(serving: Serving) -> None:
    disconnect = Function()
    served = await serving.start({"$disconnect": disconnect})
    async with served.connect() as client:
        assert served.gateway.disconnect(await connection_id_of(client, served))
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1000
    await until(lambda: bool(disconnect.events), "$disconnect is invoked")
    assert disconnect.contexts[0]["disconnectReason"] == "Connection Closed Normally"


async def test_a_message_is_never_written_to_the_socket_of_another(serving: Serving) -> None:
    # Descriptors are numbers that the kernel gives out again at once; clients come and go while posts go on.
    served = await serving.start({"$connect": Function(ok())})
    seen: set[str] = set()

    async def come_and_go() -> None:
        for number in range(40):
            client = await RawClient.open(served)
            mine = {opened for opened in served.gateway.connection_ids() if opened not in seen}
            seen.update(mine)
            if number % 2:
                client.abort()
                continue
            async with asyncio.timeout(DEADLINE_S):
                client.send(frame(TEXT, b"who am I?"))
                while (text := await client.text()).startswith("to:"):
                    addressed.append(text)
                own = text.split('"connectionId":"')[1][:16]
            assert all(text == f"to:{own}" for text in addressed), (own, addressed)
            addressed.clear()
            client.abort()

    addressed: list[str] = []
    visitors = asyncio.create_task(come_and_go())
    while not visitors.done():
        for connection_id in served.gateway.connection_ids():
            served.gateway.post(connection_id, f"to:{connection_id}".encode())
        await asyncio.sleep(0)
    await visitors


async def test_an_idle_connection_costs_little(serving: Serving) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 20_000), hard))
    served = await serving.start()
    clients: list[socket.socket] = []

    async def arrive(count: int) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(count):
            sock = socket.socket()
            sock.setblocking(False)
            await loop.sock_connect(sock, ("127.0.0.1", served.port))
            await loop.sock_sendall(sock, upgrade_request())
            clients.append(sock)
        await until(lambda: served.gateway.open_connections == len(clients), "all are connected")

    try:
        await arrive(500)
        before_bytes = _resident_bytes()
        await arrive(2000)
        assert (_resident_bytes() - before_bytes) / 2000 < 6500
    finally:
        for sock in clients:
            sock.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def _resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")

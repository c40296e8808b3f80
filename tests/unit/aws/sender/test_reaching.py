"""An endpoint that cannot be reached, or not any more."""

from __future__ import annotations

import asyncio
import socket
from contextlib import ExitStack

import aiofastnet
import pytest

from infra.aws.sender import GatewayUnavailable
from services.ports import PostResult
from tests.gateway.serving import until
from tests.unit.aws.sender.conftest import Senders, ids
from tests.unit.aws.sender.scripted import Exchange, ScriptedServer
from tests.unit.aws.sender.test_connections import Gathering
from tests.unit.aws.sender.test_posting import lists


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

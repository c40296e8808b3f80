"""Closing and describing a socket: rare calls, tried again while they are throttled."""

from __future__ import annotations

import asyncio

import pytest

from infra.aws.sender import GatewayUnavailable, sender
from services.ports import SocketInfo
from tests.unit.aws.sender.conftest import Senders, ids
from tests.unit.aws.sender.scripted import Exchange, ScriptedServer, always

DESCRIBED = (
    b'{"connectedAt":"2020-04-30T20:10:33.236Z","identity":{"sourceIp":"192.0.2.1","userAgent":null},'
    b'"lastActiveAt":"2020-04-30T20:10:42.997Z"}'
)


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender, "_RETRY_DELAYS_S", (0.001, 0.001, 0.001))


@pytest.mark.parametrize(("status", "was_open"), [(204, True), (200, True), (410, False), (400, False)])
async def test_closing_tells_whether_it_was_open(senders: Senders, status: int, was_open: bool) -> None:
    async with ScriptedServer(always(status)) as server:
        assert await senders.to(server).close(ids(1)[0]) is was_open
    assert (server.requests[0].method, server.requests[0].target) == ("DELETE", "/prod/@connections/R0oXAdfD0000000%3D")


@pytest.mark.parametrize(
    ("body", "user_agent"), [(DESCRIBED, ""), (DESCRIBED.replace(b"null", b'"term/1.0"'), "term/1.0")]
)
async def test_describing(senders: Senders, body: bytes, user_agent: str) -> None:
    async with ScriptedServer(always(200, "Content-Type: application/json", body=body)) as server:
        found = await senders.to(server).describe(ids(1)[0])
    assert found == SocketInfo(
        connected_at_s=1588277433.236, last_active_at_s=1588277442.997, source_ip="192.0.2.1", user_agent=user_agent
    )
    assert server.requests[0].method == "GET"


async def test_describing_in_chunks(senders: Senders) -> None:
    async def script(exchange: Exchange) -> None:
        exchange.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for byte in DESCRIBED:
            exchange.send(b"1\r\n%c\r\n" % byte)
            await exchange.writer.drain()
        exchange.send(b"0\r\n\r\n")

    async with ScriptedServer(script) as server:
        found = await senders.to(server).describe(ids(1)[0])
    assert found is not None
    assert found.source_ip == "192.0.2.1"


@pytest.mark.parametrize("status", [410, 400])
async def test_describing_what_is_not_open(senders: Senders, status: int) -> None:
    async with ScriptedServer(always(status)) as server:
        assert await senders.to(server).describe(ids(1)[0]) is None


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"connectedAt":1,"identity":{},"lastActiveAt":2}'])
async def test_a_description_that_is_none_is_told(senders: Senders, body: bytes) -> None:
    async with ScriptedServer(always(200, body=body)) as server:
        with pytest.raises(GatewayUnavailable, match="answered with something else"):
            await senders.to(server).describe(ids(1)[0])


@pytest.mark.parametrize("times", [1, 3])
async def test_a_throttled_close_is_tried_again(senders: Senders, times: int) -> None:
    async def script(exchange: Exchange) -> None:
        exchange.answer(429 if len(server.requests) <= times else 204)

    async with ScriptedServer(script) as server:
        assert await senders.to(server).close(ids(1)[0])
    assert len(server.requests) == times + 1


async def test_a_close_that_stays_throttled_is_told(senders: Senders) -> None:
    async with ScriptedServer(always(429)) as server:
        with pytest.raises(GatewayUnavailable, match="DELETE of a connection failed 4 times: 429"):
            await senders.to(server).close(ids(1)[0])
    assert len(server.requests) == 4


async def test_a_denied_close_is_told(senders: Senders) -> None:
    async with ScriptedServer(always(403, "x-amzn-ErrorType: AccessDeniedException")) as server:
        with pytest.raises(GatewayUnavailable, match="AccessDeniedException"):
            await senders.to(server).close(ids(1)[0])


async def test_a_close_waits_for_the_post_before_it(senders: Senders) -> None:
    async with ScriptedServer() as server:
        sending = senders.to(server)
        await asyncio.gather(sending.post(ids(1), b"bye"), sending.close(ids(1)[0]))
    assert [request.method for request in server.requests] == ["POST", "DELETE"]

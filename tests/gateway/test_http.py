"""HTTP/1.1 on the gateway's port: every request gets one answer, in its turn; what is no request gets 400."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest
import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.local.gateway import Chaos, Limits
from tests.gateway.serving import DEADLINE_S, Serving, until
from tests.gateway.wire import RawClient, upgrade_request

UNKNOWN = "/local/@connections/AAAAAAAAAAAAAAA="


@dataclass(frozen=True)
class Sent:
    """A request, and what answers it."""

    method: str
    path: str
    headers: tuple[str, ...] = ()
    body: bytes = b""

    @property
    def wire(self) -> bytes:
        return (
            "\r\n".join([f"{self.method} {self.path} HTTP/1.1", "Host: a", *self.headers, "", ""]).encode() + self.body
        )

    @property
    def answer(self) -> tuple[int, str | None]:
        """Status and error type."""
        if self.path == "/local":
            return 426, None
        if self.path == UNKNOWN and self.method in ("POST", "GET", "DELETE"):
            return 403, "MissingAuthenticationTokenException"
        return 403, "ForbiddenException"


UPGRADES = [
    (),
    ("Connection: Upgrade", "Upgrade: h2c"),
    ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhl"),
]
BODIES = [
    ((), b""),
    (("Content-Length: 5",), b"hello"),
    (("Transfer-Encoding: chunked",), b"3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nTrailer: 1\r\n\r\n"),
]


def sent(method: str, path: str, upgrade: tuple[str, ...], body: tuple[tuple[str, ...], bytes]) -> Sent:
    return Sent(method, path, (*upgrade, *body[0]), body[1])


elsewhere = st.builds(
    sent,
    st.sampled_from(["POST", "GET", "DELETE", "HEAD", "PUT", "OPTIONS"]),
    st.sampled_from([UNKNOWN, "/", "/prod", "/local/", "*", "/local/@connections"]),
    st.sampled_from(UPGRADES),
    st.sampled_from(BODIES),
)
# With a WebSocket upgrade, this would be a handshake.
at_the_socket = st.builds(
    sent,
    st.sampled_from(["POST", "GET", "HEAD"]),
    st.just("/local"),
    st.sampled_from(UPGRADES[:2]),
    st.sampled_from(BODIES),
)


@settings(max_examples=60)
@given(
    requests=st.lists(elsewhere | at_the_socket, min_size=1, max_size=6),
    cuts=st.lists(st.integers(1, 300), max_size=4),
    chaos=st.sampled_from([None, Chaos(), Chaos(post_latency_s=0.001)]),
    on_uvloop=st.booleans(),
)
def test_every_request_gets_one_answer_in_its_turn(
    requests: list[Sent], cuts: list[int], chaos: Chaos | None, on_uvloop: bool
) -> None:
    async def scenario() -> None:
        serving = Serving()
        try:
            served = await serving.start(chaos=chaos)
            client = await RawClient.connected(served)
            unsent = b"".join(request.wire for request in requests)
            for cut in cuts:
                client.send(unsent[:cut])
                unsent = unsent[cut:]
                await asyncio.sleep(0)
            client.send(unsent)
            for request in requests:
                status, headers, _ = await client.response(to_head=request.method == "HEAD")
                assert (status, headers.get("x-amzn-errortype")) == request.answer
            client.send(b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            assert (await client.response())[1]["connection"] == "close"
            assert await client.reader.read() == b""
            client.abort()
            counters = served.gateway.counters
            assert (counters.requests + counters.handshakes).total() == len(requests) + 1
        finally:
            await serving.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop if on_uvloop else None) as runner:
        runner.run(scenario())


async def test_many_upgrades_that_are_ignored_in_one_piece_are_all_answered(serving: Serving) -> None:
    client = await RawClient.connected(await serving.start())
    client.send(b"GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: a\r\n\r\n" * 2000)
    assert {(await client.response())[0] for _ in range(2000)} == {403}


@pytest.mark.parametrize("method", ["HEAD", "GET"])
async def test_only_an_answer_to_head_has_no_body(serving: Serving, method: str) -> None:
    client = await RawClient.connected(await serving.start())
    client.send(f"{method} / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
    async with asyncio.timeout(DEADLINE_S):
        head = await client.reader.readuntil(b"\r\n\r\n")
        body = await client.reader.read()
    assert b"Content-Length: 23\r\n" in head
    assert body == (b"" if method == "HEAD" else b'{"message":"Forbidden"}')


@pytest.mark.parametrize(
    "malformed",
    [
        pytest.param(b"GET / HTTP/1.1\nHost: a\n\n", id="bare-line-feeds"),
        pytest.param(b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", id="space-before-colon"),
        pytest.param(b"GET / HTTP/1.1\r\nX: a\r\n b\r\n\r\n", id="folded-header"),
        pytest.param(b"GET / HTTP/1.1\r\nX: a\0b\r\n\r\n", id="nul-in-a-header"),
        pytest.param(b"GET /\0 HTTP/1.1\r\n\r\n", id="nul-in-the-target"),
        pytest.param(b"GET  HTTP/1.1\r\n\r\n", id="no-target"),
        pytest.param(b"GET / HTTP/3.7\r\n\r\n", id="unknown-version"),
        pytest.param(b"get / HTTP/1.1\r\n\r\n", id="unknown-method"),
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", id="http-2"),
        pytest.param(b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", id="two-lengths"),
        pytest.param(b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", id="negative-length"),
        pytest.param(b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", id="length-over-64-bits"),
        pytest.param(
            b"POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            id="length-and-chunks",
        ),
        pytest.param(b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\nx", id="unknown-encoding"),
        pytest.param(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", id="chunked-not-last"),
        pytest.param(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n\r\n", id="chunk-size-that-is-none"),
        pytest.param(
            b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n11111111111111111\r\n", id="chunk-size-over-64-bits"
        ),
        pytest.param(upgrade_request("/local", "Transfer-Encoding: chunked") + b"0\r\n\r\n", id="handshake-in-chunks"),
        pytest.param(upgrade_request("/local", "Content-Length: 1") + b"x", id="handshake-with-a-body"),
    ],
)
async def test_what_is_no_request_is_400_and_nothing_after_it_is_read(serving: Serving, malformed: bytes) -> None:
    served = await serving.start()
    client = await RawClient.connected(served)
    client.send(malformed + b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n")
    status, headers, _ = await client.response()
    assert (status, headers["connection"]) == (400, "close")
    async with asyncio.timeout(DEADLINE_S):
        assert await client.reader.read() == b""
    counters = served.gateway.counters
    assert (counters.requests + counters.handshakes).total() == 1


async def test_a_handshake_may_follow_other_requests(serving: Serving) -> None:
    served = await serving.start()
    client = await RawClient.connected(served)
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" + upgrade_request())
    assert [(await client.response())[0] for _ in range(2)] == [403, 101]
    assert served.gateway.open_connections == 1


async def test_a_handshake_cannot_overtake_answers_that_chaos_holds_back(serving: Serving) -> None:
    served = await serving.start(chaos=Chaos(post_latency_s=0.05))
    client = await RawClient.connected(served)
    client.send(f"GET {UNKNOWN} HTTP/1.1\r\nHost: a\r\n\r\n".encode() + upgrade_request())
    assert (await client.response())[0] == 400
    assert served.gateway.open_connections == 0


async def test_a_next_request_that_does_not_arrive_in_time_is_cut_off(serving: Serving) -> None:
    served = await serving.start(limits=Limits(request_timeout_s=0.1, keep_alive_s=3 * DEADLINE_S))
    client = await RawClient.connected(served)
    # Its beginning comes with the end of the one before.
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHos")
    await client.response()
    await client.end()
    await until(lambda: served.gateway.tcp_connections == 0, "the gateway forgets it")

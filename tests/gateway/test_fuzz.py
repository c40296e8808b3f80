"""Random bytes instead of a handshake, and after one: the gateway answers or closes, and serves the next client."""

from __future__ import annotations

import asyncio

import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.local.gateway import Limits, Route
from tests.gateway.serving import DEADLINE_S, Function, Served, Serving, ok
from tests.gateway.wire import RawClient, close_frame, frame, upgrade_request

LIMITS = Limits(request_timeout_s=0.02, close_timeout_s=0.02, keep_alive_s=0.02, idle_timeout_s=0.05)

pieces = st.sampled_from(
    [
        b"GET /local HTTP/1.1\r\n",
        b"POST /local/@connections/AAAAAAAAAAAAAAA= HTTP/1.1\r\n",
        b"Host: a\r\n",
        b"Connection: Upgrade\r\n",
        b"Upgrade: websocket\r\n",
        b"Upgrade: h2c\r\n",
        b"Sec-WebSocket-Version: 13\r\n",
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
        b"Content-Length: 5\r\n",
        b"Content-Length: -1\r\n",
        b"Content-Length: 99999999999999999999\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: gzip, chunked\r\n",
        b"Expect: 100-continue\r\n",
        b"Authorization: AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host, Signature=x\r\n",
        b"Authorization: \xff\xfe\r\n",
        b"X-Amz-Date: \r\n",
        b"\r\n",
        b"5\r\nhello\r\n0\r\n\r\n",
        b"\x00",
        b"\x80" * 20,
        b"CONNECT a:1 HTTP/1.1\r\n",
        b"GET http://a/local?%zz=%ff HTTP/1.1\r\n",
        b"GET /local?%zz=%ff&a&=&;;&+=+ HTTP/1.1\r\n",
    ]
)
requests = st.lists(pieces | st.binary(max_size=30), max_size=12).map(b"".join)
frames = st.builds(
    frame,
    st.integers(0, 15),
    st.binary(max_size=200),
    fin=st.booleans(),
    rsv=st.sampled_from([0, 0, 0, 0, 1, 7]),
    masked=st.sampled_from([True, True, True, False]),
    claim=st.none() | st.integers(0, 2**63 - 1),
)
conversations = st.lists(frames | st.binary(max_size=40), max_size=8).map(b"".join)
cuts = st.integers(1, 400)


async def started(serving: Serving) -> Served:
    echo = Route(Function(lambda event: ok(str(event["body"]))), two_way=True)
    return await serving.start({"$default": echo, "$disconnect": Function()}, limits=LIMITS)


def run_with_gateway(loop_of: str, data: bytes, cut: int, *, handshake: bool) -> None:
    """Send data in two pieces, wait for the end, and have a well-behaved client be served after it."""

    async def scenario() -> None:
        faults: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: faults.append(context))
        serving = Serving()
        try:
            served = await started(serving)
            client = await (RawClient.open(served) if handshake else RawClient.connected(served))
            client.send(data[:cut])
            await asyncio.sleep(0)
            client.send(data[cut:])
            await client.end()
            client.abort()
            good = await RawClient.open(served)
            good.send(frame(1, b"hello"))
            async with asyncio.timeout(DEADLINE_S):
                assert await good.text() == "hello"
            good.send(close_frame(1000))
            assert (await good.frame()).close_code == 1000
            good.abort()
        finally:
            await serving.close()
        assert faults == []

    with asyncio.Runner(loop_factory=uvloop.new_event_loop if loop_of == "uvloop" else None) as runner:
        runner.run(scenario())


@settings(max_examples=60)
@given(loop_of=st.sampled_from(["uvloop", "asyncio"]), data=requests, cut=cuts)
def test_anything_instead_of_a_handshake(loop_of: str, data: bytes, cut: int) -> None:
    run_with_gateway(loop_of, data, cut, handshake=False)


@settings(max_examples=60)
@given(loop_of=st.sampled_from(["uvloop", "asyncio"]), data=conversations, cut=cuts)
def test_anything_after_a_handshake(loop_of: str, data: bytes, cut: int) -> None:
    run_with_gateway(loop_of, data, cut, handshake=True)


@settings(max_examples=30)
@given(loop_of=st.sampled_from(["uvloop", "asyncio"]), data=conversations, cut=cuts)
def test_anything_in_the_same_breath_as_a_handshake(loop_of: str, data: bytes, cut: int) -> None:
    run_with_gateway(loop_of, upgrade_request() + data, len(upgrade_request()) + cut - 200, handshake=False)

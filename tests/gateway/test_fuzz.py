"""Random bytes instead of a handshake, and after one: the gateway answers or closes, and others are served throughout.

Also random conversations that are right: each message and each ping is answered, however they are cut.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from itertools import pairwise

import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.local.gateway import Limits, Route
from tests.gateway.serving import Function, Served, Serving, ok
from tests.gateway.wire import CONTINUATION, PING, PONG, TEXT, RawClient, close_frame, frame, upgrade_request

# Long enough for a machine that is busy with something else, short enough to wait for.
LIMITS = Limits(request_timeout_s=2.0, close_timeout_s=0.25, keep_alive_s=0.25, idle_timeout_s=3.0)
"""Who asks at once and talks all the time is in time even where a busy machine lets nobody run for a second."""

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
# Most clients end what they send; the others are for the gateway to end, which takes a while.
ends = st.sampled_from([True] * 15 + [False])
loops = st.sampled_from(["uvloop", "asyncio"])


async def started(serving: Serving) -> Served:
    echo = Route(Function(lambda event: ok(str(event["body"]))), two_way=True)
    return await serving.start({"$default": echo, "$disconnect": Function()}, limits=LIMITS)


def run(loop_of: str, scenario: Callable[[Served], Coroutine[object, object, None]]) -> None:
    """Run a scenario beside a client that is served all the time, and one that is served after it."""

    async def talk(client: RawClient) -> None:
        client.send(frame(TEXT, b"hello"))
        assert await client.text() == "hello"

    async def talk_on(client: RawClient, done: asyncio.Event) -> None:
        while not done.is_set():
            await talk(client)

    async def whole() -> None:
        faults: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: faults.append(context))
        serving = Serving()
        done = asyncio.Event()
        try:
            served = await started(serving)
            bystander = await RawClient.open(served)
            talking = asyncio.create_task(talk_on(bystander, done))
            try:
                await scenario(served)
            finally:
                done.set()
                await talking
            newcomer = await RawClient.open(served)
            await talk(newcomer)
            for client in (bystander, newcomer):
                client.send(close_frame(1000))
                assert await client.closed_with() == 1000
                client.abort()
        finally:
            await serving.close()
        assert faults == []

    with asyncio.Runner(loop_factory=uvloop.new_event_loop if loop_of == "uvloop" else None) as runner:
        runner.run(whole())


def run_with_bytes(loop_of: str, data: bytes, cut: int, *, handshake: bool, ends: bool) -> None:
    """Send data in two pieces and wait for the end."""

    async def scenario(served: Served) -> None:
        client = await (RawClient.open(served) if handshake else RawClient.connected(served))
        client.send(data[:cut])
        await asyncio.sleep(0)
        client.send(data[cut:])
        if ends:
            client.writer.write_eof()
        await client.end()
        client.abort()

    run(loop_of, scenario)


@settings(max_examples=60)
@given(loop_of=loops, data=requests, cut=cuts, ends=ends)
def test_anything_instead_of_a_handshake(loop_of: str, data: bytes, cut: int, ends: bool) -> None:
    run_with_bytes(loop_of, data, cut, handshake=False, ends=ends)


@settings(max_examples=60)
@given(loop_of=loops, data=conversations, cut=cuts, ends=ends)
def test_anything_after_a_handshake(loop_of: str, data: bytes, cut: int, ends: bool) -> None:
    run_with_bytes(loop_of, data, cut, handshake=True, ends=ends)


@settings(max_examples=30)
@given(loop_of=loops, data=conversations, cut=cuts, ends=ends)
def test_anything_in_the_same_breath_as_a_handshake(loop_of: str, data: bytes, cut: int, ends: bool) -> None:
    run_with_bytes(loop_of, upgrade_request() + data, len(upgrade_request()) + cut - 200, handshake=False, ends=ends)


@dataclass(frozen=True)
class Message:
    """A text in fragments, cut at these bytes, with a ping or a pong after each but the last."""

    text: str
    cuts: tuple[int, ...]
    between: tuple[int, bytes]

    @property
    def wire(self) -> bytes:
        data = self.text.encode()
        bounds = [0, *sorted(cut % (len(data) + 1) for cut in self.cuts), len(data)]
        parts = [data[start:end] for start, end in pairwise(bounds)]
        sent = frame(TEXT, parts[0], fin=len(parts) == 1)
        for number, part in enumerate(parts[1:], 2):
            sent += frame(*self.between) + frame(CONTINUATION, part, fin=number == len(parts))
        return sent

    @property
    def pongs(self) -> list[bytes]:
        return [self.between[1]] * len(self.cuts) if self.between[0] == PING else []


messages = st.builds(
    Message,
    # Longer than what is parsed at once, now and then. A two-way route sends nothing for an empty text.
    st.builds(lambda text, times: text * times, st.text(min_size=1, max_size=60), st.sampled_from([1, 1, 1, 50])),
    st.lists(st.integers(0, 10_000), max_size=4).map(tuple),
    st.tuples(st.sampled_from([PING, PONG]), st.binary(max_size=125)),
)


@settings(max_examples=60)
@given(loop_of=loops, said=st.lists(messages, max_size=40), cuts=st.lists(st.integers(1, 9000), max_size=6))
def test_every_message_and_every_ping_of_a_right_conversation_is_answered(
    loop_of: str, said: list[Message], cuts: list[int]
) -> None:
    async def scenario(served: Served) -> None:
        client = await RawClient.open(served)
        unsent = b"".join(message.wire for message in said)
        for cut in cuts:
            client.send(unsent[:cut])
            unsent = unsent[cut:]
            await asyncio.sleep(0)
        client.send(unsent)
        echoes: list[str] = []
        pongs: list[bytes] = []
        expected_pongs = [pong for message in said for pong in message.pongs]
        while len(echoes) < len(said) or len(pongs) < len(expected_pongs):
            received = await client.frame()
            if received.opcode == PONG:
                pongs.append(received.payload)
            else:
                assert (received.opcode, received.fin) == (TEXT, True)
                echoes.append(received.payload.decode())
        assert sorted(echoes) == sorted(message.text for message in said)
        assert pongs == expected_pongs
        client.send(close_frame(1000))
        assert (await client.frame()).close_code == 1000
        await client.end()
        client.abort()

    run(loop_of, scenario)

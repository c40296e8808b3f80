"""RFC 6455 against the gateway, case by case, in the manner of Autobahn's fuzzing client: a two-way route echoes."""

from __future__ import annotations

import asyncio
import tracemalloc
from collections.abc import AsyncIterator, Iterator

import pytest

from infra.local.gateway import Route
from tests.gateway.serving import Function, Served, Serving, ok, until
from tests.gateway.wire import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    RawClient,
    close_frame,
    frame,
)


@pytest.fixture
def disconnect() -> Function:
    return Function()


@pytest.fixture
async def served(serving: Serving, disconnect: Function) -> Served:
    echo = Route(Function(lambda event: ok(str(event["body"]))), two_way=True)
    return await serving.start({"$default": echo, "$disconnect": disconnect})


@pytest.fixture
async def client(served: Served) -> AsyncIterator[RawClient]:
    client = await RawClient.open(served)
    yield client
    client.abort()


def chopped(data: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


async def echoed(client: RawClient) -> bytes:
    """One message, put together from its frames."""
    first = await client.frame()
    assert first.opcode == TEXT, first
    whole = first.payload
    last = first
    while not last.fin:
        last = await client.frame()
        assert last.opcode == CONTINUATION
        whole += last.payload
    return whole


class TestText:
    @pytest.mark.parametrize("size", [1, 125, 126, 127, 128, 4095, 4096, 4097, 16_384, 32_767, 32_768])
    async def test_of_any_size_comes_back(self, client: RawClient, size: int) -> None:
        client.send(frame(TEXT, b"*" * size))
        assert await echoed(client) == b"*" * size

    @pytest.mark.parametrize("chop", [1, 7, 1000])
    async def test_that_comes_in_pieces_of_tcp_comes_back(self, client: RawClient, chop: int) -> None:
        payload = "κόσμε ".encode() * 50
        for piece in chopped(frame(TEXT, payload), chop):
            client.send(piece)
            await client.writer.drain()
            await asyncio.sleep(0)
        assert await echoed(client) == payload

    async def test_many_frames_in_one_piece_all_come_back(self, client: RawClient) -> None:
        client.send(b"".join(frame(TEXT, b"%d" % number) for number in range(1000)))
        assert {await client.text() for _ in range(1000)} == {str(number) for number in range(1000)}

    async def test_of_no_length_is_a_message(self, served: Served, client: RawClient) -> None:
        client.send(frame(TEXT) + frame(TEXT, b"x"))
        assert await echoed(client) == b"x"
        assert served.gateway.counters.messages_in == 2

    @pytest.mark.parametrize("size", [32_769, 65_536, 131_072])
    async def test_in_fragments_is_put_together_and_comes_back_in_fragments(self, client: RawClient, size: int) -> None:
        pieces = list(chopped(b"*" * size, 32_768))
        client.send(frame(TEXT, pieces[0], fin=False))
        for piece in pieces[1:-1]:
            client.send(frame(CONTINUATION, piece, fin=False))
        client.send(frame(CONTINUATION, pieces[-1]))
        assert await echoed(client) == b"*" * size

    async def test_in_fragments_of_nothing_comes_back(self, client: RawClient) -> None:
        client.send(frame(TEXT, fin=False) + frame(CONTINUATION, fin=False) * 100 + frame(CONTINUATION, b"x"))
        assert await echoed(client) == b"x"

    @pytest.mark.parametrize("chop", [1, 2, 3, 5])
    async def test_may_be_cut_within_a_character(self, client: RawClient, chop: int) -> None:
        text = "Hello-µ@ßöäüàá-UTF-8!! 𝄞 κόσμε".encode()
        pieces = list(chopped(text, chop))
        client.send(frame(TEXT, pieces[0], fin=False))
        client.send(b"".join(frame(CONTINUATION, piece, fin=False) for piece in pieces[1:-1]))
        client.send(frame(CONTINUATION, pieces[-1]))
        assert await echoed(client) == text

    @pytest.mark.parametrize(
        "text",
        [
            b"\xf0\x9d\x84\x9e",
            b"\xef\xbf\xbf",
            b"\xf4\x8f\xbf\xbf",
            b"\x00\x7f",
            b"\xc2\x80",
            b"\xee\x80\x80",
            b"\xed\x9f\xbf",
        ],
        ids=bytes.hex,
    )
    async def test_that_is_utf_8_comes_back(self, client: RawClient, text: bytes) -> None:
        client.send(frame(TEXT, text))
        assert await echoed(client) == text

    @pytest.mark.parametrize(
        "text",
        [
            b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited",
            b"\x80",
            b"\xbf",
            b"\xff",
            b"\xfe",
            b"\xc0\xaf",
            b"\xe0\x80\xaf",
            b"\xf8\x88\x80\x80\x80",
            b"\xf4\x90\x80\x80",
            b"\xed\xa0\x80",
            b"\xed\xbf\xbf",
            b"\xc3",
            b"ok\xe2\x82",
        ],
        ids=bytes.hex,
    )
    @pytest.mark.parametrize("fragmented", [False, True])
    async def test_that_is_not_utf_8_is_1007(self, client: RawClient, text: bytes, fragmented: bool) -> None:
        if fragmented:
            client.send(frame(TEXT, b"x", fin=False) + frame(CONTINUATION, text))
        else:
            client.send(frame(TEXT, text))
        assert await client.closed_with() == 1007

    async def test_that_cannot_become_utf_8_fails_at_its_first_fragment(self, client: RawClient) -> None:
        client.send(frame(TEXT, b"\xf4\x90", fin=False))
        assert await client.closed_with() == 1007


class TestFramesInParts:
    """A client may write a frame's header and its payload apart; meanwhile others are served."""

    WHOLE = frame(TEXT, b"x" * 200)

    @pytest.mark.parametrize("at", range(1, 12))
    async def test_what_another_sends_meanwhile_is_its_own(self, served: Served, client: RawClient, at: int) -> None:
        other = await RawClient.open(served)
        seen = served.gateway.counters.bytes_in
        client.send(self.WHOLE[:at])
        await until(lambda: served.gateway.counters.bytes_in == seen + at, "the first part is received")
        for _ in range(2):
            other.send(frame(TEXT, b"of the other"))
            assert await echoed(other) == b"of the other"
        client.send(self.WHOLE[at:])
        assert await echoed(client) == b"x" * 200
        other.abort()

    @pytest.mark.parametrize("head", [b"\x81\xfe\x00\x02", b"\x81\xff" + b"\x00" * 7 + b"\x02"], ids=["16", "64"])
    async def test_a_length_in_more_bytes_than_it_needs_is_read(self, client: RawClient, head: bytes) -> None:
        client.send((head + frame(TEXT, b"ab")[2:]) * 2 + frame(TEXT, b"c"))
        assert sorted([await echoed(client) for _ in range(3)]) == [b"ab", b"ab", b"c"]


class TestLimits:
    async def test_a_frame_over_32_kib_is_1009(self, client: RawClient) -> None:
        client.send(frame(TEXT, b"*" * 32_769))
        assert await client.closed_with() == 1009

    async def test_a_frame_is_refused_by_its_header_alone(self, client: RawClient) -> None:
        client.send(frame(TEXT, claim=2**40))
        assert await client.closed_with() == 1009

    async def test_a_message_over_128_kib_is_1009(self, client: RawClient) -> None:
        client.send(frame(TEXT, b"*" * 32_768, fin=False) + frame(CONTINUATION, b"*" * 32_768, fin=False) * 3)
        client.send(frame(CONTINUATION, b"*"))
        assert await client.closed_with() == 1009

    async def test_control_frames_do_not_count_towards_a_message(self, client: RawClient) -> None:
        client.send(frame(TEXT, b"*" * 32_768, fin=False) + frame(CONTINUATION, b"*" * 32_768, fin=False) * 3)
        client.send(frame(PING, b"p" * 125) + frame(CONTINUATION))
        assert (await client.frame()).payload == b"p" * 125
        assert await echoed(client) == b"*" * 131_072

    async def test_a_message_in_tiny_fragments_takes_no_more_memory_than_its_size(
        self, served: Served, client: RawClient
    ) -> None:
        sent = frame(TEXT, "€".encode(), fin=False) + frame(CONTINUATION, "€".encode(), fin=False) * 20_000
        counters = served.gateway.counters
        tracemalloc.start()
        try:
            client.send(sent)
            await until(lambda: counters.bytes_in == len(sent), "all is received")
            held_bytes, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert held_bytes - len(sent) < 4 * 60_000
        client.send(frame(CONTINUATION))
        assert await echoed(client) == "€".encode() * 20_001

    async def test_a_client_that_goes_on_sending_still_sees_why_it_is_closed(
        self, served: Served, client: RawClient
    ) -> None:
        # A reset would throw away what this client has received and not read yet.
        client.pause()
        client.send(frame(TEXT, b"*" * 5_000_000))
        await client.writer.drain()
        assert served.gateway.counters.closes == {1009: 1}
        client.resume()
        assert await client.closed_with() == 1009


class TestBinary:
    @pytest.mark.parametrize("fin", [True, False])
    async def test_is_1003(self, client: RawClient, fin: bool) -> None:
        client.send(frame(BINARY, b"\x00", fin=fin))
        assert await client.closed_with() == 1003


class TestControlFrames:
    @pytest.mark.parametrize("payload", [b"", b"ping", b"\x00\xff\xfe", b"*" * 125], ids=len)
    async def test_a_ping_is_answered_with_its_payload(self, client: RawClient, payload: bytes) -> None:
        client.send(frame(PING, payload))
        answer = await client.frame()
        assert (answer.opcode, answer.payload) == (PONG, payload)

    async def test_a_ping_over_125_bytes_is_1002(self, client: RawClient) -> None:
        client.send(frame(PING, b"*" * 126))
        assert await client.closed_with() == 1002

    async def test_a_pong_that_nobody_asked_for_is_ignored(self, client: RawClient) -> None:
        client.send(frame(PONG, b"x") + frame(PING, b"y"))
        assert (await client.frame()).payload == b"y"

    @pytest.mark.parametrize("opcode", [PING, PONG, CLOSE])
    async def test_a_control_frame_in_fragments_is_1002(self, client: RawClient, opcode: int) -> None:
        client.send(frame(opcode, fin=False))
        assert await client.closed_with() == 1002

    async def test_a_ping_between_fragments_is_answered_at_once(self, client: RawClient) -> None:
        client.send(frame(TEXT, b"a", fin=False) + frame(PING, b"p") + frame(CONTINUATION, b"b"))
        assert (await client.frame()).opcode == PONG
        assert await echoed(client) == b"ab"

    async def test_pings_are_answered_in_order(self, client: RawClient) -> None:
        client.send(b"".join(frame(PING, b"%d" % number) for number in range(100)))
        assert [(await client.frame()).payload for _ in range(100)] == [b"%d" % number for number in range(100)]


class TestViolations:
    @pytest.mark.parametrize("rsv", [1, 2, 4, 7])
    @pytest.mark.parametrize("opcode", [TEXT, PING, CLOSE])
    async def test_a_reserved_bit_is_1002(self, client: RawClient, opcode: int, rsv: int) -> None:
        client.send(frame(opcode, b"", rsv=rsv))
        assert await client.closed_with() == 1002

    @pytest.mark.parametrize("opcode", [3, 4, 5, 6, 7, 11, 12, 13, 14, 15])
    async def test_a_reserved_opcode_is_1002(self, client: RawClient, opcode: int) -> None:
        client.send(frame(opcode, b"x"))
        assert await client.closed_with() == 1002

    @pytest.mark.parametrize("opcode", [TEXT, BINARY, PING, CLOSE, CONTINUATION])
    async def test_a_frame_that_is_not_masked_is_1002(self, client: RawClient, opcode: int) -> None:
        client.send(frame(opcode, b"", masked=False))
        assert await client.closed_with() == 1002

    @pytest.mark.parametrize("fin", [True, False])
    async def test_a_continuation_of_nothing_is_1002(self, client: RawClient, fin: bool) -> None:
        client.send(frame(CONTINUATION, b"x", fin=fin))
        assert await client.closed_with() == 1002

    @pytest.mark.parametrize("opcode", [TEXT, BINARY])
    async def test_a_message_within_a_message_is_1002(self, client: RawClient, opcode: int) -> None:
        client.send(frame(TEXT, b"a", fin=False) + frame(opcode, b"b"))
        assert await client.closed_with() == 1002

    @pytest.mark.parametrize(
        ("violation", "code"),
        [(frame(TEXT, b"x", rsv=1), 1002), (frame(TEXT, b"\xff"), 1007), (frame(BINARY, b"x"), 1003)],
        ids=["reserved-bit", "no-utf-8", "binary"],
    )
    async def test_nothing_after_a_violation_is_handed_over(
        self, served: Served, client: RawClient, violation: bytes, code: int
    ) -> None:
        client.send(frame(TEXT, b"before") + violation + frame(TEXT, b"after"))
        assert await client.closed_with() == code
        assert served.gateway.counters.messages_in == 1

    async def test_a_continuation_after_a_whole_message_is_1002(self, client: RawClient) -> None:
        client.send(frame(TEXT, b"a", fin=False) + frame(CONTINUATION, b"b"))
        assert await echoed(client) == b"ab"
        client.send(frame(CONTINUATION, b"c"))
        assert await client.closed_with() == 1002


class TestClosing:
    @pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999])
    async def test_a_code_is_echoed_and_told(self, client: RawClient, disconnect: Function, code: int) -> None:
        client.send(close_frame(code, b"because"))
        assert await client.closed_with() == code
        await until(lambda: bool(disconnect.events), "$disconnect is invoked")
        told = disconnect.contexts[0]
        assert (told["disconnectStatusCode"], told["disconnectReason"]) == (code, "because")

    async def test_no_code_is_1005(self, client: RawClient, disconnect: Function) -> None:
        client.send(close_frame())
        assert await client.closed_with() == 1005
        await until(lambda: bool(disconnect.events), "$disconnect is invoked")
        told = disconnect.contexts[0]
        assert told["disconnectStatusCode"] == 1005
        assert told["disconnectReason"] == "Client-side close frame status not set"

    async def test_no_reason_is_an_empty_one(self, client: RawClient, disconnect: Function) -> None:
        client.send(close_frame(1001))
        await until(lambda: bool(disconnect.events), "$disconnect is invoked")
        told = disconnect.contexts[0]
        assert (told["disconnectStatusCode"], told["disconnectReason"]) == (1001, "")

    @pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535])
    async def test_a_code_that_must_not_be_sent_is_1002(
        self, client: RawClient, disconnect: Function, code: int
    ) -> None:
        client.send(close_frame(code))
        assert await client.closed_with() == 1002
        await until(lambda: bool(disconnect.events), "$disconnect is invoked")
        assert disconnect.contexts[0]["disconnectStatusCode"] == 1002

    async def test_half_a_code_is_1002(self, client: RawClient) -> None:
        client.send(frame(CLOSE, b"\x03"))
        assert await client.closed_with() == 1002

    async def test_a_reason_that_is_not_utf_8_is_1007(self, client: RawClient) -> None:
        client.send(close_frame(1000, b"\xff"))
        assert await client.closed_with() == 1007

    async def test_a_reason_that_is_too_long_is_1002(self, client: RawClient) -> None:
        client.send(close_frame(1000, b"*" * 124))
        assert await client.closed_with() == 1002

    async def test_nothing_is_answered_after_a_close(self, served: Served, client: RawClient) -> None:
        client.send(close_frame(1000) + frame(PING, b"x") + frame(TEXT, b"y"))
        assert (await client.frame()).opcode == CLOSE
        assert await asyncio.wait_for(client.reader.read(), 10) == b""
        assert served.gateway.counters.messages_in == 0

    async def test_closing_within_a_message_is_answered(self, client: RawClient) -> None:
        client.send(frame(TEXT, b"a", fin=False) + close_frame(1000))
        assert await client.closed_with() == 1002

    async def test_a_violation_is_told_to_disconnect_by_its_code(self, client: RawClient, disconnect: Function) -> None:
        client.send(frame(BINARY))
        assert await client.closed_with() == 1003
        await until(lambda: bool(disconnect.events), "$disconnect is invoked")
        assert disconnect.contexts[0]["disconnectStatusCode"] == 1003

    async def test_leaving_without_a_word_is_1006(self, client: RawClient, disconnect: Function) -> None:
        client.abort()
        await until(lambda: bool(disconnect.events), "$disconnect is invoked")
        told = disconnect.contexts[0]
        assert (told["disconnectStatusCode"], told["disconnectReason"]) == (1006, "")

    async def test_disconnect_comes_once(self, served: Served, client: RawClient, disconnect: Function) -> None:
        client.send(close_frame(1000) + close_frame(1001) + frame(TEXT, b"x", rsv=1))
        await client.end()
        client.abort()
        await until(lambda: served.gateway.tcp_connections == 0, "the connection is gone")
        assert [told["disconnectStatusCode"] for told in disconnect.contexts] == [1000]

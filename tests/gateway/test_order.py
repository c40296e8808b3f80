"""Posts to one connection arrive whole and in their order, however full and empty its buffers become meanwhile."""

from __future__ import annotations

import asyncio

import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.local.gateway import Limits, MockRoute, Outcome
from tests.gateway.serving import Serving
from tests.gateway.wire import TEXT, RawClient, frame, slow_client

PONG_TEXT = b"pong" * 2000
# The large ones come in fragments of this size; so many of them are more than the kernel's buffers hold (4 MiB).
FRAME_BYTES = 40_000
TO_FILL = 40
sizes = st.sampled_from([0, 1, 125, 126, 4_000, 30_000, 40_001, 131_000])
steps = st.one_of(
    st.builds(lambda size: ("post", size), sizes),
    st.builds(lambda count: ("read", count), st.integers(1, 30)),
    # What the client itself brings about is written another way than posts are.
    st.just(("ask", 0)),
    st.just(("turn", 0)),
)


async def message(client: RawClient) -> bytes:
    """One message, put together from its frames."""
    part = await client.frame()
    assert part.opcode == TEXT
    whole = part.payload
    while not part.fin:
        part = await client.frame()
        whole += part.payload
    return whole


@settings(max_examples=30)
@given(script=st.lists(steps, min_size=5, max_size=60), on_uvloop=st.booleans())
def test_posts_and_answers_come_whole_and_posts_in_their_order(script: list[tuple[str, int]], on_uvloop: bool) -> None:
    async def scenario() -> None:
        serving = Serving()
        try:
            limits = Limits(write_buffer_bytes=50_000_000, frame_bytes=FRAME_BYTES)
            served = await serving.start({"ask": MockRoute(PONG_TEXT.decode())}, limits=limits)
            client, connection_id = await slow_client(served)
            sent = [b"%d " % number + b"x" * 131_000 for number in range(TO_FILL)]
            for text in sent:
                served.gateway.post(connection_id, text)
            received: list[bytes] = []
            asked = 0
            for kind, amount in script:
                match kind:
                    case "post":
                        sent.append(b"%d " % len(sent) + b"x" * amount)
                        assert served.gateway.post(connection_id, sent[-1]) is Outcome.SENT
                    case "ask":
                        asked += 1
                        client.send(frame(TEXT, b'{"action":"ask"}'))
                    case "turn":
                        await asyncio.sleep(0)
                    case _:
                        due = min(amount, len(sent) + asked - len(received))
                        client.resume()
                        received += [await message(client) for _ in range(due)]
                        client.pause()
            client.resume()
            received += [await message(client) for _ in range(len(sent) + asked - len(received))]
            assert [text for text in received if text != PONG_TEXT] == sent
            assert received.count(PONG_TEXT) == asked
            client.abort()
        finally:
            await serving.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop if on_uvloop else None) as runner:
        runner.run(scenario())

"""Posts of one turn of the event loop go out together, and each is answered for itself."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import cast

import pytest

from infra.local.gateway.delivery import PostResult
from infra.local.gateway.gateway import Gateway
from infra.local.sockets import Sockets

TOO_LARGE = b"too large"


class Written:
    """The gateway as far as posting goes: it notes what it is told to write."""

    post_latency_s = 0.0

    def __init__(self) -> None:
        self.writes: list[tuple[list[str], list[bytes]]] = []

    def post_all(self, connection_ids: Sequence[str], messages: Sequence[bytes]) -> PostResult:
        if TOO_LARGE in messages:
            raise ValueError("a message is over the limit")
        self.writes.append((list(connection_ids), list(messages)))
        return PostResult(list(connection_ids), [], [])


@pytest.fixture
def written() -> Written:
    return Written()


@pytest.fixture
def sockets(written: Written) -> Sockets:
    return Sockets(cast("Gateway", written))


async def test_what_is_posted_to_the_same_sockets_in_one_turn_is_written_at_once(
    sockets: Sockets, written: Written
) -> None:
    results = await asyncio.gather(*(sockets.post(["a", "b"], data) for data in (b"1", b"2", b"3")))
    assert written.writes == [(["a", "b"], [b"1", b"2", b"3"])]
    assert [result.sent for result in results] == [["a", "b"]] * 3


async def test_posts_keep_their_order_whomever_they_are_for(sockets: Sockets, written: Written) -> None:
    await asyncio.gather(
        sockets.post(["a", "b"], b"1"),
        sockets.post(["b"], b"2"),
        sockets.post(["a", "b"], b"3"),
        sockets.post(["a", "b"], b"4"),
    )
    assert written.writes == [(["a", "b"], [b"1"]), (["b"], [b"2"]), (["a", "b"], [b"3", b"4"])]


async def test_a_post_of_a_later_turn_is_written_then(sockets: Sockets, written: Written) -> None:
    await sockets.post(["a"], b"1")
    await sockets.post(["a"], b"2")
    assert written.writes == [(["a"], [b"1"]), (["a"], [b"2"])]


async def test_a_message_that_cannot_be_sent_fails_alone(sockets: Sockets, written: Written) -> None:
    first, refused, last = await asyncio.gather(
        sockets.post(["a"], b"1"), sockets.post(["a"], TOO_LARGE), sockets.post(["a"], b"3"), return_exceptions=True
    )
    assert isinstance(refused, ValueError)
    assert not isinstance(first, BaseException)
    assert not isinstance(last, BaseException)
    assert written.writes == [(["a"], [b"1"]), (["a"], [b"3"])]


async def test_a_caller_that_gave_up_does_not_keep_the_others_waiting(sockets: Sockets, written: Written) -> None:
    given_up = asyncio.create_task(sockets.post(["a"], b"1"))
    other = asyncio.create_task(sockets.post(["a"], b"2"))
    # One turn, in which both begin to wait.
    await asyncio.sleep(0)
    given_up.cancel()
    assert (await other).sent == ["a"]

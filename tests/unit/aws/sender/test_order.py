"""Who goes first: order to one connection, turns between posts, the budget, posts that are given up."""

from __future__ import annotations

import asyncio
import random
import time
from collections import defaultdict

import pytest

from infra.aws.sender import Budget
from tests.gateway.serving import until
from tests.unit.aws.sender.conftest import Senders, ids
from tests.unit.aws.sender.scripted import Exchange, ScriptedServer
from tests.unit.aws.sender.test_posting import lists


class PerId:
    """Answers after some turns of the loop, or not at all; notes what is under way for each id at the same time."""

    def __init__(self, chance: random.Random, *, losses: float = 0.0) -> None:
        self._chance = chance
        self._losses = losses
        self._under_way: set[str] = set()
        self.overlaps: list[str] = []
        self.heard: dict[str, list[bytes]] = defaultdict(list)

    async def __call__(self, exchange: Exchange) -> None:
        request = exchange.request
        if request.connection_id in self._under_way:
            self.overlaps.append(request.connection_id)
        self._under_way.add(request.connection_id)
        for _ in range(self._chance.randrange(5)):
            await asyncio.sleep(0)
        self._under_way.discard(request.connection_id)
        if self._chance.random() < self._losses:
            exchange.end()
            return
        self.heard[request.connection_id].append(request.body)
        exchange.answer(self._chance.choice((200, 200, 200, 429, 410)))


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("losses", [0.0, 0.1])
async def test_posts_to_one_connection_never_overtake_each_other(senders: Senders, seed: int, losses: float) -> None:
    chance = random.Random(seed)  # noqa: S311  # the same order each time
    script = PerId(chance, losses=losses)
    async with ScriptedServer(script) as server:
        sender = senders.to(server, connections=6)
        posts = []
        for number in range(40):
            some = chance.sample(ids(8), chance.randrange(1, 8))
            posts.append(asyncio.create_task(sender.post(some, b"%04d" % number)))
            if chance.random() < 0.3:
                await asyncio.sleep(0)
        await asyncio.gather(*posts)
    assert not script.overlaps
    assert all(heard == sorted(heard) for heard in script.heard.values())


async def test_each_of_many_posts_has_its_own_result(senders: Senders) -> None:
    async def script(exchange: Exchange) -> None:
        exchange.answer(200 if exchange.request.body == b"yes" else 410)

    async with ScriptedServer(script) as server:
        sender = senders.to(server, connections=2)
        results = await asyncio.gather(*(sender.post(ids(5), body) for body in (b"yes", b"no") * 10))
    assert [lists(result) for result in results] == [{"sent": set(ids(5))}, {"gone": set(ids(5))}] * 10


async def test_a_small_post_does_not_wait_for_a_large_one(senders: Senders) -> None:
    async with ScriptedServer() as server:
        sender = senders.to(server, connections=1)
        large = asyncio.create_task(sender.post(ids(200), b"x"))
        await until(lambda: bool(server.requests), "the large post is under way")
        before = len(server.requests)
        await sender.post(ids(201)[200:], b"x")
        await large
    assert before <= server.ids.index(ids(201)[200]) <= before + 2


async def test_the_budget_is_kept_and_all_go(senders: Senders) -> None:
    begun_s = time.monotonic()
    async with ScriptedServer() as server:
        sender = senders.to(server, budget=Budget(per_s=500, burst=10))
        results = await asyncio.gather(sender.post(ids(40), b"x"), sender.post(ids(80)[40:], b"x"))
    assert [len(result.sent) for result in results] == [40, 40]
    assert time.monotonic() - begun_s >= 70 / 500


async def test_closing_and_describing_take_of_the_budget_too(senders: Senders) -> None:
    begun_s = time.monotonic()
    async with ScriptedServer() as server:
        sender = senders.to(server, budget=Budget(per_s=100, burst=1))
        await asyncio.gather(*(sender.close(connection_id) for connection_id in ids(11)))
    assert time.monotonic() - begun_s >= 10 / 100


async def test_what_was_not_begun_of_a_post_that_is_given_up_is_never_sent(senders: Senders) -> None:
    may_answer = asyncio.Event()

    async def script(exchange: Exchange) -> None:
        await may_answer.wait()
        exchange.answer(200)

    async with ScriptedServer(script) as server:
        sender = senders.to(server, connections=2)
        post = asyncio.create_task(sender.post(ids(50), b"given up"))
        await until(lambda: len(server.requests) == 2, "two are under way")
        following = asyncio.create_task(sender.post(ids(3), b"next"))
        post.cancel()
        with pytest.raises(asyncio.CancelledError):
            await post
        may_answer.set()
        assert lists(await following) == {"sent": set(ids(3))}
    assert [request.body for request in server.requests].count(b"given up") == 2


async def test_a_post_behind_one_that_fails_goes_on(senders: Senders) -> None:
    async def script(exchange: Exchange) -> None:
        if exchange.request.body == b"first":
            exchange.reset()
        else:
            exchange.answer(200)

    async with ScriptedServer(script) as server:
        sender = senders.to(server, connections=1)
        first, second = await asyncio.gather(sender.post(ids(5), b"first"), sender.post(ids(5), b"second"))
    assert (lists(first), lists(second)) == ({"throttled": set(ids(5))}, {"sent": set(ids(5))})


async def test_a_post_that_was_given_up_behind_another_is_not_sent_when_its_turn_comes(senders: Senders) -> None:
    may_answer = asyncio.Event()

    async def script(exchange: Exchange) -> None:
        await may_answer.wait()
        exchange.answer(200)

    async with ScriptedServer(script) as server:
        sender = senders.to(server, connections=2)
        first = asyncio.create_task(sender.post(ids(1), b"first"))
        await until(lambda: bool(server.requests), "the first is under way")
        second = asyncio.create_task(sender.post(ids(1), b"second"))
        third = asyncio.create_task(sender.post(ids(1), b"third"))
        await asyncio.sleep(0)
        second.cancel()
        may_answer.set()
        await asyncio.gather(first, third)
    assert [request.body for request in server.requests] == [b"first", b"third"]

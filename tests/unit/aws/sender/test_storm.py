"""Thousands of posts through everything that goes wrong at once: nothing is lost, and little is sent twice."""

from __future__ import annotations

import asyncio
import random
from collections import Counter

import pytest

from tests.unit.aws.sender.conftest import Senders, ids
from tests.unit.aws.sender.scripted import Exchange, ScriptedServer

LATENCY_S = 0.01
STANDS_STILL_S = 4.0
"""How long an answer is waited for: longer than a loaded machine stands still, or what was sent counts as throttled."""
POSTS = 3_000
SAID = {"sent": 200, "gone": 410, "throttled": 429}


class Storm:
    """Each id has a fate; 10 ms latency. Notes the statuses that were written whole, by id."""

    def __init__(self, chance: random.Random) -> None:
        fates = chance.choices(
            ("sent", "gone", "throttled", "unavailable", "reset", "end", "half", "spent", "early end", "never"),
            (850, 10, 60, 20, 15, 10, 10, 10, 10, 5),
            k=POSTS,
        )
        self.fates = dict(zip(ids(POSTS), fates, strict=True))
        self.swallowed: set[str] = set()

    async def __call__(self, exchange: Exchange) -> None:
        fate = self.fates[exchange.request.connection_id]
        if fate == "early end":
            # A keep-alive connection that was closed before the request could be read; the next time is served.
            if exchange.request.turn > 1 and exchange.request.connection_id not in self.swallowed:
                self.swallowed.add(exchange.request.connection_id)
                exchange.end()
                return
            fate = "sent"
        await asyncio.sleep(LATENCY_S)
        match fate:
            case "sent" | "gone" | "throttled":
                exchange.answer(SAID[fate])
            case "unavailable":
                exchange.answer(503, body=b"<html>")
            case "reset":
                exchange.reset()
            case "end":
                exchange.end()
            case "half":
                exchange.send(b"HTTP/1.1 2")
                exchange.end()
            case "spent":
                exchange.answer(200, "Connection: close")
                exchange.end()
            case "never":
                await asyncio.Event().wait()


EXPECTED = {
    "sent": {"sent", "spent", "early end"},
    "gone": {"gone"},
    "throttled": {"throttled", "unavailable", "reset", "end", "half", "never"},
}


@pytest.mark.parametrize("seed", range(2))
async def test_each_post_ends_where_its_fate_is_and_is_sent_once(senders: Senders, seed: int) -> None:
    storm = Storm(random.Random(seed))  # noqa: S311  # the same storm each time
    async with ScriptedServer(storm) as server:
        result = await senders.to(server, connections=64, answer_s=STANDS_STILL_S).post(ids(POSTS), b"x" * 200)
    found = {"sent": result.sent, "gone": result.gone, "throttled": result.throttled, "refused": result.refused}
    assert sum(len(some) for some in found.values()) == POSTS
    assert {
        name: {connection_id for connection_id, fate in storm.fates.items() if fate in EXPECTED.get(name, ())}
        for name in found
    } == {name: set(some) for name, some in found.items()}
    times = Counter(server.ids)
    twice = {connection_id for connection_id, count in times.items() if count > 1}
    assert max(times.values()) <= 2
    assert {storm.fates[connection_id] for connection_id in twice} <= {"early end", "reset", "end"}
    assert server.pipelined == 0

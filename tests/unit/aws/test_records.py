"""Records of a batch: each by itself, all at the same time, and those that failed named."""

from __future__ import annotations

import asyncio
import logging

import pytest

from infra.aws import records


def event(*bodies: str) -> dict[str, object]:
    """An event of SQS; the message ids are m0, m1, …"""
    return {"Records": [{"messageId": f"m{number}", "body": body} for number, body in enumerate(bodies)]}


async def test_those_that_fail_are_named_and_the_others_done(caplog: pytest.LogCaptureFixture) -> None:
    done: list[str] = []

    async def deal_with(body: str) -> None:
        if body == "bad":
            raise ValueError("nobody can read this")
        done.append(body)

    answer = await records.each(event("one", "bad", "two"), deal_with)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    assert done == ["one", "two"]
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


async def test_all_are_dealt_with_at_the_same_time() -> None:
    everybody = asyncio.Barrier(10)

    async def deal_with(_body: str) -> None:
        await everybody.wait()

    async with asyncio.timeout(5):
        assert await records.each(event(*map(str, range(10))), deal_with) == {"batchItemFailures": []}


def test_an_event_without_records_is_refused() -> None:
    with pytest.raises(ValueError, match="it has no Records"):
        records.of({"requestContext": {}})

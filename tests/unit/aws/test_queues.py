"""Queues in SQS: whole batches, and nothing that is left out unnoticed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from infra.aws.queues import BATCH_BYTES, Queue, QueueUnavailable, send_jobs
from infra.aws.table import Table
from tests.contract import sqs
from tests.contract.makers import jobs_of, push
from tests.unit.aws.interference import Interference, error
from tests.unit.aws.stores import Outbox, outbox

AT_ONCE = (0.0, 0.0)


@pytest.fixture
def queue(table: Table) -> Queue:
    return Queue(sqs.client(), sqs.queue("q").url, waits_s=AT_ONCE)


@pytest.fixture
def sent() -> Iterator[Outbox]:
    with outbox() as opened:
        yield opened


@pytest.fixture
def interference() -> Iterator[Interference]:
    with Interference(sqs.client()) as made:
        yield made


def _left(*numbers: int, fault: bool = False) -> dict[str, object]:
    """SQS took a batch, but for some messages of it."""
    failed = [{"Id": str(number), "SenderFault": fault, "Code": "InternalError"} for number in numbers]
    return {"Successful": [], "Failed": failed}


def _received(queue: Queue) -> set[str]:
    found: set[str] = set()
    while messages := sqs.client().receive_message(QueueUrl=queue.url, MaxNumberOfMessages=10).get("Messages"):
        found |= {message["Body"] for message in messages}
    return found


async def test_messages_are_sent_in_batches_of_ten(queue: Queue, sent: Outbox) -> None:
    bodies = [f"m{number}" for number in range(23)]
    await queue.send(bodies)
    assert _received(queue) == set(bodies)
    assert sorted(sent.batches) == [3, 10, 10]


async def test_no_batch_is_larger_than_sqs_takes(queue: Queue, sent: Outbox) -> None:
    bodies = [str(number) * (BATCH_BYTES // 3) for number in range(5)]
    await queue.send(bodies)
    assert _received(queue) == set(bodies)
    assert sorted(sent.batches) == [2, 3]


async def test_a_batch_is_measured_in_bytes(queue: Queue, sent: Outbox) -> None:
    await queue.send(["é" * (BATCH_BYTES // 3), "é" * (BATCH_BYTES // 3)])
    assert sent.batches == [1, 1]


async def test_nothing_to_send_is_no_call(queue: Queue, sent: Outbox) -> None:
    await queue.send([])
    assert sent.batches == []


@pytest.mark.parametrize(("asked_s", "expected_s"), [(0.0, 0), (0.2, 1), (4.0, 4), (900.0, 900)])
async def test_a_delay_is_whole_seconds_and_never_too_short(
    queue: Queue, sent: Outbox, asked_s: float, expected_s: int
) -> None:
    await queue.send(["m"], delay_s=asked_s)
    assert [message.delay_s for message in sent.messages] == [expected_s]


@pytest.mark.parametrize("delay_s", [-1.0, 900.5])
async def test_a_delay_that_sqs_does_not_know_is_refused(queue: Queue, delay_s: float) -> None:
    with pytest.raises(ValueError, match="0 to 900 s"):
        await queue.send(["m"], delay_s=delay_s)


async def test_messages_that_were_left_out_are_sent_again(queue: Queue, interference: Interference) -> None:
    bodies = [f"m{number}" for number in range(3)]
    interference.answers("SendMessageBatch", lambda _: _left(0, 2))
    await queue.send(bodies)
    assert _received(queue) == {"m0", "m2"}


async def test_messages_that_are_left_out_every_time_are_an_outage(queue: Queue, interference: Interference) -> None:
    interference.answers("SendMessageBatch", *[lambda _: _left(0)] * 3)
    with pytest.raises(QueueUnavailable, match="1 messages unsent: InternalError"):
        await queue.send(["m"])
    assert _received(queue) == set()


async def test_a_message_that_is_refused_is_not_sent_again(queue: Queue, interference: Interference) -> None:
    interference.answers("SendMessageBatch", lambda _: _left(0, fault=True))
    with pytest.raises(QueueUnavailable):
        await queue.send(["m"])
    assert interference.calls == []


async def test_a_queue_that_cannot_be_reached_is_an_outage(queue: Queue, interference: Interference) -> None:
    interference.is_down("SendMessageBatch")
    with pytest.raises(OSError, match="cannot be reached"):
        await queue.send(["m"])


async def test_a_queue_that_does_not_let_us_in_is_an_outage(queue: Queue, interference: Interference) -> None:
    interference.answers("SendMessageBatch", error("AccessDenied"))
    with pytest.raises(OSError, match="AccessDenied"):
        await queue.send(["m"])


async def test_a_job_is_sent_as_it_stands(queue: Queue) -> None:
    (job,) = jobs_of(push())
    stands = replace(job, step=3, after="00ff#c", left=("c1",), attempt=2)
    await send_jobs(queue, [stands])
    (body,) = _received(queue)
    assert json.loads(body)["step"] == 3
    assert json.loads(body)["left"] == ["c1"]

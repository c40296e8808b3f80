"""Messages of the queue of webhooks: told, split among endpoints, hidden until they are tried again, set aside."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import pytest
from moto import mock_aws

from infra.aws.metrics import Meter
from infra.aws.queues import Queue
from infra.aws.webhook_endpoints import WebhookEndpoints
from infra.aws.webhook_queue import WebhookQueue
from infra.webhooks import retries
from infra.webhooks.delivery import Courier
from infra.webhooks.endpoints import Endpoint
from services.domain import events
from tests.contract import sqs
from tests.unit.webhooks.receiver import NOON_S, Noon, receiving, status

EVENT = events.to_json(events.of_presence("user", "zoé", online=True, at_s=NOON_S), source="/fanfare/office")


class Told:
    """What the function has counted."""

    def __init__(self) -> None:
        self.counts: list[str] = []

    def count(self, name: str, number: int = 1) -> None:
        self.counts += [name] * number


class Endpoints:
    """Endpoints that are always the same."""

    def __init__(self, *some: Endpoint) -> None:
        self._some = some

    async def current(self) -> tuple[Endpoint, ...]:
        return self._some


@pytest.fixture
def queue() -> Iterator[Queue]:
    with mock_aws():
        yield sqs.queue("webhooks")


def webhooks(queue: Queue, *some: Endpoint, told: Told | None = None) -> WebhookQueue:
    return WebhookQueue(
        sqs.client(),
        queue,
        cast("WebhookEndpoints", Endpoints(*some)),
        Courier(Noon(), timeout_s=0.5),
        cast("Meter", told or Told()),
        chance=lambda: 0.5,
    )


def batch(queue: Queue) -> Sequence[Mapping[str, Any]]:
    """What is visible in the queue now, as Lambda is given it."""
    received = sqs.client().receive_message(QueueUrl=queue.url, MaxNumberOfMessages=10, AttributeNames=["All"])
    return [
        {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message["Attributes"],
        }
        for message in received.get("Messages", [])
    ]


async def received(queue: Queue, *bodies: str) -> Sequence[Mapping[str, Any]]:
    await queue.send(bodies)
    return batch(queue)


@pytest.fixture
def hidden_s() -> Iterator[list[int]]:
    """For how long messages were hidden, in order, in seconds."""
    asked: list[int] = []

    def note(params: Mapping[str, Any], **_: object) -> None:
        asked.append(params["VisibilityTimeout"])

    sqs.client().meta.events.register("provide-client-params.sqs.ChangeMessageVisibility", note)
    yield asked
    sqs.client().meta.events.unregister("provide-client-params.sqs.ChangeMessageVisibility", note)


async def test_an_event_is_told_to_who_wants_it(queue: Queue) -> None:
    told = Told()
    async with receiving() as receiver:
        answer = await webhooks(queue, receiver.endpoint(), told=told).deal_with(await received(queue, EVENT))
    assert answer == {"batchItemFailures": []}
    assert json.loads(receiver.received[0].body) == json.loads(EVENT)
    assert receiver.received[0].headers["webhook-id"] == json.loads(EVENT)["id"]
    assert told.counts == ["WebhooksTold"]


async def test_one_that_nobody_wants_is_done(queue: Queue) -> None:
    async with receiving() as receiver:
        endpoint = receiver.endpoint(events=["push.*"])
        assert await webhooks(queue, endpoint).deal_with(await received(queue, EVENT)) == {"batchItemFailures": []}
    assert receiver.received == []


async def test_for_several_endpoints_it_is_sent_again_once_for_each(queue: Queue) -> None:
    async with receiving() as one, receiving(status(500)) as two:
        telling = webhooks(queue, one.endpoint(), two.endpoint())
        await telling.deal_with(await received(queue, EVENT))
        assert one.received == two.received == []
        again = batch(queue)
        answer = await telling.deal_with(again)
    assert len(answer["batchItemFailures"]) == 1  # type: ignore[arg-type]  # a list of failures
    assert [json.loads(each.received[0].body) for each in (one, two)] == [json.loads(EVENT)] * 2
    assert not any("127.0.0.1" in each["body"] for each in again)


async def test_a_failure_hides_the_message_until_it_is_tried_again(queue: Queue, hidden_s: list[int]) -> None:
    told = Told()
    async with receiving(status(500)) as receiver:
        messages = await received(queue, EVENT)
        answer = await webhooks(queue, receiver.endpoint(), told=told).deal_with(messages)
    assert answer == {"batchItemFailures": [{"itemIdentifier": messages[0]["messageId"]}]}
    assert hidden_s == [5]
    assert told.counts == ["WebhooksFailed"]


async def test_retry_after_hides_it_for_longer(queue: Queue, hidden_s: list[int]) -> None:
    async with receiving(status(429, Retry_After="900")) as receiver:
        await webhooks(queue, receiver.endpoint()).deal_with(await received(queue, EVENT))
    assert hidden_s == [900]


@pytest.mark.parametrize("tries", range(1, retries.TRIES))
async def test_no_try_is_put_off_for_longer_than_sqs_allows(queue: Queue, hidden_s: list[int], tries: int) -> None:
    async with receiving(status(500)) as receiver:
        await webhooks(queue, receiver.endpoint()).deal_with(_tried(await received(queue, EVENT), tries))
    assert 5 <= hidden_s[0] <= 12 * 3_600


async def test_after_the_last_try_it_is_given_up_and_logged(
    queue: Queue, hidden_s: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    async with receiving(status(500)) as receiver:
        messages = _tried(await received(queue, EVENT), retries.TRIES)
        answer = await webhooks(queue, receiver.endpoint()).deal_with(messages)
    assert answer == {"batchItemFailures": [{"itemIdentifier": messages[0]["messageId"]}]}
    assert [(record.levelno, record.message) for record in caplog.records] == [(logging.ERROR, "event was given up")]
    assert hidden_s == [0]


async def test_who_answers_410_is_told_nothing_more_by_this_process(queue: Queue) -> None:
    async with receiving(status(410)) as receiver:
        telling = webhooks(queue, receiver.endpoint())
        for _ in range(3):
            assert await telling.deal_with(await received(queue, EVENT)) == {"batchItemFailures": []}
    assert len(receiver.received) == 1


async def test_for_an_endpoint_that_is_no_longer_set_it_is_done(queue: Queue) -> None:
    async with receiving() as one, receiving() as two:
        await webhooks(queue, one.endpoint(), two.endpoint()).deal_with(await received(queue, EVENT))
        assert await webhooks(queue).deal_with(batch(queue)) == {"batchItemFailures": []}
    assert one.received == two.received == []


@pytest.mark.parametrize("body", ["", "null", "[]", "{}", '{"endpoint":"a"}', '{"id":1,"type":"t"}', "{"])
async def test_garbage_is_set_aside_and_does_not_take_the_batch_with_it(queue: Queue, body: str) -> None:
    async with receiving() as receiver:
        good, bad = await received(queue, EVENT, "x")
        answer = await webhooks(queue, receiver.endpoint()).deal_with([good, {**bad, "body": body}])
    assert answer == {"batchItemFailures": [{"itemIdentifier": bad["messageId"]}]}
    assert len(receiver.received) == 1


async def test_no_secret_and_no_path_is_logged(queue: Queue, caplog: pytest.LogCaptureFixture) -> None:
    async with receiving(status(500), status(410)) as receiver:
        for _ in range(2):
            await webhooks(queue, receiver.endpoint()).deal_with(await received(queue, EVENT))
    written = [str(record.__dict__) for record in caplog.records]
    assert len(written) == 2
    assert not any(word in line for word in ("whsec_", "/hook") for line in written)


def _tried(messages: Sequence[Mapping[str, Any]], times: int) -> Sequence[Mapping[str, Any]]:
    """The same messages, as they are when they come for this time."""
    return [{**each, "attributes": {**each["attributes"], "ApproximateReceiveCount": str(times)}} for each in messages]

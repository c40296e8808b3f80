"""Events on their way to webhooks, in SQS: each message is told, or hidden until it is tried again.

A message holds an event as the rule of the bus has put it there. One that several endpoints want is sent again, once
for each, so that each is tried by itself. SQS counts the tries, and sets aside what nobody took.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import math
import random
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from infra.aws import records
from infra.aws.calls import in_thread, words_of
from infra.aws.metrics import Meter
from infra.aws.queues import Queue, QueueUnavailable
from infra.aws.webhook_endpoints import WebhookEndpoints
from infra.webhooks import retries
from infra.webhooks.delivery import Courier, Outcome, Told
from infra.webhooks.endpoints import Endpoint

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

log = logging.getLogger(__name__)

Members = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message: its event, and the one endpoint it is for, by `name_of`; None is for whoever wants it.

    `tries` counts this one too.
    """

    message_id: str
    handle: str
    event: Members
    endpoint: str | None
    tries: int

    @property
    def event_type(self) -> str:
        return str(self.event["type"])


def name_of(endpoint: Endpoint) -> str:
    """What a message calls an endpoint: its URL may hold what is not for everybody who can read the queue."""
    return hashlib.sha256(endpoint.url.encode()).hexdigest()[:16]


def message_of(record: records.Record) -> Message:
    """The message of a record of an SQS event. Raises ValueError or KeyError if it is none of ours."""
    body = json.loads(str(record["body"]))
    attributes = record["attributes"]
    if not isinstance(body, dict) or not isinstance(attributes, Mapping):
        raise ValueError("not a message of the queue of webhooks")
    event, endpoint = (body["event"], str(body["endpoint"])) if "endpoint" in body else (body, None)
    if not isinstance(event, dict) or not isinstance(event.get("id"), str) or not isinstance(event.get("type"), str):
        raise ValueError("the message holds no event")
    return Message(
        message_id=str(record["messageId"]),
        handle=str(record["receiptHandle"]),
        event=event,
        endpoint=endpoint,
        tries=int(str(attributes["ApproximateReceiveCount"])),
    )


class WebhookQueue:
    """Deals with messages of the queue. `chance` gives numbers from 0 to 1, for the jitter."""

    def __init__(
        self,
        client: SQSClient,
        queue: Queue,
        endpoints: WebhookEndpoints,
        courier: Courier,
        meter: Meter,
        *,
        executor: Executor | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._client = client
        self._queue = queue
        self._endpoints = endpoints
        self._courier = courier
        self._meter = meter
        self._executor = executor
        self._chance = chance
        self._gone: set[str] = set()

    async def deal_with(self, batch: Sequence[records.Record]) -> dict[str, object]:
        """Tell a batch of messages, all at the same time; the answer names those that are to come again."""
        done = await asyncio.gather(*(self._is_done(record) for record in batch))
        return records.answer([str(record["messageId"]) for record, ok in zip(batch, done, strict=True) if not ok])

    async def _is_done(self, record: records.Record) -> bool:
        try:
            message = message_of(record)
            wanting = [each for each in await self._endpoints.current() if self._is_for(message, each)]
            if len(wanting) > 1:
                await self._queue.send([_for_one(each, message) for each in wanting])
                return True
            return not wanting or await self._is_told(wanting[0], message)
        except Exception:
            # One bad message must not take the batch with it.
            log.exception("message failed", extra={"message_id": record["messageId"]})
            return False

    def _is_for(self, message: Message, endpoint: Endpoint) -> bool:
        name = name_of(endpoint)
        if name in self._gone:
            return False
        return endpoint.wants(message.event_type) if message.endpoint is None else message.endpoint == name

    async def _is_told(self, endpoint: Endpoint, message: Message) -> bool:
        told = Told(event_id=str(message.event["id"]), body=_json(message.event))
        outcome = await self._courier.tell(endpoint, told)
        match outcome.result:
            case "told":
                self._meter.count("WebhooksTold")
                return True
            case "gone":
                self._gone.add(name_of(endpoint))
                log.error("webhook is gone (410): take it out of WebhooksSecret", extra={"host": endpoint.host})
                self._meter.count("WebhooksFailed")
                return True
            case "again":
                self._meter.count("WebhooksFailed")
                await self._put_off(endpoint, message, outcome)
        return False

    async def _put_off(self, endpoint: Endpoint, message: Message, outcome: Outcome) -> None:
        wait_s = retries.wait_s(message.tries, chance=self._chance(), retry_after_s=outcome.retry_after_s)
        is_last = message.tries >= retries.TRIES
        log.log(
            logging.ERROR if is_last else logging.WARNING,
            "event was given up" if is_last else "webhook failed",
            extra={
                "host": endpoint.host,
                "event_id": message.event["id"],
                "type": message.event_type,
                "why": outcome.why,
                "tries": message.tries,
                "again_in_s": None if is_last else round(wait_s),
            },
        )
        await self._hide(message, 0 if is_last else math.ceil(wait_s))

    async def _hide(self, message: Message, seconds: int) -> None:
        """Have a message come again after so long; 0 of the last one, which SQS then sets aside at once."""
        await in_thread(
            lambda: self._client.change_message_visibility(
                QueueUrl=self._queue.url, ReceiptHandle=message.handle, VisibilityTimeout=seconds
            ),
            self._executor,
            refused=lambda error: QueueUnavailable(f"queue {self._queue.url}: {words_of(error)}"),
            unreachable=lambda error: QueueUnavailable(f"queue {self._queue.url} cannot be reached: {error}"),
        )


def _for_one(endpoint: Endpoint, message: Message) -> str:
    return _json({"endpoint": name_of(endpoint), "event": message.event})


def _json(value: Members) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

"""The queue of events for webhooks: each is told to whoever the settings name."""

from __future__ import annotations

import os
from collections.abc import Mapping

from infra.aws import records
from infra.aws.clients import Clients
from infra.aws.process import Process
from infra.aws.queues import Queue
from infra.aws.settings import Variables
from infra.aws.webhook_endpoints import WebhookEndpoints
from infra.aws.webhook_queue import WebhookQueue
from infra.clock import SystemClock
from infra.webhooks.delivery import Courier

process = Process(os.environ)
variables = Variables(os.environ)
clients = Clients(variables.text("AWS_REGION"))
clock = SystemClock()
sqs = clients.sqs()
webhooks = WebhookQueue(
    sqs,
    Queue(sqs, variables.text("FANFARE_WEBHOOKS_QUEUE_URL"), clients.executor),
    WebhookEndpoints(clients.secrets(), variables.text("FANFARE_WEBHOOKS_SECRET"), clock, clients.executor),
    Courier(clock),
    process.meter,
    executor=clients.executor,
)


async def _handle(event: Mapping[str, object]) -> dict[str, object]:
    return await webhooks.deal_with(records.of(event))


handler = process.handler(_handle)

"""Entry of the fan-out queue: an SQS event of jobs; answers which of them must come again."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping

from services.domain import jobs
from services.fanout.delivery import NO_LIMIT, Budget, deliver
from services.ports import Ports

log = logging.getLogger(__name__)

Event = Mapping[str, object]
Handler = Callable[[Event], Awaitable[dict[str, object]]]


def build(ports: Ports, budget: Budget = NO_LIMIT) -> Handler:
    """The handler over these ports: a partial batch response (`ReportBatchItemFailures`), one job a record."""

    async def handle(event: Event) -> dict[str, object]:
        records = event["Records"]
        assert isinstance(records, list)
        failed: list[dict[str, str]] = []
        for record in records:
            try:
                await deliver(ports, jobs.from_json(record["body"]), budget)
            except Exception:
                # One bad job must not take the batch with it; the queue hands it out again, then sets it aside.
                log.exception("job failed", extra={"message_id": record["messageId"]})
                failed.append({"itemIdentifier": str(record["messageId"])})
        return {"batchItemFailures": failed}

    return handle

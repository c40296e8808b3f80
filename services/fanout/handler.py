"""Entry of the fan-out queue: an SQS event of jobs; answers which of them must come again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from services.domain import jobs
from services.fanout.delivery import NO_LIMIT, Budget, deliver
from services.ports import Ports

log = logging.getLogger(__name__)

Event = Mapping[str, object]
Handler = Callable[[Event], Awaitable[dict[str, object]]]


def build(ports: Ports, budget: Budget = NO_LIMIT) -> Handler:
    """The handler over these ports: a partial batch response (`ReportBatchItemFailures`), one job a record.

    The jobs of a batch run at the same time: while one waits for its posts, another reads its page.
    """

    async def handle(event: Event) -> dict[str, object]:
        records = event["Records"]
        assert isinstance(records, list)
        done = await asyncio.gather(*(_deliver(ports, record, budget) for record in records))
        failed = [record["messageId"] for record, ok in zip(records, done, strict=True) if not ok]
        return {"batchItemFailures": [{"itemIdentifier": str(message_id)} for message_id in failed]}

    return handle


async def _deliver(ports: Ports, record: Mapping[str, object], budget: Budget) -> bool:
    """Do one job; False if it must come again."""
    try:
        await deliver(ports, jobs.from_json(str(record["body"])), budget)
    except Exception:
        # One bad job must not take the batch with it; the queue hands it out again, then sets it aside.
        log.exception("job failed", extra={"message_id": record["messageId"]})
        return False
    return True

"""Records of a batch, each dealt with by itself: the answer names those that must come again.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html (`ReportBatchItemFailures`). Powertools'
batch processor does the same, and imports as much as all else here together.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence

log = logging.getLogger(__name__)

Record = Mapping[str, object]


def of(event: Mapping[str, object]) -> Sequence[Record]:
    """The records of an event of SQS or of a stream. Raises ValueError for another event."""
    records = event.get("Records")
    if not isinstance(records, list):
        raise ValueError("not an event of a queue or a stream: it has no Records")
    return records


async def each(event: Mapping[str, object], deal_with: Callable[[str], Awaitable[None]]) -> dict[str, object]:
    """Deal with the bodies of an SQS event at the same time; those that raise are handed out again, then set aside."""
    records = of(event)
    done = await asyncio.gather(*(_is_done(record, deal_with) for record in records))
    return answer([str(record["messageId"]) for record, ok in zip(records, done, strict=True) if not ok])


def answer(failed: Sequence[str]) -> dict[str, object]:
    """The answer that has these records handed out again, named by message id, or by sequence number in a stream."""
    return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in failed]}


async def _is_done(record: Record, deal_with: Callable[[str], Awaitable[None]]) -> bool:
    try:
        await deal_with(str(record["body"]))
    except Exception:
        # One bad record must not take the batch with it.
        log.exception("record failed", extra={"message_id": record["messageId"]})
        return False
    return True

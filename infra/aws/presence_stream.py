"""A batch of the table's stream: counted, and told to whoever follows who comes and goes."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from infra.aws import headcount, records
from infra.aws.headcount import PresenceEvent, StreamRecord
from infra.aws.presence_events import BusUnavailable, PresenceEvents
from infra.aws.table import Table

log = logging.getLogger(__name__)


async def follow(
    table: Table, published: PresenceEvents | None, batch: Sequence[StreamRecord], *, now_s: float
) -> dict[str, object]:
    """Count a batch, and publish what that came to; the answer names the record from which on it must come again.

    What was counted is published also where the rest was not: a record that comes again has nothing to tell any more.
    """
    try:
        told = await headcount.apply(table, batch, now_s=now_s)
    except headcount.Unfinished as unfinished:
        log.warning("batch counted in part", extra={"records": len(batch), "done": unfinished.done}, exc_info=True)
        await _publish(published, unfinished.events)
        return records.answer([batch[unfinished.done]["dynamodb"]["SequenceNumber"]])
    await _publish(published, told)
    return records.answer([])


async def _publish(published: PresenceEvents | None, told: Sequence[PresenceEvent]) -> None:
    if published is None:
        return
    try:
        await published.publish(told)
    except BusUnavailable:
        # Nobody is there to try again: the batch is counted.
        log.exception("presence events lost", extra={"events": len(told)})

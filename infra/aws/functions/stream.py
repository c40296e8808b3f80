"""The table's stream: counts of who is connected and, if there is a bus for them, events of who comes and who goes."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from typing import cast

from infra.aws import headcount, records
from infra.aws.clients import Clients
from infra.aws.presence_events import BusUnavailable, PresenceEvents
from infra.aws.process import Process
from infra.aws.settings import Variables, from_environment
from infra.aws.table import Table
from infra.clock import SystemClock

log = logging.getLogger(__name__)

process = Process(os.environ)
settings = from_environment(os.environ)
clients = Clients(settings.region)
table = Table(clients.dynamodb(), settings.table, clients.executor)
clock = SystemClock()
bus = Variables(os.environ).optional_text("FANFARE_EVENT_BUS")
published = None if bus is None else PresenceEvents(clients.events(), bus, clients.executor)


async def _handle(event: Mapping[str, object]) -> dict[str, object]:
    batch = cast("Sequence[headcount.StreamRecord]", records.of(event))
    try:
        told = await headcount.apply(table, batch, now_s=clock.now_s())
    except headcount.Unfinished as unfinished:
        log.warning("batch counted in part", extra={"records": len(batch), "done": unfinished.done}, exc_info=True)
        return records.answer([batch[unfinished.done]["dynamodb"]["SequenceNumber"]])
    if published is not None:
        try:
            await published.publish(told)
        except BusUnavailable:
            # A batch that comes again has nothing to tell any more: it is counted.
            log.exception("presence events lost", extra={"events": len(told)})
    return records.answer([])


handler = process.handler(_handle)

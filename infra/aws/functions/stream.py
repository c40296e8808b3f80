"""The table's stream: counts of who is connected and, if there is a bus for them, events of pushes and of presence."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import cast

from infra.aws import last_seen, records
from infra.aws.clients import Clients
from infra.aws.event_bus import EventBus
from infra.aws.headcount import StreamRecord
from infra.aws.process import Process
from infra.aws.settings import Variables, from_environment
from infra.aws.table import Table
from infra.aws.table_stream import follow
from infra.clock import SystemClock

process = Process(os.environ)
settings = from_environment(os.environ)
clients = Clients(settings.region)
table = Table(clients.dynamodb(), settings.table, clients.executor)
clock = SystemClock()
bus = Variables(os.environ).optional_text("FANFARE_EVENT_BUS")
published = None if bus is None else EventBus(clients.events(), bus, name=settings.service, executor=clients.executor)


async def _handle(event: Mapping[str, object]) -> dict[str, object]:
    batch = cast("Sequence[StreamRecord]", records.of(event))
    await last_seen.file(table, batch, now_s=clock.now_s(), days=settings.last_seen_days)
    return await follow(table, published, batch, now_s=clock.now_s())


handler = process.handler(_handle)

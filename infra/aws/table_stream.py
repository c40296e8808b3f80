"""A batch of the table's stream: counted, with its deliveries, and told to who follows pushes, who comes and goes."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from infra.aws import headcount, push_events, push_figures, records
from infra.aws.event_bus import EventBus
from infra.aws.headcount import PresenceEvent, StreamRecord
from infra.aws.table import Table, TableUnavailable
from services.domain import events

log = logging.getLogger(__name__)


async def follow(
    table: Table, bus: EventBus | None, batch: Sequence[StreamRecord], *, now_s: float
) -> dict[str, object]:
    """Count a batch, and publish what it tells; the answer names the record from which on it must come again.

    What was counted is published also where the rest was not: a record that comes again has nothing to tell any more
    of who came and went, while of a push it tells the same again. Figures of deliveries are added last.
    """
    again = len(batch)
    try:
        counted = await headcount.apply(table, batch, now_s=now_s)
    except headcount.Unfinished as unfinished:
        log.warning("batch counted in part", extra={"records": len(batch), "done": unfinished.done}, exc_info=True)
        again = unfinished.done
        counted = unfinished.events
    if bus is not None:
        await _publish_presence(bus, counted)
        again = min(again, await _publish_pushes(bus, batch))
    # Last, and only of what does not come again.
    again = await _note_figures(table, batch[:again])
    return records.answer([record["dynamodb"]["SequenceNumber"] for record in batch[again : again + 1]])


async def _note_figures(table: Table, batch: Sequence[StreamRecord]) -> int:
    """Add what a batch says of deliveries; the first record that must come again, else how many there are."""
    try:
        await push_figures.note(table, batch)
    except TableUnavailable:
        log.warning("deliveries are counted later", extra={"records": len(batch)}, exc_info=True)
        return push_figures.first_of(batch)
    return len(batch)


async def _publish_presence(bus: EventBus, counted: Sequence[PresenceEvent]) -> None:
    told = [
        events.of_presence(each.kind, each.name, online=each.online, at_s=each.at_s, user=each.user) for each in counted
    ]
    if lost := await bus.publish(told):
        # Nobody is there to try again: the batch is counted.
        log.error("presence events lost", extra={"events": len(lost)})


async def _publish_pushes(bus: EventBus, batch: Sequence[StreamRecord]) -> int:
    """Publish what a batch tells of pushes; the first record that must come again, else how many there are."""
    told = [(number, event) for number, record in enumerate(batch) for event in push_events.told(record)]
    left = {event.id for event in await bus.publish([event for _, event in told])}
    return min((number for number, event in told if event.id in left), default=len(batch))

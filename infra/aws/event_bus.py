"""Events on an event bus: for whoever follows it, and for the queue of webhooks."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import Executor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from infra.aws.calls import in_thread, words_of
from services.domain import events
from services.domain.events import Event

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef, PutEventsResponseTypeDef

log = logging.getLogger(__name__)

SOURCE: Final = "fanfare"
EVENTS_AT_ONCE: Final = 10
"""Most entries of one PutEvents (EventBridge quotas)."""


class BusUnavailable(OSError):
    """EventBridge cannot be reached, or does not let us in."""


class EventBus:
    """Publishes on one bus: `source` fanfare, `detail-type` the type of the event, `detail` the event as CloudEvent.

    `name` is that of the deployment, in the event's own `source`. `executor` runs the calls.
    """

    def __init__(self, client: EventBridgeClient, bus: str, *, name: str, executor: Executor | None = None) -> None:
        self._client = client
        self._bus = bus
        self._source = f"{events.SOURCE}/{name}"
        self._executor = executor

    async def publish(self, some: Sequence[Event]) -> Sequence[Event]:
        """Put events on the bus, in order; those that it did not take, which is logged."""
        left: list[Event] = []
        for at in range(0, len(some), EVENTS_AT_ONCE):
            batch = some[at : at + EVENTS_AT_ONCE]
            try:
                answer = await self._put(batch)
            except BusUnavailable:
                log.exception("events not published", extra={"events": len(some) - at})
                return [*left, *some[at:]]
            results = zip(batch, answer["Entries"], strict=True)
            refused = {event.id: entry["ErrorCode"] for event, entry in results if "ErrorCode" in entry}
            if refused:
                log.error(
                    "events not published", extra={"events": len(refused), "codes": sorted(set(refused.values()))}
                )
                left += [event for event in batch if event.id in refused]
        return left

    async def _put(self, batch: Sequence[Event]) -> PutEventsResponseTypeDef:
        entries = [self._entry(event) for event in batch]
        return await in_thread(
            lambda: self._client.put_events(Entries=entries),
            self._executor,
            refused=lambda error: BusUnavailable(f"event bus {self._bus}: {words_of(error)}"),
            unreachable=lambda error: BusUnavailable(f"event bus {self._bus} cannot be reached: {error}"),
        )

    def _entry(self, event: Event) -> PutEventsRequestEntryTypeDef:
        return {
            "EventBusName": self._bus,
            "Source": SOURCE,
            "DetailType": event.type,
            "Time": datetime.fromtimestamp(event.at_s, UTC),
            "Detail": events.to_json(event, source=self._source),
        }

"""Who comes and who goes, on an event bus: for whoever wants to follow it without asking."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from concurrent.futures import Executor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from infra.aws.calls import in_thread, words_of
from infra.aws.headcount import PresenceEvent

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

log = logging.getLogger(__name__)

SOURCE: Final = "fanfare"
DETAIL_TYPE: Final = "presence"
EVENTS_AT_ONCE: Final = 10
"""Most entries of one PutEvents (EventBridge quotas)."""


class BusUnavailable(OSError):
    """EventBridge cannot be reached, or does not let us in."""


class PresenceEvents:
    """Publishes on one bus. `executor` runs the calls."""

    def __init__(self, client: EventBridgeClient, bus: str, executor: Executor | None = None) -> None:
        self._client = client
        self._bus = bus
        self._executor = executor

    async def publish(self, events: Sequence[PresenceEvent]) -> None:
        """Put events on the bus, each once and at most once: one that the bus does not take is logged, and gone.

        `detail` has `kind` (`user` or `terminal`), `name` and `online`. Raises BusUnavailable.
        """
        for at in range(0, len(events), EVENTS_AT_ONCE):
            await self._put([self._entry(event) for event in events[at : at + EVENTS_AT_ONCE]])

    async def _put(self, entries: Sequence[PutEventsRequestEntryTypeDef]) -> None:
        answer = await in_thread(
            lambda: self._client.put_events(Entries=entries),
            self._executor,
            refused=lambda error: BusUnavailable(f"event bus {self._bus}: {words_of(error)}"),
            unreachable=lambda error: BusUnavailable(f"event bus {self._bus} cannot be reached: {error}"),
        )
        if answer["FailedEntryCount"]:
            codes = sorted({entry["ErrorCode"] for entry in answer["Entries"] if "ErrorCode" in entry})
            log.error("presence events lost", extra={"events": answer["FailedEntryCount"], "codes": codes})

    def _entry(self, event: PresenceEvent) -> PutEventsRequestEntryTypeDef:
        detail = {"kind": event.kind, "name": event.name, "online": event.online}
        return {
            "EventBusName": self._bus,
            "Source": SOURCE,
            "DetailType": DETAIL_TYPE,
            "Time": datetime.fromtimestamp(event.at_s, UTC),
            "Detail": json.dumps(detail, ensure_ascii=False),
        }

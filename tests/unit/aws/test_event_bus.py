"""Events as they are put on a bus, and what becomes of those that it does not take."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection
from typing import TYPE_CHECKING, cast

import pytest
from botocore.exceptions import EndpointConnectionError

from infra.aws.event_bus import EventBus
from services.domain import events
from services.domain.events import Event
from tests.unit.webhooks.receiver import NOON_S

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient


class Bus:
    """EventBridge as a script: it takes everything, refuses events of some ids, or cannot be reached."""

    def __init__(self, *, refuses: Collection[str] = (), unreachable: bool = False) -> None:
        self.batches: list[list[dict[str, object]]] = []
        self.refuses = refuses
        self.unreachable = unreachable

    def put_events(self, *, Entries: list[dict[str, object]]) -> dict[str, object]:  # noqa: N803 - boto3's name
        if self.unreachable:
            raise EndpointConnectionError(endpoint_url="https://events.example")
        refused = [json.loads(str(entry["Detail"]))["id"] in self.refuses for entry in Entries]
        self.batches.append([entry for entry, no in zip(Entries, refused, strict=True) if not no])
        results = [{"ErrorCode": "ThrottlingException"} if no else {"EventId": "1"} for no in refused]
        return {"FailedEntryCount": sum(refused), "Entries": results}

    def told(self) -> list[dict[str, object]]:
        """Every event that it took, in order."""
        return [json.loads(str(entry["Detail"])) for batch in self.batches for entry in batch]


def event_bus(bus: Bus) -> EventBus:
    return EventBus(cast("EventBridgeClient", bus), "fanfare-events", name="office")


def comings(number: int) -> list[Event]:
    return [events.of_presence("user", f"user {index}", online=True, at_s=NOON_S) for index in range(number)]


async def test_an_event_is_a_cloud_event_in_one_of_eventbridge() -> None:
    bus = Bus()
    event = events.of_presence("terminal", "alice/pc", online=False, at_s=NOON_S, user="alice")
    assert await event_bus(bus).publish([event]) == []
    ((entry,),) = bus.batches
    detail = json.loads(str(entry["Detail"]))
    assert (detail["source"], detail["type"], detail["id"]) == ("/fanfare/office", event.type, event.id)
    assert detail["data"] == {"terminal": "alice/pc", "user": "alice"}
    assert (entry["Source"], entry["DetailType"]) == ("fanfare", "fanfare.terminal.disconnected")
    assert (entry["EventBusName"], str(entry["Time"])) == ("fanfare-events", "2026-11-24 12:00:00+00:00")


async def test_ten_go_at_a_time() -> None:
    bus = Bus()
    await event_bus(bus).publish(comings(25))
    assert [len(batch) for batch in bus.batches] == [10, 10, 5]


async def test_when_nothing_happened_nothing_is_put() -> None:
    bus = Bus()
    assert await event_bus(bus).publish([]) == []
    assert bus.batches == []


async def test_those_that_the_bus_does_not_take_are_answered_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    some = comings(3)
    assert await event_bus(Bus(refuses=[some[1].id])).publish(some) == [some[1]]
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert (record.__dict__["events"], record.__dict__["codes"]) == (1, ["ThrottlingException"])


async def test_a_bus_that_cannot_be_reached_takes_none(caplog: pytest.LogCaptureFixture) -> None:
    some = comings(12)
    assert await event_bus(Bus(unreachable=True)).publish(some) == some
    assert "event bus fanfare-events cannot be reached" in caplog.text

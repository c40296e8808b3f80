"""Who comes and who goes, as it is put on an event bus."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, cast

import pytest
from botocore.exceptions import EndpointConnectionError

from infra.aws.headcount import PresenceEvent
from infra.aws.presence_events import BusUnavailable, PresenceEvents
from tests.contract.adapters import NOON_S

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient


class Bus:
    """EventBridge as a script: it takes everything, refuses entries, or cannot be reached."""

    def __init__(self, *, refuses: int = 0, unreachable: bool = False) -> None:
        self.batches: list[list[dict[str, object]]] = []
        self._refuses = refuses
        self._unreachable = unreachable

    def put_events(self, *, Entries: list[dict[str, object]]) -> dict[str, object]:  # noqa: N803 - boto3's name
        if self._unreachable:
            raise EndpointConnectionError(endpoint_url="https://events.example")
        self.batches.append(Entries)
        results = [
            {"ErrorCode": "ThrottlingException"} if index < self._refuses else {} for index in range(len(Entries))
        ]
        return {"FailedEntryCount": self._refuses, "Entries": results}


def comings(number: int) -> list[PresenceEvent]:
    return [PresenceEvent(kind="user", name=f"user {index}", online=True, at_s=NOON_S) for index in range(number)]


def published_on(bus: Bus) -> PresenceEvents:
    return PresenceEvents(cast("EventBridgeClient", bus), "fanfare-presence")


async def test_an_event_says_who_came_or_went_and_when() -> None:
    bus = Bus()
    await published_on(bus).publish([PresenceEvent(kind="terminal", name="alice/pc", online=False, at_s=NOON_S)])
    ((entry,),) = bus.batches
    assert json.loads(str(entry["Detail"])) == {"kind": "terminal", "name": "alice/pc", "online": False}
    assert (entry["Source"], entry["DetailType"], entry["EventBusName"]) == ("fanfare", "presence", "fanfare-presence")
    assert str(entry["Time"]) == "2026-11-24 12:00:00+00:00"


async def test_ten_go_at_a_time() -> None:
    bus = Bus()
    await published_on(bus).publish(comings(25))
    assert [len(batch) for batch in bus.batches] == [10, 10, 5]


async def test_when_nobody_came_nothing_is_put() -> None:
    bus = Bus()
    await published_on(bus).publish([])
    assert bus.batches == []


async def test_what_the_bus_does_not_take_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    await published_on(Bus(refuses=2)).publish(comings(3))
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert (record.__dict__["events"], record.__dict__["codes"]) == (2, ["ThrottlingException"])


async def test_a_bus_that_cannot_be_reached_is_named() -> None:
    with pytest.raises(BusUnavailable, match="event bus fanfare-presence cannot be reached"):
        await published_on(Bus(unreachable=True)).publish(comings(1))

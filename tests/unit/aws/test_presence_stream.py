"""Following the table's stream: what of a batch must come again, and what is told of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import pytest

from infra.aws import headcount
from infra.aws.headcount import StreamRecord
from infra.aws.presence_events import PresenceEvents
from infra.aws.presence_stream import follow
from infra.aws.table import Table
from tests.contract.adapters import NOON_S
from tests.contract.makers import connection
from tests.unit.aws.interference import Interference
from tests.unit.aws.test_headcount import record
from tests.unit.aws.test_presence_events import Bus

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

NOTHING_AGAIN: dict[str, object] = {"batchItemFailures": []}


@pytest.fixture
def batch() -> Sequence[StreamRecord]:
    """Three terminals come, each with a user of its own."""
    records = [record(None, connection(f"c{number}", user=f"u{number}")) for number in range(3)]
    for number, each in enumerate(records):
        each["dynamodb"]["SequenceNumber"] = f"n{number}"
    return records


async def _followed(table: Table, bus: Bus, batch: Sequence[StreamRecord]) -> dict[str, object]:
    published = PresenceEvents(cast("EventBridgeClient", bus), "fanfare-presence")
    return await follow(table, published, batch, now_s=NOON_S)


def _users_told(bus: Bus) -> list[str]:
    """The users of whom was told, as often as that was."""
    details = [json.loads(str(entry["Detail"])) for entries in bus.batches for entry in entries]
    return sorted(detail["name"] for detail in details if detail["kind"] == "user")


async def test_who_comes_is_told_and_nothing_must_come_again(table: Table, batch: Sequence[StreamRecord]) -> None:
    bus = Bus()
    assert await _followed(table, bus, batch) == NOTHING_AGAIN
    assert _users_told(bus) == ["u0", "u1", "u2"]


async def test_without_a_bus_they_are_counted(table: Table, batch: Sequence[StreamRecord]) -> None:
    assert await follow(table, None, batch, now_s=NOON_S) == NOTHING_AGAIN


async def test_of_a_batch_that_fails_half_way_each_is_told_once(
    table: Table, batch: Sequence[StreamRecord], interference: Interference, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus = Bus()
    # Each of them is counted in a transaction of its own, and the second is not.
    monkeypatch.setattr(headcount, "TRANSACT_ITEMS", 3)
    interference.answers("TransactWriteItems", lambda _: None)
    interference.is_down("TransactWriteItems")
    assert await _followed(table, bus, batch) == {"batchItemFailures": [{"itemIdentifier": "n1"}]}
    assert _users_told(bus) == ["u0"]
    assert await _followed(table, bus, batch[1:]) == NOTHING_AGAIN
    assert _users_told(bus) == ["u0", "u1", "u2"]


async def test_a_bus_that_cannot_be_reached_has_nothing_counted_again(
    table: Table, batch: Sequence[StreamRecord]
) -> None:
    assert await _followed(table, Bus(unreachable=True), batch) == NOTHING_AGAIN

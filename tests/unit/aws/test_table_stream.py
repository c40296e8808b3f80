"""Following the table's stream: what of a batch must come again, and what is told of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

import pytest

from infra.aws import headcount, keys
from infra.aws.attributes import Value, encoded_item
from infra.aws.headcount import StreamRecord
from infra.aws.table import Table
from infra.aws.table_stream import follow
from tests.contract.adapters import NOON_S
from tests.contract.makers import connection
from tests.unit.aws.interference import Interference
from tests.unit.aws.test_event_bus import Bus, event_bus
from tests.unit.aws.test_headcount import record

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

NOTHING_AGAIN: dict[str, object] = {"batchItemFailures": []}


def numbered(records: Sequence[StreamRecord]) -> Sequence[StreamRecord]:
    for number, each in enumerate(records):
        each["dynamodb"]["SequenceNumber"] = f"n{number}"
    return records


@pytest.fixture
def batch() -> Sequence[StreamRecord]:
    """Three terminals come, each with a user of its own."""
    return numbered([record(None, connection(f"c{number}", user=f"u{number}")) for number in range(3)])


def pushed(push_id: str, state: str = "sending", *, step: int = 0, before: str | None = None) -> StreamRecord:
    """What the stream says when a push has come to be, or has come to another state."""
    key = keys.push(push_id)
    said: StreamRecord = {
        "dynamodb": {
            "Keys": {"pk": {"S": key.pk}, "sk": {"S": key.sk}},
            "NewImage": _image(push_id, state, step),
            "ApproximateCreationDateTime": NOON_S + step,
        }
    }
    if before is not None:
        said["dynamodb"]["OldImage"] = _image(push_id, before, step - 1)
    return said


def _image(push_id: str, state: str, step: int) -> Mapping[str, AttributeValueTypeDef]:
    item: Mapping[str, Value] = {
        **keys.push(push_id)._asdict(),
        "sender": "admin",
        "state": state,
        "step": step,
        "created_at_s": NOON_S,
    }
    # What is written is a value of the narrower kind that is read.
    return cast("Mapping[str, AttributeValueTypeDef]", encoded_item(item))


async def _followed(table: Table, bus: Bus, batch: Sequence[StreamRecord]) -> dict[str, object]:
    return await follow(table, event_bus(bus), batch, now_s=NOON_S)


def _types(bus: Bus) -> list[str]:
    return [str(event["type"]).removeprefix("fanfare.") for event in bus.told()]


def _users_told(bus: Bus) -> list[str]:
    """The users of whom was told, as often as that was."""
    return sorted(str(event["subject"]) for event in bus.told() if "fanfare.user." in str(event["type"]))


async def test_who_comes_is_told_and_nothing_must_come_again(table: Table, batch: Sequence[StreamRecord]) -> None:
    bus = Bus()
    assert await _followed(table, bus, batch) == NOTHING_AGAIN
    assert _users_told(bus) == ["user:u0", "user:u1", "user:u2"]
    assert [event["data"] for event in bus.told() if event["type"] == "fanfare.terminal.connected"] == [
        {"terminal": f"u{number}/c{number}", "user": f"u{number}"} for number in range(3)
    ]


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
    assert _users_told(bus) == ["user:u0"]
    assert await _followed(table, bus, batch[1:]) == NOTHING_AGAIN
    assert _users_told(bus) == ["user:u0", "user:u1", "user:u2"]


async def test_a_bus_that_cannot_be_reached_has_nothing_counted_again(
    table: Table, batch: Sequence[StreamRecord]
) -> None:
    assert await _followed(table, Bus(unreachable=True), batch) == NOTHING_AGAIN


async def test_a_push_is_told_in_the_order_of_its_changes(table: Table) -> None:
    bus = Bus()
    batch = numbered([pushed("p1"), pushed("p1", "completed", step=1, before="sending")])
    assert await _followed(table, bus, batch) == NOTHING_AGAIN
    assert _types(bus) == ["push.created", "push.sending", "push.completed"]


async def test_of_a_push_that_the_bus_did_not_take_the_rest_of_the_batch_comes_again(
    table: Table, batch: Sequence[StreamRecord]
) -> None:
    bus = Bus(refuses=["p2/0/sending"])
    mixed = numbered([pushed("p1"), batch[0], pushed("p2"), pushed("p3")])
    assert await _followed(table, bus, mixed) == {"batchItemFailures": [{"itemIdentifier": "n2"}]}
    bus.refuses = ()
    assert await _followed(table, bus, mixed[2:]) == NOTHING_AGAIN
    ids = [str(event["id"]) for event in bus.told() if "push" in str(event["type"])]
    assert set(ids) == {f"{name}/0/{what}" for name in ("p1", "p2", "p3") for what in ("created", "sending")}
    assert _users_told(bus) == ["user:u0"]


async def test_what_comes_again_tells_of_a_push_what_it_told(table: Table) -> None:
    buses = [Bus(), Bus()]
    for bus in buses:
        await _followed(table, bus, numbered([pushed("p1", "halted", step=3, before="sending")]))
    assert buses[0].told() == buses[1].told()

"""What the stream of the table tells of pushes, by what the store really writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from infra.aws import push_events
from infra.aws.headcount import StreamRecord
from infra.aws.table import Table
from services.domain import events
from services.domain.pushes import Counts, Push, State
from services.domain.strategies.strategy import Strategy
from services.domain.timeline.run import Mark, Run
from services.ports import Advance
from tests.contract.adapters import NOON_S, ManualClock
from tests.contract.dynamodb import Stream
from tests.contract.makers import push
from tests.unit.aws.stores import Stores, stores, whole


@pytest.fixture
def store(table: Table, clock: ManualClock) -> Stores:
    return stores(table, clock)


def told(stream: Stream) -> list[Mapping[str, object]]:
    """What was told since the last call: type and data of each event."""
    return [
        {"type": event.type.removeprefix(events.PREFIX), "id": event.id, "at_s": event.at_s, **event.data}
        for record in stream.records()
        for event in push_events.told(record)
    ]


def types(stream: Stream) -> list[object]:
    return [event["type"] for event in told(stream)]


async def submitted(store: Stores, sent: Push | None = None) -> Push:
    return (await store.pushes.submit(whole(sent or push()))).push


async def moved(store: Stores, before: Push, after: Push) -> Push:
    there = await store.pushes.transition(before, after, at_s=NOON_S + 1)
    assert there is not None
    return there


async def test_a_submission_is_told_once_and_with_its_state(store: Stores) -> None:
    stream = Stream()
    sent = await submitted(store)
    created, sending = told(stream)
    assert created == {
        "type": "push.created",
        "id": f"{sent.id}/0/created",
        "at_s": NOON_S,
        "push": sent.id,
        "state": "sending",
        "step": 0,
        "sender": "admin",
    }
    assert sending["type"] == "push.sending"


async def test_a_job_that_goes_on_tells_nothing_and_the_last_one_completes_it(store: Stores) -> None:
    stream = Stream()
    sent = push("alice", "bob")
    first, second = await store.started(sent)
    await store.pushes.advance(Advance(job=first, next=None, counts=Counts(targeted=1, sent=1), at_s=NOON_S + 1))
    assert types(stream) == ["push.created", "push.sending"]
    await store.pushes.advance(Advance(job=second, next=None, counts=Counts(targeted=1, sent=1), at_s=NOON_S + 2))
    (completed,) = told(stream)
    assert (completed["type"], completed["previous_state"]) == ("push.completed", "sending")
    assert completed["at_s"] == NOON_S + 2


async def test_a_halt_is_told_with_its_reason(store: Stores) -> None:
    stream = Stream()
    sent = await submitted(store)
    run = Run(halted_by=0, marks=(Mark(at_s=NOON_S + 1, kind="halted", detail="failed 3 of 50"),))
    await moved(store, sent, sent.moved(State.HALTED, at_s=NOON_S + 1, by="halt_if", run=run))
    halted = told(stream)[-1]
    assert (halted["type"], halted["wave"], halted["reason"]) == ("push.halted", 1, "failed 3 of 50")


async def test_a_step_within_a_state_tells_nothing(store: Stores) -> None:
    stream = Stream()
    sent = await submitted(store)
    await moved(store, sent, sent.moved(State.SENDING, at_s=NOON_S + 1, closing=False, due_at_s=NOON_S + 60))
    assert types(stream) == ["push.created", "push.sending"]


@pytest.mark.parametrize("strategy", [Strategy(), Strategy(collapse_key="k" * 900)], ids=["small", "large"])
async def test_no_message_is_told(store: Stores, strategy: Strategy) -> None:
    stream = Stream()
    await submitted(store, push(message="for alice alone", strategy=strategy))
    assert "for alice alone" not in str(told(stream))


async def test_what_is_put_back_from_a_backup_is_not_told_as_new(store: Stores, table: Table) -> None:
    sent = await submitted(store)
    await moved(store, sent, sent.moved(State.CANCELLED, at_s=NOON_S + 1))
    records: Sequence[StreamRecord] = Stream().records()
    put_back: list[StreamRecord] = [
        {"dynamodb": {name: value for name, value in each["dynamodb"].items() if name != "OldImage"}}  # type: ignore[typeddict-item]  # the same members but one
        for each in records
        if each["dynamodb"].get("OldImage")
    ]
    assert put_back
    assert [event for each in put_back for event in push_events.told(each)] == []


async def test_what_ttl_deletes_is_not_told(store: Stores) -> None:
    await submitted(store)
    gone: list[StreamRecord] = []
    for each in Stream().records():
        view = dict(each["dynamodb"])
        view["OldImage"] = view.pop("NewImage")
        gone.append({"dynamodb": view})  # type: ignore[typeddict-item]  # the same members but one
    assert gone
    assert [event for each in gone for event in push_events.told(each)] == []

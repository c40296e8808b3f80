"""What happens is told alike on both runtimes: by the outbox of one machine, and by the stream of the table on AWS."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra.aws import headcount, push_events
from infra.aws.push_store import PushStore as DynamoDBPushStore
from infra.aws.registry import Registry as DynamoDBRegistry
from infra.local.storage import Storage
from infra.webhooks.endpoints import endpoints_of
from services.domain import events
from services.domain.events import Event
from services.domain.pushes import Counts, Push, State
from services.domain.strategies.strategy import Strategy, Wave
from services.domain.timeline import machine
from services.domain.timeline.run import Mark, Run
from services.ports import Advance, PushStore, Registry
from tests.contract import dynamodb as moto
from tests.contract import sqs as moto_sqs
from tests.contract.adapters import NOON_S, ManualClock
from tests.contract.makers import connection, jobs_of, push, submission
from tests.unit.webhooks.receiver import SECRET

Told = Mapping[str, object]
"""An event as it is told, without its source and, on AWS, the time that the stream has for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something happens, and what is told of it, in order."""

    pushes: PushStore
    registry: Registry
    told: Callable[[], Awaitable[Sequence[Told]]]


def _as_told(event: Mapping[str, object]) -> Told:
    return {name: event[name] for name in ("id", "type", "subject", "data")}


@asynccontextmanager
async def one_machine(directory: Path, clock: ManualClock) -> AsyncIterator[Place]:
    (everything,) = endpoints_of([{"url": "https://hooks.example/", "secret": SECRET}])
    storage = await Storage.open(directory, clock, webhooks=[everything])

    async def told() -> Sequence[Told]:
        due = storage.outbox.due(everything, clock.now_s() + 1_000, limit=1_000)
        return [_as_told(json.loads(each.body)) for each in sorted(due, key=lambda each: each.serial)]

    try:
        yield Place(pushes=storage.pushes, registry=storage.registry, told=told)
    finally:
        await storage.close()


@asynccontextmanager
async def aws(directory: Path, clock: ManualClock) -> AsyncIterator[Place]:
    with moto.table() as table:
        stream = moto.Stream()

        async def told() -> Sequence[Told]:
            records = stream.records()
            counted = await headcount.apply(table, records, now_s=clock.now_s())
            found: list[Event] = [event for record in records for event in push_events.told(record)]
            found += [
                events.of_presence(each.kind, each.name, online=each.online, at_s=each.at_s, user=each.user)
                for each in counted
            ]
            return [_as_told(json.loads(events.to_json(event, source="/fanfare"))) for event in found]

        yield Place(
            pushes=DynamoDBPushStore(table, moto_sqs.queue("jobs"), clock),
            registry=DynamoDBRegistry(table, clock),
            told=told,
        )


PLACES: Mapping[str, Callable[[Path, ManualClock], AbstractAsyncContextManager[Place]]] = {
    "one machine": one_machine,
    "aws": aws,
}


@pytest.fixture(params=PLACES)
async def place(request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock) -> AsyncIterator[Place]:
    async with PLACES[request.param](tmp_path, clock) as opened:
        yield opened


def of_push(sent: Push, step: int, name: str, **more: object) -> Told:
    """What is told of a push of `admin` that comes to a state, or is made."""
    state = "sending" if name == "created" else name
    told = {"push": sent.id, "state": state, "step": step, "sender": "admin", **more}
    return {
        "id": f"{sent.id}/{step}/{name}",
        "type": f"fanfare.push.{name}",
        "subject": f"push:{sent.id}",
        "data": told,
    }


async def moved(place: Place, before: Push, after: Push) -> Push:
    there = await place.pushes.transition(before, after, at_s=NOON_S + 1)
    assert there is not None
    return there


async def test_a_push_from_submission_to_completion(place: Place) -> None:
    sent = push("alice", "bob")
    first, second = jobs_of(sent)
    await place.pushes.submit(submission(sent, jobs=[first, second]))
    for job in (first, second, second):
        await place.pushes.advance(Advance(job=job, next=None, counts=Counts(targeted=1, sent=1), at_s=NOON_S + 1))
    assert await place.told() == [
        of_push(sent, 0, "created"),
        of_push(sent, 0, "sending"),
        of_push(sent, 1, "completed", previous_state="sending"),
    ]


async def test_a_push_that_is_halted_resumed_and_cancelled(place: Place) -> None:
    strategy = Strategy(waves=(Wave(percent=50, then_wait_s=600), Wave()))
    sent = push(strategy=strategy)
    there = (await place.pushes.submit(submission(sent, jobs=[]))).push
    waiting = await moved(place, there, there.moved(State.WAITING, at_s=NOON_S, closing=False, due_at_s=NOON_S + 60))
    still = await moved(place, waiting, waiting.moved(State.WAITING, at_s=NOON_S, closing=False))
    halt = Run(halted_by=0, marks=(Mark(at_s=NOON_S, kind="halted", detail="failed 3 of 50"),))
    by_itself = await moved(place, still, still.moved(State.HALTED, at_s=NOON_S, by="halt_if", run=halt, closing=False))
    step = machine.cancel(by_itself, by="bob", reason="wrong text", now_s=NOON_S + 1)
    await moved(place, by_itself, step.push)
    assert (await place.told())[2:] == [
        of_push(sent, 1, "waiting", previous_state="sending"),
        of_push(sent, 3, "halted", previous_state="waiting", wave=1, reason="failed 3 of 50"),
        of_push(sent, 4, "cancelled", previous_state="halted", by="bob", reason="wrong text"),
    ]


async def test_a_change_that_came_too_late_tells_nothing(place: Place) -> None:
    sent = push()
    there = (await place.pushes.submit(submission(sent))).push
    await moved(place, there, there.moved(State.CANCELLED, at_s=NOON_S, by="bob"))
    assert await place.pushes.transition(there, there.moved(State.HALTED, at_s=NOON_S), at_s=NOON_S) is None
    assert [event["type"] for event in await place.told()] == [
        "fanfare.push.created",
        "fanfare.push.sending",
        "fanfare.push.cancelled",
    ]


async def test_a_terminal_that_comes_twice_and_goes(place: Place) -> None:
    rows = [connection(name, terminal_id="alice/pc") for name in ("c1", "c2")]
    for row in rows:
        await place.registry.add(row)
    came = [(event["type"], event["data"]) for event in await place.told()]
    await place.registry.remove(["c1"])
    await place.registry.remove(["c2"])
    gone = [(event["type"], event["data"]) for event in await place.told()][-2:]
    data = {"terminal": {"terminal": "alice/pc", "user": "alice"}, "user": {"user": "alice"}}
    # Of what happens in the same moment the order is not promised.
    assert sorted(came, key=str) == [(f"fanfare.{kind}.connected", data[kind]) for kind in ("terminal", "user")]
    assert sorted(gone, key=str) == [(f"fanfare.{kind}.disconnected", data[kind]) for kind in ("terminal", "user")]

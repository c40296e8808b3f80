"""What is written down for webhooks: with the change that it tells, for those who want it, and nothing else."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from infra.local.outbox import Again
from infra.local.storage import Storage
from infra.webhooks.endpoints import Endpoint, endpoints_of
from services.domain.pushes import Counts, Push, State
from services.domain.timeline.run import Mark, Run
from services.ports import Advance
from tests.contract.adapters import NOON_S, ManualClock
from tests.contract.makers import connection, jobs_of, push, submission
from tests.unit.webhooks.receiver import SECRET

ALL, HALTS = endpoints_of(
    [
        {"url": "https://all.example/", "secret": SECRET},
        {"url": "https://halts.example/", "secret": SECRET, "events": ["push.halted"]},
    ]
)
TERMINALS = endpoints_of([{"url": "https://terminals.example/", "secret": SECRET, "events": ["terminal.*"]}])


@pytest.fixture
async def storage(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Storage]:
    opened = await Storage.open(tmp_path, clock, webhooks=[ALL, HALTS])
    try:
        yield opened
    finally:
        await opened.close()


def told(storage: Storage, endpoint: Endpoint = ALL) -> list[Mapping[str, object]]:
    """The events that wait for an endpoint, in order."""
    return [json.loads(each.body) for each in storage.outbox.due(endpoint, NOON_S + 1_000, limit=1_000)]


def types(storage: Storage, endpoint: Endpoint = ALL) -> list[str]:
    return [str(event["type"]).removeprefix("fanfare.") for event in told(storage, endpoint)]


async def submitted(storage: Storage, sent: Push | None = None) -> Push:
    return (await storage.pushes.submit(submission(sent or push()))).push


async def test_a_submission_is_told_with_the_state_that_it_is_in(storage: Storage) -> None:
    sent = await submitted(storage)
    created, sending = told(storage)
    assert created["id"] == f"{sent.id}/0/created"
    assert created["data"] == {"push": sent.id, "state": "sending", "step": 0, "sender": "admin"}
    assert sending["type"] == "fanfare.push.sending"


async def test_a_change_of_state_is_told_and_a_step_within_one_is_not(storage: Storage) -> None:
    sent = await submitted(storage)
    same = await storage.pushes.transition(sent, sent.moved(State.SENDING, at_s=NOON_S + 1), at_s=NOON_S + 1)
    assert same is not None
    run = Run(halted_by=0, marks=(Mark(at_s=NOON_S + 2, kind="halted", detail="failed 3 of 50"),))
    halted = same.moved(State.HALTED, at_s=NOON_S + 2, by="halt_if", run=run)
    await storage.pushes.transition(same, halted, at_s=NOON_S + 2)
    assert types(storage) == ["push.created", "push.sending", "push.halted"]
    (event,) = told(storage, HALTS)
    assert event["time"] == "2026-11-24T12:00:02.000Z"
    assert event["data"] == {
        "push": sent.id,
        "state": "halted",
        "previous_state": "sending",
        "step": 2,
        "sender": "admin",
        "wave": 1,
        "reason": "failed 3 of 50",
    }


async def test_a_transition_that_came_too_late_tells_nothing(storage: Storage) -> None:
    sent = await submitted(storage)
    after = sent.moved(State.CANCELLED, at_s=NOON_S)
    await storage.pushes.transition(sent, after, at_s=NOON_S)
    await storage.pushes.transition(sent, sent.moved(State.HALTED, at_s=NOON_S), at_s=NOON_S)
    assert types(storage) == ["push.created", "push.sending", "push.cancelled"]


async def test_the_last_part_completes_it_and_that_is_told_once(storage: Storage) -> None:
    sent = push()
    (job,) = jobs_of(sent)
    await storage.pushes.submit(submission(sent, jobs=[job]))
    for _ in range(2):
        await storage.pushes.advance(Advance(job=job, next=None, counts=Counts(), at_s=NOON_S + 3))
    assert types(storage) == ["push.created", "push.sending", "push.completed"]
    assert told(storage)[-1]["data"] == {
        "push": sent.id,
        "state": "completed",
        "previous_state": "sending",
        "step": 1,
        "sender": "admin",
    }


async def test_a_terminal_comes_with_its_first_connection_and_goes_with_its_last(storage: Storage) -> None:
    first, second = (connection(name, terminal_id="alice/pc") for name in ("c1", "c2"))
    await storage.registry.add(first)
    await storage.registry.add(second)
    await storage.registry.remove(["c1"])
    assert types(storage) == ["terminal.connected", "user.connected"]
    await storage.registry.remove(["c2"])
    assert types(storage)[2:] == ["terminal.disconnected", "user.disconnected"]
    assert told(storage)[2]["data"] == {"terminal": "alice/pc", "user": "alice"}


async def test_a_user_stays_while_another_terminal_of_theirs_is_there(storage: Storage) -> None:
    for name in ("c1", "c2"):
        await storage.registry.add(connection(name))
    await storage.registry.remove(["c1"])
    assert types(storage) == ["terminal.connected", "user.connected", "terminal.connected", "terminal.disconnected"]


async def test_all_that_go_at_once_are_told(storage: Storage) -> None:
    for name in ("c1", "c2"):
        await storage.registry.add(connection(name))
    await storage.registry.remove(["c1", "c2"])
    assert types(storage)[3:] == ["terminal.disconnected", "terminal.disconnected", "user.disconnected"]


async def test_those_whom_a_killed_process_left_are_told_to_have_gone(tmp_path: Path, clock: ManualClock) -> None:
    first = await Storage.open(tmp_path, clock, webhooks=[ALL])
    for name in ("c1", "c2"):
        await first.registry.add(connection(name, terminal_id="alice/pc"))
    await first.close()
    second = await Storage.open(tmp_path, clock, webhooks=[ALL])
    try:
        assert types(second)[2:] == ["terminal.disconnected", "user.disconnected"]
    finally:
        await second.close()


async def test_for_nobody_nothing_is_written(tmp_path: Path, clock: ManualClock) -> None:
    opened = await Storage.open(tmp_path, clock, webhooks=TERMINALS)
    try:
        await submitted(opened)
        assert opened.outbox.waiting() == 0
        await opened.registry.add(connection("c1"))
        assert types(opened, TERMINALS[0]) == ["terminal.connected"]
    finally:
        await opened.close()


async def test_what_waits_survives_the_process(tmp_path: Path, clock: ManualClock) -> None:
    first = await Storage.open(tmp_path, clock, webhooks=[ALL])
    await submitted(first)
    before = told(first)
    await first.close()
    second = await Storage.open(tmp_path, clock, webhooks=[ALL])
    try:
        assert told(second) == before
    finally:
        await second.close()


async def test_what_was_told_goes_and_what_was_not_is_due_later(storage: Storage) -> None:
    await submitted(storage)
    first, second = storage.outbox.due(ALL, NOON_S, limit=10)
    again = Again(serial=second.serial, tries=1, due_at_s=NOON_S + 5)
    await storage.outbox.settle(done=[first.serial], again=[again])
    assert storage.outbox.due(ALL, NOON_S + 4, limit=10) == []
    assert storage.outbox.next_due_s(ALL) == NOON_S + 5
    assert [each.tries for each in storage.outbox.due(ALL, NOON_S + 5, limit=10)] == [1]


async def test_what_waits_for_an_endpoint_that_is_no_longer_set_is_forgotten(
    tmp_path: Path, clock: ManualClock
) -> None:
    first = await Storage.open(tmp_path, clock, webhooks=[ALL, HALTS])
    await submitted(first)
    await first.close()
    second = await Storage.open(tmp_path, clock, webhooks=[HALTS])
    try:
        assert await second.outbox.forget_others() == 2
        assert second.outbox.waiting() == 0
    finally:
        await second.close()


async def test_an_endpoint_that_is_closed_gets_nothing_more(storage: Storage) -> None:
    await submitted(storage)
    assert await storage.outbox.close_for(ALL) == 2
    await submitted(storage, push(at_s=NOON_S + 1))
    assert storage.outbox.waiting() == 0

"""Cancelling: it stops, and whoever may have it on screen is told to take it off."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from services.domain import positions
from services.domain.problems import Problem
from services.domain.pushes import State
from services.domain.topics import ALL
from services.pushes.commands import cancel
from services.timeline.proceed import proceed
from tests.contract import makers
from tests.unit.services.service import Service


async def _recalls(service: Service) -> int:
    return sum(job.kind == "recall" for job in service.jobs())


async def test_a_push_that_is_not_delivered_yet_is_never_delivered(service: Service) -> None:
    await service.connect("a")
    push = await service.submit()
    cancelled = await cancel(service.ports, push.id, by="boss")
    await service.settle()
    assert (cancelled.state, cancelled.ended_by) == (State.CANCELLED, "boss")
    assert service.pushes_at("a") == []


async def test_whoever_is_meant_and_nobody_else_is_told_to_take_it_off(service: Service) -> None:
    await service.connect("a", "alice", groups=("ops",))
    await service.connect("b", "bob")
    push = await service.send("group:ops")
    await cancel(service.ports, push.id, by="boss")
    await service.settle()
    assert service.sockets.frames("a", "cancel") == [{"type": "cancel", "id": push.id}]
    assert service.sockets.reached() == {"a"}


async def test_a_recall_is_in_the_logs_under_a_position_of_its_own(service: Service) -> None:
    push = await service.send()
    service.clock.at_s += 5
    since = positions.lowest_at(service.clock.at_s)
    await cancel(service.ports, push.id, by="boss")
    (entry,) = await service.ports.pushes.log(ALL, after=since, retained_at_s=service.clock.at_s, limit=10)
    (job,) = service.jobs()
    assert (entry.push_id, entry.position, job.kind) == (push.id, job.position, "recall")


async def test_a_recall_to_who_is_throttled_is_tried_again(service: Service) -> None:
    await service.connect("a")
    push = await service.send()
    await cancel(service.ports, push.id, by="boss")
    service.sockets.next_posts("a", "throttled", "throttled")
    await service.settle()
    assert service.sockets.frames("a", "cancel") == [{"type": "cancel", "id": push.id}]


async def test_a_recall_that_is_late_is_still_done(service: Service) -> None:
    await service.connect("a")
    push = await service.send()
    await cancel(service.ports, push.id, by="boss")
    service.clock.at_s += 120
    await service.settle()
    assert len(service.sockets.frames("a", "cancel")) == 1


async def test_a_second_cancel_changes_nothing(service: Service) -> None:
    push = await service.send()
    first = await cancel(service.ports, push.id, by="one")
    assert await cancel(service.ports, push.id, by="two") == first
    assert await _recalls(service) == 1
    entries = (await service.ports.audit.list(limit=10, action="push.cancel")).items
    assert [(entry.actor, entry.subject, entry.detail) for entry in entries] == [("one", push.id, {"was": "completed"})]


async def test_of_many_cancels_at_once_one_acts(service: Service) -> None:
    push = await service.submit()
    await asyncio.gather(*(cancel(service.ports, push.id, by=f"boss{index}") for index in range(5)))
    assert await _recalls(service) == 1


async def test_a_cancel_meets_a_push_that_completes_meanwhile(service: Service) -> None:
    await service.connect("a")
    push = await service.submit()
    cancelled, _ = await asyncio.gather(cancel(service.ports, push.id, by="boss"), service.settle())
    await service.settle()
    assert (await service.push(push.id)).state is cancelled.state is State.CANCELLED
    assert [frame["type"] for frame in service.sockets.frames("a")][-1] == "cancel"


async def test_an_unknown_push_is_not_found(service: Service) -> None:
    with pytest.raises(Problem) as refused:
        await cancel(service.ports, positions.BEGINNING, by="boss")
    assert (refused.value.status, refused.value.code) == (404, "push_not_found")


async def test_an_expired_push_cannot_be_cancelled(service: Service) -> None:
    push = await service.submit(expires_in="1s")
    service.clock.at_s += 1
    await proceed(service.ports, push.id)
    with pytest.raises(Problem) as refused:
        await cancel(service.ports, push.id, by="boss")
    assert (refused.value.status, refused.value.code) == (409, "push_not_cancellable")


@pytest.mark.parametrize(
    ("state", "can_be"),
    [(state, state not in {State.REJECTED, State.EXPIRED}) for state in State if state is not State.CANCELLED],
)
async def test_which_states_can_be_cancelled(service: Service, state: State, can_be: bool) -> None:
    push = replace(makers.push(), state=state)
    await service.ports.pushes.submit(makers.submission(push, jobs=[]))
    if can_be:
        assert (await cancel(service.ports, push.id, by="boss")).state is State.CANCELLED
    else:
        with pytest.raises(Problem, match="push_not_cancellable"):
            await cancel(service.ports, push.id, by="boss")

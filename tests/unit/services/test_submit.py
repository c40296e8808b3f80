"""Accepting a push: durable once, refused cleanly, and nothing of it before it is accepted."""

from __future__ import annotations

import asyncio

import pytest

from services.domain.positions import BEGINNING
from services.domain.problems import Problem
from services.domain.pushes import IN_FLIGHT_BOUND_S, MAX_FRAME_BYTES, State
from services.domain.topics import ALL
from services.ports import Submitted
from services.pushes import requests
from services.pushes.submit import submit
from tests.contract.adapters import NOON_S
from tests.unit.services.service import Service


async def _submit(
    service: Service,
    message: object = "hi",
    *,
    target: object = "all",
    sender: str = "admin",
    key: str | None = "key",
    strategy: object = None,
) -> Submitted:
    request = await requests.checked(service.ports, target=target, message=message, strategy=strategy)
    return await submit(service.ports, request, sender=sender, idempotency_key=key)


async def _all_pushes(service: Service) -> int:
    return len((await service.ports.pushes.list(limit=100)).items)


async def test_an_accepted_push_is_logged_and_has_its_jobs(service: Service) -> None:
    push = (await _submit(service)).push
    assert push.state is State.SENDING
    (job,) = service.jobs()
    (entry,) = await service.ports.pushes.log(ALL, after=BEGINNING, retained_at_s=NOON_S, limit=10)
    assert (entry.push_id, entry.position) == (job.push_id, job.position) == (push.id, job.position)


async def test_the_same_request_under_the_same_key_is_one_push(service: Service) -> None:
    first = await _submit(service, target="user:alice")
    again = await _submit(service, target={"users": ["alice"]})
    assert (first.created, again.created, again.push.id) == (True, False, first.push.id)
    assert (await _all_pushes(service), len(service.jobs())) == (1, 1)


async def test_the_same_request_many_times_at_once_is_one_push(service: Service) -> None:
    submitted = await asyncio.gather(*(_submit(service) for _ in range(10)))
    assert len({each.push.id for each in submitted}) == 1
    assert (sum(each.created for each in submitted), await _all_pushes(service)) == (1, 1)


async def test_another_request_under_the_same_key_is_refused(service: Service) -> None:
    await _submit(service, "one")
    with pytest.raises(Problem) as refused:
        await _submit(service, "two")
    assert (refused.value.status, refused.value.code) == (422, "idempotency_key_reused")
    assert await _all_pushes(service) == 1


async def test_a_key_is_its_callers_own(service: Service) -> None:
    await _submit(service, "one", sender="one")
    assert (await _submit(service, "two", sender="two")).created


async def test_without_a_key_each_request_is_a_push(service: Service) -> None:
    await _submit(service, key=None)
    await _submit(service, key=None)
    assert await _all_pushes(service) == 2


async def test_a_push_that_is_too_large_as_a_frame_is_refused_and_nothing_is_kept(service: Service) -> None:
    with pytest.raises(Problem) as refused:
        await _submit(service, "x" * MAX_FRAME_BYTES)
    assert (refused.value.status, refused.value.code) == (413, "message_too_large")
    assert (await _all_pushes(service), service.jobs()) == (0, [])


async def test_the_largest_push_that_is_accepted_makes_no_larger_frame(service: Service) -> None:
    await service.connect("a")
    with pytest.raises(Problem) as refused:
        await _submit(service, "x" * MAX_FRAME_BYTES)
    over = refused.value.extra["size_bytes"]
    assert isinstance(over, int)
    largest = "x" * (2 * MAX_FRAME_BYTES - over)
    push = (await _submit(service, largest)).push
    with pytest.raises(Problem):
        await _submit(service, largest + "x", key=None)
    await service.settle()
    assert service.pushes_at("a") == [push.id]
    assert len(service.sockets.texts("a")[0].encode()) <= MAX_FRAME_BYTES


async def test_a_push_for_nobody_is_completed_at_once(service: Service) -> None:
    await service.connect("a")
    push = (await _submit(service, target={"not": {"all": True}})).push
    assert (push.state, push.finished_at_s, service.jobs()) == (State.COMPLETED, NOON_S, [])


async def test_a_push_keeps_its_log_while_it_may_be_under_way(service: Service) -> None:
    await _submit(service, strategy={"retain": "1s"})
    (entry,) = await service.ports.pushes.log(ALL, after=BEGINNING, retained_at_s=NOON_S, limit=10)
    assert entry.retained_until_s == NOON_S + IN_FLIGHT_BOUND_S


async def test_a_push_to_a_socket_has_no_log(service: Service) -> None:
    await service.connect("a")
    await service.crowd(30)
    push = await service.send({"connections": ["a"]})
    assert (service.sockets.reached(), [str(topic) for topic in push.cover.topics]) == ({"a"}, ["connection:a"])
    assert await service.ports.pushes.log(ALL, after=BEGINNING, retained_at_s=NOON_S, limit=10) == ()


async def test_a_push_is_audited_without_its_message(service: Service) -> None:
    push = (await _submit(service, "a secret", strategy={"collapse_key": "k"})).push
    (entry,) = (await service.ports.audit.list(limit=10)).items
    assert (entry.action, entry.actor, entry.subject) == ("push.create", "admin", push.id)
    assert "a secret" not in str(entry)

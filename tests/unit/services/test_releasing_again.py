"""What is late is released again under a new position, so that no reader has passed it by."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from services.domain import positions
from services.domain.pushes import Counts
from services.domain.topics import ALL
from services.fanout.delivery import deliver
from services.pushes.commands import cancel
from tests.unit.services.service import A_PAGE_EACH, Service
from tests.unit.services.sockets import Frame

TOO_OLD_S = 56


def _positions(frames: Sequence[Frame]) -> list[object]:
    return [frame["position"] for frame in frames]


@pytest.mark.usefixtures("pages_of_two")
async def test_what_is_left_too_late_is_released_again_under_a_new_position(service: Service) -> None:
    ids = await service.connect_in_ring_order(5)
    push = await service.submit()
    (job,) = service.jobs()
    await deliver(service.ports, job, A_PAGE_EACH)
    service.clock.at_s += TOO_OLD_S
    await deliver(service.ports, service.jobs()[0])
    first, *_ = frames = [service.sockets.frames(each)[0] for each in ids]
    assert _positions(frames[:2]) == [first["position"]] * 2
    assert {positions.time_of_s(str(each)) for each in _positions(frames[2:])} == {service.clock.at_s}
    log = await service.ports.pushes.log(ALL, after=str(first["position"]), retained_at_s=service.clock.at_s, limit=10)
    assert [(entry.push_id, entry.position) for entry in log] == [(push.id, frames[2]["position"])]
    assert [place in log[0].arc for place in (1_000, 3_000, 5_000)] == [False, True, True]
    assert await service.counts(push) == Counts(targeted=5, sent=5)


@pytest.mark.usefixtures("pages_of_two")
async def test_a_worker_that_takes_too_long_releases_the_rest_again(service: Service) -> None:
    ids = await service.connect_in_ring_order(6)
    await service.submit()
    (job,) = service.jobs()

    async def slow() -> None:
        service.clock.at_s += 30

    service.sockets.before_post = slow
    await deliver(service.ports, job)
    released_s = [positions.time_of_s(str(service.sockets.frames(each)[0]["position"])) for each in ids]
    began_s = released_s[0]
    assert [at_s - began_s for at_s in released_s] == [0, 0, 0, 0, 60, 60]


@pytest.mark.usefixtures("pages_of_two")
async def test_connections_of_one_terminal_count_once_each_when_it_is_released_again(service: Service) -> None:
    for index in range(4):
        await service.connect(f"c{index}", place=7)
    push = await service.submit()
    (job,) = service.jobs()
    await deliver(service.ports, job, A_PAGE_EACH)
    service.clock.at_s += TOO_OLD_S
    await service.settle()
    assert await service.counts(push) == Counts(targeted=4, sent=4)


async def test_the_log_of_what_is_released_again_names_those_who_were_throttled(service: Service) -> None:
    await service.connect_in_ring_order(3)
    service.sockets.next_posts("c1", "throttled")
    push = await service.submit()
    (job,) = service.jobs()
    await deliver(service.ports, job)
    service.clock.at_s += TOO_OLD_S
    before = positions.lowest_at(service.clock.at_s)
    await service.settle()
    (entry,) = await service.ports.pushes.log(ALL, after=before, retained_at_s=service.clock.at_s, limit=10)
    assert (entry.push_id, 2_000 in entry.arc) == (push.id, True)


async def test_only_one_of_two_workers_releases_again(service: Service) -> None:
    await service.connect("a")
    push = await service.submit()
    (job,) = service.jobs()
    service.clock.at_s += TOO_OLD_S
    before = positions.lowest_at(service.clock.at_s)
    await asyncio.gather(deliver(service.ports, job), deliver(service.ports, job))
    assert len(await service.ports.pushes.log(ALL, after=before, retained_at_s=service.clock.at_s, limit=10)) == 1
    assert await service.counts(push) == Counts(targeted=1, sent=1)


async def test_a_push_that_keeps_no_log_is_released_again_without_one(service: Service) -> None:
    await service.connect("a")
    push = await service.submit(retain="0s")
    service.clock.at_s += TOO_OLD_S
    await service.settle()
    assert service.pushes_at("a") == [push.id]
    assert await service.ports.pushes.log(ALL, after=positions.BEGINNING, retained_at_s=0, limit=10) == ()


async def test_a_cancelled_push_is_not_released_again(service: Service) -> None:
    await service.connect("a")
    push = await service.submit()
    await cancel(service.ports, push.id, by="admin")
    service.clock.at_s += TOO_OLD_S
    before = positions.lowest_at(service.clock.at_s)
    (delivering,) = [job for job in service.jobs() if job.kind == "deliver"]
    await deliver(service.ports, delivering)
    assert await service.ports.pushes.log(ALL, after=before, retained_at_s=service.clock.at_s, limit=10) == ()

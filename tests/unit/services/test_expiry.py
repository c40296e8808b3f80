"""The end of a push whose time is over."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from services.domain.pushes import State
from services.pushes.commands import cancel
from services.pushes.submit import expiry_timer
from services.timeline import handler
from services.timeline.proceed import proceed
from tests.contract.adapters import NOON_S
from tests.unit.services.service import Service, once_before

DEADLINE_S = 10


async def test_its_timer_is_set_for_its_end_and_asks_for_it(service: Service) -> None:
    push = await service.submit(expires_in="15m")
    timer = expiry_timer(push)
    assert timer is not None
    assert timer.at_s == NOON_S + 900
    service.clock.at_s += 900
    expired = asyncio.Event()

    async def fire(event: Mapping[str, object]) -> None:
        await handler.build(service.ports)(event)
        expired.set()

    service.storage.timers.start(fire)
    try:
        await asyncio.wait_for(expired.wait(), DEADLINE_S)
    finally:
        await service.storage.timers.stop()
    assert (await service.push(push.id)).state is State.EXPIRED


async def test_a_push_without_an_end_has_no_timer(service: Service) -> None:
    assert expiry_timer(await service.submit()) is None


async def test_before_its_end_nothing_happens(service: Service) -> None:
    push = await service.submit(expires_in="10s")
    service.clock.at_s += 9
    await proceed(service.ports, push.id)
    assert (await service.push(push.id)).state is State.SENDING


async def test_an_expired_push_reaches_nobody_more(service: Service) -> None:
    await service.connect("a")
    push = await service.submit(expires_in="10s")
    service.clock.at_s += 10
    await proceed(service.ports, push.id)
    await service.settle()
    assert service.sockets.reached() == set()


async def test_a_finished_push_stays_as_it_is(service: Service) -> None:
    completed = await service.send(expires_in="10s")
    cancelled = await service.send(expires_in="10s")
    await cancel(service.ports, cancelled.id, by="boss")
    service.clock.at_s += 10
    for push in (completed, cancelled):
        await proceed(service.ports, push.id)
    states = [(await service.push(push.id)).state for push in (completed, cancelled)]
    assert states == [State.COMPLETED, State.CANCELLED]


async def test_a_push_that_is_completed_meanwhile_stays_completed(service: Service) -> None:
    push = await service.submit(expires_in="10s")
    service.clock.at_s += 10
    once_before(service.ports.pushes, "transition", service.settle)
    await proceed(service.ports, push.id)
    assert (await service.push(push.id)).state is State.COMPLETED


async def test_a_push_that_is_not_there_is_passed_over(service: Service) -> None:
    await handler.build(service.ports)({"do": "expire", "push_id": "unknown"})


async def test_a_timer_that_nobody_knows_fails(service: Service) -> None:
    with pytest.raises(ValueError, match="dance"):
        await handler.build(service.ports)({"do": "dance"})

"""Pushes that repeat: each run is a push of its own, made once, at its time by the clock on the wall."""

from __future__ import annotations

from services.domain.pushes import State
from services.pushes.commands import cancel
from services.timeline.proceed import proceed
from tests.contract.adapters import NOON_S
from tests.unit.services.service import HOUR_S, Service

HOURLY = {"cron": "0 * * * *", "timezone": "UTC"}


async def test_each_run_is_a_push_of_its_own(service: Service) -> None:
    await service.connect("a")
    push = await service.send("all", "standup", repeat={**HOURLY, "times": 3}, expires_in="10m")
    assert (push.state, push.expires_at_s) == (State.SCHEDULED, None)
    await service.pass_s(5 * HOUR_S)
    runs = await service.children(push)
    assert [(run.created_at_s, run.message, run.sender, run.state) for run in runs] == [
        (NOON_S + hours * HOUR_S, "standup", "admin", State.COMPLETED) for hours in (1, 2, 3)
    ]
    assert service.pushes_at("a") == [run.id for run in runs]
    assert (await service.push(push.id)).state is State.COMPLETED


async def test_a_run_has_the_strategy_that_was_asked_for(service: Service) -> None:
    for index in range(8):
        await service.connect(f"c{index}", f"u{index}", place=index << 29)
    waves = [{"percent": 50, "then_wait": "10m"}, {"percent": 100}]
    push = await service.send("all", repeat={**HOURLY, "times": 1}, waves=waves)
    await service.pass_s(HOUR_S)
    assert len(service.sockets.reached()) == 4
    await service.pass_s(HOUR_S)
    assert len(service.sockets.reached()) == 8
    assert (await service.children(push))[0].state is State.COMPLETED


async def test_runs_that_were_missed_are_made_up_for_by_one(service: Service) -> None:
    push = await service.send("all", repeat=HOURLY)
    service.clock.at_s += 5.5 * HOUR_S
    await service.pass_s(HOUR_S)
    assert [run.created_at_s - NOON_S for run in await service.children(push)] == [5.5 * HOUR_S, 6 * HOUR_S]


async def test_a_run_is_made_once_however_often_it_is_its_time(service: Service) -> None:
    push = await service.send("all", repeat=HOURLY)
    service.clock.at_s += HOUR_S
    for _ in range(3):
        await proceed(service.ports, push.id)
    assert len(await service.children(push)) == 1


async def test_a_repetition_that_is_cancelled_runs_no_more_and_recalls_no_run(service: Service) -> None:
    await service.connect("a")
    push = await service.send("all", repeat=HOURLY)
    await service.pass_s(HOUR_S)
    await cancel(service.ports, push.id, by="boss")
    await service.pass_s(3 * HOUR_S)
    assert len(service.pushes_at("a")) == len(await service.children(push)) == 1
    assert service.sockets.frames("a", "cancel") == []


async def test_it_runs_by_the_clock_on_the_wall_where_that_is_set(service: Service) -> None:
    # In Berlin the clocks are set forward on 2027-03-28: 09:00 is 08:00 UTC the day before, and 07:00 from then on.
    service.clock.at_s = 1_806_040_800.0  # 2027-03-26T06:00Z
    push = await service.send("all", repeat={"cron": "0 9 * * *", "timezone": "Europe/Berlin", "times": 3})
    await service.pass_s(5 * 24 * HOUR_S)
    times = [run.created_at_s - 1_806_040_800.0 for run in await service.children(push)]
    assert times == [2 * HOUR_S, 26 * HOUR_S, 49 * HOUR_S]

"""A push along its timeline: its time, windows, waves, pace; every step on a clock that tests move."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest

from services.domain import moments
from services.domain.pushes import Counts, Push, State
from services.domain.ring import SIZE
from services.pushes.commands import cancel, halt, resume
from services.timeline.proceed import proceed
from services.timeline.sweep import SLACK_S, sweep
from tests.contract.adapters import NOON_S
from tests.unit.services.service import HOUR_S, Service
from tests.unit.services.sockets import Frame

MINUTE_S = 60.0
HALVES = [{"percent": 50, "then_wait": "10m"}, {"percent": 100}]


async def _ring(service: Service, size: int = 20) -> list[str]:
    """Terminals all round the ring, evenly."""
    ids = [f"c{index}" for index in range(size)]
    for index, connection_id in enumerate(ids):
        await service.connect(connection_id, connection_id, place=index * (SIZE // size), groups=("ops",))
    return ids


async def _state(service: Service, push: Push) -> State:
    return (await service.push(push.id)).state


def _reached(service: Service, push: Push) -> list[str]:
    """The connections that have got it, once for each time."""
    return [
        connection_id
        for connection_id in sorted(service.sockets.reached())
        for frame in service.sockets.frames(connection_id, "push")
        if frame["id"] == push.id
    ]


# Its time


async def test_a_push_with_a_time_reaches_nobody_before_and_everybody_then(service: Service) -> None:
    ids = await _ring(service)
    push = await service.send("group:ops", send_at=moments.text(NOON_S + 300))
    assert push.state is State.SCHEDULED
    await service.pass_s(299)
    assert _reached(service, push) == []
    await service.pass_s(1)
    assert _reached(service, push) == sorted(ids)
    assert await _state(service, push) is State.COMPLETED


async def test_its_life_begins_when_it_is_to_be_sent(service: Service) -> None:
    push = await service.send("all", send_at=moments.text(NOON_S + HOUR_S), expires_in="5m")
    assert push.expires_at_s == NOON_S + HOUR_S + 300


async def test_one_that_is_cancelled_before_its_time_recalls_nobody(service: Service) -> None:
    await _ring(service)
    push = await service.send("all", send_at=moments.text(NOON_S + 300))
    await cancel(service.ports, push.id, by="boss")
    await service.pass_s(HOUR_S)
    assert service.sockets.reached() == set()


# Lost, late and doubled timers


async def test_a_timer_that_is_lost_is_made_good_by_the_sweep(service: Service) -> None:
    ids = await _ring(service)
    push = await service.send("all", send_at=moments.text(NOON_S + 300))
    for timer in service.timers():
        await service.ports.timers.cancel(timer.name)
    service.clock.at_s += 300 + SLACK_S - 1
    assert await sweep(service.ports) == 0
    service.clock.at_s += 2
    assert await sweep(service.ports) == 1
    await service.settle()
    assert _reached(service, push) == sorted(ids)


async def test_a_timer_that_fires_twice_and_late_acts_once(service: Service) -> None:
    ids = await _ring(service)
    push = await service.send("all", send_at=moments.text(NOON_S + 300))
    (timer,) = service.timers()
    service.clock.at_s += HOUR_S
    for _ in range(3):
        await service.act(timer)
        await service.settle()
    assert _reached(service, push) == sorted(ids)
    assert await service.counts(push) == Counts(targeted=20, sent=20)


async def test_a_timer_that_fires_early_waits_on(service: Service) -> None:
    await _ring(service)
    push = await service.send("all", send_at=moments.text(NOON_S + 300))
    await proceed(service.ports, push.id)
    assert (await service.push(push.id)).step == push.step
    assert [timer.at_s for timer in service.timers()] == [NOON_S + 300]


async def test_a_sweep_leaves_what_cannot_be_done_to_the_next(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        await service.send("all", send_at=moments.text(NOON_S + 1))
    service.clock.at_s += 1 + SLACK_S + 1
    progress, failed = service.ports.pushes.progress, 0

    async def once_out_of_reach(push_id: str) -> object:
        nonlocal failed
        failed += 1
        if failed == 1:
            raise OSError("out of reach")
        return await progress(push_id)

    monkeypatch.setattr(service.ports.pushes, "progress", once_out_of_reach)
    assert await sweep(service.ports) == 1
    assert await sweep(service.ports) == 1
    assert await sweep(service.ports) == 0


async def test_a_sweep_that_can_do_nothing_says_so(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    await service.send("all", send_at=moments.text(NOON_S + 1))
    service.clock.at_s += 1 + SLACK_S + 1

    async def out_of_reach(_: str) -> object:
        raise OSError("out of reach")

    monkeypatch.setattr(service.ports.pushes, "progress", out_of_reach)
    with pytest.raises(OSError, match="out of reach"):
        await sweep(service.ports)


# Windows


def _window(opens: str, closes: str, **members: object) -> dict[str, object]:
    return {"timezone": "UTC", "from": opens, "to": closes, **members}


async def test_a_closed_window_is_waited_for(service: Service) -> None:
    ids = await _ring(service)
    push = await service.send("all", window=_window("14:00", "15:00"))
    assert push.state is State.WAITING
    await service.pass_s(2 * HOUR_S - 1)
    assert _reached(service, push) == []
    await service.pass_s(1)
    assert _reached(service, push) == sorted(ids)


async def test_urgent_does_not_ask_for_the_window(service: Service) -> None:
    ids = await _ring(service)
    push = await service.send("all", window=_window("14:00", "15:00"), priority="urgent")
    assert _reached(service, push) == sorted(ids)


async def test_outside_of_a_window_that_drops_nobody_is_reached_and_it_is_done(service: Service) -> None:
    await _ring(service)
    push = await service.send("all", window=_window("14:00", "15:00", outside="drop"))
    assert push.state is State.COMPLETED
    await service.pass_s(3 * HOUR_S)
    assert _reached(service, push) == []


async def test_each_terminal_is_reached_when_it_is_time_by_its_own_clock(service: Service) -> None:
    for name, zone in (("here", "Etc/GMT"), ("east", "Etc/GMT-3"), ("west", "Etc/GMT+1"), ("nowhere", "Mars/Olympus")):
        await service.connect(name, name, attributes={"tz": zone})
    await service.connect("silent", "silent")
    push = await service.send("all", window={"timezone": "attr:tz", "from": "14:00", "to": "18:00"})
    assert _reached(service, push) == ["east"]
    await service.pass_s(2 * HOUR_S)
    assert _reached(service, push) == ["east", "here", "nowhere", "silent"]
    await service.pass_s(HOUR_S)
    assert _reached(service, push) == ["east", "here", "nowhere", "silent", "west"]


async def test_a_terminal_with_a_zone_that_nobody_had_is_reached_when_it_comes_in_time(service: Service) -> None:
    await service.connect("here", "here", attributes={"tz": "UTC"})
    push = await service.send("all", window={"timezone": "attr:tz", "from": "14:00", "to": "18:00"})
    await service.connect("newfoundland", "newfoundland", attributes={"tz": "America/St_Johns"})
    await service.pass_s(24 * HOUR_S)
    assert _reached(service, push) == ["here", "newfoundland"]
    assert await _state(service, push) is State.COMPLETED


# Waves


async def test_a_second_wave_waits_for_its_pause_and_reaches_the_others(service: Service) -> None:
    ids = await _ring(service)
    push = await service.send("all", waves=HALVES)
    first = _reached(service, push)
    assert (push.state, len(first)) == (State.WAITING, 10)
    await service.pass_s(10 * MINUTE_S - 1)
    assert _reached(service, push) == first
    await service.pass_s(1)
    assert _reached(service, push) == sorted(ids)
    assert await _state(service, push) is State.COMPLETED
    assert await service.counts(push) == Counts(targeted=20, sent=20)


async def test_who_is_under_a_topic_of_their_own_has_their_turn_once(service: Service) -> None:
    ids = await _ring(service)
    names = [*ids[:6], "nobody"]
    push = await service.send({"any": [{"users": names}, {"groups": ["ops"]}]}, waves=HALVES)
    first = _reached(service, push)
    assert 0 < len(first) < 20
    await service.pass_s(HOUR_S)
    assert Counter(_reached(service, push)) == Counter(ids)


async def test_waves_begin_elsewhere_on_the_ring_for_each_push(service: Service) -> None:
    await _ring(service)
    firsts = {tuple(_reached(service, await service.send("all", waves=HALVES))) for _ in range(5)}
    assert len(firsts) > 1


async def test_a_wave_that_fails_halts_and_a_person_lets_it_go_on(service: Service) -> None:
    ids = await _ring(service)
    for connection_id in ids:
        service.sockets.every_post(connection_id, "gone")
    push = await service.send(
        "all", waves=[{"percent": 50, "halt_if": {"gone_over": 0.5, "at_least": 5}}, {"percent": 100}]
    )
    assert push.state is State.HALTED
    service.sockets.keep_up()
    await service.pass_s(HOUR_S)
    assert _reached(service, push) == []
    await resume(service.ports, push.id, by="boss")
    await service.pass_s(HOUR_S)
    assert len(_reached(service, push)) == 10
    assert await _state(service, push) is State.COMPLETED


async def test_a_halted_push_releases_no_more_and_what_was_released_is_delivered(service: Service) -> None:
    ids = await _ring(service)
    push = await service.submit("all", waves=HALVES)
    assert (await halt(service.ports, push.id, by="boss", reason="wrong text")).state is State.HALTED
    await service.pass_s(HOUR_S)
    assert len(_reached(service, push)) == 10
    await resume(service.ports, push.id, by="boss")
    await service.pass_s(10 * MINUTE_S)
    assert _reached(service, push) == sorted(ids)


async def test_a_push_that_is_cancelled_between_waves_is_recalled_from_those_it_reached(service: Service) -> None:
    await _ring(service)
    push = await service.send("all", waves=HALVES)
    first = _reached(service, push)
    await cancel(service.ports, push.id, by="boss")
    await service.pass_s(HOUR_S)
    recalled = [each for each in sorted(service.sockets.reached()) if service.sockets.frames(each, "cancel")]
    assert (recalled, _reached(service, push)) == (first, first)


# Pace


async def test_a_pace_is_kept_over_the_whole_push(service: Service) -> None:
    ids = await _ring(service, 200)
    push = await service.submit("all", pace={"per_second": 10})
    sent: list[tuple[float, int]] = []
    while await _state(service, push) is not State.COMPLETED:
        await service.pass_s(1)
        sent.append((service.clock.at_s - NOON_S, (await service.counts(push)).sent))
        assert service.clock.at_s < NOON_S + 60, sent
    assert sorted(_reached(service, push)) == sorted(ids)
    assert 15 <= sent[-1][0] <= 30
    # Never more than five seconds' worth at a time, and a ring that is not quite even.
    assert max(after - before for (_, before), (_, after) in itertools.pairwise(sent)) <= 55


async def test_a_pace_holds_over_time_zones_together(service: Service) -> None:
    for index in range(60):
        zone = ("Etc/GMT", "Etc/GMT-1", "Etc/GMT+1")[index % 3]
        await service.connect(f"c{index}", f"u{index}", place=index * (SIZE // 60), attributes={"tz": zone})
    push = await service.submit(
        "all", pace={"per_second": 2}, window={"timezone": "attr:tz", "from": "00:00", "to": "23:59"}
    )
    await service.pass_s(10)
    assert (await service.counts(push)).sent <= 30
    await service.pass_s(120)
    assert await service.counts(push) == Counts(targeted=60, sent=60)


async def test_a_slice_that_is_released_again_stays_in_its_wave(service: Service) -> None:
    ids = await _ring(service)
    push = await service.submit("all", waves=HALVES)
    service.clock.at_s += 120
    await service.settle()
    first = _reached(service, push)
    assert len(first) == 10
    await service.pass_s(HOUR_S)
    assert Counter(_reached(service, push)) == Counter(ids)
    positions_of: set[object] = {_frame(service, each, push)["position"] for each in ids}
    assert len(positions_of) == 2


def _frame(service: Service, connection_id: str, push: Push) -> Frame:
    (frame,) = [frame for frame in service.sockets.frames(connection_id, "push") if frame["id"] == push.id]
    return frame


async def test_a_push_expires_on_its_way_and_reaches_nobody_more(service: Service) -> None:
    await _ring(service)
    push = await service.send("all", waves=HALVES, expires_in="5m")
    first = _reached(service, push)
    await service.pass_s(HOUR_S)
    assert (await _state(service, push), _reached(service, push)) == (State.EXPIRED, first)


async def test_a_halted_push_expires_too(service: Service) -> None:
    await _ring(service)
    push = await service.send("all", waves=HALVES, expires_in="5m")
    await halt(service.ports, push.id, by="boss")
    await service.pass_s(HOUR_S)
    assert await _state(service, push) is State.EXPIRED

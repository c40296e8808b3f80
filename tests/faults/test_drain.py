"""SIGTERM: terminals are told, nothing accepted is lost, and the exit is clean."""

from __future__ import annotations

import asyncio

import httpx

from tests.e2e.fixtures import OwnOffice
from tests.e2e.targets.target import Tuning
from tests.faults.conftest import Follow


async def test_terminals_hear_that_the_service_restarts_and_it_exits_with_0(own_office: OwnOffice) -> None:
    office = own_office(Tuning())
    terminals = [await office.terminal() for _ in range(5)]
    exit_code = await asyncio.to_thread(office.target.stop)
    for terminal in terminals:
        bye = await terminal.expect("bye")
        assert (bye["code"], bye["reconnect"]) == ("shutting_down", True)
        assert (await terminal.closed()).code in {1000, 1001}
    assert exit_code == 0


async def test_with_nobody_connected_it_exits_with_0_too(own_office: OwnOffice) -> None:
    office = own_office(Tuning())
    assert await asyncio.to_thread(office.target.stop) == 0


async def test_a_terminal_that_does_not_answer_the_close_does_not_keep_it_up(own_office: OwnOffice) -> None:
    office = own_office(Tuning())
    (await office.terminal()).stop_reading()
    assert await asyncio.to_thread(office.target.stop) == 0


async def test_no_push_that_was_accepted_meanwhile_is_lost(own_office: OwnOffice, follow: Follow) -> None:
    office = own_office(Tuning(post_latency_s=0.01))
    follower = follow(office, office.name("alice"))
    await follower.caught_up()
    accepted: list[str] = []
    well_under_way = asyncio.Event()

    async def send_until_it_is_gone() -> None:
        try:
            while True:
                response = await office.api.submit({"users": [follower.user]}, len(accepted))
                if response.status_code != 202:
                    return
                accepted.append(str(response.json()["id"]))
                if len(accepted) == 20:
                    well_under_way.set()
        except httpx.TransportError:
            # The service is gone; what it had not answered it had not accepted.
            return

    sending = [asyncio.create_task(send_until_it_is_gone()) for _ in range(4)]
    await well_under_way.wait()
    assert await asyncio.to_thread(office.target.stop) == 0
    await asyncio.gather(*sending)
    office.target.start()
    await follower.shows(accepted)
    assert len(follower.shown) == len(set(follower.shown))


async def test_what_was_under_way_is_delivered_after_the_restart(own_office: OwnOffice, follow: Follow) -> None:
    office = own_office(Tuning(post_latency_s=0.5))
    follower = follow(office, office.name("alice"))
    await follower.caught_up()
    push_id = await office.api.push({"users": [follower.user]})
    assert await asyncio.to_thread(office.target.stop) == 0
    office.target.start()
    await follower.shows([push_id])

"""When a push is sent: at a moment, or again and again by the clock of a time zone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.caller import Json
from tests.e2e.deadlines import eventually
from tests.e2e.office import Office

MINUTE_S = 60.0


async def _runs(office: Office, push_id: str) -> list[Json]:
    """The pushes that a repeating one has made, oldest first."""
    listed = (await office.api.get("/v1/pushes", sender=office.admin))["items"]
    assert isinstance(listed, list)
    return [push for push in reversed(listed) if push["parent"] == push_id]


async def _runs_made(office: Office, push_id: str, number: int) -> list[Json]:
    """The runs once there are so many."""
    runs = await eventually(lambda: _runs(office, push_id), lambda found: len(found) == number)
    newest_first = [run["id"] for run in reversed(runs)]
    await eventually(lambda: office.api.children(push_id), lambda found: found == newest_first)
    return runs


async def test_a_push_with_a_time_waits_for_it(moving: Office) -> None:
    terminal = await moving.terminal()
    push_id = await moving.api.push({"users": [terminal.user]}, "later", send_at=moving.moment(5 * MINUTE_S))
    assert (await moving.api.push_state(push_id))["state"] == "scheduled"
    await moving.got_nothing(terminal)
    moving.target.advance(5 * MINUTE_S + 1)
    assert (await terminal.expect("push"))["id"] == push_id
    await moving.api.completed(push_id)


async def test_a_scheduled_push_can_be_cancelled_and_reaches_nobody(moving: Office) -> None:
    terminal = await moving.terminal()
    push_id = await moving.api.push({"users": [terminal.user]}, send_at=moving.moment(5 * MINUTE_S))
    assert (await moving.api.cancel(push_id))["state"] == "cancelled"
    moving.target.advance(6 * MINUTE_S)
    await moving.got_nothing(terminal)


async def test_a_push_expires_after_its_time_to_send_not_after_its_submission(moving: Office) -> None:
    terminal = await moving.terminal()
    push_id = await moving.api.push(
        {"users": [terminal.user]}, send_at=moving.moment(10 * MINUTE_S), strategy={"expires_in": "5m"}
    )
    moving.target.advance(10 * MINUTE_S + 1)
    assert (await terminal.expect("push"))["id"] == push_id


async def test_a_push_that_repeats_makes_a_push_of_each_run(moving: Office) -> None:
    terminal = await moving.terminal()
    push_id = await moving.api.push(
        {"users": [terminal.user]}, "standup", repeat={"cron": "* * * * *", "timezone": "Europe/Berlin", "times": 2}
    )
    shown = await moving.api.push_state(push_id)
    assert shown["state"] == "scheduled"
    assert isinstance(shown["next_runs"], list)
    assert len(shown["next_runs"]) == 2
    for number in (1, 2):
        moving.target.advance(MINUTE_S)
        frame = await terminal.expect("push")
        runs = await _runs_made(moving, push_id, number)
        assert frame["id"] == runs[-1]["id"]
    assert (await moving.api.in_state(push_id, "completed"))["next_runs"] == []


async def test_a_repetition_that_is_cancelled_runs_no_more(moving: Office) -> None:
    terminal = await moving.terminal()
    push_id = await moving.api.push({"users": [terminal.user]}, repeat={"cron": "* * * * *"})
    moving.target.advance(MINUTE_S)
    await terminal.expect("push")
    await moving.api.cancel(push_id)
    moving.target.advance(2 * MINUTE_S)
    await moving.got_nothing(terminal)


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"send_at": "tomorrow"}, "send_at"),
        ({"repeat": {"cron": "61 * * * *"}}, "repeat.cron"),
        ({"repeat": {"cron": "* * * * *", "timezone": "Mars/Olympus"}}, "repeat.timezone"),
    ],
)
async def test_a_wrong_schedule_is_refused_with_the_name_of_the_member(
    office: Office, members: dict[str, Any], field: str
) -> None:
    refused = await office.api.submit({"all": True}, **members)
    assert (refused.status_code, refused.json()["field"]) == (422, field)

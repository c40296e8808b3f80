"""Windows: a push waits for the hours in which it may be sent, or is dropped outside of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.e2e.caller import Json
from tests.e2e.office import Office

MINUTE_S = 60.0


def _opens_in(office: Office, minutes: int, **members: object) -> Json:
    """A window that opens so many minutes from now on, for an hour."""
    return {
        "window": {
            "timezone": "UTC",
            "from": office.wall(minutes * MINUTE_S),
            "to": office.wall((minutes + 60) * MINUTE_S),
            **members,
        }
    }


async def test_a_push_waits_until_its_window_opens(moving: Office) -> None:
    terminal = await moving.terminal()
    push_id = await moving.api.push({"users": [terminal.user]}, strategy=_opens_in(moving, 10))
    assert (await moving.api.push_state(push_id))["state"] == "waiting"
    await moving.got_nothing(terminal)
    moving.target.advance(10 * MINUTE_S)
    assert (await terminal.expect("push"))["id"] == push_id
    await moving.api.completed(push_id)


async def test_an_open_window_holds_nothing_up(moving: Office) -> None:
    terminal = await moving.terminal()
    push_id = await moving.api.push({"users": [terminal.user]}, strategy=_opens_in(moving, -10))
    assert (await terminal.expect("push"))["id"] == push_id


async def test_an_urgent_push_does_not_ask_for_the_window(moving: Office) -> None:
    terminal = await moving.terminal()
    push_id = await moving.api.push(
        {"users": [terminal.user]}, strategy={**_opens_in(moving, 30), "priority": "urgent"}
    )
    assert (await terminal.expect("push"))["id"] == push_id


async def test_outside_of_a_window_that_drops_nobody_is_reached(moving: Office) -> None:
    terminal = await moving.terminal()
    push_id = await moving.api.push({"users": [terminal.user]}, strategy=_opens_in(moving, 30, outside="drop"))
    await moving.api.completed(push_id)
    await moving.got_nothing(terminal)
    explained = await moving.api.get(f"/v1/pushes/{push_id}/explain", user=terminal.user)
    assert explained["answer"] == "dropped"


def _zone_with_offset(hours: int) -> str:
    """A zone without daylight saving time; in these names the sign is the other way round."""
    return f"Etc/GMT{-hours:+d}" if hours else "Etc/GMT"


async def test_each_terminal_waits_for_its_own_clock(moving: Office) -> None:
    group = moving.name("everywhere")
    here = await moving.terminal(groups=[group], attributes={"tz": _zone_with_offset(0)})
    east = await moving.terminal(groups=[group], attributes={"tz": _zone_with_offset(1)})
    # By the eastern clock it is an hour later, so the window is open there already.
    opens = datetime.fromtimestamp(moving.target.now_s(), UTC) + timedelta(minutes=20)
    window = {
        "timezone": "attr:tz",
        "from": f"{opens:%H:%M}",
        "to": f"{opens + timedelta(hours=2):%H:%M}",
    }
    push_id = await moving.api.push({"groups": [group]}, strategy={"window": window})
    assert (await east.expect("push"))["id"] == push_id
    await moving.got_nothing(here, east)
    moving.target.advance(20 * MINUTE_S)
    assert (await here.expect("push"))["id"] == push_id
    await moving.got_nothing(east)
    await moving.api.cancel(push_id)


async def test_a_terminal_that_comes_while_the_window_is_closed_gets_it_when_it_opens(moving: Office) -> None:
    user = moving.name("late")
    push_id = await moving.api.push({"users": [user]}, strategy=_opens_in(moving, 5))
    terminal = await moving.terminal(user)
    moving.target.advance(5 * MINUTE_S)
    assert (await terminal.expect("push"))["id"] == push_id

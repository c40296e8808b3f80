"""A terminal that was away gets what it missed (G3)."""

from __future__ import annotations

import asyncio

import pytest

from tests.e2e.caller import segment
from tests.e2e.office import Office
from tests.e2e.terminal import BEGINNING, Frame, Terminal

BATCH = 100
"""Most pushes in one replay."""


async def _here_then_away(office: Office, user: str, *, groups: list[str] | None = None) -> str:
    """Have a user's terminal see one push and leave; its newest position."""
    terminal = await office.terminal(user, groups=groups or [])
    await office.api.push({"users": [user]}, "seen")
    position = str((await terminal.expect("push"))["position"])
    await terminal.close()
    return position


def _messages(frames: tuple[Frame, ...]) -> list[object]:
    return [frame["message"] for frame in frames if frame["type"] == "push"]


async def test_what_came_while_it_was_away_is_replayed_in_order(office: Office) -> None:
    user = office.name("alice")
    since = await _here_then_away(office, user)
    missed = [await office.api.push({"users": [user]}, number) for number in range(5)]
    replay = await (await office.terminal(user)).resume(since)
    # What it saw shortly before comes again, in case something older was still under way.
    assert replay.pushes()[-5:] == missed
    positions = [str(frame["position"]) for frame in replay.frames]
    assert positions == sorted(positions)


async def test_what_was_released_shortly_before_since_comes_again_for_it_may_have_been_under_way(
    office: Office,
) -> None:
    user = office.name("alice")
    seen = [await office.api.push({"users": [user]}, number) for number in range(3)]
    terminal = await office.terminal(user)
    newest = (await terminal.resume(BEGINNING)).frames[-1]
    assert (await terminal.resume(str(newest["position"]))).pushes() == seen


async def test_a_replayed_push_says_so_and_has_its_first_position(office: Office) -> None:
    user = office.name("alice")
    first, second = await office.terminal(user, calls_itself="a"), await office.terminal(user, calls_itself="b")
    await office.api.push({"users": [user]}, "once live")
    live = await first.expect("push")
    assert live == await second.expect("push")
    replay = await first.resume(BEGINNING)
    assert replay.frames == ({**live, "replayed": True},)


async def test_without_since_nothing_is_replayed(office: Office) -> None:
    user = office.name("alice")
    await office.api.push({"users": [user]}, "before")
    replay = await (await office.terminal(user)).resume(None)
    assert replay.frames == ()
    assert (replay.resumed["more"], replay.resumed["recovered"]) == (False, True)


async def test_since_may_be_left_out(office: Office) -> None:
    terminal = await office.terminal()
    await terminal.send("resume")
    assert (await terminal.expect("resumed"))["more"] is False


async def test_upto_of_a_first_resume_is_where_the_next_begins(office: Office) -> None:
    user = office.name("alice")
    terminal = await office.terminal(user)
    upto = str((await terminal.resume(None)).resumed["upto"])
    await terminal.close()
    missed = await office.api.push({"users": [user]}, "missed")
    assert (await (await office.terminal(user)).resume(upto)).pushes() == [missed]


async def test_from_the_beginning_all_that_is_kept_is_replayed(office: Office) -> None:
    user, group = office.name("alice"), office.name("ops")
    kept = [
        await office.api.push({"users": [user]}, "to the user"),
        await office.api.push({"groups": [group]}, "to the group"),
        await office.api.push({"terminals": [f"{user}/desk"]}, "to the terminal"),
    ]
    replay = await (await office.terminal(user, groups=[group], calls_itself="desk")).resume(BEGINNING)
    assert replay.pushes() == kept
    assert replay.resumed["recovered"] is True


async def test_a_push_under_several_of_its_topics_is_replayed_once(office: Office) -> None:
    user, ops, sales = office.name("alice"), office.name("ops"), office.name("sales")
    push_id = await office.api.push({"any": [{"groups": [ops]}, {"groups": [sales]}, {"users": [user]}]})
    assert (await (await office.terminal(user, groups=[ops, sales])).resume(BEGINNING)).pushes() == [push_id]


async def test_more_than_a_batch_comes_in_rounds_and_each_push_once(office: Office) -> None:
    user = office.name("alice")
    total = 2 * BATCH + 20
    missed = [await office.api.push({"users": [user]}, number) for number in range(total)]
    terminal = await office.terminal(user)
    replayed: list[str] = []
    rounds: list[bool] = []
    since = BEGINNING
    while not rounds or rounds[-1]:
        replay = await terminal.resume(since)
        replayed += replay.pushes()
        since = str(replay.resumed["upto"])
        rounds.append(bool(replay.resumed["more"]))
    assert replayed == missed
    assert rounds == [True, True, False]


async def test_a_round_that_is_continued_on_another_connection_misses_nothing(office: Office) -> None:
    user = office.name("alice")
    missed = [await office.api.push({"users": [user]}, number) for number in range(BATCH + 10)]
    first = await office.terminal(user)
    begun = await first.resume(BEGINNING)
    first.cut()
    second = await office.terminal(user)
    seen = begun.pushes()
    since, more = str(begun.resumed["upto"]), True
    while more:
        replay = await second.resume(since)
        seen += replay.pushes()
        since, more = str(replay.resumed["upto"]), bool(replay.resumed["more"])
    assert sorted(set(seen)) == missed


async def test_live_pushes_go_on_while_a_replay_runs(office: Office) -> None:
    user = office.name("alice")
    for number in range(BATCH):
        await office.api.push({"users": [user]}, number)
    terminal = await office.terminal(user)
    await terminal.send("resume", since=BEGINNING)
    live = await office.api.push({"users": [user]}, "live")
    arrived: set[object] = set()
    resumed = False
    while not resumed or live not in arrived:
        frame = await terminal.frame()
        resumed = resumed or frame["type"] == "resumed"
        arrived.add(frame.get("id"))
    assert len(arrived - {None}) == BATCH + 1


async def test_a_push_that_keeps_nothing_is_not_replayed(office: Office) -> None:
    user = office.name("alice")
    await office.api.push({"users": [user]}, "now or never", strategy={"retain": "0s"})
    assert (await (await office.terminal(user)).resume(BEGINNING)).frames == ()


async def test_what_is_for_others_in_the_same_group_is_not_replayed(office: Office) -> None:
    ops = office.name("ops")
    mac = await office.api.push(f"group:{ops} and os = mac", "macs")
    await office.api.push(f"group:{ops} and os = windows", "windows")
    terminal = await office.terminal(groups=[ops], attributes={"os": "mac"})
    assert (await terminal.resume(BEGINNING)).pushes() == [mac]


async def test_of_one_collapse_key_only_the_newest_is_replayed(office: Office) -> None:
    user = office.name("alice")
    for number in range(3):
        newest = await office.api.push({"users": [user]}, number, strategy={"collapse_key": "menu"})
    other = await office.api.push({"users": [user]}, "other", strategy={"collapse_key": "weather"})
    assert (await (await office.terminal(user)).resume(BEGINNING)).pushes() == [newest, other]


async def test_a_group_of_the_token_that_is_left_out_next_time_is_not_replayed(office: Office) -> None:
    user, ops = office.name("alice"), office.name("ops")
    since = await _here_then_away(office, user, groups=[ops])
    await office.api.push({"groups": [ops]}, "secret of ops")
    replay = await (await office.terminal(user, groups=[])).resume(since)
    assert "secret of ops" not in _messages(replay.frames)


async def test_a_group_taken_away_while_the_terminal_was_away_is_not_replayed(office: Office) -> None:
    user, ops = office.name("alice"), office.name("ops")
    membership = f"/v1/groups/{segment(ops)}/users/{segment(user)}"
    assert (await office.api.http.put(membership)).is_success
    since = await _here_then_away(office, user)
    await office.api.push({"groups": [ops]}, "secret of ops")
    assert (await office.api.http.delete(membership)).is_success
    replay = await (await office.terminal(user)).resume(since)
    assert "secret of ops" not in _messages(replay.frames)


async def test_a_group_given_while_the_terminal_was_away_is_replayed(office: Office) -> None:
    user, ops = office.name("alice"), office.name("ops")
    since = await _here_then_away(office, user)
    await office.api.push({"groups": [ops]}, "news of ops")
    assert (await office.api.http.put(f"/v1/groups/{segment(ops)}/users/{segment(user)}")).is_success
    replay = await (await office.terminal(user)).resume(since)
    assert "news of ops" in _messages(replay.frames)


@pytest.mark.parametrize("since", ["", "yesterday", BEGINNING.replace("7", "4"), "x" * 129, 7, {}], ids=repr)
async def test_a_since_that_is_no_position_is_refused_and_the_socket_stays(office: Office, since: object) -> None:
    terminal = await office.terminal()
    await terminal.send("resume", since=since)
    assert (await terminal.expect("error"))["code"] in {"invalid_since", "invalid_frame"}
    assert (await terminal.resume(None)).resumed["more"] is False


async def test_the_continuation_of_another_connection_is_taken_as_a_mere_position(office: Office) -> None:
    user = office.name("alice")
    kept = await office.api.push({"users": [user]}, "kept")
    terminal = await office.terminal(user)
    position = str((await terminal.resume(BEGINNING)).frames[0]["position"])
    # Somebody else's continuation must not make the service skip the overlap.
    assert (await terminal.resume(f"{position}~R0oXAdfD0kwCH6w=")).pushes() == [kept]


async def test_an_expired_push_is_not_replayed(moving: Office) -> None:
    user = moving.name("alice")
    await moving.api.push({"users": [user]}, "soon over", strategy={"expires_in": "1m"})
    stays = await moving.api.push({"users": [user]}, "stays")
    moving.target.advance(61)
    assert (await (await moving.terminal(user)).resume(BEGINNING)).pushes() == [stays]


async def test_when_retention_is_over_resumed_says_honestly_that_something_may_be_missing(moving: Office) -> None:
    user = moving.name("alice")
    since = await _here_then_away(moving, user)
    missed = await moving.api.push({"users": [user]}, "missed for good", strategy={"retain": "2m"})
    await moving.api.completed(missed)
    moving.target.advance(180)
    kept = await moving.api.push({"users": [user]}, "kept")
    await moving.api.completed(kept)
    terminal = await moving.terminal(user)
    replay = await terminal.resume(since)
    assert replay.pushes()[-1] == kept
    assert "missed for good" not in _messages(replay.frames)
    assert replay.resumed["recovered"] is False
    again = await terminal.resume(str(replay.resumed["upto"]))
    assert again.resumed["recovered"] is True


async def test_terminals_that_resume_at_the_same_time_each_get_their_own(office: Office) -> None:
    users = [office.name(f"user{number}") for number in range(8)]
    expected = {user: [await office.api.push({"users": [user]}, n) for n in range(3)] for user in users}

    async def replayed(user: str) -> list[str]:
        terminal: Terminal = await office.terminal(user)
        return (await terminal.resume(BEGINNING)).pushes()

    assert dict(zip(users, await asyncio.gather(*map(replayed, users)), strict=True)) == expected

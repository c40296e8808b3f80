"""A terminal that does not read holds up nobody, and ends closed; one that lost its network is found out."""

from __future__ import annotations

from tests.e2e.deadlines import eventually
from tests.e2e.fixtures import OwnOffice
from tests.e2e.office import Office
from tests.e2e.targets.target import Tuning
from tests.e2e.terminal import BEGINNING

MESSAGE = "x" * 32_000
MOST_MESSAGES = 1_000
"""32 MB: more than the kernel's buffers and the service's own can hold for one socket."""


async def _is_listed(office: Office, user: str) -> bool:
    return bool((await office.api.get("/v1/terminals", user=user))["items"])


async def test_a_terminal_that_does_not_read_stalls_nobody_and_is_closed(own_office: OwnOffice) -> None:
    office = own_office(Tuning(write_buffer_bytes=65_536))
    group = office.name("ops")
    slow, quick = await office.terminal(groups=[group]), await office.terminal(groups=[group])
    slow.stop_reading()
    sent: list[str] = []
    while await _is_listed(office, slow.user):
        assert len(sent) < MOST_MESSAGES, "it was never closed"
        for _ in range(10):
            sent.append(await office.api.push({"groups": [group]}, MESSAGE, strategy={"retain": "1h"}))
            assert (await quick.expect("push"))["id"] == sent[-1]


async def test_a_terminal_that_was_closed_for_not_reading_misses_nothing(own_office: OwnOffice) -> None:
    office = own_office(Tuning(write_buffer_bytes=65_536))
    slow = await office.terminal()
    slow.stop_reading()
    sent: list[str] = []
    while await _is_listed(office, slow.user):
        assert len(sent) < MOST_MESSAGES, "it was never closed"
        sent += [await office.api.push({"users": [slow.user]}, MESSAGE) for _ in range(10)]
    back = await office.terminal(slow.user)
    replayed: list[str] = []
    since, more = BEGINNING, True
    while more:
        replay = await back.resume(since)
        replayed += replay.pushes()
        since, more = str(replay.resumed["upto"]), bool(replay.resumed["more"])
    assert replayed == sent


async def test_when_an_end_was_never_heard_of_the_next_push_finds_out(own_office: OwnOffice) -> None:
    office = own_office(Tuning(lost_disconnects=1.0))
    alice = await office.terminal()
    await alice.resume(None)
    await alice.close()
    assert await _is_listed(office, alice.user)
    push_id = await office.api.push({"users": [alice.user]})
    await office.api.completed(push_id)
    counts = await office.api.counts(push_id)
    assert (counts["targeted"], counts["sent"], counts["gone"]) == (1, 0, 1)
    assert not await _is_listed(office, alice.user)


async def test_ends_never_heard_of_do_not_use_up_the_connections_of_a_user(own_office: OwnOffice) -> None:
    office = own_office(Tuning(lost_disconnects=1.0, connections_per_user=2))
    user = office.name("alice")
    for _ in range(5):
        terminal = await office.terminal(user)
        await terminal.resume(None)
        await terminal.close()
        await eventually(lambda: _is_listed(office, user), bool)


async def test_posts_that_are_throttled_are_tried_again_until_they_arrive(own_office: OwnOffice) -> None:
    office = own_office(Tuning(throttled_posts=0.1))
    group = office.name("ops")
    terminals = [await office.terminal(groups=[group]) for _ in range(20)]
    push_id = await office.api.push({"groups": [group]})
    for terminal in terminals:
        assert (await terminal.expect("push"))["id"] == push_id
    await office.api.completed(push_id)
    assert (await office.api.counts(push_id))["sent"] == len(terminals)


async def test_a_replay_that_is_throttled_comes_whole_and_in_order(own_office: OwnOffice) -> None:
    office = own_office(Tuning(throttled_posts=0.1))
    user = office.name("alice")
    missed = [await office.api.push({"users": [user]}, number) for number in range(20)]
    assert (await (await office.terminal(user)).resume(BEGINNING)).pushes() == missed


async def test_a_replay_that_stays_throttled_ends_the_connection_instead_of_hanging(own_office: OwnOffice) -> None:
    office = own_office(Tuning(throttled_posts=1.0))
    terminal = await office.terminal()
    await terminal.send("resume", since=BEGINNING)
    # Its `bye` is throttled as well.
    assert (await terminal.closed()).code == 1000

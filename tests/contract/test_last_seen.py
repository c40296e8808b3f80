"""The contract of `services.ports.LastSeen`: terminals that were here, as the registry saw them go."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from services.ports import LastSeen, Registry, Seen
from tests.contract.adapters import NOON_S, ManualClock
from tests.contract.makers import connection

Settled = Callable[[], Awaitable[None]]


@pytest.fixture
def leaves(registry: Registry, clock: ManualClock, settled: Settled) -> Callable[..., Awaitable[None]]:
    """Terminals of a user come, and go at a moment."""

    async def leave(*terminals: str, user: str = "alice", at_s: float = NOON_S + 60) -> None:
        rows = [connection(f"connection of {name}", user=user, terminal_id=name, groups=("ops",)) for name in terminals]
        for row in rows:
            await registry.add(row)
        clock.at_s = at_s
        await registry.remove([row.connection_id for row in rows])
        await settled()

    return leave


Leaves = Callable[..., Awaitable[None]]


async def _names(last_seen: LastSeen, *, limit: int) -> list[str]:
    """Every known terminal, page by page."""
    found: list[str] = []
    after: str | None = None
    while True:
        page = await last_seen.list(limit=limit, after=after)
        assert len(page.items) <= limit
        found += [seen.terminal_id for seen in page.items]
        if page.next is None:
            return found
        after = page.next


async def test_a_terminal_that_goes_was_seen_as_it_was(
    registry: Registry, last_seen: LastSeen, clock: ManualClock, settled: Settled
) -> None:
    row = connection("c1", terminal_id="pos-7", groups=("ops", "hr"), attributes={"tz": "Asia/Tokyo", "screens": 2})
    await registry.add(row)
    clock.at_s = NOON_S + 60
    await registry.remove(["c1"])
    await settled()
    seen = (await last_seen.get_many(["pos-7"]))["pos-7"]
    assert (seen.terminal_id, seen.user, sorted(seen.groups)) == ("pos-7", "alice", ["hr", "ops"])
    assert seen.attributes == {"tz": "Asia/Tokyo", "screens": 2}
    assert seen.seen_at_s == pytest.approx(NOON_S + 60, abs=1)


async def test_a_terminal_that_was_never_here_is_not_known(last_seen: LastSeen) -> None:
    assert await last_seen.get_many(["pos-7"]) == {}
    assert list(await last_seen.of_user("alice")) == []
    assert await _names(last_seen, limit=10) == []


async def test_many_are_got_at_once(last_seen: LastSeen, leaves: Leaves) -> None:
    await leaves("t1", "t2", "t3")
    found = await last_seen.get_many(["t3", "t9", "t1"])
    assert {name: seen.terminal_id for name, seen in found.items()} == {"t1": "t1", "t3": "t3"}


async def test_hundreds_are_got_at_once(last_seen: LastSeen, leaves: Leaves) -> None:
    names = [f"t{number:03}" for number in range(250)]
    await leaves(*names)
    assert sorted(await last_seen.get_many(names)) == names


async def test_every_terminal_is_listed_once_however_it_is_paged(last_seen: LastSeen, leaves: Leaves) -> None:
    names = [f"t{number:02}" for number in range(25)]
    await leaves(*names)
    first = await _names(last_seen, limit=100)
    assert sorted(first) == names
    for limit in (1, 4, 25):
        assert await _names(last_seen, limit=limit) == first


async def test_a_page_holds_no_more_than_asked_for(last_seen: LastSeen, leaves: Leaves) -> None:
    await leaves("t1", "t2", "t3", "t4", "t5")
    page = await last_seen.list(limit=2)
    assert len(page.items) <= 2
    assert page.next is not None


async def test_a_terminal_that_was_here_twice_was_seen_last_the_second_time(
    last_seen: LastSeen, leaves: Leaves
) -> None:
    await leaves("t1", at_s=NOON_S + 60)
    await leaves("t1", at_s=NOON_S + 600)
    assert (await last_seen.get_many(["t1"]))["t1"].seen_at_s == pytest.approx(NOON_S + 600, abs=1)
    assert await _names(last_seen, limit=10) == ["t1"]


async def test_the_terminals_of_a_user_are_known_by_user(last_seen: LastSeen, leaves: Leaves) -> None:
    await leaves("alice/1", "alice/2")
    await leaves("bob/1", user="bob")

    def names(seen: list[Seen]) -> list[str]:
        return sorted(one.terminal_id for one in seen)

    assert names(list(await last_seen.of_user("alice"))) == ["alice/1", "alice/2"]
    assert names(list(await last_seen.of_user("bob"))) == ["bob/1"]
    assert names(list(await last_seen.of_user("ali"))) == []


async def test_a_terminal_that_went_to_another_user_is_theirs(last_seen: LastSeen, leaves: Leaves) -> None:
    await leaves("kiosk", user="alice", at_s=NOON_S + 60)
    await leaves("kiosk", user="bob", at_s=NOON_S + 120)
    assert list(await last_seen.of_user("alice")) == []
    assert [seen.user for seen in await last_seen.of_user("bob")] == ["bob"]

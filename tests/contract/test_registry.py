"""The contract of `services.ports.Registry`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from services.domain import topics
from services.domain.connection import Connection
from services.domain.ring import NOWHERE, SIZE, WHOLE, Arc
from services.domain.topics import ALL, Topic
from services.ports import GroupSize, Presence, Registry
from tests.contract.adapters import NOON_S
from tests.contract.makers import connection

QUARTER = SIZE // 4

Settled = Callable[[], Awaitable[None]]


async def _ids(registry: Registry, topic: Topic, arc: Arc = WHOLE, *, live_at_s: float = NOON_S) -> list[str]:
    page = await registry.page(topic, arc, live_at_s=live_at_s, limit=100)
    assert page.next is None
    return [row.connection_id for row in page.items]


async def _walk(registry: Registry, arc: Arc, limit: int) -> list[str]:
    """The ids of all pages of `all`, in the order they come."""
    found: list[str] = []
    after: str | None = None
    while True:
        page = await registry.page(ALL, arc, live_at_s=NOON_S, limit=limit, after=after)
        found += [row.connection_id for row in page.items]
        if page.next is None:
            return found
        after = page.next


async def _add(registry: Registry, *rows: Connection) -> None:
    await asyncio.gather(*(registry.add(row) for row in rows))


async def test_a_row_is_read_as_it_was_added(registry: Registry) -> None:
    row = connection("c1", groups=("ops", "sales"), attributes={"os": "windows", "screens": 2, "kiosk": True})
    await registry.add(row)
    assert await registry.get("c1") == row


async def test_attributes_keep_their_kinds(registry: Registry) -> None:
    await _add(
        registry,
        connection("c1", attributes={"n": 1}),
        connection("c2", attributes={"n": True}),
        connection("c3", attributes={"n": 1.0}),
    )
    rows = [await registry.get(name) for name in ("c1", "c2", "c3")]
    assert [type(row.attributes["n"]) for row in rows if row is not None] == [int, bool, float]


async def test_an_unknown_connection_has_no_row(registry: Registry) -> None:
    assert await registry.get("nobody") is None


@pytest.mark.parametrize(
    "topic",
    [
        ALL,
        topics.group("ops"),
        topics.group("sales"),
        topics.user("alice"),
        topics.terminal("desk"),
        topics.connection("c1"),
    ],
    ids=str,
)
async def test_a_connection_is_filed_under_each_of_its_topics(registry: Registry, topic: Topic) -> None:
    await registry.add(connection("c1", user="alice", terminal_id="desk", groups=("ops", "sales")))
    assert await _ids(registry, topic) == ["c1"]


@pytest.mark.parametrize(
    "topic",
    [topics.group("hr"), topics.user("bob"), topics.terminal("kiosk"), topics.connection("c2")],
    ids=str,
)
async def test_a_connection_is_filed_under_no_other_topic(registry: Registry, topic: Topic) -> None:
    await registry.add(connection("c1", user="alice", terminal_id="desk", groups=("ops", "sales")))
    assert await _ids(registry, topic) == []


async def test_a_topic_named_like_another_kind_is_not_taken_for_it(registry: Registry) -> None:
    await registry.add(connection("c1", user="ops", terminal_id="t", groups=("alice",)))
    assert await _ids(registry, topics.group("ops")) == []


async def test_adding_again_replaces_the_row(registry: Registry) -> None:
    await registry.add(connection("c1", user="alice", groups=("ops",)))
    await registry.add(connection("c1", user="bob", groups=("sales",)))
    assert await _ids(registry, ALL) == ["c1"]
    assert await _ids(registry, topics.user("alice")) == []
    assert await _ids(registry, topics.group("sales")) == ["c1"]


async def test_a_replaced_row_is_refiled(registry: Registry) -> None:
    row = connection("c1", groups=("ops", "sales"))
    await registry.add(row)
    newer = replace(row, groups=("sales", "hr"), expires_at_s=row.expires_at_s + 60)
    assert await registry.replace(newer, was=row) is True
    assert await registry.get("c1") == newer
    filed = {name: await _ids(registry, topics.group(name)) for name in ("ops", "sales", "hr")}
    assert filed == {"ops": [], "sales": ["c1"], "hr": ["c1"]}


async def test_a_connection_that_is_gone_is_not_replaced(registry: Registry) -> None:
    row = connection("c1")
    await registry.add(row)
    await registry.remove(["c1"])
    assert await registry.replace(row, was=row) is False
    assert await registry.get("c1") is None


async def test_a_row_that_is_another_by_now_is_not_replaced(registry: Registry) -> None:
    row = connection("c1", groups=("ops",))
    refreshed = replace(row, token_id="newer", expires_at_s=row.expires_at_s + 60)
    await registry.add(row)
    await registry.replace(refreshed, was=row)
    assert await registry.replace(replace(row, groups=("hr",)), was=row) is False
    assert await registry.get("c1") == refreshed
    filed = {name: await _ids(registry, topics.group(name)) for name in ("ops", "hr")}
    assert filed == {"ops": ["c1"], "hr": []}


async def test_of_two_that_replace_a_row_at_the_same_time_one_does(registry: Registry) -> None:
    row = connection("c1", groups=("ops",))
    await registry.add(row)
    newer = [replace(row, groups=(name,)) for name in ("hr", "sales")]
    done = await asyncio.gather(*(registry.replace(each, was=row) for each in newer))
    assert sorted(done) == [False, True]
    assert await registry.get("c1") == newer[done.index(True)]
    filed = [await _ids(registry, topics.group(name)) for name in ("hr", "sales")]
    assert filed == [["c1"] if each else [] for each in done]


async def test_a_row_that_was_heard_since_is_replaced_and_stays_heard(registry: Registry) -> None:
    row = connection("c1", heard_at_s=NOON_S)
    await registry.add(row)
    await registry.heard(["c1"], NOON_S + 7)
    newer = replace(row, groups=("ops",))
    assert await registry.replace(newer, was=row) is True
    assert await registry.get("c1") == replace(newer, last_heard_at_s=NOON_S + 7)


async def test_removing_gives_the_rows_that_were_there(registry: Registry) -> None:
    row = connection("c1", groups=("ops",))
    await registry.add(row)
    assert list(await registry.remove(["c1", "nobody"])) == [row]
    assert await _ids(registry, ALL) == []
    assert await _ids(registry, topics.group("ops")) == []


async def test_of_two_that_remove_a_connection_one_gets_its_row(registry: Registry) -> None:
    await registry.add(connection("c1"))
    first, second = await asyncio.gather(registry.remove(["c1"]), registry.remove(["c1"]))
    assert len(first) + len(second) == 1


async def test_rows_come_in_the_order_of_the_ring(registry: Registry) -> None:
    await _add(
        registry,
        connection("c1", place=3 * QUARTER),
        connection("c2", place=0),
        connection("c4", place=QUARTER),
        connection("c3", place=QUARTER),
        connection("c5", place=SIZE - 1),
    )
    assert await _ids(registry, ALL) == ["c2", "c3", "c4", "c1", "c5"]


async def test_an_arc_holds_its_ends_and_no_more(registry: Registry) -> None:
    await _add(registry, *(connection(f"c{place}", place=place) for place in range(100, 106)))
    assert await _ids(registry, ALL, Arc(101, 3)) == ["c101", "c102", "c103"]


async def test_a_walk_goes_on_past_the_end_of_the_ring(registry: Registry) -> None:
    await _add(
        registry,
        connection("c1", place=SIZE - 1),
        connection("c2", place=0),
        connection("c3", place=9),
        connection("c4", place=10),
    )
    assert await _ids(registry, ALL, Arc(SIZE - 5, 15)) == ["c1", "c2", "c3"]


async def test_the_whole_ring_is_walked_from_where_the_arc_begins(registry: Registry) -> None:
    await _add(registry, *(connection(f"c{place}", place=place) for place in (1, 2, 3)))
    assert await _ids(registry, ALL, Arc(2, SIZE)) == ["c2", "c3", "c1"]


async def test_no_part_of_the_ring_holds_nobody(registry: Registry) -> None:
    await registry.add(connection("c1", place=0))
    assert await _ids(registry, ALL, NOWHERE) == []


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
async def test_pages_together_hold_every_row_once(registry: Registry, limit: int) -> None:
    await _add(registry, *(connection(f"c{n}", place=n % 3 * QUARTER) for n in range(7)))
    arc = Arc(2 * QUARTER, SIZE)
    assert await _walk(registry, arc, limit) == ["c2", "c5", "c0", "c3", "c6", "c1", "c4"]


async def test_a_walk_goes_on_behind_a_row_that_is_gone(registry: Registry) -> None:
    await _add(registry, *(connection(f"c{n}", place=n) for n in range(4)))
    page = await registry.page(ALL, WHOLE, live_at_s=NOON_S, limit=2)
    await registry.remove(["c1"])
    rest = await registry.page(ALL, WHOLE, live_at_s=NOON_S, limit=2, after=page.next)
    assert [row.connection_id for row in rest.items] == ["c2", "c3"]


async def test_a_walk_cannot_go_on_behind_a_row_that_is_not_on_it(registry: Registry) -> None:
    with pytest.raises(ValueError, match="does not lie on the arc"):
        await registry.page(ALL, Arc(0, 10), live_at_s=NOON_S, limit=1, after=f"{11:08x}#c1")


async def test_one_connection_is_a_page_that_ends(registry: Registry) -> None:
    row = connection("c1", place=5)
    await registry.add(row)
    topic = topics.connection("c1")
    for arc, after, found in [
        (WHOLE, None, [row]),
        (Arc(5, 1), None, [row]),
        (Arc(6, 9), None, []),
        (WHOLE, row.sort_key, []),
        (WHOLE, f"{4:08x}#c0", [row]),
        (Arc(6, SIZE), f"{3:08x}#c0", [row]),
    ]:
        page = await registry.page(topic, arc, live_at_s=NOON_S, limit=1, after=after)
        assert (list(page.items), page.next) == (found, None)


async def test_sessions_that_are_over_are_left_out(registry: Registry) -> None:
    end_s = int(NOON_S) + 10
    await _add(registry, connection("c1", expires_at_s=end_s), connection("c2", expires_at_s=end_s + 1))
    assert await _ids(registry, ALL, live_at_s=end_s) == ["c2"]


async def test_a_session_that_is_over_can_still_be_got(registry: Registry) -> None:
    row = connection("c1", expires_at_s=int(NOON_S) - 10)
    await registry.add(row)
    assert await registry.get("c1") == row


async def test_a_page_of_sessions_that_are_over_still_goes_on(registry: Registry) -> None:
    over_s = int(NOON_S) - 1
    await _add(registry, *(connection(f"c{n}", place=n, expires_at_s=over_s) for n in range(3)), connection("c9"))
    assert await _walk(registry, WHOLE, 1) == ["c9"]


async def test_sizes_are_those_of_the_topics_asked_for(registry: Registry, settled: Settled) -> None:
    await _add(
        registry,
        connection("c1", user="alice", groups=("ops",)),
        connection("c2", user="alice", groups=("ops", "hr")),
        connection("c3", user="bob", groups=("ops",)),
    )
    await settled()
    asked = [ALL, topics.group("ops"), topics.group("hr"), topics.user("alice"), topics.group("nobody")]
    assert dict(await registry.sizes(asked)) == dict(zip(asked, [3, 3, 1, 2, 0], strict=True))


async def test_groups_are_listed_by_name(registry: Registry, settled: Settled) -> None:
    await _add(registry, connection("c1", groups=("ops", "hr")), connection("c2", groups=("sales", "ops")))
    await settled()
    first = await registry.groups(limit=2)
    assert list(first.items) == [GroupSize("hr", 1), GroupSize("ops", 2)]
    second = await registry.groups(limit=2, after=first.next)
    assert list(second.items) == [GroupSize("sales", 1)]
    assert second.next is None


async def test_a_group_without_connections_is_not_listed(registry: Registry, settled: Settled) -> None:
    await registry.add(connection("c1", groups=("ops",)))
    await settled()
    await registry.remove(["c1"])
    await settled()
    assert list((await registry.groups(limit=10)).items) == []


async def test_presence_follows_those_who_come_and_go(registry: Registry, settled: Settled) -> None:
    await _add(
        registry,
        connection("c1", user="alice", terminal_id="alice/desk", groups=("ops",)),
        connection("c2", user="alice", terminal_id="alice/desk", groups=("ops", "hr")),
        connection("c3", user="bob", groups=("ops",)),
    )
    await settled()
    assert await registry.presence() == Presence(connections=3, terminals=2, users=2, groups=2)
    await registry.remove(["c1", "c3"])
    await settled()
    assert await registry.presence() == Presence(connections=1, terminals=1, users=1, groups=2)


async def test_those_longest_over_come_first(registry: Registry) -> None:
    now_s = int(NOON_S)
    await _add(
        registry,
        connection("c1", expires_at_s=now_s - 5),
        connection("c2", expires_at_s=now_s - 20),
        connection("c3", expires_at_s=now_s - 10),
        connection("c4", expires_at_s=now_s),
    )
    assert [row.connection_id for row in await registry.over(now_s, limit=2)] == ["c2", "c3"]
    assert [row.connection_id for row in await registry.over(now_s, limit=9)] == ["c2", "c3", "c1"]


async def test_a_refreshed_session_is_not_over(registry: Registry) -> None:
    row = connection("c1", expires_at_s=int(NOON_S) - 5)
    await registry.add(row)
    await registry.replace(replace(row, expires_at_s=int(NOON_S) + 5), was=row)
    assert list(await registry.over(NOON_S, limit=10)) == []


async def test_what_was_heard_is_noted(registry: Registry) -> None:
    await registry.add(connection("c1", groups=("ops",), heard_at_s=NOON_S))
    await registry.heard(["c1", "nobody"], NOON_S + 7)
    row = await registry.get("c1")
    assert row is not None
    assert row.last_heard_at_s == NOON_S + 7


async def test_a_page_sees_an_add_that_has_returned_while_others_are_under_way(registry: Registry) -> None:
    others = [asyncio.create_task(registry.add(connection(f"o{n}"))) for n in range(20)]
    await registry.add(connection("c1"))
    assert "c1" in await _ids(registry, ALL)
    await asyncio.gather(*others)
    assert len(await _ids(registry, ALL)) == 21


async def test_every_topic_has_a_lane(registry: Registry) -> None:
    asked = [ALL, topics.group("ops"), topics.user("alice"), topics.terminal("desk"), topics.connection("c1")]
    assert await registry.lanes(asked) == dict.fromkeys(asked, 1)

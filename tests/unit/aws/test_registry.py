"""The registry in DynamoDB beyond its contract: shards, races, processes that die, and rows that nobody removed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.aws import connection_rows, keys
from infra.aws import registry as registry_module
from infra.aws.registry import COUNTED_AT_MOST, Registry
from infra.aws.shards import LANE_ROWS, Sharding
from infra.aws.table import Table, TableUnavailable
from infra.local.connection_index import ConnectionIndex
from services.connections.presence import LONGEST_LIFE_S
from services.domain import topics
from services.domain.connection import Connection
from services.domain.ring import SIZE, WHOLE, Arc
from services.domain.topics import ALL, Topic
from tests.contract import dynamodb
from tests.contract.adapters import NOON_S, ManualClock
from tests.contract.makers import connection
from tests.unit.aws.interference import Interference
from tests.unit.aws.shuffled import Shuffled

SHARDING = Sharding(shards=4, big_groups=frozenset({"ops"}))
EVERY_TOPIC = [
    ALL,
    *(topics.group(name) for name in ("ops", "hr", "sales")),
    topics.user("alice"),
    topics.terminal("t"),
]
LONG_SESSION_S = int(NOON_S) + 12 * 3_600


@pytest.fixture
def registry(table: Table, clock: ManualClock) -> Registry:
    return Registry(table, clock, SHARDING)


async def _rows(registry: Registry, topic: Topic = ALL) -> Sequence[Connection]:
    return (await registry.page(topic, WHOLE, live_at_s=0, limit=1_000)).items


async def _filed(registry: Registry) -> dict[Topic, Sequence[Connection]]:
    """What is found under each topic that has rows."""
    return {topic: rows for topic in EVERY_TOPIC if (rows := await _rows(registry, topic))}


def _once_after(table: Table, method: str, happens: Callable[[], Awaitable[object]]) -> None:
    """Let something happen just after the next call of one of the table's methods."""
    original = getattr(table, method)

    async def called(*args: object, **named: object) -> object:
        delattr(table, method)
        result = await original(*args, **named)
        await happens()
        return result

    setattr(table, method, called)


@settings(max_examples=40)
@given(
    places=st.lists(st.integers(0, SIZE - 1), max_size=12),
    arc=st.builds(Arc, st.integers(0, SIZE - 1), st.integers(0, SIZE)),
    limit=st.integers(1, 5),
    topic=st.sampled_from([ALL, topics.group("ops"), topics.group("hr"), topics.user("alice")]),
)
async def test_however_a_topic_is_sharded_its_walk_is_the_same(
    places: list[int], arc: Arc, limit: int, topic: Topic
) -> None:
    index = ConnectionIndex()
    found: list[Connection] = []
    after: str | None = None
    with dynamodb.table() as table:
        registry = Registry(table, ManualClock(), SHARDING)
        for number, place in enumerate(places):
            row = connection(f"c{number}", place=place, groups=("ops", "hr"))
            index.put(row)
            await registry.add(row)
        while True:
            page = await registry.page(topic, arc, live_at_s=NOON_S, limit=limit, after=after)
            assert len(page.items) <= limit
            found += page.items
            if page.next is None:
                break
            after = page.next
    assert found == index.page(topic, arc, live_at_s=NOON_S, limit=100, after=None).items


async def test_a_connection_filed_before_the_sharding_was_changed_is_removed_whole(
    table: Table, clock: ManualClock
) -> None:
    before, after = Registry(table, clock, Sharding(shards=1)), Registry(table, clock, SHARDING)
    row = connection("c1", place=SIZE - 1, groups=("ops",))
    await before.add(row)
    assert list(await after.remove(["c1"])) == [row]
    assert await _filed(before) == {}


async def test_a_connection_filed_before_the_sharding_was_changed_is_refiled(table: Table, clock: ManualClock) -> None:
    before, after = Registry(table, clock, Sharding(shards=1)), Registry(table, clock, SHARDING)
    row = connection("c1", place=SIZE - 1)
    await before.add(row)
    await after.replace(row, was=row)
    assert await _rows(after) == [row]
    assert await _rows(before) == []


async def test_an_id_that_is_used_again_by_another_terminal_leaves_nothing_of_the_first(registry: Registry) -> None:
    await registry.add(connection("c1", place=SIZE - 1, groups=("ops",)))
    row = connection("c1", user="bob", place=0)
    await registry.add(row)
    assert await _filed(registry) == {ALL: [row]}


async def test_rows_that_nobody_removed_are_hidden_when_their_connection_must_be_closed(
    registry: Registry, clock: ManualClock
) -> None:
    await registry.add(connection("c1", groups=("ops",), expires_at_s=LONG_SESSION_S))
    clock.at_s = NOON_S + LONGEST_LIFE_S + connection_rows.KEPT_AFTER_END_S
    assert await _filed(registry) == {}
    assert await registry.get("c1") is None
    asked = [topics.user("alice"), topics.connection("c1")]
    assert dict(await registry.sizes(asked)) == dict.fromkeys(asked, 0)


async def test_rows_that_nobody_removed_are_over(registry: Registry, clock: ManualClock) -> None:
    row = connection("c1", expires_at_s=LONG_SESSION_S)
    await registry.add(row)
    clock.at_s = NOON_S + LONGEST_LIFE_S + connection_rows.KEPT_AFTER_END_S + 1
    assert list(await registry.over(clock.at_s, limit=10)) == [row]
    assert list(await registry.remove(["c1"])) == [row]
    assert list(await registry.over(clock.at_s, limit=10)) == []


@pytest.mark.parametrize("operation", ["BatchWriteItem", "PutItem"])
async def test_an_add_that_fails_leaves_nothing(registry: Registry, interference: Interference, operation: str) -> None:
    interference.is_down(operation)
    with pytest.raises(TableUnavailable):
        await registry.add(connection("c1", groups=("ops",)))
    assert await _filed(registry) == {}
    assert await registry.get("c1") is None


async def test_a_removal_that_fails_is_mended_by_a_repeat(registry: Registry, interference: Interference) -> None:
    row = connection("c1", groups=("ops",))
    await registry.add(row)
    interference.is_down("BatchWriteItem")
    with pytest.raises(TableUnavailable):
        await registry.remove(["c1"])
    assert list(await registry.remove(["c1"])) == [row]
    assert await _filed(registry) == {}


async def test_a_removal_of_many_that_fails_for_some_removes_the_others_whole(
    registry: Registry, interference: Interference
) -> None:
    for name in ("c1", "c2"):
        await registry.add(connection(name))
    interference.is_down("DeleteItem")
    with pytest.raises(TableUnavailable):
        await registry.remove(["c1", "c2"])
    left = await _rows(registry)
    assert len(left) == 1
    assert await registry.get(left[0].connection_id) == left[0]


async def test_a_replacement_that_fails_is_mended_by_a_repeat(registry: Registry, interference: Interference) -> None:
    row = connection("c1", terminal_id="t", groups=("ops",))
    await registry.add(row)
    newer = replace(row, groups=("hr",))
    interference.is_down("PutItem")
    with pytest.raises(TableUnavailable):
        await registry.replace(newer, was=row)
    assert await registry.get("c1") == row
    await registry.replace(newer, was=row)
    assert await _filed(registry) == {topic: [newer] for topic in newer.topics()}


async def test_rows_whose_record_was_never_written_are_dropped_when_one_is_found_closed(
    table: Table, registry: Registry
) -> None:
    row = connection("c1", groups=("ops",))
    await table.write(connection_rows.rows(row, SHARDING))
    assert await _rows(registry, topics.group("ops")) == [row]
    assert list(await registry.remove(["c1"])) == []
    assert await _filed(registry) == {}


async def test_rows_without_a_record_that_are_over_are_dropped_however_many_they_are(
    table: Table, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry_module, "READ_LATELY", 2)
    names = [f"c{number}" for number in range(5)]
    for name in names:
        await table.write(connection_rows.rows(connection(name, expires_at_s=int(NOON_S) - 60), SHARDING))
    over = await registry.over(NOON_S, limit=10)
    await registry.remove([row.connection_id for row in over])
    assert list(await registry.over(NOON_S, limit=10)) == []


async def test_a_connection_that_is_removed_while_it_is_replaced_is_gone(table: Table, registry: Registry) -> None:
    row = connection("c1", terminal_id="t", groups=("ops",))
    await registry.add(row)
    _once_after(table, "write", lambda: registry.remove(["c1"]))
    assert await registry.replace(replace(row, groups=("hr",)), was=row) is False
    assert await _filed(registry) == {}


async def test_a_connection_that_is_replaced_while_it_is_removed_is_gone(table: Table, registry: Registry) -> None:
    row = connection("c1", terminal_id="t", groups=("ops",))
    await registry.add(row)
    _once_after(table, "get", lambda: registry.remove(["c1"]))
    assert await registry.replace(replace(row, groups=("hr",)), was=row) is False
    assert await _filed(registry) == {}


@settings(max_examples=30)
@given(
    seed=st.integers(0, 1 << 32),
    groups=st.lists(st.lists(st.sampled_from(["ops", "hr", "sales"]), unique=True), min_size=1, max_size=3),
    removals=st.integers(0, 2),
)
async def test_whatever_is_done_at_the_same_time_a_connection_is_filed_as_its_record_says(
    seed: int, groups: list[list[str]], removals: int
) -> None:
    row = connection("c1", terminal_id="t", groups=("ops", "hr"))
    with dynamodb.table() as plain:
        await Registry(plain, ManualClock(), SHARDING).add(row)
        # Each has a registry of its own, as functions have.
        table = Table(dynamodb.client(), dynamodb.NAME, Shuffled(seed))
        newer = [replace(row, groups=tuple(names)) for names in groups]
        refiled = asyncio.gather(*(Registry(table, ManualClock(), SHARDING).replace(each, was=row) for each in newer))
        removed = asyncio.gather(*(Registry(table, ManualClock(), SHARDING).remove(["c1"]) for _ in range(removals)))
        gone, done = await removed, await refiled
        registry = Registry(plain, ManualClock(), SHARDING)
        now = await registry.get("c1")
        filed = await _filed(registry)
    assert filed == ({} if now is None else {topic: [now] for topic in now.topics()})
    assert sum(map(len, gone)) == min(removals, 1)
    assert now in [each for each, is_done in zip(newer, done, strict=True) if is_done] or removals


@settings(max_examples=30)
@given(seed=st.integers(0, 1 << 32))
async def test_whoever_asks_for_a_change_until_it_is_made_undoes_no_other(seed: int) -> None:
    row = connection("c1", terminal_id="t")

    async def join(registry: Registry, group: str) -> None:
        before: Connection | None = row
        while before is not None:
            if await registry.replace(replace(before, groups=(*before.groups, group)), was=before):
                return
            before = await registry.get("c1")

    with dynamodb.table() as plain:
        await Registry(plain, ManualClock(), SHARDING).add(row)
        table = Table(dynamodb.client(), dynamodb.NAME, Shuffled(seed))
        await asyncio.gather(
            *(join(Registry(table, ManualClock(), SHARDING), group) for group in ("ops", "hr", "sales"))
        )
        filed = await _filed(Registry(plain, ManualClock(), SHARDING))
    (now,) = filed[ALL]
    assert sorted(now.groups) == ["hr", "ops", "sales"]
    assert filed == {topic: [now] for topic in now.topics()}


async def test_what_was_heard_is_not_undone_by_a_row_that_is_older(registry: Registry) -> None:
    row = connection("c1")
    await registry.add(row)
    await registry.heard(["c1"], NOON_S + 7)
    await registry.heard(["c1"], NOON_S + 3)
    await registry.replace(row, was=row)
    heard = await registry.get("c1")
    assert heard is not None
    assert heard.last_heard_at_s == NOON_S + 7


async def test_who_was_heard_only_is_not_there(registry: Registry) -> None:
    await registry.heard(["nobody"], NOON_S)
    assert await registry.get("nobody") is None


@pytest.mark.parametrize("users", [1, COUNTED_AT_MOST])
async def test_of_a_few_users_the_connections_are_counted(registry: Registry, users: int) -> None:
    await registry.add(connection("c1", user="user0"))
    asked = [topics.user(f"user{number}") for number in range(users)]
    assert (await registry.sizes(asked))[asked[0]] == 1


async def test_of_many_users_what_was_counted_before_is_taken(
    table: Table, registry: Registry, interference: Interference
) -> None:
    await table.put({**keys.user_count("user0")._asdict(), "n": 7})
    asked = [topics.user(f"user{number}") for number in range(COUNTED_AT_MOST + 1)]
    assert list((await registry.sizes(asked)).values()) == [7] + [0] * COUNTED_AT_MOST
    assert interference.calls.count("Query") == 0


@pytest.mark.parametrize(
    ("topic", "rows", "lanes"),
    [
        (ALL, 0, 1),
        (ALL, 3 * LANE_ROWS, 3),
        (ALL, 100 * LANE_ROWS, 4),
        (topics.group("ops"), 2 * LANE_ROWS, 2),
        (topics.group("hr"), 9 * LANE_ROWS, 1),
    ],
)
async def test_a_large_topic_is_walked_in_several_lanes(
    table: Table, registry: Registry, topic: Topic, rows: int, lanes: int
) -> None:
    await table.put({**keys.TOTALS._asdict(), "connections": rows})
    await table.put({**keys.group_count(topic.name or "none")._asdict(), "n": rows})
    assert await registry.lanes([topic, topics.user("alice")]) == {topic: lanes, topics.user("alice"): 1}

"""Counting who is connected from the table's stream: exact, however often and in whatever pieces it is delivered."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.aws import connection_rows, headcount, keys, presence_counts
from infra.aws.attributes import encoded_item
from infra.aws.headcount import Place, PresenceEvent, State, StreamRecord, Unfinished, apply
from infra.aws.keys import Key
from infra.aws.shards import Sharding
from infra.aws.table import Table
from services.domain import topics
from services.domain.connection import Connection
from services.domain.topics import ALL, Topic
from services.ports import Presence
from tests.contract import dynamodb
from tests.contract.adapters import NOON_S
from tests.contract.makers import connection
from tests.unit.aws.interference import Interference
from tests.unit.aws.shuffled import Shuffled

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

ROWS = st.builds(
    lambda name, user, terminal, groups: connection(
        name, user=user, terminal_id=terminal, groups=tuple(sorted(groups))
    ),
    st.sampled_from(["c1", "c2", "c3", "c4"]),
    st.sampled_from(["alice", "bob"]),
    st.sampled_from(["t1", "t2"]),
    st.frozensets(st.sampled_from(["ops", "hr", "sales"])),
)
CHANGES = st.lists(st.one_of(ROWS, st.sampled_from(["c1", "c2", "c3", "c4"])), max_size=14)
"""What happens one after the other: a row is written, or a connection is removed."""


def record(before: Connection | None, after: Connection | None) -> StreamRecord:
    """What the stream says of one change of a connection's record."""
    known = after or before
    assert known is not None
    said: StreamRecord = {"dynamodb": {"Keys": _keys(keys.connection(known.connection_id))}}
    if before is not None:
        said["dynamodb"]["OldImage"] = _image(before)
    if after is not None:
        said["dynamodb"]["NewImage"] = _image(after)
    return said


def _keys(key: Key) -> Mapping[str, AttributeValueTypeDef]:
    return {"pk": {"S": key.pk}, "sk": {"S": key.sk}}


def _image(row: Connection) -> Mapping[str, AttributeValueTypeDef]:
    # What is written is a value of the narrower kind that is read.
    return cast("Mapping[str, AttributeValueTypeDef]", encoded_item(connection_rows.record(row, Sharding())))


def history(changes: Sequence[Connection | str]) -> tuple[Sequence[StreamRecord], dict[str, Connection]]:
    """The stream of these changes, and who is connected after them."""
    records: list[StreamRecord] = []
    here: dict[str, Connection] = {}
    for change in changes:
        if isinstance(change, str):
            if change in here:
                records.append(record(here.pop(change), None))
        else:
            records.append(record(here.get(change.connection_id), change))
            here[change.connection_id] = change
    return records, here


def expected(rows: Sequence[Connection]) -> dict[Topic, int]:
    """How many of these rows are filed under each of their topics."""
    return dict(Counter(topic for row in rows for topic in row.topics()))


async def counted(table: Table) -> dict[Topic, int]:
    """What was counted, of everything that was."""
    found = await presence_counts.sizes(
        table,
        [
            ALL,
            *(topics.group(name) for name in ("ops", "hr", "sales")),
            *(topics.user(name) for name in ("alice", "bob")),
            *(topics.terminal(name) for name in ("t1", "t2")),
        ],
    )
    presence = await presence_counts.presence(table, NOON_S)
    assert presence == Presence(
        connections=found[ALL],
        terminals=sum(1 for topic, number in found.items() if topic.kind == "terminal" and number),
        users=sum(1 for topic, number in found.items() if topic.kind == "user" and number),
        groups=sum(1 for topic, number in found.items() if topic.kind == "group" and number),
    )
    return {topic: number for topic, number in found.items() if number}


async def _apply(table: Table, *records: StreamRecord) -> list[PresenceEvent]:
    return list(await apply(table, records, now_s=NOON_S))


def _event(kind: str, name: str, *, online: bool) -> PresenceEvent:
    """What is told of alice, or of a terminal of hers."""
    if kind == "user":
        return PresenceEvent(kind="user", name=name, online=online, at_s=NOON_S)
    return PresenceEvent(kind="terminal", name=name, online=online, at_s=NOON_S, user="alice")


@settings(max_examples=40)
@given(changes=CHANGES, cuts=st.lists(st.tuples(st.integers(1, 6), st.integers(1, 3)), min_size=14, max_size=14))
async def test_batches_of_any_size_delivered_any_number_of_times_count_exactly(
    changes: list[Connection | str], cuts: list[tuple[int, int]]
) -> None:
    records, here = history(changes)
    with dynamodb.table() as table:
        for size, times in cuts:
            batch, records = records[:size], records[size:]
            for _ in range(times):
                await _apply(table, *batch)
        assert await counted(table) == expected([*here.values()])


@settings(max_examples=40)
@given(changes=CHANGES, works=st.lists(st.booleans(), max_size=8))
async def test_a_batch_that_was_counted_in_part_is_finished_when_it_is_delivered_again(
    changes: list[Connection | str], works: list[bool]
) -> None:
    records, here = history(changes)
    with (
        dynamodb.table() as table,
        Interference(dynamodb.client()) as interference,
        pytest.MonkeyPatch.context() as patched,
    ):
        # Each change is a transaction of its own.
        patched.setattr(headcount, "TRANSACT_ITEMS", 2)
        for work in works:
            if work:
                interference.answers("TransactWriteItems", lambda _: None)
            else:
                interference.is_down("TransactWriteItems")
        left = records
        for _ in range(len(works) + 1):
            try:
                await _apply(table, *left)
                break
            except Unfinished as stopped:
                left = left[stopped.done :]
        assert await counted(table) == expected([*here.values()])


@settings(max_examples=30)
@given(changes=CHANGES, seed=st.integers(0, 1 << 32))
async def test_two_that_count_at_the_same_time_count_exactly(changes: list[Connection | str], seed: int) -> None:
    """The records of one connection are always in the same shard of the stream."""
    records, here = history(changes)
    shards: list[list[StreamRecord]] = [[], []]
    for each in records:
        shards[each["dynamodb"]["Keys"]["pk"]["S"] in {"CONN#c1", "CONN#c2"}].append(each)
    with dynamodb.table() as plain:
        table = Table(dynamodb.client(), dynamodb.NAME, Shuffled(seed))
        await asyncio.gather(*(_apply(table, *shard) for shard in shards))
        assert await counted(plain) == expected([*here.values()])


async def test_the_first_and_the_last_connection_of_a_user_and_of_a_terminal_are_events(table: Table) -> None:
    first = connection("c1", user="alice", terminal_id="t1")
    second = connection("c2", user="alice", terminal_id="t2")
    assert await _apply(table, record(None, first)) == [
        _event("user", "alice", online=True),
        _event("terminal", "t1", online=True),
    ]
    assert await _apply(table, record(None, second)) == [_event("terminal", "t2", online=True)]
    assert await _apply(table, record(first, None)) == [_event("terminal", "t1", online=False)]
    assert await _apply(table, record(second, None)) == [
        _event("user", "alice", online=False),
        _event("terminal", "t2", online=False),
    ]


async def test_a_terminal_that_connects_anew_within_a_batch_was_never_away(table: Table) -> None:
    old, new = connection("c1", terminal_id="t1"), connection("c2", terminal_id="t1")
    await _apply(table, record(None, old))
    assert await _apply(table, record(old, None), record(None, new)) == []


async def test_who_comes_and_goes_within_a_batch_is_not_counted(table: Table, interference: Interference) -> None:
    row = connection("c1")
    assert await _apply(table, record(None, row), record(row, None)) == []
    assert "TransactWriteItems" not in interference.calls


async def test_a_row_with_nothing_new_to_count_writes_nothing(table: Table, interference: Interference) -> None:
    row = connection("c1", groups=("ops",))
    await _apply(table, record(None, row))
    interference.calls.clear()
    await _apply(table, record(row, replace(row, expires_at_s=row.expires_at_s + 60)))
    assert "TransactWriteItems" not in interference.calls


async def test_a_row_that_is_refiled_changes_the_groups_that_differ(table: Table) -> None:
    row = connection("c1", groups=("ops", "hr"), terminal_id="t1")
    await _apply(table, record(None, row))
    newer = replace(row, groups=("hr", "sales"))
    await _apply(table, record(row, newer))
    assert await counted(table) == expected([newer])


async def test_records_of_other_items_are_passed_over(table: Table, interference: Interference) -> None:
    for key in (keys.heard("c1"), keys.user_count("alice"), keys.topic_row(ALL, 0, "00000000#c1")):
        assert await _apply(table, {"dynamodb": {"Keys": _keys(key)}}) == []
    assert interference.calls == []


async def test_the_removal_of_what_was_never_counted_counts_nothing(table: Table) -> None:
    assert await _apply(table, record(connection("c1", groups=("ops",)), None)) == []
    assert await counted(table) == {}


async def test_a_change_of_what_was_never_counted_counts_it(table: Table) -> None:
    row = connection("c1", terminal_id="t1")
    await _apply(table, record(row, replace(row, groups=("ops",))))
    assert await counted(table) == expected([replace(row, groups=("ops",))])


async def test_a_connection_of_more_groups_than_a_transaction_holds_is_counted(table: Table) -> None:
    names = [f"g{number:03}" for number in range(230)]
    row = connection("c1", terminal_id="t1", groups=tuple(names))
    told = await _apply(table, record(None, row))
    found = await presence_counts.groups(table, NOON_S, limit=500, after=None)
    assert [(group.name, group.connections) for group in found.items] == [(name, 1) for name in names]
    assert [event.name for event in told] == ["alice", "t1"]
    await _apply(table, record(row, None))
    assert await presence_counts.presence(table, NOON_S) == Presence(connections=0, terminals=0, users=0, groups=0)


async def test_a_batch_of_many_is_counted_in_few_transactions(table: Table, interference: Interference) -> None:
    rows = [connection(f"c{number}", user=f"u{number}", groups=("ops",)) for number in range(100)]
    await _apply(table, *(record(None, row) for row in rows))
    assert await presence_counts.sizes(table, [ALL, topics.group("ops")]) == {ALL: 100, topics.group("ops"): 100}
    assert interference.calls.count("TransactWriteItems") == 3


async def test_what_was_counted_of_a_batch_that_fails_is_told(
    table: Table, interference: Interference, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(headcount, "TRANSACT_ITEMS", 2)
    interference.answers("TransactWriteItems", lambda _: None)
    interference.is_down("TransactWriteItems")
    with pytest.raises(Unfinished, match="1 records of the batch were counted") as stopped:
        await _apply(table, *(record(None, connection(f"c{number}")) for number in range(3)))
    assert stopped.value.done == 1
    assert [event.name for event in stopped.value.events] == ["alice", "alice/c0"]


async def test_nothing_of_a_batch_whose_counts_cannot_be_read_is_done(table: Table, interference: Interference) -> None:
    interference.is_down("BatchGetItem")
    with pytest.raises(Unfinished) as stopped:
        await _apply(table, record(None, connection("c1")))
    assert stopped.value.done == 0


@given(
    before=st.none() | ROWS,
    after=st.none() | ROWS,
)
def test_moves_lead_from_what_is_counted_to_what_is_wanted(before: Connection | None, after: Connection | None) -> None:
    place = Place("t1", "c1")
    has = None if before is None else headcount.Counted(before.user, frozenset(before.groups))
    shall = None if after is None else headcount.Counted(after.user, frozenset(after.groups))
    state = State({"t1": {} if has is None else {"c1": has}}, {} if has is None else {has.user: 1})
    later = state.after(state.moves({place: shall}))
    assert later.counted(place) == shall
    assert {name for name, number in later.users.items() if number} == (set() if shall is None else {shall.user})

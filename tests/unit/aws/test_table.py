"""The table: what it writes it reads, in batches of any size, and it gives up on nothing that a repeat would mend."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping

import pytest
from botocore.exceptions import ClientError

from infra.aws.actions import ABSENT, PRESENT, Check, Condition, Delete, Put, Update
from infra.aws.attributes import Item, decoded, encoded
from infra.aws.keys import Key
from infra.aws.table import Table, TableUnavailable
from tests.contract.dynamodb import NAME
from tests.unit.aws.interference import Interference, error

N_IS_1 = Condition(expression="n = :one", values={":one": 1})
COUNT_UP = Condition(expression="ADD n :one", values={":one": 1})


def _item(sk: str, pk: str = "p", **attributes: str | int | float) -> Item:
    return {"pk": pk, "sk": sk, **attributes}


async def _sort_keys(table: Table, pk: str = "p") -> list[object]:
    return [item["sk"] for item in await table.query_all(pk)]


async def test_an_item_is_read_as_it_was_written(table: Table) -> None:
    item: Item = {
        "pk": "p",
        "sk": "s",
        "text": "é #:%",
        "whole": 7,
        "part": 1_795_521_600.25,
        "tiny": 1e-12,
        "yes": True,
        "names": frozenset({"a", "b"}),
        "nothing": None,
    }
    await table.put(item)
    assert await table.get(Key("p", "s")) == item


async def test_of_no_item_there_is_nothing(table: Table) -> None:
    assert await table.get(Key("p", "s")) is None
    assert await table.deleted(Key("p", "s")) is None
    assert list(await table.get_many([Key("p", "s")])) == []


async def test_a_put_whose_condition_does_not_hold_writes_nothing(table: Table) -> None:
    assert await table.put(_item("s", n=1), ABSENT) is True
    assert await table.put(_item("s", n=2), ABSENT) is False
    assert await table.get(Key("p", "s")) == _item("s", n=1)


async def test_what_is_replaced_is_given_back(table: Table) -> None:
    assert await table.replaced(_item("s", n=1)) is None
    assert await table.replaced(_item("s", n=2)) == _item("s", n=1)


async def test_an_update_gives_the_item_as_it_then_is(table: Table) -> None:
    update = Update(key=Key("p", "s"), change=COUNT_UP)
    assert await table.update(update) == _item("s", n=1)
    assert await table.update(update) == _item("s", n=2)


async def test_an_update_whose_condition_does_not_hold_changes_nothing(table: Table) -> None:
    assert await table.update(Update(key=Key("p", "s"), change=COUNT_UP, condition=PRESENT)) is None
    assert await table.get(Key("p", "s")) is None


async def test_of_two_that_delete_an_item_one_gets_it(table: Table) -> None:
    await table.put(_item("s"))
    both = await asyncio.gather(table.deleted(Key("p", "s")), table.deleted(Key("p", "s")))
    assert sorted(both, key=bool) == [None, _item("s")]


async def test_a_delete_whose_condition_does_not_hold_leaves_the_item(table: Table) -> None:
    await table.put(_item("s", n=2))
    assert await table.deleted(Key("p", "s"), N_IS_1) is None
    assert await table.get(Key("p", "s")) is not None


@pytest.mark.parametrize(
    ("first", "last", "after", "newest_first", "expected"),
    [
        (None, None, None, False, "abcde"),
        ("b", "d", None, False, "bcd"),
        ("b", None, None, False, "bcde"),
        (None, "b", None, False, "ab"),
        (None, None, "b", False, "cde"),
        ("b", "d", "c", False, "d"),
        (None, None, None, True, "edcba"),
        ("b", "d", "c", True, "b"),
    ],
)
async def test_a_query_walks_a_range(
    table: Table, *, first: str | None, last: str | None, after: str | None, newest_first: bool, expected: str
) -> None:
    await table.write([_item(sk) for sk in "abcde"])
    page = await table.query("p", first=first, last=last, after=after, newest_first=newest_first)
    assert ["".join(str(item["sk"]) for item in page.items), page.last] == [expected, None]


async def test_a_filter_leaves_out_items_that_were_read(table: Table) -> None:
    await table.write([_item(sk, n=n) for n, sk in enumerate("abcde")])
    page = await table.query("p", limit=3, filtered=N_IS_1)
    assert ([item["sk"] for item in page.items], page.last) == (["b"], "c")


async def test_a_partition_larger_than_one_answer_is_read_and_counted_whole(table: Table) -> None:
    await table.write([_item(f"{n:02}", text="x" * 300_000) for n in range(9)])
    assert len(await _sort_keys(table)) == 9
    assert await table.count("p") == 9
    assert await table.count("p", first="03", last="04") == 2


async def test_batches_take_any_number_of_items(table: Table) -> None:
    await table.write([_item(f"{n:03}") for n in range(130)])
    assert len(await table.get_many([Key("p", f"{n:03}") for n in range(131)])) == 130
    await table.write([_item("new")], deletes=[Key("p", f"{n:03}") for n in range(130)])
    assert await _sort_keys(table) == ["new"]


async def test_what_a_batch_leaves_unwritten_is_written_again(table: Table, interference: Interference) -> None:
    interference.answers("BatchWriteItem", lambda body: {"UnprocessedItems": json.loads(body)["RequestItems"]})
    await table.write([_item("a"), _item("b")])
    assert await _sort_keys(table) == ["a", "b"]


async def test_what_a_batch_leaves_unread_is_read_again(table: Table, interference: Interference) -> None:
    await table.write([_item("a"), _item("b")])

    def one_of_them(body: str) -> Mapping[str, object]:
        wanted = json.loads(body)["RequestItems"][NAME]
        return {
            "Responses": {NAME: [{"pk": {"S": "p"}, "sk": {"S": "a"}}]},
            "UnprocessedKeys": {NAME: {**wanted, "Keys": [{"pk": {"S": "p"}, "sk": {"S": "b"}}]}},
        }

    interference.answers("BatchGetItem", one_of_them)
    assert list(await table.get_many([Key("p", "a"), Key("p", "b")])) == [_item("a"), _item("b")]


async def test_a_table_that_only_throttles_is_unavailable(table: Table, interference: Interference) -> None:
    interference.answers("BatchWriteItem", *[lambda body: {"UnprocessedItems": json.loads(body)["RequestItems"]}] * 8)
    with pytest.raises(TableUnavailable, match=r"throttles: 2 items were left unwritten"):
        await table.write([_item("a"), _item("b")])


async def test_a_batch_that_fails_leaves_no_other_under_way(table: Table, interference: Interference) -> None:
    interference.is_down("BatchWriteItem")
    with pytest.raises(TableUnavailable):
        await table.write([_item(f"{n:03}") for n in range(75)])
    assert len(await _sort_keys(table)) == 50


async def test_a_transaction_happens_whole(table: Table) -> None:
    await table.put(_item("old"))
    done = await table.transact(
        [
            Put(item=_item("new"), condition=ABSENT),
            Delete(key=Key("p", "old"), condition=PRESENT),
            Update(key=Key("p", "count"), change=COUNT_UP),
            Check(key=Key("p", "none"), condition=ABSENT),
        ]
    )
    assert (done, await _sort_keys(table)) == (True, ["count", "new"])


@pytest.mark.parametrize(
    "fails",
    [
        Put(item=_item("there"), condition=ABSENT),
        Delete(key=Key("p", "none"), condition=PRESENT),
        Update(key=Key("p", "there"), change=COUNT_UP, condition=N_IS_1),
        Check(key=Key("p", "none"), condition=PRESENT),
    ],
    ids=lambda action: type(action).__name__,
)
async def test_a_transaction_happens_whole_or_not_at_all(table: Table, fails: Put | Delete | Update | Check) -> None:
    await table.put(_item("there"))
    assert await table.transact([Put(item=_item("new")), fails]) is False
    assert await _sort_keys(table) == ["there"]


@pytest.mark.parametrize(
    "conflict",
    [
        error("TransactionConflictException"),
        error("TransactionInProgressException"),
        error("TransactionCanceledException", CancellationReasons=[{"Code": "None"}, {"Code": "TransactionConflict"}]),
        error("TransactionCanceledException", CancellationReasons=[{"Code": "ThrottlingError"}]),
    ],
)
async def test_a_transaction_that_meets_another_is_made_again(
    table: Table, interference: Interference, conflict: object
) -> None:
    assert callable(conflict)
    interference.answers("TransactWriteItems", conflict, conflict)
    assert await table.transact([Put(item=_item("s"))]) is True
    assert await _sort_keys(table) == ["s"]


async def test_a_single_write_that_meets_a_transaction_is_made_again(table: Table, interference: Interference) -> None:
    await table.put(_item("s"))
    for operation in ("PutItem", "UpdateItem", "DeleteItem"):
        interference.answers(operation, error("TransactionConflictException"))
    assert await table.put(_item("t"), ABSENT) is True
    assert await table.update(Update(key=Key("p", "t"), change=COUNT_UP)) == _item("t", n=1)
    assert await table.deleted(Key("p", "s")) == _item("s")


async def test_a_write_that_always_meets_others_is_given_up(table: Table, interference: Interference) -> None:
    interference.answers("TransactWriteItems", *[error("TransactionConflictException")] * 8)
    with pytest.raises(TableUnavailable, match="met others 8 times"):
        await table.transact([Put(item=_item("s"))])


@pytest.mark.parametrize("code", ["AccessDeniedException", "ResourceNotFoundException", "ThrottlingException"])
async def test_an_error_names_the_table_and_what_dynamodb_said(
    table: Table, interference: Interference, code: str
) -> None:
    interference.answers("GetItem", error(code))
    with pytest.raises(TableUnavailable, match=f"table {NAME}: {code}: as the test has it"):
        await table.get(Key("p", "s"))


async def test_a_table_that_cannot_be_reached_is_unavailable(table: Table, interference: Interference) -> None:
    interference.is_down("GetItem")
    with pytest.raises(TableUnavailable, match="cannot be reached"):
        await table.get(Key("p", "s"))


async def test_a_mistake_of_ours_is_no_outage(table: Table) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        await table.put({"pk": "", "sk": "s"})


async def test_the_same_transaction_is_told_by_its_token(table: Table, interference: Interference) -> None:
    seen: list[str] = []

    def note(body: str) -> None:
        seen.append(json.loads(body)["ClientRequestToken"])

    interference.answers("TransactWriteItems", note)
    await table.transact([Put(item=_item("s"))], token="once")
    assert seen == ["once"]


def test_an_empty_set_is_refused_where_it_is_written() -> None:
    with pytest.raises(ValueError, match="no empty set"):
        encoded(frozenset())


def test_an_attribute_of_another_kind_is_refused_where_it_is_read() -> None:
    with pytest.raises(ValueError, match="an attribute of type L was not written by this service"):
        decoded({"L": []})

"""Receipts in DynamoDB beyond their contract: of many terminals, in many partitions, confirmed in any order."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from infra.aws.table import Table
from services.domain import topics
from services.domain.pushes import Counts, Push, Receipt, ReceiptKind
from services.domain.targets import json_form
from services.domain.targets.cover import Cover
from services.domain.targets.expression import All
from services.ports import Advance
from tests.contract import dynamodb
from tests.contract.adapters import NOON_S, ManualClock
from tests.contract.makers import RECEIPTS, push, receipt
from tests.unit.aws.shuffled import Shuffled
from tests.unit.aws.stores import Stores, kept, stores


@pytest.fixture
def store(table: Table, clock: ManualClock) -> Stores:
    return stores(table, clock)


def _to_all() -> Push:
    return replace(push(strategy=RECEIPTS), target=json_form.to_json(All()), cover=Cover(All(), (topics.ALL,)))


async def _served(store: Stores, pushed: Push, *receipts: Receipt) -> None:
    (job,) = await store.started(pushed)
    await store.pushes.advance(Advance(job=job, next=None, counts=Counts(), at_s=NOON_S, receipts=receipts))


async def _all(store: Stores, pushed: Push, limit: int) -> list[Receipt]:
    found: list[Receipt] = []
    after: str | None = None
    while True:
        page = await store.pushes.receipts(pushed.id, limit=limit, after=after)
        assert len(page.items) == limit or page.next is None
        found += page.items
        if page.next is None:
            return found
        after = page.next


@pytest.mark.parametrize("limit", [1, 7, 30, 100])
@pytest.mark.parametrize("everybody", [True, False])
async def test_receipts_of_many_come_by_terminal(store: Stores, limit: int, everybody: bool) -> None:
    pushed = _to_all() if everybody else push("alice", strategy=RECEIPTS)
    receipts = [receipt(pushed, f"t{number:03}") for number in range(30)]
    await _served(store, pushed, *receipts)
    for one in receipts[::3]:
        await store.pushes.replayed([one])
        await store.pushes.acknowledge(replace(one, kind="read"), early=False)
    found = await _all(store, pushed, limit)
    assert found == [replace(one, kind="read") if number % 3 == 0 else one for number, one in enumerate(receipts)]


async def test_a_push_to_many_keeps_its_receipts_in_many_partitions(store: Stores) -> None:
    pushed = _to_all()
    await _served(store, pushed, *(receipt(pushed, f"t{number:03}") for number in range(200)))
    assert len({item["pk"] for item in kept(f"PUSH#{pushed.id}#")}) == 16


async def test_what_terminals_of_all_partitions_tell_is_counted(store: Stores) -> None:
    pushed = _to_all()
    receipts = [receipt(pushed, f"t{number:03}") for number in range(50)]
    await _served(store, pushed, *receipts)
    for one in receipts:
        await store.pushes.acknowledge(replace(one, kind="received"), early=False)
    assert (await store.pushes.counts(pushed.id)).received == 50


@pytest.mark.parametrize("terminal_id", ["a#b", "a%23b", "a#0", "ü b", "R#", "#"])
async def test_no_terminal_is_taken_for_another(store: Stores, terminal_id: str) -> None:
    pushed = push(strategy=RECEIPTS)
    others = [receipt(pushed, name) for name in ("a", "b", "a#", "a#b#1", "a#1")]
    await _served(store, pushed, receipt(pushed, terminal_id), *others)
    await store.pushes.acknowledge(receipt(pushed, terminal_id, "read"), early=False)
    kinds = {one.terminal_id: one.kind for one in await _all(store, pushed, 100)}
    assert kinds == {**dict.fromkeys(("a", "b", "a#", "a#b#1", "a#1"), "sent"), terminal_id: "read"}


@pytest.mark.parametrize("seed", range(10))
async def test_whatever_meets_a_receipt_goes_on_and_is_counted_once(store: Stores, seed: int) -> None:
    shuffled = stores(Table(dynamodb.client(), store.table.name, Shuffled(seed)), store.clock)
    pushed = push(strategy=RECEIPTS)
    (job,) = await shuffled.started(pushed)
    kinds: list[ReceiptKind] = ["received", "read", "received", "read"]
    page = Advance(job=job, next=None, counts=Counts(targeted=1, sent=1), at_s=NOON_S, receipts=[receipt(pushed, "t")])
    _, *moved = await asyncio.gather(
        shuffled.pushes.advance(page),
        *(shuffled.pushes.acknowledge(receipt(pushed, "t", kind), early=True) for kind in kinds),
    )
    assert [one.kind for one in await _all(shuffled, pushed, 10)] == ["read"]
    counts = await shuffled.pushes.counts(pushed.id)
    assert (counts.sent, counts.read) == (1, 1)
    assert counts.received + counts.read == moved.count(True)

"""Receipts in DynamoDB: what became of a push at each terminal, where its strategy asks for them.

A terminal has up to three items, one behind the other, and the last is its receipt: that fan-out missed it, that it was
sent, what it confirmed. So a page of deliveries is written in batches, without a condition: it can put nothing over
what a terminal has confirmed meanwhile. What terminals tell is counted in the transaction that keeps it, by stage; and
where what a user has read counts for all of their terminals, an item says so of the user.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import math
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final, get_args

from infra.aws import keys
from infra.aws.actions import ABSENT, Action, Condition, Put, Update
from infra.aws.attributes import Item, Value
from infra.aws.calls import all_of
from infra.aws.expressions import change
from infra.aws.job_items import counted, counts_of
from infra.aws.keys import Key
from infra.aws.push_items import kept_until, lasts_s
from infra.aws.table import Table
from infra.aws.values import present, seconds, whole
from services.domain.connection import Connection
from services.domain.pushes import FIRST_STAGE, Counts, Push, Receipt, ReceiptKind
from services.domain.ring import SIZE, place_of
from services.ports import Page

SHARDS_OF_MANY: Final = 16
"""Partitions of the receipts of a push to a group or to all: one takes 1,000 writes a second, and a page of deliveries
is 500. A push to named users has one."""
COUNTERS: Final = 8
"""Counters of what terminals tell in each partition, so that few of them meet at one."""

_MISSED, _SENT, _CONFIRMED = range(3)
_SORTS: Final[Mapping[ReceiptKind, int]] = {
    "gone": _MISSED,
    "expired": _MISSED,
    "skipped": _MISSED,
    "sent": _SENT,
    "received": _CONFIRMED,
    "read": _CONFIRMED,
    "failed": _CONFIRMED,
    "recalled": _CONFIRMED,
}
# How far a confirmation is. Who read a push may still take it off the screen when it is recalled.
_RANKS: Final[Mapping[ReceiptKind, int]] = {"received": 2, "read": 3, "failed": 3, "recalled": 4}
_FINAL: Final = frozenset({"read", "failed", "recalled"})
_ASKED: Final = ("sk", "kind", "stage", "user")
_KINDS: Final[Mapping[str, ReceiptKind]] = {kind: kind for kind in get_args(ReceiptKind)}


class Receipts:
    """The receipts of pushes. Every call raises TableUnavailable."""

    def __init__(self, table: Table, retention_days: int) -> None:
        self._table = table
        self._retention_days = retention_days

    async def keep(self, push: Push, receipts: Sequence[Receipt]) -> None:
        """Write what a page of deliveries came to; again, it changes nothing."""
        items = [self._item(push, receipt) for receipt in receipts]
        await self._table.write(list({(item["pk"], item["sk"]): item for item in items}.values()))

    async def replayed(self, push: Push, receipt: Receipt) -> None:
        """As `services.ports.PushStore.replayed`, for one."""
        kept = await self._of_terminal(push, receipt.terminal_id)
        if any(_sort_of(item) != _MISSED for item in kept):
            return
        missed = Counts(**{str(kept[-1]["kind"]): -1}) if kept else Counts(targeted=1)
        # Replayed twice at the same time, the first one counts.
        await self._table.transact(
            [
                Put(item=self._item(push, receipt), condition=ABSENT),
                self._counted(push, receipt, Counts(sent=1) + missed),
            ]
        )

    async def acknowledge(self, push: Push, receipt: Receipt, *, early: bool) -> bool:
        """As `services.ports.PushStore.acknowledge`, of a push that keeps receipts."""
        kept = await self._of_terminal(push, receipt.terminal_id)
        rank = _RANKS[receipt.kind]
        if not kept and not early:
            return False
        if kept and _sort_of(kept[-1]) == _CONFIRMED and whole(kept[-1]["rank"]) >= rank:
            return False
        not_that_far = Condition(
            expression="attribute_not_exists(pk) OR #rank < :rank", values={":rank": rank}, names={"#rank": "rank"}
        )
        if kept:
            # It is of the stage in which the terminal was sent the push, wherever it would be now.
            receipt = replace(receipt, stage=_stage_of(kept[-1]))
        actions: list[Action] = [
            Put(item=self._item(push, receipt), condition=not_that_far),
            self._counted(push, receipt, Counts(**{receipt.kind: 1})),
        ]
        if receipt.kind == "read" and push.strategy.once_per_user:
            reader = {**_reader(push, receipt.user)._asdict(), "expires_at": self._expires_at(push, receipt)}
            actions.append(Put(item=reader))
        return await self._table.transact(actions)

    async def page(self, push: Push, *, limit: int, after: str | None) -> Page[Receipt]:
        """As `services.ports.PushStore.receipts`."""
        shards = await asyncio.gather(
            *(self._of_shard(push, shard, after, limit + 1) for shard in range(_shards(push)))
        )
        merged = heapq.merge(*shards, key=lambda item: str(item["sk"]))
        found = [_receipt_of(push, item) for item, _ in zip(merged, range(limit + 1), strict=False)]
        return Page(found[:limit], found[limit - 1].terminal_id if len(found) > limit else None)

    async def told(self, push: Push) -> Mapping[str, Counts]:
        """What terminals told so far, and what replays came to, by stage."""
        first, last = keys.COUNTERS
        shards = await asyncio.gather(
            *(
                self._table.query_all(keys.receipt_partition(push.id, shard), first=first, last=last)
                for shard in range(_shards(push))
            )
        )
        told: dict[str, Counts] = defaultdict(Counts)
        for item in itertools.chain.from_iterable(shards):
            told[_stage_of(item)] += counts_of(item)
        return told

    async def of_terminals(self, push: Push, terminal_ids: Collection[str]) -> Mapping[str, Receipt]:
        """As `services.ports.PushStore.receipts_of`."""
        wanted = list(dict.fromkeys(terminal_ids))
        found = await all_of(self._of_terminal(push, terminal_id) for terminal_id in wanted)
        return {
            terminal_id: _receipt_of(push, items[-1]) for terminal_id, items in zip(wanted, found, strict=True) if items
        }

    async def confirmed(self, push: Push, rows: Sequence[Connection]) -> frozenset[str]:
        """As `services.ports.PushStore.confirmed`."""
        terminals = {
            Key(
                keys.receipt_partition(push.id, _shard(push, row.terminal_id)),
                keys.receipt(row.terminal_id, _CONFIRMED),
            ): row.terminal_id
            for row in rows
        }
        readers = {_reader(push, row.user): row.user for row in rows} if push.strategy.once_per_user else {}
        items = await self._table.get_many([*terminals, *readers])
        answered = {
            terminals[key]
            for item in items
            if (key := Key(str(item["pk"]), str(item["sk"]))) in terminals and _answers(push, item)
        }
        have_read = {readers[key] for item in items if (key := Key(str(item["pk"]), str(item["sk"]))) in readers}
        return frozenset(row.connection_id for row in rows if row.terminal_id in answered or row.user in have_read)

    async def unconfirmed(self, push: Push, stage: str) -> int:
        """As `services.ports.PushStore.unconfirmed`."""
        readers: frozenset[str] = frozenset()
        if push.strategy.once_per_user:
            of_shards = await all_of(self._readers(push, shard) for shard in range(_shards(push)))
            readers = frozenset(itertools.chain.from_iterable(of_shards))
        return sum(await all_of(self._unconfirmed(push, shard, stage, readers) for shard in range(_shards(push))))

    async def _readers(self, push: Push, shard: int) -> Sequence[str]:
        first, last = keys.READERS
        items = await self._table.query_all(keys.receipt_partition(push.id, shard), first=first, last=last)
        return [str(item["sk"])[len(first) :] for item in items]

    async def _unconfirmed(self, push: Push, shard: int, stage: str, readers: Collection[str]) -> int:
        """How many terminals of a stage, in one partition, have not answered."""
        first, last = keys.RECEIPTS
        number = 0
        behind: str | None = None
        open_terminal: str | None = None
        while True:
            page = await self._table.query(
                keys.receipt_partition(push.id, shard), first=first, last=last, after=behind, only=_ASKED
            )
            for item in page.items:
                # The items of a terminal come one behind the other, its receipt last, also over the end of a page.
                terminal = str(item["sk"]).rpartition("#")[0]
                if open_terminal is not None and terminal != open_terminal:
                    number += 1
                is_open = _stage_of(item) == stage and not _answers(push, item) and item["user"] not in readers
                open_terminal = terminal if is_open else None
            if page.last is None:
                return number + (open_terminal is not None)
            behind = page.last

    async def _of_terminal(self, push: Push, terminal_id: str) -> Sequence[Mapping[str, Value]]:
        """What is kept of one terminal, its receipt last."""
        page = await self._table.query(
            keys.receipt_partition(push.id, _shard(push, terminal_id)),
            first=keys.receipt(terminal_id, _MISSED),
            last=keys.receipt(terminal_id, _CONFIRMED),
        )
        return page.items

    async def _of_shard(self, push: Push, shard: int, after: str | None, most: int) -> Sequence[Mapping[str, Value]]:
        """The receipts of one partition behind those of a terminal, at least `most` if there are as many."""
        first, last = keys.RECEIPTS
        behind = None if after is None else keys.receipt(after, _CONFIRMED)
        found: dict[str, Mapping[str, Value]] = {}
        while True:
            page = await self._table.query(
                keys.receipt_partition(push.id, shard), first=first, last=last, after=behind, limit=most * 2
            )
            for terminal_id, items in groupby(page.items, key=lambda item: str(item["terminal_id"])):
                *_, found[terminal_id] = items
            # The last terminal of a page may go on in the next one.
            if page.last is None or len(found) > most:
                return list(found.values())
            behind = page.last

    def _item(self, push: Push, receipt: Receipt) -> Item:
        return present(
            {
                "pk": keys.receipt_partition(push.id, _shard(push, receipt.terminal_id)),
                "sk": keys.receipt(receipt.terminal_id, _SORTS[receipt.kind]),
                "connection_id": receipt.connection_id,
                "terminal_id": receipt.terminal_id,
                "user": receipt.user,
                "kind": receipt.kind,
                "rank": _RANKS.get(receipt.kind),
                "at_s": receipt.at_s,
                "stage": None if receipt.stage == FIRST_STAGE else receipt.stage,
                "detail": receipt.detail,
                "expires_at": self._expires_at(push, receipt),
            }
        )

    def _counted(self, push: Push, receipt: Receipt, counts: Counts) -> Update:
        partition = keys.receipt_partition(push.id, _shard(push, receipt.terminal_id))
        return Update(
            key=Key(partition, keys.counter(receipt.stage, place_of(receipt.terminal_id) % COUNTERS)),
            change=change(
                {
                    "stage": None if receipt.stage == FIRST_STAGE else receipt.stage,
                    "expires_at": self._expires_at(push, receipt),
                },
                counted(counts),
            ),
        )

    def _expires_at(self, push: Push, receipt: Receipt) -> int:
        return kept_until(push, self._retention_days, receipt.at_s) + math.ceil(lasts_s(push))


def _shards(push: Push) -> int:
    return SHARDS_OF_MANY if any(topic.kind in {"group", "all"} for topic in push.cover.topics) else 1


def _shard(push: Push, terminal_id: str) -> int:
    return place_of(terminal_id) * _shards(push) // SIZE


def _sort_of(item: Mapping[str, Value]) -> int:
    return _SORTS[_KINDS[str(item["kind"])]]


def _reader(push: Push, user: str) -> Key:
    """Where it says that a user has read a push."""
    return Key(keys.receipt_partition(push.id, _shard(push, user)), keys.reader(user))


def _stage_of(item: Mapping[str, Value]) -> str:
    return str(item.get("stage", FIRST_STAGE))


def _answers(push: Push, item: Mapping[str, Value]) -> bool:
    """Whether a terminal has told what is needed, or at least that there is no more to come."""
    kind = str(item["kind"])
    return kind in _FINAL or (kind == "received" and push.strategy.ack_need == "received")


def _receipt_of(push: Push, item: Mapping[str, Value]) -> Receipt:
    detail = item.get("detail")
    return Receipt(
        push_id=push.id,
        connection_id=str(item["connection_id"]),
        terminal_id=str(item["terminal_id"]),
        user=str(item["user"]),
        kind=_KINDS[str(item["kind"])],
        at_s=seconds(item["at_s"]),
        detail=None if detail is None else str(detail),
        stage=_stage_of(item),
    )

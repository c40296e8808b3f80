"""Reading pushes: their records, which change, and their contents, which are read once and remembered."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Mapping
from typing import Final

from infra.aws import keys
from infra.aws.attributes import Value
from infra.aws.push_items import Record, id_of, push_of, record_of
from infra.aws.table import Table
from services.domain.pushes import Push

RECENT: Final = 256
"""Pushes whose contents are kept in memory: those that are fanned out, replayed and confirmed now. At 32 KB each they
are 8 MB. What is remembered never changes, so no other process can make it wrong."""


class PushRecords:
    """The records of pushes, strongly consistent. Every call raises TableUnavailable."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._known: OrderedDict[str, Push] = OrderedDict()

    async def get(self, push_id: str) -> Record | None:
        """One push as it is now; None if it is not there, or not yet."""
        item = await self._table.get(keys.push(push_id))
        return None if item is None else await self.of(item)

    async def get_many(self, push_ids: Collection[str]) -> Mapping[str, Record]:
        """Those that are there, by id."""
        items = await self._table.get_many([keys.push(push_id) for push_id in dict.fromkeys(push_ids)])
        found = {id_of(item): item for item in items if is_record(item)}
        elsewhere = [
            keys.push_contents(push_id)
            for push_id, item in found.items()
            if push_id not in self._known and "contents" not in item
        ]
        texts = {id_of(item): str(item["contents"]) for item in await self._table.get_many(elsewhere)}
        records: dict[str, Record] = {}
        for push_id, item in found.items():
            text = texts.get(push_id) or item.get("contents")
            if push_id in self._known or text is not None:
                records[push_id] = self._record(item, text)
        return records

    async def of(self, item: Mapping[str, Value]) -> Record | None:
        """The push of an item that was read under a record's key."""
        if not is_record(item):
            return None
        text = item.get("contents")
        if text is None and id_of(item) not in self._known:
            kept = await self._table.get(keys.push_contents(id_of(item)))
            if kept is None:
                # TTL deletes the items of a push in no order.
                return None
            text = kept["contents"]
        return self._record(item, text)

    def known(self, push_id: str) -> Push | None:
        """A push whose contents are remembered; its state may be an earlier one."""
        return self._known.get(push_id)

    def remember(self, push: Push) -> None:
        """Know a push whose contents were just written."""
        self._known[push.id] = push
        self._known.move_to_end(push.id)
        if len(self._known) > RECENT:
            self._known.popitem(last=False)

    def _record(self, item: Mapping[str, Value], text: Value) -> Record:
        push = self._known.get(id_of(item))
        if push is None:
            push = push_of(item, str(text))
        self.remember(push)
        return record_of(push, item)


def is_record(item: Mapping[str, Value]) -> bool:
    """Whether an item is the record of a push, and not what keeps one that was given up from being committed."""
    return "state" in item

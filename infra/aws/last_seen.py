"""Terminals that were here, in DynamoDB: who they were when their connection's record went.

The table's stream tells of each record that goes, however that came about: closed, found gone, swept or deleted by TTL.
So they are filed in one place, in batches, where presence is counted too, and a disconnect costs its terminal nothing.
Each is written twice, with its name's hash and under its user: two write units, and as many read units to know of both.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from infra.aws import connection_rows, keys
from infra.aws.actions import Condition
from infra.aws.attributes import Item, Value, decoded_item
from infra.aws.headcount import StreamRecord
from infra.aws.keys import META, Key
from infra.aws.table import QueryPage, Table
from infra.aws.values import DAY_S, seconds, to_json
from infra.aws.walk import walk
from services.domain.connection import Connection
from services.domain.ring import SIZE, place_of
from services.ports import Clock, Page, Seen

SHARDS: Final = 16
"""Partitions of the listing: one takes 1,000 writes a second."""


class LastSeen:
    """Implements `services.ports.LastSeen`, eventually consistent. Every call raises TableUnavailable."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    async def list(self, *, limit: int, after: str | None = None) -> Page[Seen]:
        kept = Condition(expression="expires_at > :now", values={":now": self._clock.now_s()})
        first = 0 if after is None else _shard(after)

        async def read(shard: int, most: int) -> QueryPage:
            return await self._table.query(
                keys.seen(shard),
                after=after if shard == first else None,
                limit=most,
                filtered=kept,
                consistent=False,
            )

        items, following = await walk(range(first, SHARDS), read, limit=limit)
        return Page([_seen_of(item) for item in items], following)

    async def get_many(self, terminal_ids: Collection[str]) -> Mapping[str, Seen]:
        wanted = [_key(terminal_id) for terminal_id in dict.fromkeys(terminal_ids)]
        now_s = self._clock.now_s()
        items = await self._table.get_many(wanted, consistent=False)
        found = [_seen_of(item) for item in items if seconds(item["expires_at"]) > now_s]
        return {seen.terminal_id: seen for seen in found}

    async def of_user(self, user: str) -> Sequence[Seen]:
        names = await self._table.query_all(keys.seen_of(user), consistent=False)
        found = await self.get_many([str(item["sk"]) for item in names])
        # A terminal may be another user's by now.
        return sorted((seen for seen in found.values() if seen.user == user), key=lambda seen: seen.terminal_id)


async def file(table: Table, batch: Sequence[StreamRecord], *, now_s: float, days: int) -> int:
    """File the terminals whose connections went in a batch of the stream, for so many days; how many there are.

    A batch that is delivered again changes nothing but the time. Raises TableUnavailable.
    """
    gone = {row.terminal_id: row for row in map(_gone, batch) if row is not None and _comes_again(row)}
    items: list[Item] = []
    for row in gone.values():
        seen_at_s = min(now_s, row.expires_at_s)
        expires_at = math.ceil(seen_at_s) + days * DAY_S
        items.append(
            {
                **_key(row.terminal_id)._asdict(),
                "user": row.user,
                "groups": to_json(row.groups),
                "attributes": to_json(dict(row.attributes)),
                "seen_at_s": seen_at_s,
                "expires_at": expires_at,
            }
        )
        items.append({**Key(keys.seen_of(row.user), row.terminal_id)._asdict(), "expires_at": expires_at})
    await table.write(items)
    return len(gone)


def _gone(record: StreamRecord) -> Connection | None:
    """The connection whose record a stream record says is deleted."""
    view = record["dynamodb"]
    old = view.get("OldImage")
    if old is None or "NewImage" in view:
        return None
    item = decoded_item(old)
    if item["sk"] != META or not str(item["pk"]).startswith("CONN#"):
        return None
    return connection_rows.of_record(item)


def _comes_again(row: Connection) -> bool:
    """Whether a terminal has a name. One without is called by its connection, and never by that name again."""
    return row.terminal_id != row.connection_id


def _key(terminal_id: str) -> Key:
    return Key(keys.seen(_shard(terminal_id)), terminal_id)


def _shard(terminal_id: str) -> int:
    return place_of(terminal_id) * SHARDS // SIZE


def _seen_of(item: Mapping[str, Value]) -> Seen:
    return Seen(
        terminal_id=str(item["sk"]),
        user=str(item["user"]),
        groups=tuple(json.loads(str(item["groups"]))),
        attributes=json.loads(str(item["attributes"])),
        seen_at_s=seconds(item["seen_at_s"]),
    )

"""Who is connected, in DynamoDB: a record of each connection, and a row of it under each of its topics.

The rows are written before the record, and deleted after it: what has a record can be found and removed whole, and a
writer that meets a removal finds the record gone and takes its rows back. A process that dies in between can leave rows
without a record. They are dropped by the first `remove` of a connection that was read from such a row, since its
socket is gone, and else by TTL, an hour after API Gateway must have closed it.
"""

from __future__ import annotations

import asyncio
import heapq
import logging
import math
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from infra.aws import connection_rows, keys, presence_counts, shards
from infra.aws.actions import ABSENT, Condition
from infra.aws.attributes import Value
from infra.aws.expressions import holds
from infra.aws.keys import Key
from infra.aws.shards import Run, Sharding
from infra.aws.table import QueryPage, Table, TableUnavailable
from infra.aws.walk import walk
from services.connections.presence import LONGEST_LIFE_S
from services.domain.connection import Connection, place_of
from services.domain.ring import SIZE, Arc
from services.domain.topics import ALL, Topic
from services.ports import Clock, GroupSize, Page, Presence

log = logging.getLogger(__name__)

READ_LATELY: Final = 2_000
"""How many of the rows that were read last are remembered, to drop those that turn out to have no record."""
COUNTED_AT_MOST: Final = 20
"""Of so many users and terminals the rows are counted; of more, what the table's stream came to is taken."""

_DEFAULT_SHARDING: Final = Sharding()


class Registry:
    """Implements `services.ports.Registry`. Every call raises TableUnavailable."""

    def __init__(self, table: Table, clock: Clock, sharding: Sharding = _DEFAULT_SHARDING) -> None:
        self._table = table
        self._clock = clock
        self._sharding = sharding
        self._read_lately: dict[str, Connection] = {}

    async def add(self, connection: Connection) -> None:
        rows = connection_rows.rows(connection, self._sharding)
        record = connection_rows.record(connection, self._sharding)
        try:
            await self._table.write(rows)
            before = await self._table.replaced(record)
        except TableUnavailable:
            await self._take_back(connection)
            raise
        if before is not None:
            stale = set(connection_rows.filed_as(before)).difference(connection_rows.filed_as(record))
            await self._table.write(deletes=[*stale])

    async def replace(self, connection: Connection, *, was: Connection) -> bool:
        key = keys.connection(connection.connection_id)
        written: set[Key] = set()
        while True:
            before = await self._table.get(key)
            if before is None:
                await self._table.write(deletes=[*written])
                return False
            there = connection_rows.of_record(before)
            is_as_it_was = there.says_the_same_as(was)
            if not is_as_it_was and not written:
                return False
            # Rows that were written over those of another who came first are written anew, as its record says.
            row = connection if is_as_it_was else there
            record = connection_rows.record(row, self._sharding)
            filed = connection_rows.filed_as(record)
            stale = written.union(connection_rows.filed_as(before)).difference(filed)
            await self._table.write(connection_rows.rows(row, self._sharding), [*stale])
            written.update(filed)
            if await self._table.put(record, holds({"version": before["version"]})):
                return is_as_it_was

    async def remove(self, connection_ids: Collection[str]) -> Sequence[Connection]:
        ids = list(dict.fromkeys(connection_ids))
        taken = await asyncio.gather(
            *(self._table.deleted(keys.connection(connection_id)) for connection_id in ids), return_exceptions=True
        )
        records = [record for record in taken if record is not None and not isinstance(record, BaseException)]
        await self._delete_rows_of(records)
        for failed in taken:
            if isinstance(failed, BaseException):
                raise failed
        lately = {connection_id: self._read_lately.pop(connection_id, None) for connection_id in ids}
        await self._drop_unrecorded(
            [row for record, row in zip(taken, lately.values(), strict=True) if record is None and row is not None]
        )
        return [connection_rows.of_record(record) for record in records]

    async def get(self, connection_id: str) -> Connection | None:
        record, heard = keys.connection(connection_id), keys.heard(connection_id)
        page = await self._table.query(record.pk)
        found = {item["sk"]: item for item in page.items}
        if record.sk not in found or not self._is_kept(found[record.sk]):
            return None
        return connection_rows.with_heard(connection_rows.of_record(found[record.sk]), found.get(heard.sk))

    async def page(
        self, topic: Topic, arc: Arc, *, live_at_s: float, limit: int, after: str | None = None
    ) -> Page[Connection]:
        if topic.kind == "connection":
            return await self._one(topic.name, arc, live_at_s, after)
        number = self._sharding.of(topic)
        runs = shards.runs(arc, number) if after is None else shards.runs_behind(arc, number, place_of(after))
        kept = Condition(
            expression="ends_at > :live AND expires_at > :now",
            values={":live": live_at_s, ":now": self._clock.now_s()},
        )

        async def read(run: Run, most: int) -> QueryPage:
            first, last = keys.places(run.first, run.last)
            return await self._table.query(
                keys.topic_partition(topic, run.shard),
                first=first,
                last=last,
                after=after if run is runs[0] else None,
                limit=most,
                filtered=kept,
            )

        items, following = await walk(runs, read, limit=limit)
        rows = [connection_rows.of_row(item) for item in items]
        self._remember(rows)
        return Page(rows, following)

    async def lanes(self, topics: Collection[Topic]) -> Mapping[Topic, int]:
        sharded = [topic for topic in topics if self._sharding.of(topic) > 1]
        sizes = await presence_counts.sizes(self._table, sharded) if sharded else {}
        return {topic: shards.lanes(sizes.get(topic, 0), self._sharding.of(topic)) for topic in topics}

    async def sizes(self, topics: Collection[Topic]) -> Mapping[Topic, int]:
        counted = [topic for topic in topics if topic.kind in {"user", "terminal"}]
        if len(counted) > COUNTED_AT_MOST:
            counted = []
        derived = [topic for topic in topics if topic.kind != "connection" and topic not in counted]
        single = [topic for topic in topics if topic.kind == "connection"]
        numbers, sizes, records = await asyncio.gather(
            asyncio.gather(*(self._count(topic) for topic in counted)),
            presence_counts.sizes(self._table, derived),
            self._table.get_many([keys.connection(topic.name) for topic in single]),
        )
        open_now = {record["pk"] for record in records if self._is_kept(record)}
        return {
            **sizes,
            **dict(zip(counted, numbers, strict=True)),
            **{topic: int(keys.connection(topic.name).pk in open_now) for topic in single},
        }

    async def groups(self, *, limit: int, after: str | None = None) -> Page[GroupSize]:
        return await presence_counts.groups(self._table, self._clock.now_s(), limit=limit, after=after)

    async def presence(self) -> Presence:
        return await presence_counts.presence(self._table, self._clock.now_s())

    async def over(self, before_s: float, *, limit: int) -> Sequence[Connection]:
        """Reads all of `all`, eventually consistent: 0.5 read units for each 4 KB, so 90,000 for a million rows.

        Rows that are past their longest life count as over too.
        """
        walks = (self._over_in(shard, before_s) for shard in range(self._sharding.of(ALL)))
        found = [row for rows in await asyncio.gather(*walks) for row in rows]
        longest = heapq.nsmallest(limit, found, key=lambda row: (connection_rows.ends_by_s(row), row.connection_id))
        self._remember(longest)
        return longest

    async def heard(self, connection_ids: Collection[str], at_s: float) -> None:
        """One write unit each, beside the record: neither rows nor whoever follows the records are bothered."""
        await asyncio.gather(*(self._heard(connection_id, at_s) for connection_id in dict.fromkeys(connection_ids)))

    async def _heard(self, connection_id: str, at_s: float) -> None:
        await self._table.put(
            {
                **keys.heard(connection_id)._asdict(),
                "heard_at": at_s,
                "expires_at": math.ceil(at_s) + LONGEST_LIFE_S + connection_rows.KEPT_AFTER_END_S,
            },
            Condition(expression="attribute_not_exists(pk) OR heard_at < :at", values={":at": at_s}),
        )

    async def _one(self, connection_id: str, arc: Arc, live_at_s: float, after: str | None) -> Page[Connection]:
        row = await self.get(connection_id)
        if row is None or row.place not in arc or row.expires_at_s <= live_at_s:
            return Page([])
        if after is not None and _steps(arc, after) >= _steps(arc, row.sort_key):
            return Page([])
        return Page([row])

    async def _over_in(self, shard: int, before_s: float) -> Sequence[Connection]:
        found: list[Connection] = []
        after: str | None = None
        while True:
            page = await self._table.query(
                keys.topic_partition(ALL, shard),
                after=after,
                filtered=Condition(
                    expression="ends_at < :before OR expires_at < :before", values={":before": before_s}
                ),
                consistent=False,
            )
            found += map(connection_rows.of_row, page.items)
            if page.last is None:
                return found
            after = page.last

    async def _count(self, topic: Topic) -> int:
        kept = Condition(expression="expires_at > :now", values={":now": self._clock.now_s()})
        numbers = [
            self._table.count(keys.topic_partition(topic, shard), filtered=kept)
            for shard in range(self._sharding.of(topic))
        ]
        return sum(await asyncio.gather(*numbers))

    async def _delete_rows_of(self, records: Sequence[Mapping[str, Value]]) -> None:
        try:
            await self._table.write(deletes=[key for record in records for key in connection_rows.filed_as(record)])
        except TableUnavailable:
            # A repeat of the removal must find them.
            await asyncio.gather(*(self._table.put(record, ABSENT) for record in records), return_exceptions=True)
            raise

    async def _drop_unrecorded(self, rows: Sequence[Connection]) -> None:
        """Drop rows that have no record. Most often another has just removed them, so one of each is tried first."""
        filed = [connection_rows.row_keys(row, self._sharding) for row in rows]
        taken = await asyncio.gather(*(self._table.deleted(first) for first, *_ in filed))
        there = [others for (_, *others), item in zip(filed, taken, strict=True) if item is not None]
        await self._table.write(deletes=[key for others in there for key in others])

    async def _take_back(self, connection: Connection) -> None:
        """Undo an `add` that failed half-way; its caller refuses the socket, and will not repeat it."""
        self._remember([connection])
        try:
            await self.remove([connection.connection_id])
        except TableUnavailable as error:
            log.warning("rows without a record were left behind until their TTL", extra={"error": str(error)})

    def _is_kept(self, item: Mapping[str, Value]) -> bool:
        expires_at = item["expires_at"]
        return isinstance(expires_at, int | float) and expires_at > self._clock.now_s()

    def _remember(self, rows: Sequence[Connection]) -> None:
        """Remember what was just read, however much that is."""
        lately = self._read_lately
        for row in rows:
            lately.pop(row.connection_id, None)
            lately[row.connection_id] = row
        while len(lately) > max(READ_LATELY, len(rows)):
            del lately[next(iter(lately))]


def _steps(arc: Arc, sort_key: str) -> tuple[int, str]:
    """How far into an arc a sort key is."""
    return (place_of(sort_key) - arc.start) % SIZE, sort_key

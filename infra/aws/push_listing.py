"""Pushes by time: all of them by the day they were made, and those that are under way.

A listing is written before the push that it lists, and its states are kept roughly. So what is found in one is looked
up in the records, which decide. One partition takes a thousand pushes a second of the same day, and half as many that
come and go: more than people and programs push.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from infra.aws import keys
from infra.aws.actions import Condition
from infra.aws.attributes import Value
from infra.aws.push_items import UNMARKED, listing_key
from infra.aws.push_records import PushRecords
from infra.aws.table import QueryPage, Table
from infra.aws.values import DAY_S, seconds
from infra.aws.walk import walk
from services.domain import positions
from services.domain.pushes import OPEN, Push, State
from services.domain.strategies.strategy import MAX_EXPIRES_IN_S
from services.ports import Page

SCANNED_AT_ONCE: Final = 1_000
"""Most listed pushes looked at in one read where a filter leaves some out."""
SCANNED_AT_MOST: Final = 20_000
"""Most listed pushes looked at for one page; it may then hold fewer than asked, and go on."""


class PushListing:
    """Lists pushes, newest first. Every call raises TableUnavailable."""

    def __init__(self, table: Table, records: PushRecords, retention_days: int) -> None:
        self._table = table
        self._records = records
        # Most are over by then: they end within their longest life, or their log entries do. Those that wait for their
        # time, or repeat, are under way still.
        self._days = retention_days + 2 + MAX_EXPIRES_IN_S // DAY_S

    async def page(
        self, *, now_s: float, limit: int, after: str | None, states: Collection[State], sender: str | None
    ) -> Page[Push]:
        """As `services.ports.PushStore.list`."""
        found: list[Push] = []
        behind = after
        looked_at = 0
        while True:
            ids, following = await self._ids(now_s, limit + 1 - len(found), behind, states, sender)
            records = await self._records.get_many(ids)
            pushes = [records[push_id].push for push_id in ids if push_id in records]
            found += [push for push in pushes if not states or push.state in states]
            if len(found) > limit:
                return Page(found[:limit], found[limit - 1].id)
            looked_at += SCANNED_AT_ONCE
            if following is None or looked_at >= SCANNED_AT_MOST:
                return Page(found, following)
            behind = following

    async def overdue(self, before_s: float, *, limit: int) -> Sequence[Push]:
        """As `services.ports.PushStore.overdue`. It reads what is listed as under way, all of it."""
        due = Condition(expression="due_at_s < :before", values={":before": before_s})
        listed: list[Mapping[str, Value]] = []
        after: str | None = None
        while True:
            page = await self._table.query(keys.UNDER_WAY, after=after, filtered=due, consistent=False)
            listed += page.items
            if page.last is None:
                break
            after = page.last
        listed.sort(key=lambda item: seconds(item["due_at_s"]))
        ids = [str(item["sk"]) for item in listed[:limit]]
        records = await self._records.get_many(ids)
        pushes = [records[push_id].push for push_id in ids if push_id in records]
        return [
            push for push in pushes if push.state in OPEN and push.due_at_s is not None and push.due_at_s < before_s
        ]

    async def in_flight(self) -> Mapping[State, int]:
        """As `services.ports.PushStore.in_flight`."""
        listed = Counter(str(item["state"]) for item in await self._table.query_all(keys.UNDER_WAY))
        return {state: listed[state.value] for state in OPEN}

    async def _ids(
        self, now_s: float, limit: int, after: str | None, states: Collection[State], sender: str | None
    ) -> tuple[Sequence[str], str | None]:
        """Ids that may be meant, and the one to go on behind; None at the end."""
        narrowed = _narrowed(states, sender)
        most = limit if narrowed is None else SCANNED_AT_ONCE
        is_open = bool(states) and set(states).issubset(OPEN)
        oldest = None if is_open else positions.lowest_at(self._oldest_s(now_s))

        async def read(partition: str, left: int) -> QueryPage:
            last = oldest if partition == keys.UNDER_WAY else None
            is_there = after is not None and partition in {keys.UNDER_WAY, listing_key(after).pk}
            return await self._table.query(
                partition,
                last=last,
                # DynamoDB takes no place to go on behind that lies outside of the range.
                after=after if is_there and (last is None or (after or "") <= last) else None,
                limit=min(left, most) if narrowed is None else most,
                newest_first=True,
                filtered=narrowed,
            )

        partitions = [keys.UNDER_WAY] if is_open else self._partitions(now_s, after)
        items, following = await walk(partitions, read, limit=limit)
        return [str(item["sk"]) for item in items], following

    def _partitions(self, now_s: float, after: str | None) -> Sequence[str]:
        """The days back from that of a push, or from tomorrow: another process's clock may be ahead.

        What is older, and still under way, comes behind them.
        """
        newest_s = now_s + DAY_S
        if after is not None:
            newest_s = min(newest_s, positions.time_of_s(after))
        days = int((newest_s - self._oldest_s(now_s)) // DAY_S)
        return [*(keys.pushes_of(keys.day_of(newest_s - back * DAY_S)) for back in range(days + 1)), keys.UNDER_WAY]

    def _oldest_s(self, now_s: float) -> float:
        """The start of the day from which on pushes are listed by day."""
        return (now_s // DAY_S - self._days) * DAY_S


def _narrowed(states: Collection[State], sender: str | None) -> Condition | None:
    """What leaves out listed pushes that are surely not meant."""
    parts: list[str] = []
    values: dict[str, Value] = {}
    names: dict[str, str] = {}
    if sender is not None:
        parts.append("sender = :sender")
        values[":sender"] = sender
    if states:
        names["#state"] = "state"
        values.update({f":state{number}": state.value for number, state in enumerate(states)})
        is_one = f"#state IN ({', '.join(f':state{number}' for number in range(len(states)))})"
        # Those that a listing does not tell apart have no state there; that of what is under way may be a step behind.
        unknown = not UNMARKED.isdisjoint(states) and not set(states).issubset(OPEN)
        parts.append(f"({is_one} OR attribute_not_exists(#state))" if unknown else is_one)
    return Condition(expression=" AND ".join(parts), values=values, names=names) if parts else None

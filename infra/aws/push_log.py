"""The logs of topics in DynamoDB: which slices were released to a topic, in order of position.

An entry stays for a while after its retention is over, unseen, so that a log can tell that it has lost it. An entry
whose push is not there was written by a submission that never came to be; who reads the log passes over it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Final

from infra.aws import keys
from infra.aws.actions import Condition
from infra.aws.attributes import Item, Value
from infra.aws.keys import Key
from infra.aws.table import Table
from infra.aws.values import arc_of, arc_text, optional_seconds, present, seconds, to_json
from services.domain import positions
from services.domain.pushes import LogEntry
from services.domain.topics import Topic

LOG_MEMORY_S: Final = 30 * 86_400
"""How long an entry is remembered after its retention. Who was away for longer is told that they may have missed it."""
SCANNED_AT_ONCE: Final = 1_000
"""Most entries in one read for one that was lost."""


class PushLog:
    """The logs of all topics, strongly consistent. Every call raises TableUnavailable."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def read(self, topic: Topic, *, after: str, retained_at_s: float, limit: int) -> Sequence[LogEntry]:
        """As `services.ports.PushStore.log`."""
        kept = Condition(expression="retained_until_s > :at", values={":at": retained_at_s})
        found: list[Mapping[str, Value]] = []
        behind: str | None = None
        while True:
            page = await self._table.query(
                keys.log_partition(topic), first=_behind(after), after=behind, limit=limit - len(found), filtered=kept
            )
            found += page.items
            if len(found) == limit or page.last is None:
                return [_entry_of(topic, item) for item in found]
            behind = page.last

    async def has_lost(self, topic: Topic, *, after: str, retained_at_s: float) -> bool:
        """As `services.ports.PushStore.log_has_lost`."""
        if after != positions.BEGINNING and positions.time_of_s(after) < retained_at_s - LOG_MEMORY_S:
            return True
        over = Condition(expression="retained_until_s <= :at", values={":at": retained_at_s})
        behind: str | None = None
        while True:
            page = await self._table.query(
                keys.log_partition(topic), first=_behind(after), after=behind, limit=SCANNED_AT_ONCE, filtered=over
            )
            if page.items or page.last is None:
                return bool(page.items)
            behind = page.last


def entry_item(entry: LogEntry) -> Item:
    """An entry as an item, to be written before what releases it, or with it."""
    return present(
        {
            **entry_key(entry.topic, entry.position)._asdict(),
            "push_id": entry.push_id,
            "arc": arc_text(entry.arc),
            "filter": None if entry.filter is None else to_json(entry.filter),
            "retained_until_s": entry.retained_until_s,
            "ends_at_s": entry.expires_at_s,
            "collapse_key": entry.collapse_key,
            "again": entry.again or None,
            "expires_at": math.ceil(entry.retained_until_s + LOG_MEMORY_S),
        }
    )


def entry_key(topic: Topic, position: str) -> Key:
    """Where an entry is."""
    return Key(keys.log_partition(topic), position)


def _behind(position: str) -> str:
    """The lowest sort key greater than a position: all of them are of one length."""
    return f"{position} "


def _entry_of(topic: Topic, item: Mapping[str, Value]) -> LogEntry:
    filtered, collapse_key = item.get("filter"), item.get("collapse_key")
    return LogEntry(
        topic=topic,
        position=str(item["sk"]),
        push_id=str(item["push_id"]),
        arc=arc_of(item.get("arc")),
        filter=None if filtered is None else json.loads(str(filtered)),
        retained_until_s=seconds(item["retained_until_s"]),
        expires_at_s=optional_seconds(item.get("ends_at_s")),
        collapse_key=None if collapse_key is None else str(collapse_key),
        again=item.get("again") is True,
    )

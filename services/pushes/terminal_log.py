"""The last pushes that were released to one terminal, from the logs of its topics, and what became of them there.

A log is read from a position on, so the newest entries are found by looking back further and further: the last minute,
then what lies between it and six minutes ago, and so on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from services.domain import positions
from services.domain.connection import Connection
from services.domain.pushes import LogEntry, Push, Receipt
from services.domain.targets import json_form
from services.domain.targets.expression import KEPT
from services.domain.targets.row_filter import matches
from services.domain.topics import Topic
from services.ports import Ports

READ_AT_A_TIME: Final = 200
READ_AT_MOST: Final = 2_000
"""Most entries read of one topic's log."""
FIRST_LOOK_S: Final = 60.0
FURTHER_EACH_TIME: Final = 6
LOOKS: Final = 6
"""So many looks go back 5.4 days; one more reads what is left."""
TITLE_CHARACTERS: Final = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A push that was meant for a terminal, and released to it at `at_s`, under `topic`.

    `receipt` is the terminal's; None if the push keeps none, or has none of it.
    """

    push: Push
    topic: Topic
    at_s: float
    receipt: Receipt | None

    @property
    def title(self) -> str | None:
        """What to call it: the message if that is text, else its member `title`, cut if it is long."""
        message = self.push.message
        text = message.get("title") if isinstance(message, dict) else message
        return text[:TITLE_CHARACTERS] if isinstance(text, str) else None


async def last(ports: Ports, row: Connection, *, limit: int) -> Sequence[Shown]:
    """The last pushes, up to `limit`, that were released to the terminal of a connection, newest first.

    They are those that the target means as the connection is now. What has left the log, what was never kept in one,
    and what was meant for the connection by its id is not among them; nor is what lies behind the `READ_AT_MOST` newest
    entries of a log, or about so.
    """
    reader = _Reader(ports, row)
    found: dict[str, tuple[Push, LogEntry]] = {}
    until: str | None = None
    for behind in _looks(ports.clock.now_s()):
        released = await reader.released(behind, until)
        if released is None:
            break
        newest_first = sorted(released.values(), key=lambda entry: entry.position, reverse=True)
        for asked in _several([entry.push_id for entry in newest_first if entry.push_id not in found], limit):
            there = await ports.pushes.get_many(asked)
            # A push may have log entries and not be there: its submission was broken off.
            found.update((push_id, (there[push_id], released[push_id])) for push_id in asked if push_id in there)
            if len(found) >= limit:
                break
        if len(found) >= limit:
            break
        until = behind
    shown = list(found.values())[:limit]
    receipts = await asyncio.gather(*(_receipt(ports, push, row.terminal_id) for push, _ in shown))
    return [
        Shown(push=push, topic=_topic(push, entry, row), at_s=positions.time_of_s(entry.position), receipt=receipt)
        for (push, entry), receipt in zip(shown, receipts, strict=True)
    ]


class _Reader:
    """Reads the logs of a connection's topics, at most `READ_AT_MOST` entries of each."""

    def __init__(self, ports: Ports, row: Connection) -> None:
        self._ports = ports
        self._row = row
        self._now_s = ports.clock.now_s()
        self._left = dict.fromkeys(row.topics(), READ_AT_MOST)
        self._meant: dict[tuple[str, Topic], bool] = {}

    async def released(self, behind: str, until: str | None) -> dict[str, LogEntry] | None:
        """What was released to the terminal, behind a position and up to another: the first slice of each push, by id.

        None: it was too much to be read.
        """
        logs = await asyncio.gather(*(self._read(topic, behind, until) for topic in self._left))
        first: dict[str, LogEntry] = {}
        for entries in logs:
            if entries is None:
                return None
            for entry in filter(self._is_meant, entries):
                known = first.setdefault(entry.push_id, entry)
                if entry.position < known.position:
                    first[entry.push_id] = entry
        return first

    async def _read(self, topic: Topic, behind: str, until: str | None) -> list[LogEntry] | None:
        found: list[LogEntry] = []
        while self._left[topic] > 0:
            most = min(READ_AT_A_TIME, self._left[topic])
            page = await self._ports.pushes.log(topic, after=behind, retained_at_s=self._now_s, limit=most)
            self._left[topic] -= len(page)
            wanted = [entry for entry in page if until is None or entry.position <= until]
            found += wanted
            if len(page) < most or len(wanted) < len(page):
                return found
            behind = page[-1].position
            # A log that is read from memory or disk answers at once; others have their turn in between.
            await asyncio.sleep(0)
        return None

    def _is_meant(self, entry: LogEntry) -> bool:
        """Whether a slice is for the terminal; one that was sent again to those who had not answered is no other."""
        if entry.again or self._row.place not in entry.arc:
            return False
        if entry.filter is None:
            return True
        # Slices of a push under one topic have the same filter, and a slow push has many.
        asked = (entry.push_id, entry.topic)
        if asked not in self._meant:
            self._meant[asked] = matches(json_form.from_json(entry.filter, bounds=KEPT), self._row)
        return self._meant[asked]


async def _receipt(ports: Ports, push: Push, terminal_id: str) -> Receipt | None:
    if push.strategy.ack_need is None:
        return None
    return (await ports.pushes.receipts_of(push.id, [terminal_id])).get(terminal_id)


def _topic(push: Push, entry: LogEntry, row: Connection) -> Topic:
    """The topic that a terminal is served under, of those that both the push and the terminal have."""
    served = push.cover.serving(row)
    return entry.topic if served is None else push.cover.topics[served]


def _looks(now_s: float) -> Iterator[str]:
    """The positions behind which is looked, one after the other."""
    for number in range(LOOKS):
        yield positions.lowest_at(now_s - FIRST_LOOK_S * FURTHER_EACH_TIME**number)
    yield positions.BEGINNING


def _several(push_ids: Sequence[str], number: int) -> Iterable[Sequence[str]]:
    return (push_ids[at : at + number] for at in range(0, len(push_ids), number))

"""Terminals that were here and are not now."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from services.domain import topics
from services.domain.identity import AttributeValue
from services.domain.targets.cover import plan
from services.domain.targets.expression import Target
from services.domain.targets.row_filter import RowFilter, compile_filter
from services.domain.topics import Topic
from services.ports import Page, Ports, Registry, Seen

PAGE: Final = 500
READ_AT_MOST: Final = 200_000
"""Most terminals that are looked through for those that a target means."""
READ_FOR_A_PAGE: Final = 5_000
"""Most terminals read for one page of a listing; a page of a rare match may hold fewer than asked, and go on."""
LOOKED_UP_AT_A_TIME: Final = 20
"""Of so many terminals the registry's sizes are exact, and strongly consistent."""
_FAR_TOO_MANY: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class SeenRow:
    """A terminal that was seen, as a target asks about it: it has no connection."""

    seen: Seen

    @property
    def connection_id(self) -> str:
        return ""

    @property
    def terminal_id(self) -> str:
        return self.seen.terminal_id

    @property
    def user(self) -> str:
        return self.seen.user

    @property
    def groups(self) -> tuple[str, ...]:
        return self.seen.groups

    @property
    def attributes(self) -> Mapping[str, AttributeValue]:
        return self.seen.attributes


async def known(ports: Ports, target: Target) -> AsyncIterator[Sequence[Seen]]:
    """Known terminals that a target means, those that are connected among them, page by page.

    Where the target names its users and terminals just they are looked up; else all that are known are looked through,
    up to `READ_AT_MOST`.
    """
    accepts = compile_filter(target)
    named = _named(target)
    if named is not None:
        yield _meant(await _looked_up(ports, named), accepts)
        return
    after: str | None = None
    for read in itertools.count(PAGE, PAGE):
        page = await ports.last_seen.list(limit=PAGE, after=after)
        yield _meant(page.items, accepts)
        if page.next is None or read >= READ_AT_MOST:
            return
        after = page.next
        await asyncio.sleep(0)


async def listing(ports: Ports, target: Target, *, limit: int, after: str | None = None) -> Page[Seen]:
    """Up to `limit` terminals that a target means, are known, and are not connected."""
    accepts = compile_filter(target)
    found: list[Seen] = []
    read = 0
    while True:
        page = await ports.last_seen.list(limit=min(PAGE, limit - len(found)), after=after)
        found.extend(await not_connected(ports.registry, _meant(page.items, accepts)))
        read += max(len(page.items), 1)
        after = page.next
        if after is None or len(found) >= limit or read >= READ_FOR_A_PAGE:
            return Page(found, after)
        await asyncio.sleep(0)


async def of_user(ports: Ports, user: str) -> Sequence[Seen]:
    """The terminals of a user that are known and not connected, those seen last first."""
    there = await not_connected(ports.registry, await ports.last_seen.of_user(user))
    return sorted(there, key=lambda one: -one.seen_at_s)


async def not_connected(registry: Registry, seen: Sequence[Seen]) -> list[Seen]:
    """Those of them that have no connection now."""
    there = await connected(registry, [one.terminal_id for one in seen])
    return [one for one in seen if one.terminal_id not in there]


async def connected(registry: Registry, terminal_ids: Sequence[str]) -> frozenset[str]:
    """Those of these terminals that have a connection now."""
    asked = [topics.terminal(terminal_id) for terminal_id in terminal_ids]
    parts = [asked[at : at + LOOKED_UP_AT_A_TIME] for at in range(0, len(asked), LOOKED_UP_AT_A_TIME)]
    sizes = await asyncio.gather(*(registry.sizes(part) for part in parts))
    return frozenset(topic.name for found in sizes for topic, connections in found.items() if connections)


def _meant(seen: Collection[Seen], accepts: RowFilter) -> list[Seen]:
    return [one for one in seen if accepts(SeenRow(one))]


def _named(target: Target) -> tuple[Topic, ...] | None:
    """The users and terminals that hold all whom a target means, None if it has to be looked for among all."""
    cover = plan(target, lambda topic: 0 if topic.kind in ("user", "terminal", "connection") else _FAR_TOO_MANY)
    is_named = all(topic.kind in ("user", "terminal", "connection") for topic in cover.topics)
    return cover.topics if is_named else None


async def _looked_up(ports: Ports, named: Sequence[Topic]) -> list[Seen]:
    terminals = [topic.name for topic in named if topic.kind == "terminal"]
    found = dict(await ports.last_seen.get_many(terminals)) if terminals else {}
    users = [topic.name for topic in named if topic.kind == "user"]
    for at in range(0, len(users), LOOKED_UP_AT_A_TIME):
        several = await asyncio.gather(*map(ports.last_seen.of_user, users[at : at + LOOKED_UP_AT_A_TIME]))
        found.update((one.terminal_id, one) for seen in several for one in seen)
    return list(found.values())

"""Who is meant by a push, connected now or away: estimated from the directory, or counted one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from services.connections import away
from services.connections.presence import Cursor, listing
from services.domain import time_zones
from services.domain.connection import Connection
from services.domain.identity import AttributeValue
from services.domain.pushes import Profile
from services.domain.strategies.strategy import Window
from services.domain.targets.cover import Cover, candidates, plan
from services.domain.targets.expression import Target
from services.ports import Ports, Registry

PAGE: Final = 500
WALKED_AT_MOST: Final = 200_000
"""Most connections that are counted one by one, and most terminals away that are looked through."""
SAMPLED_AT_MOST: Final = 2_000
"""How many are asked for their time zone where nobody is counted: they stand for the others, being the first of a ring
on which terminals lie at random."""
NAMED_AT_MOST: Final = 2_000
"""Up to so many terminals an audience keeps its names."""
SAMPLE: Final = 10
"""How many connections are shown."""
VALUES_SHOWN: Final = 20
"""Most values counted out for one attribute, the commonest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Who is meant now. Counts of groups and attribute values are of connections, those of time zones of terminals.

    `names` are the terminals, connected ones and those away; None if they are more than `NAMED_AT_MOST`, or were not
    all seen. `exact` is False if there were more than were walked: then the counts are those of the directory as far as
    it knows them, and else scaled up from those that were walked.
    """

    connections: int
    terminals: int
    users: int
    away: int
    by_group: Mapping[str, int]
    by_attribute: Mapping[str, Mapping[AttributeValue, int]]
    by_timezone: Mapping[str, int]
    sample: Sequence[Connection]
    names: frozenset[str] | None
    exact: bool

    def profile(self) -> Profile:
        """What a forecast is made from."""
        return Profile(terminals=self.terminals, away=self.away, exact=self.exact, by_timezone=self.by_timezone)


async def planned(registry: Registry, target: Target) -> tuple[Cover, Profile]:
    """The cheapest cover of a target, and about how many it holds; asks for the sizes of topics once."""
    sizes = await registry.sizes(candidates(target))
    cover = plan(target, lambda topic: sizes.get(topic, 0))
    return cover, Profile(terminals=sum(sizes.get(topic, 0) for topic in cover.topics))


async def estimated(registry: Registry, cover: Cover) -> Profile:
    """About how many terminals a cover holds, from what the directory says of its topics; reads no row.

    What a filter leaves out is in it, and a terminal with two connections counts twice.
    """
    sizes = await registry.sizes(cover.topics)
    return Profile(terminals=sum(sizes.get(topic, 0) for topic in cover.topics))


async def exceeds(ports: Ports, target: Target, limit: int, *, with_away: bool) -> bool:
    """Whether more than `limit` terminals are meant; stops at the first one that is too many.

    `with_away`: those that are known and not connected count too, since they get it when they come back.
    """
    found: set[str] = set()
    async for rows in _walk(ports, target):
        found.update(row.terminal_id for row in rows)
        if len(found) > limit:
            return True
    if with_away:
        async for seen in away.known(ports, target):
            found.update(one.terminal_id for one in seen)
            if len(found) > limit:
                return True
    return False


async def time_zones_of(ports: Ports, target: Target, window: Window, terminals: int) -> Mapping[str, int]:
    """About how many of so many terminals have each time zone, from a sample."""
    assert window.attribute is not None
    sampled: dict[str, str] = {}
    all_seen = True
    async for rows in _walk(ports, target):
        sampled.update((row.terminal_id, zone_of(row.attributes, window.attribute)) for row in rows)
        if len(sampled) >= SAMPLED_AT_MOST:
            all_seen = False
            break
    found = Counter(sampled.values())
    share = 1.0 if all_seen or not sampled else max(1.0, terminals / len(sampled))
    return {zone: round(number * share) for zone, number in found.items()}


def zone_of(attributes: Mapping[str, AttributeValue], attribute: str) -> str:
    """The IANA time zone that a terminal's attribute names, "" if it names none."""
    value = attributes.get(attribute)
    return value if isinstance(value, str) and time_zones.is_known(value) else ""


async def _walk(ports: Ports, target: Target) -> AsyncIterator[Sequence[Connection]]:
    """Every connection that is meant now, page by page."""
    at: Cursor | None = None
    while True:
        rows, at = await listing(ports, target, limit=PAGE, cursor=at)
        yield rows
        if at is None:
            return

"""Who is meant by a push, connected now or away: estimated from the directory, or counted one by one."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from services.connections import away
from services.domain import time_zones
from services.domain.connection import Connection
from services.domain.identity import AttributeValue
from services.domain.pushes import Planned, Profile
from services.domain.ring import WHOLE
from services.domain.strategies.strategy import DEFAULT, Strategy, Window
from services.domain.targets import flow_form
from services.domain.targets.cover import Cover, candidates, plan, plan_clauses
from services.domain.targets.expression import Target
from services.domain.targets.flow import Flow, FlowCount
from services.domain.targets.row_filter import RowFilter
from services.domain.topics import Topic
from services.ports import Ports

PAGE: Final = 500
WALKED_AT_MOST: Final = 200_000
"""Most connections that are read to count an audience; beyond it the rest is estimated."""
COUNTED_AT_MOST: Final = 10_000
"""Up to so many connections a push that is sent without a plan has its audience counted, if its strategy has stages.

That is twenty pages, some 1,500 read units of DynamoDB and a fraction of a second: less than delivering to them takes.
"""
SAMPLED_AT_MOST: Final = 2_000
"""How many are asked for their time zone where nobody is counted: they stand for the others, since terminals lie at
random on the ring that is walked."""
NAMED_AT_MOST: Final = 2_000
"""Up to so many terminals an audience keeps their names."""
NAMED_BYTES_AT_MOST: Final = 200_000
"""And up to this length of all of them together: an item of DynamoDB holds 400 KB."""
SAMPLE: Final = 10
"""How many connections are shown."""
VALUES_SHOWN: Final = 20
"""Most values counted out for one attribute, the commonest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Who is meant now. Counts of groups and attribute values are of connections, those of time zones of terminals.

    `away` are terminals that are known and not connected. `names` are those that are connected, None if they are too
    many to keep. `by_timezone` is for a window by the terminals' own clocks, else empty. `exact` is False if there were
    more than are walked: then all counts but `away` are scaled up from those that were.

    `flow` is how many each clause of the target lets through; None if that was not asked for, or is not `exact`.
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
    flow: Flow | None = None

    def profile(self) -> Profile:
        """What a forecast is made from, and what a push keeps of it."""
        flow = self.flow if self.flow is not None and flow_form.can_be_kept(self.flow) else None
        return Profile(
            terminals=self.terminals,
            away=self.away,
            exact=self.exact,
            by_timezone=self.by_timezone,
            planned=Planned(connections=self.connections, users=self.users, flow=flow),
        )


class Meant:
    """Who a target means now: estimated from the directory, and read one by one as far as somebody asks.

    However many ask, nobody who is connected is read twice. `cover` is the cheapest of the target.
    """

    def __init__(self, ports: Ports, target: Target, strategy: Strategy, cover: Cover, estimate: Profile) -> None:
        self.cover = cover
        self._ports = ports
        self._target = target
        self._strategy = strategy
        self._estimate = estimate
        self._pages = _walk(ports, cover)
        self._read = 0
        self._is_all = False
        self._zones: dict[str, str] = {}
        """Of each terminal that was read its time zone, "" if that is not known or not asked for."""

    async def number(self, limit: int, *, with_away: bool) -> int:
        """How many terminals are meant, or some number over `limit`: it stops as soon as they are too many.

        `with_away`: those that are known and not connected count too, since they get it when they come back.
        """
        await self._read_until(lambda: len(self._zones) > limit)
        found = set(self._zones)
        if with_away and len(found) <= limit:
            async for seen in away.known(self._ports, self._target):
                found.update(one.terminal_id for one in seen)
                if len(found) > limit:
                    break
        return len(found)

    async def profile(self) -> Profile:
        """What the forecast of a push without a plan is made from.

        If the strategy is not one release and the target needs its rows asked, those who are connected are counted one
        by one, up to `COUNTED_AT_MOST` connections; beyond it `terminals` stays the upper bound, and `exact` False.
        Those who are away are not counted. What was read to its end all the same, for a limit or for time zones, is a
        count too. Nothing is read here for a plain push.
        """
        if self._strategy.is_immediate:
            return self._estimate
        if self._estimate.terminals <= COUNTED_AT_MOST and self._asks_rows():
            # The directory's sizes lag behind: there may be more than it knows of.
            await self._read_until(lambda: self._read > COUNTED_AT_MOST)
        elif self._zone_attribute is not None:
            await self._read_until(lambda: self._read >= SAMPLED_AT_MOST)
        if self._is_all:
            return Profile(terminals=len(self._zones), exact=True, by_timezone=self._by_timezone(1.0))
        share = max(1.0, self._estimate.terminals / max(1, self._read))
        return replace(self._estimate, by_timezone=self._by_timezone(share))

    async def _read_until(self, is_enough: Callable[[], bool]) -> None:
        attribute = self._zone_attribute
        while not self._is_all and not is_enough():
            page = await anext(self._pages, None)
            if page is None:
                self._is_all = True
                return
            rows, self._read = page
            for row in rows:
                self._zones[row.terminal_id] = "" if attribute is None else zone_of(row.attributes, attribute)

    def _asks_rows(self) -> bool:
        return any(self.cover.part(index).accepts is not None for index in range(len(self.cover.topics)))

    @property
    def _zone_attribute(self) -> str | None:
        window = self._strategy.open_window
        return None if window is None else window.attribute

    def _by_timezone(self, share: float) -> Mapping[str, int]:
        return {} if self._zone_attribute is None else _scaled(Counter(self._zones.values()), share)


async def meant_by(ports: Ports, target: Target, strategy: Strategy = DEFAULT) -> Meant:
    """Whom a push with this strategy would be for; asks for the sizes of topics once."""
    sizes = await ports.registry.sizes(candidates(target))
    cover = plan(target, lambda topic: sizes.get(topic, 0))
    at_most = sum(sizes.get(topic, 0) for topic in cover.topics)
    return Meant(ports, target, strategy, cover, Profile(terminals=at_most))


async def counted(ports: Ports, target: Target, *, window: Window | None = None, clauses: bool = False) -> Audience:
    """Walk all whom a target means; `window` is the one whose time zones are asked for.

    `clauses`: count what each of them lets through as well, in the same walk. Reads `WALKED_AT_MOST` connections at
    most, and as many terminals that are away.
    """
    sizes = await ports.registry.sizes(candidates(target))
    cover, flow = _to_walk(target, sizes, clauses=clauses)
    tally = _Tally(None if window is None else window.attribute)
    share = 1.0
    async for rows, read in _walk(ports, cover, flow):
        tally.add(rows)
        if read >= WALKED_AT_MOST:
            share = max(1.0, sum(sizes.get(topic, 0) for topic in cover.topics) / read)
            break
    gone = 0
    async for seen in away.known(ports, target):
        gone += sum(1 for one in seen if one.terminal_id not in tally.terminals)
    counted_flow = None
    if flow is not None and share == 1.0:
        connected = 0 if flow.finds_all else (await ports.registry.presence()).connections
        counted_flow = flow.flow(connected)
    return tally.audience(share, gone, counted_flow)


def _to_walk(target: Target, sizes: Mapping[Topic, int], *, clauses: bool) -> tuple[Cover, FlowCount | None]:
    """What to read, and what counts clauses meanwhile, where that can be exact."""

    def size_of(topic: Topic) -> int:
        return sizes.get(topic, 0)

    if clauses:
        cover = plan_clauses(target, size_of)
        if sum(map(size_of, cover.topics)) <= WALKED_AT_MOST:
            return cover, FlowCount(target, cover)
    return plan(target, size_of), None


def zone_of(attributes: Mapping[str, AttributeValue], attribute: str) -> str:
    """The IANA time zone that a terminal's attribute names, "" if it names none."""
    value = attributes.get(attribute)
    return value if isinstance(value, str) and time_zones.is_known(value) else ""


async def _walk(
    ports: Ports, cover: Cover, flow: FlowCount | None = None
) -> AsyncIterator[tuple[Sequence[Connection], int]]:
    """Every connection that is meant now, page by page, and how many were read so far, those not meant among them.

    Of each row that is read `flow` counts what lets it through.
    """
    read = 0
    for index, topic in enumerate(cover.topics):
        chosen = cover.part(index).accepts if flow is None else _counting(cover.found_first(index), flow)
        after: str | None = None
        while True:
            # A registry in memory answers at once; whoever reads page after page would keep deliveries waiting.
            await asyncio.sleep(0)
            page = await ports.registry.page(topic, WHOLE, live_at_s=ports.clock.now_s(), limit=PAGE, after=after)
            read += len(page.items)
            yield page.items if chosen is None else list(filter(chosen, page.items)), read
            after = page.next
            if after is None:
                break


def _counting(found_first: RowFilter | None, flow: FlowCount) -> RowFilter:
    """Whether a row that is found is meant; counted where it is found first."""
    if found_first is None:
        return flow.add
    is_first = found_first
    return lambda row: is_first(row) and flow.add(row)


class _Tally:
    """Counts connections as they are read."""

    def __init__(self, zone_attribute: str | None) -> None:
        self._zone_attribute = zone_attribute
        self._connections = 0
        self._sample: list[Connection] = []
        self.terminals: set[str] = set()
        self._users: set[str] = set()
        self._groups: Counter[str] = Counter()
        self._attributes: Counter[tuple[str, AttributeValue]] = Counter()
        self._zones: Counter[str] = Counter()

    def add(self, rows: Sequence[Connection]) -> None:
        """Count a page: one update for all of its rows takes half as long as one for each."""
        self._connections += len(rows)
        self._sample.extend(rows[: SAMPLE - len(self._sample)])
        if self._zone_attribute is not None:
            new = {row.terminal_id: row for row in reversed(rows) if row.terminal_id not in self.terminals}
            self._zones.update(zone_of(row.attributes, self._zone_attribute) for row in new.values())
        self.terminals.update(row.terminal_id for row in rows)
        self._users.update(row.user for row in rows)
        self._groups.update(itertools.chain.from_iterable(row.groups for row in rows))
        self._attributes.update(pair for row in rows for pair in row.attributes.items())

    def audience(self, share: float, away_now: int, flow: Flow | None) -> Audience:
        """What was counted, times `share`."""
        by_attribute: dict[str, dict[AttributeValue, int]] = {}
        for (name, value), number in self._attributes.most_common():
            values = by_attribute.setdefault(name, {})
            if len(values) < VALUES_SHOWN:
                values[value] = number
        return Audience(
            connections=round(self._connections * share),
            terminals=round(len(self.terminals) * share),
            users=round(len(self._users) * share),
            away=away_now,
            by_group=_scaled(self._groups, share),
            by_attribute={name: _scaled(values, share) for name, values in sorted(by_attribute.items())},
            by_timezone=_scaled(self._zones, share),
            sample=self._sample,
            names=frozenset(self.terminals) if share == 1.0 and _can_be_kept(self.terminals) else None,
            exact=share == 1.0,
            flow=flow,
        )


_Counted = TypeVar("_Counted", bound=AttributeValue)


def _scaled(counts: Mapping[_Counted, int], share: float) -> dict[_Counted, int]:
    """The counts times `share`, the largest first."""
    return {value: round(number * share) for value, number in Counter(counts).most_common()}


def _can_be_kept(names: Collection[str]) -> bool:
    return len(names) <= NAMED_AT_MOST and sum(len(name.encode()) for name in names) <= NAMED_BYTES_AT_MOST

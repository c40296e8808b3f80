"""Where the rows of a topic are: a large topic has several partitions, each of which holds an arc of the ring.

One partition of DynamoDB takes 1,000 writes a second, which is what 500 connects and 500 disconnects a second cost
the partition of `all` (aws: "Best practices for designing partition keys"). A walk round the ring reads the shards one
behind the other, so an arc is still a range in one or a few of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from services.domain.ring import SIZE, Arc
from services.domain.topics import Topic

LANE_ROWS: Final = 20_000
"""About how many rows one lane of a walk serves: at 1,000 posts a second, a third of the in-flight bound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharding:
    """In how many shards `all` and each big group are; every other topic is in one.

    The same for all functions of a deployment. A row is looked for where the sharding of now would file it, so when it
    is changed, connections that are open lose what is sent meanwhile: let them connect again.
    """

    shards: int = 16
    big_groups: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not 1 <= self.shards <= 256:
            raise ValueError(f"{self.shards} shards: it must be from 1 to 256")

    def of(self, topic: Topic) -> int:
        """The number of shards of a topic."""
        if topic.kind == "all" or (topic.kind == "group" and topic.name in self.big_groups):
            return self.shards
        return 1

    def shard_of(self, topic: Topic, place: int) -> int:
        """The shard of a topic that a place of the ring lies in."""
        return shard_of(place, self.of(topic))


@dataclass(frozen=True, slots=True)
class Run:
    """Places of an arc that lie in one shard, both ends included."""

    shard: int
    first: int
    last: int

    def __contains__(self, place: int) -> bool:
        return self.first <= place <= self.last


def shard_of(place: int, shards: int) -> int:
    """The shard of so many, equal in size, that a place lies in."""
    return place * shards // SIZE


def runs(arc: Arc, shards: int) -> Sequence[Run]:
    """An arc as one run for each shard that it goes through, in the order of the walk."""
    found: list[Run] = []
    for first, last in arc.ranges():
        for shard in range(shard_of(first, shards), shard_of(last, shards) + 1):
            start, end = _bounds(shard, shards)
            found.append(Run(shard, max(first, start), min(last, end)))
    return found


def runs_behind(arc: Arc, shards: int, place: int) -> Sequence[Run]:
    """The runs of an arc from the one that holds `place` on. Raises ValueError if the place does not lie on the arc."""
    found = runs(arc, shards)
    for number, run in enumerate(found):
        if place in run:
            return found[number:]
    raise ValueError(f"place {place:08x} does not lie on the arc from {arc.start:08x} on, {arc.length} places long")


def lanes(rows: int, shards: int) -> int:
    """In how many lanes a topic of about so many rows is walked: one for every 20,000, at most one for each shard."""
    return max(1, min(shards, -(-rows // LANE_ROWS)))


def _bounds(shard: int, shards: int) -> tuple[int, int]:
    """The first and the last place of a shard."""
    return -(-shard * SIZE // shards), -(-(shard + 1) * SIZE // shards) - 1

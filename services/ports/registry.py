"""Who is connected."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from services.domain.connection import Connection
from services.domain.ring import Arc
from services.domain.topics import Topic
from services.ports.page import Page


@dataclass(frozen=True, slots=True)
class GroupSize:
    """A group of the directory and how many connections are filed under it now."""

    name: str
    connections: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """How many are connected now."""

    connections: int
    terminals: int
    users: int
    groups: int


class Registry(Protocol):
    """Who is connected. `get` and `page` are strongly consistent: they see every `add` that has returned."""

    async def add(self, connection: Connection) -> None:
        """File a connection under each of its topics; replaces the row of the same connection id."""

    async def replace(self, connection: Connection, *, was: Connection) -> bool:
        """Put a newer row of an open connection in the place of `was`, and refile it.

        False, and no change, if its row is another by now, or if it is not registered (any more). When the terminal was
        last heard makes no other row, and what was heard since stays noted.
        """

    async def remove(self, connection_ids: Collection[str]) -> Sequence[Connection]:
        """Take connections out of every topic; the rows that were there. Unknown ids are passed over."""

    async def get(self, connection_id: str) -> Connection | None:
        """One row, also if its session is over."""

    async def page(
        self, topic: Topic, arc: Arc, *, live_at_s: float, limit: int, after: str | None = None
    ) -> Page[Connection]:
        """Rows filed under `topic` whose place lies on `arc`, in the order of the walk round the ring.

        Only sessions that are not over at `live_at_s`. `after` is a `Connection.sort_key`: the walk goes on
        behind it. A page may hold fewer than `limit` rows and still have a `next`. `last_heard_at_s` may be that of the
        last `add` or `replace`; `get` knows what was `heard` since. Raises ValueError if `after` is not on the arc.
        """

    async def lanes(self, topics: Collection[Topic]) -> Mapping[Topic, int]:
        """In how many lanes each topic is walked, at the same time, to be served in time; at least 1."""

    async def sizes(self, topics: Collection[Topic]) -> Mapping[Topic, int]:
        """About how many connections are filed under each topic; 0 for unknown ones.

        Of `all` and of groups it is derived as connections come and go, and may lag by seconds. Of up to 20 users and
        terminals it is exact, and strongly consistent.
        """

    async def groups(self, *, limit: int, after: str | None = None) -> Page[GroupSize]:
        """The groups that have connections, by name; `after` is a group's name. Derived, and may lag by seconds.

        A page may hold fewer than `limit` groups and still have a `next`.
        """

    async def presence(self) -> Presence:
        """How many are connected; derived as connections come and go, so it may lag by seconds."""

    async def over(self, before_s: float, *, limit: int) -> Sequence[Connection]:
        """Rows whose session ended before `before_s`, the longest over first.

        It may read every row, and may not see the latest changes: for a sweeper that runs every few minutes.
        """

    async def heard(self, connection_ids: Collection[str], at_s: float) -> None:
        """Note that these were there at `at_s`. Cheap, and may be lost in a crash."""

"""The registry's index against the plainest one there is: a dictionary that is searched through."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from infra.local.connection_index import ConnectionIndex
from services.domain import topics
from services.domain.connection import Connection
from services.domain.ring import SIZE, WHOLE, Arc
from services.domain.topics import ALL, Topic
from services.ports import GroupSize, Presence
from tests.contract.adapters import NOON_S
from tests.contract.makers import connection

IDS = [f"c{n}" for n in range(12)]
USERS = ["alice", "bob"]
GROUPS = ["hr", "it", "ops"]
TERMINALS = ["desk", "kiosk", "till"]
PLACES = [0, 1, 2, SIZE // 2, SIZE - 2, SIZE - 1]
ENDS_S = [int(NOON_S) + n for n in range(-3, 4)]
TOPICS = [
    ALL,
    *map(topics.group, GROUPS),
    *map(topics.user, USERS),
    *map(topics.terminal, TERMINALS),
    *map(topics.connection, IDS[:2]),
]

rows = st.builds(
    connection,
    st.sampled_from(IDS),
    user=st.sampled_from(USERS),
    terminal_id=st.sampled_from(TERMINALS),
    place=st.sampled_from(PLACES),
    groups=st.lists(st.sampled_from(GROUPS), max_size=4).map(tuple),
    expires_at_s=st.sampled_from(ENDS_S),
)
arcs = st.just(WHOLE) | st.builds(
    Arc, st.sampled_from(PLACES) | st.integers(0, SIZE - 1), st.sampled_from([0, 1, 3, SIZE // 2, SIZE - 1, SIZE])
)


class AgainstTheNaive(RuleBasedStateMachine):
    """Puts and drops rows in both, and asks both."""

    def __init__(self) -> None:
        super().__init__()
        self.index = ConnectionIndex()
        self.naive: dict[str, Connection] = {}

    @rule(row=rows)
    def put(self, row: Connection) -> None:
        self.index.put(row)
        self.naive[row.connection_id] = row

    @rule(connection_id=st.sampled_from(IDS), groups=st.lists(st.sampled_from(GROUPS), max_size=4).map(tuple))
    def change_groups(self, connection_id: str, groups: tuple[str, ...]) -> None:
        row = self.naive.get(connection_id)
        if row is not None:
            self.put(replace(row, groups=groups))

    @rule(connection_id=st.sampled_from(IDS), end_s=st.sampled_from(ENDS_S))
    def extend(self, connection_id: str, end_s: int) -> None:
        row = self.naive.get(connection_id)
        if row is not None:
            self.put(replace(row, expires_at_s=end_s))

    @rule(connection_id=st.sampled_from(IDS))
    def drop(self, connection_id: str) -> None:
        assert self.index.drop(connection_id) == self.naive.pop(connection_id, None)

    @rule(topic=st.sampled_from(TOPICS), arc=arcs, limit=st.integers(1, 4), live_at_s=st.sampled_from(ENDS_S))
    def walk(self, topic: Topic, arc: Arc, limit: int, live_at_s: int) -> None:
        found: list[Connection] = []
        after: str | None = None
        while True:
            page = self.index.page(topic, arc, live_at_s=live_at_s, limit=limit, after=after)
            assert len(page.items) <= limit
            found += page.items
            if page.next is None:
                break
            after = page.next
        meant = [row for row in self._filed_under(topic) if row.place in arc and row.expires_at_s > live_at_s]
        assert found == sorted(meant, key=lambda row: ((row.place - arc.start) % SIZE, row.connection_id))

    @rule(before_s=st.sampled_from(ENDS_S), limit=st.integers(1, 20))
    def over(self, before_s: int, limit: int) -> None:
        ended = [row for row in self.naive.values() if row.expires_at_s < before_s]
        expected = sorted(ended, key=lambda row: (row.expires_at_s, row.connection_id))[:limit]
        assert self.index.over(before_s, limit=limit) == expected

    @invariant()
    def agree_on_sizes(self) -> None:
        assert [self.index.size(topic) for topic in TOPICS] == [len(self._filed_under(topic)) for topic in TOPICS]

    @invariant()
    def agree_on_groups(self) -> None:
        sizes = {name: len(self._filed_under(topics.group(name))) for name in GROUPS}
        expected = [GroupSize(name, size) for name, size in sizes.items() if size]
        first = self.index.groups(limit=1, after=None)
        rest = [] if first.next is None else self.index.groups(limit=9, after=first.next).items
        assert [*first.items, *rest] == expected

    @invariant()
    def agree_on_presence(self) -> None:
        naive = self.naive.values()
        assert self.index.presence() == Presence(
            connections=len(naive),
            terminals=len({row.terminal_id for row in naive}),
            users=len({row.user for row in naive}),
            groups=len({name for row in naive for name in row.groups}),
        )

    def _filed_under(self, topic: Topic) -> list[Connection]:
        if topic.kind == "connection":
            return [row for row in self.naive.values() if row.connection_id == topic.name]
        return [row for row in self.naive.values() if topic in row.topics()]


AgainstTheNaive.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestAgainstTheNaive = AgainstTheNaive.TestCase

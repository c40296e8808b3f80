"""Which topics to read so that every row a target means is found, and what to ask of each row found.

A row that is filed under several topics of a cover is served under the first of them only. It can tell by
itself which that is, so the readers of two topics need not know of each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from services.domain import topics
from services.domain.problems import Problem
from services.domain.targets import json_form
from services.domain.targets.algebra import simplify, within
from services.domain.targets.expression import (
    KEPT,
    NOBODY,
    All,
    Any,
    Connections,
    Every,
    Groups,
    Not,
    Target,
    Terminals,
    Users,
    walk,
)
from services.domain.targets.row_filter import Row, RowFilter, compile_filter, matches
from services.domain.topics import Topic

TOPIC_COST_ROWS = 20
"""What one more topic in a cover costs, in rows read: it has an entry in its log, a job and a query of its
own. On SQLite a job takes about as long as 10 to 20 rows. On AWS (a log write, an SQS message, a Lambda
invocation) it costs more than that, but there reading `all` costs more than its rows as well: what is kept in
the log of `all` is read by every terminal that comes back."""

MAX_TOPICS = 1_000
"""Most topics in a cover. A target that needs more is looked for in `all`."""

_KIND_ORDER = {"connection": 0, "terminal": 1, "user": 2, "group": 3, "all": 4}
_LISTING: Mapping[str, Callable[[tuple[str, ...]], Target]] = {
    "connection": Connections,
    "terminal": Terminals,
    "user": Users,
    "group": Groups,
}


@dataclass(frozen=True, slots=True)
class Part:
    """One topic to read.

    `filter` is what makes a row of the topic meant: `All()` if each of them is. `accepts` is whether a row found
    there is to be served there: it is meant, and filed under no earlier topic of the cover. None instead of a
    predicate says that this holds for every row of the topic.
    """

    topic: Topic
    filter: Target
    accepts: RowFilter | None


@dataclass(frozen=True, slots=True)
class Cover:
    """Topics that together hold every row that `target` means; none if it means nobody.

    They are in the order connections, terminals, users, groups, all, and by name within a kind: of the first
    three a row has but one, so that telling whether an earlier topic holds it is a look-up in a set, or nothing.
    """

    target: Target
    topics: tuple[Topic, ...]

    def part(self, index: int) -> Part:
        """The topic at `index` with its predicate, compiled anew: keep it for as long as rows are read."""
        topic = self.topics[index]
        meant = within(self.target, topic)
        return Part(topic, meant, _all_of([*self._not_earlier(index), meant]))

    def found_first(self, index: int) -> RowFilter | None:
        """Whether a row found under the topic at `index`, meant or not, is found under no earlier one; None: always."""
        return _all_of(self._not_earlier(index))

    def _not_earlier(self, index: int) -> list[Target]:
        """What says that a row of the topic at `index` is filed under none of those before it.

        A topic that cannot hold a row of this one leaves nothing here to ask: a row has but one user.
        """
        return [within(Not(held), self.topics[index]) for held in _listings(self.topics[:index])]

    def parts(self) -> Iterator[Part]:
        """Every part, in order."""
        return (self.part(index) for index in range(len(self.topics)))

    def serving(self, row: Row) -> int | None:
        """The index of the topic that `row` is served under, or None if the target does not mean it."""
        if not matches(self.target, row):
            return None
        return next((index for index, topic in enumerate(self.topics) if is_filed_under(row, topic)), None)


def plan(target: Target, size_of: Callable[[Topic], int]) -> Cover:
    """The cheapest cover of `target` that it finds; the same one for the same target and sizes.

    `size_of` gives the number of rows filed under a topic, an estimate being enough; it is asked at most once
    for each of `candidates(target)`. A cover costs the rows of its topics and `TOPIC_COST_ROWS` for each topic;
    one that costs more than reading `all`, or as much with several topics, or has more than `MAX_TOPICS` topics, is
    replaced by `all`, which holds every row. Of an `every` the cheapest part is taken, judged by itself: that two of
    them could share a topic is not looked for.
    """
    simple = simplify(target)
    costs = _Costs(size_of)
    return _worth_it(simple, (topic for topic in _topics(simple, costs) if within(simple, topic) != NOBODY), costs)


def plan_clauses(target: Target, size_of: Callable[[Topic], int]) -> Cover:
    """The cheapest cover of `target` under which each of its clauses can be counted, as `flow` does.

    As `plan`, but for the target as it is written: a clause that does not matter in the end is read for too.
    """
    costs = _Costs(size_of)
    read, means_others = _clause_topics(target, costs)
    return _worth_it(simplify(target), {topics.ALL} if means_others else read, costs)


def candidates(target: Target) -> tuple[Topic, ...]:
    """Every topic whose size `plan` may ask for, `all` among them, in the order of a cover."""
    named = (topic for _, node in walk(target) for topic in named_by(node) or ())
    return _ordered({topics.ALL, *named})


def is_filed_under(row: Row, topic: Topic) -> bool:
    """Whether `row` is found when `topic` is read."""
    match topic.kind:
        case "all":
            return True
        case "group":
            return topic.name in row.groups
        case "user":
            return topic.name == row.user
        case "terminal":
            return topic.name == row.terminal_id
        case _:
            return topic.name == row.connection_id


def to_json(cover: Cover) -> dict[str, object]:
    """`cover` as it is kept: the target once, however many topics there are; predicates are made from it."""
    return {"target": json_form.to_json(cover.target), "topics": [str(topic) for topic in cover.topics]}


def from_json(value: object) -> Cover:
    """The cover that `to_json` wrote. Raises ValueError if this is none."""
    if not isinstance(value, dict) or value.keys() != {"target", "topics"}:
        raise ValueError("a cover has a target and topics, and nothing else")
    written = value["topics"]
    if not isinstance(written, list) or not all(isinstance(topic, str) for topic in written):
        raise ValueError("the topics of a cover are a list of text")
    try:
        target = json_form.from_json(value["target"], bounds=KEPT)
    except Problem as problem:
        raise ValueError(f"a cover's target cannot be read: {problem.detail}") from problem
    return Cover(target, tuple(topics.parse(topic) for topic in written))


def _worth_it(simple: Target, read: Iterable[Topic], costs: _Costs) -> Cover:
    """The cover of a simple target by these topics, or by `all` if that is cheaper."""
    found = _ordered(read)
    # Of one topic and `all` at the same cost (nobody is connected, say) the one topic's log is read by fewer.
    if len(found) > MAX_TOPICS or (costs.of(found), len(found)) > (costs.of((topics.ALL,)), 1):
        found = (topics.ALL,)
    return Cover(simple, found)


class _Costs:
    """What reading topics costs, each size asked for once."""

    def __init__(self, size_of: Callable[[Topic], int]) -> None:
        self._size_of = size_of
        self._known: dict[Topic, int] = {}

    def of(self, read: Iterable[Topic]) -> int:
        return sum(self._of_one(topic) for topic in read)

    def _of_one(self, topic: Topic) -> int:
        cost = self._known.get(topic)
        if cost is None:
            cost = self._known[topic] = self._size_of(topic) + TOPIC_COST_ROWS
        return cost


def _topics(target: Target, costs: _Costs, *, negated: bool = False) -> frozenset[Topic]:
    """Topics that hold every row that `target` means, or, if `negated`, that it does not mean."""
    match target:
        case Not(part):
            return _topics(part, costs, negated=not negated)
        case Any(parts) | Every(parts):
            found = [_topics(part, costs, negated=negated) for part in parts]
            # Not any is every not, and the other way round (De Morgan).
            if isinstance(target, Any) == negated:
                return min(found, key=costs.of)
            union = frozenset[Topic]().union(*found)
            return frozenset([topics.ALL]) if topics.ALL in union else union
        case All() if negated:
            return frozenset()
    named = None if negated else named_by(target)
    return frozenset([topics.ALL] if named is None else named)


def _clause_topics(target: Target, costs: _Costs) -> tuple[frozenset[Topic], bool]:
    """Topics under which every clause can be counted, and whether the target means those that are not found there.

    An `every` narrows: behind a part that means none of the others, they do not matter any more.
    """
    match target:
        case Not(part):
            read, means_others = _clause_topics(part, costs)
            return read, not means_others
        case Any(parts) | Every(parts):
            found = [_clause_topics(part, costs) for part in parts]
            narrowing = [read for read, means_others in found if not means_others]
            if isinstance(target, Every) and narrowing:
                return min(narrowing, key=costs.of), False
            return frozenset[Topic]().union(*(read for read, _ in found)), any(others for _, others in found)
        case All():
            return frozenset(), True
    named = named_by(target)
    return frozenset([topics.ALL] if named is None else named), False


def named_by(leaf: Target) -> list[Topic] | None:
    """The topics that together hold just the rows `leaf` means, or None if it is not of that sort."""
    match leaf:
        case Users(ids):
            return [topics.user(user_id) for user_id in ids]
        case Groups(names):
            return [topics.group(name) for name in names]
        case Terminals(ids):
            return [topics.terminal(terminal_id) for terminal_id in ids]
        case Connections(ids):
            return [topics.connection(connection_id) for connection_id in ids]
        case _:
            return None


def _all_of(conditions: Iterable[Target]) -> RowFilter | None:
    """A predicate for all of these; None if there is nothing to ask."""
    asked = tuple(condition for condition in conditions if condition != All())
    return compile_filter(Every(asked)) if asked else None


def _ordered(read: Iterable[Topic]) -> tuple[Topic, ...]:
    return tuple(sorted(read, key=lambda topic: (_KIND_ORDER[topic.kind], topic.name)))


def _listings(read: Iterable[Topic]) -> list[Target]:
    """Targets that together mean the rows of these topics."""
    names: dict[str, list[str]] = {}
    for topic in read:
        names.setdefault(topic.kind, []).append(topic.name)
    return [_LISTING[kind](tuple(of_kind)) for kind, of_kind in names.items()]

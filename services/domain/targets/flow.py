"""How a target narrows everybody down to those it means: how many connections each of its clauses lets through.

The rows that a cover finds are looked at, each once. Of those that it does not find is known only that they are filed
under none of its topics; a cover of `plan_clauses` is such that this is enough to count them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from services.domain import topics
from services.domain.targets.cover import Cover, named_by
from services.domain.targets.expression import All, Any, Every, Listing, Not, Target
from services.domain.targets.row_filter import Row, RowFilter, compile_filter
from services.domain.topics import Topic

FlowOp = Literal["everybody", "any", "every", "not", "is"]
"""What a clause does: `is` asks one thing of a connection, the others are made of parts, or let everybody through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """One clause: how many connections came to it (`into`), and how many it let through (`out`).

    The parts of an `every` narrow one after the other, those that connections are filed under first; to each part of an
    `any` comes everybody who came to it, and so with the one part of a `not`.
    """

    clause: Target
    into: int
    out: int
    parts: tuple[Flow, ...] = ()

    @property
    def op(self) -> FlowOp:
        return _OPS.get(type(self.clause), "is")


_OPS: Final[Mapping[type, FlowOp]] = {All: "everybody", Any: "any", Every: "every", Not: "not"}


class FlowCount:
    """Counts a target's clauses over the rows that a cover of `plan_clauses` finds.

    `add` is to be called once for each of them, whether it is meant or not. `finds_all`: that is everybody.
    """

    def __init__(self, target: Target, cover: Cover) -> None:
        self.finds_all = topics.ALL in cover.topics
        self._root = _clause(target, None if self.finds_all else frozenset(cover.topics))
        self._rows = 0

    def add(self, row: Row) -> bool:
        """Count a row; whether the target means it."""
        self._rows += 1
        return self._root.count(row)

    def flow(self, connected: int) -> Flow:
        """What was counted. `connected` is how many there are at all; where all are found it does not matter."""
        others = 0 if self.finds_all else max(0, connected - self._rows)
        return _flow(self._root, self._rows + others, others)


class _Clause:
    """A clause while it is counted: `out` of the rows found, and whether it means those that were not found.

    None says that this is not known of them, since it depends on more than on what they are filed under.
    """

    __slots__ = ("count", "means_others", "out", "parts", "target")

    def __init__(self, target: Target, parts: tuple[_Clause, ...], means_others: bool | None) -> None:
        self.target = target
        self.parts = parts
        self.means_others = means_others
        self.out = 0
        self.count = _counter(self)


def _clause(target: Target, read: frozenset[Topic] | None) -> _Clause:
    """`read` are the topics whose rows are found, None if everybody is."""
    match target:
        case Any(of):
            parts = tuple(_clause(part, read) for part in of)
            return _Clause(target, parts, _kleene(part.means_others for part in parts))
        case Every(of):
            parts = tuple(sorted((_clause(part, read) for part in of), key=_rank))
            missed = _kleene(_inverse(part.means_others) for part in parts)
            return _Clause(target, parts, _inverse(missed))
        case Not(part):
            negated = _clause(part, read)
            return _Clause(target, (negated,), _inverse(negated.means_others))
        case All():
            return _Clause(target, (), True)
    named = named_by(target)
    finds_whom_it_means = named is not None and (read is None or read.issuperset(named))
    return _Clause(target, (), False if finds_whom_it_means else None)


def _kleene(means: Iterable[bool | None]) -> bool | None:
    """Whether one of several does, where some of it may not be known."""
    known = set(means)
    return True if True in known else (None if None in known else False)


def _inverse(means: bool | None) -> bool | None:
    return None if means is None else not means


def _rank(part: _Clause) -> int:
    """The place of a part in an `every`: first what narrows it down to those who are found."""
    is_listing = isinstance(part.target, Listing)
    if part.means_others is False:
        return 0 if is_listing else 1
    return 2 if is_listing else 3


def _counter(clause: _Clause) -> Callable[[Row], bool]:
    """Counts a row that came to a clause, in its parts too; whether it is let through."""
    counts = tuple(part.count for part in clause.parts)

    def of_any(row: Row) -> bool:
        met = False
        for count in counts:
            # Every part sees the row, also behind one that has let it through.
            met = count(row) or met
        clause.out += met
        return met

    def of_every(row: Row) -> bool:
        for count in counts:
            if not count(row):
                return False
        clause.out += 1
        return True

    def of_not(row: Row) -> bool:
        met = not counts[0](row)
        clause.out += met
        return met

    match clause.target:
        case Any():
            return of_any
        case Every():
            return of_every
        case Not():
            return of_not
    return _of_one(clause, compile_filter(clause.target))


def _of_one(clause: _Clause, accepts: RowFilter) -> Callable[[Row], bool]:
    def count(row: Row) -> bool:
        met = accepts(row)
        clause.out += met
        return met

    return count


def _flow(clause: _Clause, into: int, others: int) -> Flow:
    """`others` are those among `into` who were not found."""
    assert not others or clause.means_others is not None, "the cover is none of plan_clauses"
    means_others = bool(others) and clause.means_others is True
    parts: list[Flow] = []
    coming, others_coming = into, others
    for part in clause.parts:
        flow = _flow(part, coming, others_coming)
        parts.append(flow)
        if isinstance(clause.target, Every):
            coming, others_coming = flow.out, others_coming if part.means_others else 0
    return Flow(clause=clause.target, into=into, out=clause.out + (others if means_others else 0), parts=tuple(parts))

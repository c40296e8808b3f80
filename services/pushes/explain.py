"""Explaining a push to one terminal: what is kept of both is read, and followed by `services.pushes.trace`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from services.connections.away import SeenRow
from services.domain import names, topics
from services.domain.connection import Connection
from services.domain.problems import Problem
from services.domain.pushes import Receipt
from services.domain.ring import WHOLE
from services.domain.targets.row_filter import Row
from services.domain.topics import Topic
from services.ports import Ports, Seen
from services.pushes import history
from services.pushes.case import Case, Trace, Whereabouts
from services.pushes.trace import traced

MOST_TERMINALS: Final = 100
"""Most terminals of a user that are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """The trace of one terminal; `terminal_id` is None for a user of whom no terminal is known.

    `others` are the user's other terminals that were asked for: each has a trace of its own.
    """

    push_id: str
    user: str
    terminal_id: str | None
    trace: Trace
    others: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """A terminal with what is known of where it is."""

    row: Row
    where: Whereabouts = field(default_factory=Whereabouts)


async def explain(ports: Ports, push_id: str, *, terminal: str | None = None, user: str | None = None) -> Explained:
    """Why a terminal got a push or did not. Of a user it is the terminal connected last, or seen last.

    Raises Problem: 404 for the push, 422 unless just one of `terminal` and `user` is given.
    """
    if (terminal is None) == (user is None):
        raise Problem("invalid_request", 422, "ask for either terminal or user, and for one of them")
    push = await history.push(ports, push_id)
    known = await (_terminals(ports, terminal) if terminal is not None else _of_user(ports, str(user)))
    first, others = known[0], known[1:]
    terminal_id = first.row.terminal_id or None
    progress, receipts, sender = await asyncio.gather(
        ports.pushes.progress(push_id),
        ports.pushes.receipts_of(push_id, [first.row.terminal_id] if terminal_id else []),
        ports.senders.get(push.sender),
    )
    receipt: Receipt | None = receipts.get(first.row.terminal_id)
    if receipt is not None and not first.row.user:
        first = _Known(row=_nobody_known(receipt.terminal_id, receipt.user), where=first.where)
    case = Case(
        push=push,
        progress=progress,
        row=first.row,
        receipt=receipt,
        where=first.where,
        sender=sender,
        now_s=ports.clock.now_s(),
    )
    return Explained(
        push_id=push_id,
        user=first.row.user,
        terminal_id=terminal_id,
        trace=traced(case),
        others=[other.row.terminal_id for other in others],
    )


async def _terminals(ports: Ports, terminal_id: str) -> list[_Known]:
    names.checked(terminal_id, "terminal")
    connected = await _connected(ports, topics.terminal(terminal_id))
    if connected:
        return connected
    seen = (await ports.last_seen.get_many([terminal_id])).get(terminal_id)
    if seen is not None:
        return [_away(seen)]
    return [_Known(row=_nobody_known(terminal_id, ""))]


async def _of_user(ports: Ports, user: str) -> list[_Known]:
    names.checked(user, "user")
    connected = await _connected(ports, topics.user(user))
    there = {known.row.terminal_id for known in connected}
    seen = sorted(await ports.last_seen.of_user(user), key=lambda one: -one.seen_at_s)
    away = [_away(one) for one in seen if one.terminal_id not in there]
    if connected or away:
        return (connected + away)[:MOST_TERMINALS]
    groups = await ports.memberships.of(user)
    return [_Known(row=_nobody_known("", user, groups=tuple(sorted(groups))))]


async def _connected(ports: Ports, topic: Topic) -> list[_Known]:
    """The terminals of a topic that are connected, each by its newest connection, those that came last first."""
    page = await ports.registry.page(topic, WHOLE, live_at_s=ports.clock.now_s(), limit=MOST_TERMINALS)
    newest: dict[str, Connection] = {}
    for row in sorted(page.items, key=lambda row: row.connected_at_s):
        newest[row.terminal_id] = row
    rows = sorted(newest.values(), key=lambda row: -row.connected_at_s)
    return [_Known(row=row, where=Whereabouts(connected_since_s=row.connected_at_s)) for row in rows]


def _away(seen: Seen) -> _Known:
    return _Known(row=SeenRow(seen), where=Whereabouts(last_seen_s=seen.seen_at_s))


def _nobody_known(terminal_id: str, user: str, groups: tuple[str, ...] = ()) -> Row:
    return SeenRow(Seen(terminal_id=terminal_id, user=user, groups=groups, attributes={}, seen_at_s=0.0))

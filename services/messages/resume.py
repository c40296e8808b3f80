"""Replay to a terminal that was away: what was released to it, in order of position (G3)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass

from services.connections import sessions
from services.connections.farewell import dismiss
from services.domain import frames, positions
from services.domain.connection import Connection
from services.domain.problems import Problem
from services.domain.pushes import (
    CLOCK_SKEW_S,
    DELIVERABLE,
    IN_FLIGHT_BOUND_S,
    LogEntry,
    Push,
    Receipt,
    State,
)
from services.domain.targets import json_form
from services.domain.targets.expression import KEPT
from services.domain.targets.row_filter import matches
from services.fanout.delivery import RESYNC, RETRY_DELAYS_S
from services.ports import Ports

log = logging.getLogger(__name__)

OVERLAP_S = IN_FLIGHT_BOUND_S + CLOCK_SKEW_S
"""How far behind `since` a reader looks again: what was released before it may have been under way."""
BATCH = 100
"""Most pushes in one replay; the terminal asks again while there are more."""
SCANNED_AT_MOST = 2_000
"""Most log entries read of one topic in one replay."""

_CONTINUES = "~"


@dataclass(frozen=True, slots=True)
class Since:
    """Where a replay begins: behind `position`; `exact` if this connection has already seen the overlap."""

    position: str
    exact: bool


def parse_since(text: str, connection_id: str) -> Since:
    """What a terminal gave as `since`: a position, or the `upto` of a replay that had more.

    The latter goes on without an overlap, but only on the connection it was given to: any other may have
    missed what was under way. Raises Problem (422) if it is neither.
    """
    position, continues, whose = text.partition(_CONTINUES)
    if not positions.is_position(position):
        raise Problem("invalid_since", 422, "since must be a position that this service gave, or null")
    return Since(position, exact=bool(continues) and whose == connection_id)


def visible(entry: LogEntry, row: Connection, now_s: float) -> bool:
    """Whether a logged slice is for this terminal now: its arc, its target, its expiry."""
    if row.place not in entry.arc or (entry.expires_at_s is not None and entry.expires_at_s <= now_s):
        return False
    return entry.filter is None or matches(json_form.from_json(entry.filter, bounds=KEPT), row)


def collapsed(entries: Iterable[LogEntry]) -> list[LogEntry]:
    """Entries by position, each push once, and of each collapse key only the newest."""
    by_push: dict[str, LogEntry] = {}
    for entry in sorted(entries, key=lambda entry: entry.position):
        by_push.setdefault(entry.push_id, entry)
    newest = {entry.collapse_key: entry.position for entry in by_push.values() if entry.collapse_key is not None}
    return [
        entry
        for entry in by_push.values()
        if entry.collapse_key is None or newest[entry.collapse_key] == entry.position
    ]


async def resume(ports: Ports, row: Connection, since: str | None) -> None:
    """Post what the terminal has missed, then `resumed`.

    Without `since` nothing is replayed: the answer is where "from now on" begins. Raises Problem (422), or (401) if the
    session ends meanwhile.
    """
    now_s = ports.clock.now_s()
    if since is None:
        await _arrives(ports, row, frames.resumed(upto=positions.lowest_at(now_s), more=False, recovered=True))
        return
    start = parse_since(since, row.connection_id)
    behind = start.position
    if not start.exact:
        behind = positions.lowest_at(positions.time_of_s(start.position) - OVERLAP_S)
    entries, cut_at = await _read(ports, row, behind, now_s)
    found = collapsed(entry for entry in entries if visible(entry, row, now_s))
    batch = found[:BATCH]
    pushes = await ports.pushes.get_many([entry.push_id for entry in batch])
    kept = [(entry, push) for entry in batch if (push := pushes.get(entry.push_id)) is not None]
    more = len(found) > BATCH or cut_at is not None
    upto = positions.lowest_at(now_s)
    if more:
        last = batch[-1].position if len(found) > BATCH else cut_at
        upto = f"{last}{_CONTINUES}{row.connection_id}"
    recovered = start.exact or await _recovered(ports, row, start.position, now_s)
    for entry, push in kept:
        row = await _not_over(ports, row)
        # Where the socket is gone the replay ends: its terminal will resume on another.
        if not await _replay(ports, row, entry, push):
            return
    await _arrives(ports, row, frames.resumed(upto=upto, more=more, recovered=recovered))


async def _not_over(ports: Ports, row: Connection) -> Connection:
    """The row of a session that goes on, read anew if it was to end. Raises Problem (401) if it has ended."""
    now_s = ports.clock.now_s()
    if row.expires_at_s <= now_s:
        row = await ports.registry.get(row.connection_id) or row
        sessions.check_not_over(row, now_s)
    return row


async def _replay(ports: Ports, row: Connection, entry: LogEntry, push: Push) -> bool:
    """Post a push that was missed; False if the connection is no more.

    Its receipt is there before the terminal can confirm it.
    """
    data = _replay_of(entry, push)
    if data is None:
        return True
    if push.state in DELIVERABLE and push.strategy.ack_need is not None:
        await _keep_receipt(ports, row, push)
    return await _arrives(ports, row, data)


def _replay_of(entry: LogEntry, push: Push) -> bytes | None:
    """The push again, or, if it was cancelled, its recall: the terminal may have it on screen from before."""
    if push.state is State.CANCELLED:
        return frames.cancel(push.id)
    if push.state not in DELIVERABLE:
        return None
    return frames.push(
        push,
        position=entry.position,
        topic=str(entry.topic),
        released_at_s=positions.time_of_s(entry.position),
        replayed=True,
    )


async def _read(ports: Ports, row: Connection, behind: str, now_s: float) -> tuple[list[LogEntry], str | None]:
    """Entries of all of the terminal's logs behind a position, and where reading stopped short, if it did."""
    entries: list[LogEntry] = []
    cut_at: str | None = None
    for topic in row.topics():
        read = await ports.pushes.log(topic, after=behind, retained_at_s=now_s, limit=SCANNED_AT_MOST)
        entries.extend(read)
        if len(read) == SCANNED_AT_MOST:
            cut_at = read[-1].position if cut_at is None else min(cut_at, read[-1].position)
    if cut_at is not None:
        entries = [entry for entry in entries if entry.position <= cut_at]
    return entries, cut_at


async def _recovered(ports: Ports, row: Connection, position: str, now_s: float) -> bool:
    """Whether everything behind a position is still kept in each of the terminal's logs."""
    for topic in row.topics():
        if await ports.pushes.log_has_lost(topic, after=position, retained_at_s=now_s):
            return False
    return True


async def _keep_receipt(ports: Ports, row: Connection, push: Push) -> None:
    await ports.pushes.replayed(
        [
            Receipt(
                push_id=push.id,
                connection_id=row.connection_id,
                terminal_id=row.terminal_id,
                user=row.user,
                kind="sent",
                at_s=ports.clock.now_s(),
            )
        ]
    )


async def _arrives(ports: Ports, row: Connection, data: bytes) -> bool:
    """Post one frame, again after a wait while it is throttled; False if the connection is no more.

    A terminal waits for `resumed`, so a socket that stays throttled is closed. A frame that can never be posted is left
    out: it would end every replay at the same place.
    """
    for delay_s in RETRY_DELAYS_S:
        result = await ports.gateway.post([row.connection_id], data)
        if result.refused:
            log.error("frame refused by the gateway", extra={"connection_id": row.connection_id, "bytes": len(data)})
        if not result.throttled:
            return not result.gone
        await asyncio.sleep(delay_s)
    await dismiss(ports, [row], RESYNC)
    return False

"""Replay to a terminal that was away: what was released to it, in order of position (G3)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from services.connections import sessions
from services.domain import frames, positions
from services.domain.connection import Connection
from services.domain.problems import Problem
from services.messages.replay import OVERLAP_S, arrives, read_logs, repeat, to_repeat, visible
from services.ports import Ports

BATCH = 100
"""Most pushes in one replay; the terminal asks again while there are more."""

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


async def resume(ports: Ports, row: Connection, since: str | None) -> None:
    """Post what the terminal has missed, then `resumed`.

    Without `since` nothing is replayed: the answer is where "from now on" begins. Raises Problem (422), or (401) if the
    session ends meanwhile.
    """
    now_s = ports.clock.now_s()
    if since is None:
        await arrives(ports, row, frames.resumed(upto=positions.lowest_at(now_s), more=False, recovered=True))
        return
    start = parse_since(since, row.connection_id)
    behind = start.position
    if not start.exact:
        behind = positions.lowest_at(positions.time_of_s(start.position) - OVERLAP_S)
    entries, cut_at = await read_logs(ports, row, behind, now_s)
    seen = [entry for entry in entries if visible(entry, row, now_s)]
    found, pushes = await to_repeat(ports, seen, limit=BATCH)
    batch = found[:BATCH]
    more = len(found) > BATCH or cut_at is not None
    upto = positions.lowest_at(now_s)
    if more:
        last = batch[-1].position if len(found) > BATCH else cut_at
        upto = f"{last}{_CONTINUES}{row.connection_id}"
    recovered = start.exact or await _recovered(ports, row, start.position, now_s)
    for entry in batch:
        row = await _not_over(ports, row)
        # Where the socket is gone the replay ends: its terminal will resume on another.
        if not await repeat(ports, row, entry, pushes[entry.push_id]):
            return
    await arrives(ports, row, frames.resumed(upto=upto, more=more, recovered=recovered))


async def _not_over(ports: Ports, row: Connection) -> Connection:
    """The row of a session that goes on, read anew if it was to end. Raises Problem (401) if it has ended."""
    now_s = ports.clock.now_s()
    if row.expires_at_s <= now_s:
        row = await ports.registry.get(row.connection_id) or row
        sessions.check_not_over(row, now_s)
    return row


async def _recovered(ports: Ports, row: Connection, position: str, now_s: float) -> bool:
    """Whether everything behind a position is still kept in each of the terminal's logs."""
    lost = await asyncio.gather(
        *(ports.pushes.log_has_lost(topic, after=position, retained_at_s=now_s) for topic in row.topics())
    )
    return not any(lost)

"""Replay to a terminal that was away: what was released to it, in order of position (G3)."""

from __future__ import annotations

from dataclasses import dataclass

from services.connections import sessions
from services.domain import frames, positions
from services.domain.connection import Connection
from services.domain.problems import Problem
from services.messages.missed import is_complete, missed, with_overlap
from services.messages.replay import arrives, repeat
from services.ports import Ports

BATCH = 100
"""Most pushes in one replay; the terminal asks again while there are more."""

CONTINUES = "~"
"""What stands between a position and what it goes on with, in the `upto` of a batch that was not the last."""


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
    position, continues, whose = text.partition(CONTINUES)
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
    behind = start.position if start.exact else with_overlap(start.position)
    batch = await missed(ports, row, behind, now_s, most=BATCH)
    upto = positions.lowest_at(now_s)
    if batch.stopped_at is not None:
        upto = f"{batch.stopped_at}{CONTINUES}{row.connection_id}"
    recovered = start.exact or await is_complete(ports, row, start.position, now_s)
    for entry in batch.entries:
        row = await _not_over(ports, row)
        # Where the socket is gone the replay ends: its terminal will resume on another.
        if not await repeat(ports, row, entry, batch.pushes[entry.push_id]):
            return
    await arrives(ports, row, frames.resumed(upto=upto, more=batch.stopped_at is not None, recovered=recovered))


async def _not_over(ports: Ports, row: Connection) -> Connection:
    """The row of a session that goes on, read anew if it was to end. Raises Problem (401) if it has ended."""
    now_s = ports.clock.now_s()
    if row.expires_at_s <= now_s:
        row = await ports.registry.get(row.connection_id) or row
        sessions.check_not_over(row, now_s)
    return row

"""What was released to a terminal behind a position, and is still kept: the next batch of it (G3)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.domain import positions
from services.domain.connection import Connection
from services.domain.pushes import LogEntry, Push
from services.messages.replay import OVERLAP_S, read_logs, to_repeat, visible
from services.ports import Ports


def with_overlap(position: str) -> str:
    """Where to read from, so that nothing that was under way at `position` is missed."""
    return positions.lowest_at(positions.time_of_s(position) - OVERLAP_S)


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """`entries` are to be repeated, in order, each with its push in `pushes`. `stopped_at`: there is more behind it.

    `seen` are the positions of all that is for the terminal, as far as was read.
    """

    entries: Sequence[LogEntry]
    pushes: Mapping[str, Push]
    stopped_at: str | None
    seen: Sequence[str]


async def missed(ports: Ports, row: Connection, behind: str, now_s: float, *, most: int) -> Missed:
    """Up to `most` pushes of those released to a terminal behind a position."""
    entries, cut_at = await read_logs(ports, row, behind, now_s)
    seen = [entry for entry in entries if visible(entry, row, now_s)]
    return await selected(ports, row, seen, cut_at, most=most)


async def selected(ports: Ports, row: Connection, seen: Sequence[LogEntry], cut_at: str | None, *, most: int) -> Missed:
    """Of what was seen, up to `most` pushes to be repeated; reading stopped short at `cut_at`, if it did."""
    found, pushes = await to_repeat(ports, row, seen, limit=most)
    batch = found[:most]
    return Missed(
        entries=batch,
        pushes=pushes,
        stopped_at=batch[-1].position if len(found) > most else cut_at,
        seen=[entry.position for entry in seen],
    )


async def is_complete(ports: Ports, row: Connection, position: str, now_s: float) -> bool:
    """Whether everything behind a position is still kept in each of the terminal's logs."""
    lost = await asyncio.gather(
        *(ports.pushes.log_has_lost(topic, after=position, retained_at_s=now_s) for topic in row.topics())
    )
    return not any(lost)

"""Posting what was released before, from the logs: to a terminal that was away, or that fan-out may have passed by."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from services.connections.farewell import dismiss
from services.domain import frames, positions
from services.domain.connection import Connection
from services.domain.pushes import (
    CLOCK_SKEW_S,
    DELIVERABLE,
    FIRST_STAGE,
    IN_FLIGHT_BOUND_S,
    LogEntry,
    Push,
    Receipt,
    State,
)
from services.domain.ring import WHOLE
from services.domain.targets import json_form
from services.domain.targets.expression import KEPT
from services.domain.targets.row_filter import matches
from services.domain.timeline import stages
from services.fanout.delivery import RESYNC, RETRY_DELAYS_S
from services.ports import Ports

log = logging.getLogger(__name__)

OVERLAP_S = IN_FLIGHT_BOUND_S + CLOCK_SKEW_S
"""How far behind a position a reader looks again: what was released before it may have been under way."""
SCANNED_AT_MOST = 2_000
"""Most log entries read of one topic at a time."""


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


async def read_logs(ports: Ports, row: Connection, behind: str, now_s: float) -> tuple[list[LogEntry], str | None]:
    """Entries of all of the terminal's logs behind a position, and where reading stopped short, if it did."""
    logs = await asyncio.gather(
        *(ports.pushes.log(topic, after=behind, retained_at_s=now_s, limit=SCANNED_AT_MOST) for topic in row.topics())
    )
    entries = [entry for found in logs for entry in found]
    cut_at = min((found[-1].position for found in logs if len(found) == SCANNED_AT_MOST), default=None)
    if cut_at is not None:
        entries = [entry for entry in entries if entry.position <= cut_at]
    return entries, cut_at


async def to_repeat(
    ports: Ports, row: Connection, entries: Sequence[LogEntry], *, limit: int
) -> tuple[list[LogEntry], Mapping[str, Push]]:
    """What of these entries is to be posted, `collapsed`, and the pushes of the first `limit` of it.

    A push may have log entries and not be there: its submission was broken off, or is not done. It comes to nothing
    here and takes no other's place, so those that would are looked up too.
    """
    pushes: dict[str, Push] = {}
    absent: set[str] = set()
    there = entries
    while True:
        found = collapsed(there)
        unknown = {entry.push_id for entry in found[:limit]} | _that_replace(found, there)
        unknown -= pushes.keys()
        if not unknown:
            return found, pushes
        pushes.update(await ports.pushes.get_many(unknown))
        absent |= unknown - pushes.keys()
        there = [
            entry
            for entry in there
            if entry.push_id not in absent
            and (entry.push_id not in unknown or _is_of_its_turn(entry, row, pushes[entry.push_id]))
        ]


def _is_of_its_turn(entry: LogEntry, row: Connection, push: Push) -> bool:
    """Whether a slice is the one that the terminal is served with, in the wave that is its own.

    Under a user's or a terminal's own topic the turn is that of the topic's name, under all others that of the
    terminal's place; who is served under the former is in another topic's log as well.
    """
    if entry.arc == WHOLE or entry.topic.kind not in ("group", "all"):
        return True
    served = push.cover.serving(row)
    return served is None or push.cover.topics[served].kind in ("group", "all")


def _that_replace(found: Iterable[LogEntry], entries: Iterable[LogEntry]) -> set[str]:
    """The pushes that another one was left out for."""
    keys = {entry.push_id: entry.collapse_key for entry in entries}
    pushes_of = Counter(keys.values())
    return {entry.push_id for entry in found if entry.collapse_key is not None and pushes_of[entry.collapse_key] > 1}


async def catch_up(ports: Ports, row: Connection) -> None:
    """Post again what fan-out may have passed by at an open connection whose groups or attributes have just changed.

    Who reads one topic of a push leaves a row to the reader of another under which it says that it is filed; and that
    one may have come before it was, or come when it is not any more. Likewise with a time zone: that of the row as it
    was may have its turn when the row says another. As when a terminal resumes, it is filed before its logs are read,
    so that one of them sees it; the terminal drops what it has had. A push that retains nothing is in no log, and not
    made good.
    """
    now_s = ports.clock.now_s()
    if row.expires_at_s <= now_s:
        return
    behind: str | None = positions.lowest_at(max(now_s - OVERLAP_S, row.connected_at_s))
    while behind is not None:
        entries, behind = await read_logs(ports, row, behind, now_s)
        seen = [entry for entry in entries if visible(entry, row, now_s)]
        found, pushes = await to_repeat(ports, row, seen, limit=len(seen))
        for entry in found:
            push = pushes[entry.push_id]
            if not _may_be_passed_by(push):
                continue
            # Not a replay to its terminal, which may be in the midst of one, and would take it for that far.
            if not await repeat(ports, row, entry, push, replayed=False):
                return


def _may_be_passed_by(push: Push) -> bool:
    """Whether it is read under more than one topic of those that a connection can come to and leave, or by the
    terminals' own clocks, which they can set."""
    window = push.strategy.open_window
    by_own_clocks = window is not None and window.attribute is not None
    return by_own_clocks or sum(1 for topic in push.cover.topics if topic.kind == "group") > 1


async def repeat(ports: Ports, row: Connection, entry: LogEntry, push: Push, *, replayed: bool = True) -> bool:
    """Post a push that was missed; False if the connection is no more. `replayed` is what its frame says."""
    frame = await again(ports, row, entry, push, replayed=replayed)
    return frame is None or await arrives(ports, row, frames.encoded(frame))


async def again(
    ports: Ports, row: Connection, entry: LogEntry, push: Push, *, replayed: bool = True
) -> frames.Frame | None:
    """The frame that a terminal gets of a push that it missed; None if it need not have it any more.

    That is the push itself, whose receipt is there before the terminal can confirm it. Of one that was cancelled, or
    that its user has read elsewhere and need read once only, it is the recall: the terminal may have it on screen from
    before. A slice that was sent again is for those only who have not answered.
    """
    if push.state is State.CANCELLED:
        return frames.cancel_frame(push.id)
    if push.state not in DELIVERABLE:
        return None
    if entry.again or push.strategy.once_per_user:
        answered = row.connection_id in await ports.pushes.confirmed(push, [row])
        if answered and push.strategy.once_per_user and not await _has_answered_itself(ports, row, push):
            return frames.cancel_frame(push.id)
        if answered and entry.again:
            return None
    if push.strategy.ack_need is not None:
        await _keep_receipt(ports, row, push)
    return frames.push_frame(
        push,
        position=entry.position,
        topic=str(entry.topic),
        released_at_s=positions.time_of_s(entry.position),
        replayed=replayed,
    )


async def _has_answered_itself(ports: Ports, row: Connection, push: Push) -> bool:
    """Whether it was this terminal that answered, and not another one of its user."""
    receipt = (await ports.pushes.receipts_of(push.id, [row.terminal_id])).get(row.terminal_id)
    return receipt is not None and receipt.kind in ("received", "read", "failed")


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
                stage=stages.stage_of(push, row) or FIRST_STAGE,
            )
        ]
    )


async def arrives(ports: Ports, row: Connection, data: bytes) -> bool:
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

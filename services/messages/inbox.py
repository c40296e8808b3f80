"""What a terminal gets over HTTP whose proxies let no WebSocket through: `resume` and `ack` without a socket.

A reader of an inbox has no connection, so nothing is delivered to it live: all that it gets, it gets from the logs. It
reads again what may have been under way when it read last, as who resumes does; `upto` therefore says what it had of
that, and only where something else is found there now it gets all of it again, and drops the doubles by push id.

Presence is of connections. Who only reads an inbox is not among those connected, nor among those last seen.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

from services.authorizer.refusals import Refusal
from services.domain import frames, names, positions, standing
from services.domain.connection import Connection, opened, terminal_id_of
from services.domain.identity import Identity
from services.domain.problems import Problem
from services.domain.pushes import LogEntry
from services.domain.ring import place_of
from services.messages.acknowledgement import acknowledge as note
from services.messages.missed import Missed, is_complete, selected, with_overlap
from services.messages.replay import again, read_logs, visible
from services.messages.resume import BATCH, CONTINUES
from services.ports import Ports

MAX_WAIT_S: Final = 25.0
"""Longest wait for something to come: API Gateway gives an HTTP API 30 s to answer."""
LOOK_EVERY_S: Final = 1.0
"""How often the logs are looked at meanwhile."""
MAX_ITEMS_BYTES: Final = 1_000_000
"""About how many bytes of frames are in one answer; a Lambda function may answer 6 MB (Lambda quotas)."""
NAMELESS: Final = "inbox"
"""What a reader is called that has no name, neither by its token nor by itself."""

Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """`items` are frames as a socket would get them, in order: `push` and `cancel`.

    `upto` is the next `since`; with `more` there is more right now. `recovered` is False if `since` is older than what
    is kept, so that something may be missing.
    """

    items: Sequence[frames.Frame]
    upto: str
    more: bool
    recovered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Since:
    """Where reading goes on: behind `position`.

    `until` is set within a batch after batch: the position up to which the first of them read. `had` is a digest of
    what the terminal has (or will have with the last batch) of that which may have been under way at the end of it.
    """

    position: str
    until: str | None = None
    had: str | None = None


async def read(
    ports: Ports,
    identity: Identity,
    *,
    calls_itself: str | None,
    source_ip: str,
    since: str | None,
    wait_s: float = 0.0,
    sleep: Sleep = asyncio.sleep,
) -> Inbox:
    """What was released to a terminal since, and its receipts; without `since` nothing, and where "from now on" begins.

    While there is nothing it waits up to `wait_s` seconds, at most `MAX_WAIT_S`. The identity is a verified token's;
    `calls_itself` is what the client calls itself, as when it connects. How many connections a user may have does not
    matter here.

    Raises Problem: 401 `token_expired`, 403 `user_blocked` or `token_revoked`, 422 `invalid_since` or `invalid_name`.
    """
    row = await _admitted(ports, identity, calls_itself, source_ip)
    now_s = ports.clock.now_s()
    if since is None:
        seen, _ = await _seen(ports, row, with_overlap(positions.lowest_at(now_s)), now_s)
        reached = _reached(now_s, seen)
        return Inbox(items=[], upto=_written(reached, had=_had(reached, seen)), more=False, recovered=True)
    start = _parsed(since)
    until_s = min(now_s + min(wait_s, MAX_WAIT_S), identity.expires_at_s)
    while True:
        answer = await _answer(ports, row, start, ports.clock.now_s())
        left_s = until_s - ports.clock.now_s()
        if answer.items or answer.more or left_s <= 0:
            return answer
        await sleep(min(LOOK_EVERY_S, left_s))
        if ports.clock.now_s() >= identity.expires_at_s:
            return answer
        # Who is kept out meanwhile, or has another group, is so from that moment on.
        row = await _admitted(ports, identity, calls_itself, source_ip)


async def acknowledge(
    ports: Ports, identity: Identity, *, calls_itself: str | None, source_ip: str, ack: frames.Ack
) -> None:
    """Note what became of pushes at a terminal that reads its inbox, as over a socket.

    Raises Problem: 401 `token_expired`, 403 `user_blocked` or `token_revoked`, 422 `invalid_name`.
    """
    await note(ports, await _admitted(ports, identity, calls_itself, source_ip), ack)


async def _admitted(ports: Ports, identity: Identity, calls_itself: str | None, source_ip: str) -> Connection:
    """The reader as the row of a connection that it does not have: who it is, and what it is entitled to now."""
    now_s = ports.clock.now_s()
    fault_of_name = None if calls_itself is None else names.fault_of_terminal(calls_itself)
    if fault_of_name is not None:
        raise Problem("invalid_name", 422, f"terminal {fault_of_name}", field="terminal")
    if identity.expires_at_s <= now_s:
        raise Refusal("token_expired", "The token has expired. Get a new one.")
    facts, groups = await asyncio.gather(
        ports.blocks.standing(identity.user, identity.token_id, identity.issuer), ports.memberships.of(identity.user)
    )
    fault = standing.fault(
        facts, user=identity.user, issued_at_s=identity.issued_at_s, source_ip=source_ip, now_s=now_s
    )
    if fault is not None:
        raise fault
    terminal_id = terminal_id_of(identity, calls_itself or NAMELESS, "")
    return opened(
        identity,
        connection_id=f"inbox-{place_of(terminal_id):08x}",
        calls_itself=calls_itself or NAMELESS,
        run_time_groups=groups,
        now_s=now_s,
        source_ip=source_ip,
    )


async def _answer(ports: Ports, row: Connection, start: _Since, now_s: float) -> Inbox:
    """What there is now."""
    if start.until is not None:
        return await _further(ports, row, start, start.until, now_s)
    seen, cut_at = await _seen(ports, row, with_overlap(start.position), now_s)
    news = seen
    if start.had is not None and start.had == _had(start.position, seen):
        news = [entry for entry in seen if entry.position > start.position]
    items, stopped_at = await _items(ports, row, await selected(ports, row, news, cut_at, most=BATCH))
    reached = max(start.position, _reached(now_s, seen))
    had = _had(reached, seen)
    return Inbox(
        items=items,
        upto=_written(reached, had=had) if stopped_at is None else _written(stopped_at, until=reached, had=had),
        more=stopped_at is not None,
        recovered=await is_complete(ports, row, start.position, now_s),
    )


async def _further(ports: Ports, row: Connection, start: _Since, until: str, now_s: float) -> Inbox:
    """The next batch of what the first one saw."""
    seen, cut_at = await _seen(ports, row, start.position, now_s)
    news = [entry for entry in seen if entry.position <= until]
    cut_at = cut_at if cut_at is not None and cut_at < until else None
    items, stopped_at = await _items(ports, row, await selected(ports, row, news, cut_at, most=BATCH))
    return Inbox(
        items=items,
        upto=_written(until, had=start.had) if stopped_at is None else _written(stopped_at, until=until, had=start.had),
        more=stopped_at is not None,
        recovered=True,
    )


async def _seen(ports: Ports, row: Connection, behind: str, now_s: float) -> tuple[list[LogEntry], str | None]:
    """What is for the terminal of all that is behind a position, and where reading stopped short, if it did."""
    entries, cut_at = await read_logs(ports, row, behind, now_s)
    return [entry for entry in entries if visible(entry, row, now_s)], cut_at


async def _items(ports: Ports, row: Connection, batch: Missed) -> tuple[list[frames.Frame], str | None]:
    """The frames of a batch, as far as they fit into an answer, and where there is more, if there is."""
    items: list[frames.Frame] = []
    size_bytes = 0
    for entry, following in zip_longest(batch.entries, batch.entries[1:]):
        frame = await again(ports, row, entry, batch.pushes[entry.push_id])
        if frame is not None:
            items.append(frame)
            size_bytes += len(frames.encoded(frame))
        if size_bytes > MAX_ITEMS_BYTES and following is not None:
            return items, entry.position
    return items, batch.stopped_at


def _reached(now_s: float, seen: Sequence[LogEntry]) -> str:
    """How far a reader has come that has seen these: up to now, and to what a clock that is ahead released."""
    return max([positions.lowest_at(now_s), *(entry.position for entry in seen)])


def _had(position: str, seen: Sequence[LogEntry]) -> str:
    """A digest of what was seen of that which a reader who goes on from `position` will see again; 16 hex digits."""
    behind = with_overlap(position)
    again = sorted({entry.position for entry in seen if behind < entry.position <= position})
    return hashlib.sha256(" ".join(again).encode()).hexdigest()[:16]


def _written(position: str, *, until: str | None = None, had: str | None) -> str:
    """An `upto`, which `_parsed` reads."""
    return CONTINUES.join(part for part in (position, until, had) if part is not None)


def _parsed(text: str) -> _Since:
    """What `since` says: a position, or the `upto` of an earlier answer. Raises Problem (422)."""
    position, *rest = text.split(CONTINUES)
    if not positions.is_position(position):
        raise Problem("invalid_since", 422, "since must be a position that this service gave", field="since")
    if rest and positions.is_position(rest[0]):
        return _Since(position=position, until=rest[0], had="".join(rest[1:2]) or None)
    return _Since(position=position, had="".join(rest[:1]) or None)

"""Who is connected: listings by target, one connection, users and groups, and closing one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from services.connections.farewell import Bye, dismiss
from services.domain import topics
from services.domain.audit import AuditEntry
from services.domain.connection import Connection
from services.domain.positions import new_id
from services.domain.problems import Problem
from services.domain.ring import WHOLE
from services.domain.targets.cover import Cover
from services.domain.targets.expression import Target
from services.ports import Page, Ports, SocketInfo
from services.pushes.release import cheapest_cover

READ_AT_A_TIME = 500
"""Rows read of a topic at a time."""
READ_AT_MOST = 5_000
"""Most rows read for one page of a listing; a page of a rare match may hold fewer rows than asked, and go on."""
HEARD_LATELY_S = 600
"""A terminal heard within this long is surely there: API Gateway closes a connection idle for 10 min."""
LONGEST_LIFE_S = 7_200
"""API Gateway closes every connection after two hours."""

CLOSED_BY_ADMIN = Bye(
    code="closed_by_admin", reason="an administrator closed this connection", reconnect=True, retry_after_s=5
)


class Certainty(StrEnum):
    """How sure it is that a registered connection is still open.

    `verified`: heard lately. `assumed`: nothing speaks against it. `suspect`: its session is over, or it is older
    than a connection can get.
    """

    VERIFIED = "verified"
    ASSUMED = "assumed"
    SUSPECT = "suspect"


def certainty(row: Connection, now_s: float) -> Certainty:
    """What is known of a row at `now_s`."""
    if row.expires_at_s <= now_s or row.connected_at_s + LONGEST_LIFE_S < now_s:
        return Certainty.SUSPECT
    if row.last_heard_at_s + HEARD_LATELY_S >= now_s:
        return Certainty.VERIFIED
    return Certainty.ASSUMED


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a listing goes on: the topics it reads, the part it is in, and the last row read there.

    The cover is kept, since another one planned later could list a row twice.
    """

    cover: Cover
    part: int
    after: str | None


async def listing(
    ports: Ports, target: Target, *, limit: int, cursor: Cursor | None = None
) -> tuple[Sequence[Connection], Cursor | None]:
    """Up to `limit` connections that `target` means, and where to go on; None at the end."""
    at = cursor or Cursor(await cheapest_cover(ports.registry, target), 0, None)
    topics_read = at.cover.topics
    found: list[Connection] = []
    rows_read = 0
    while at.part < len(topics_read) and len(found) < limit and rows_read < READ_AT_MOST:
        # A registry in memory answers at once; whoever reads page after page would keep deliveries waiting.
        await asyncio.sleep(0)
        page = await ports.registry.page(
            topics_read[at.part],
            WHOLE,
            live_at_s=ports.clock.now_s(),
            limit=min(READ_AT_A_TIME, limit - len(found)),
            after=at.after,
        )
        rows_read += len(page.items)
        accepts = at.cover.part(at.part).accepts
        found.extend(page.items if accepts is None else filter(accepts, page.items))
        at = replace(at, after=page.next) if page.next is not None else Cursor(at.cover, at.part + 1, None)
    return found, at if at.part < len(topics_read) else None


async def count(ports: Ports, target: Target) -> int:
    """How many connections `target` means now."""
    total = 0
    cursor: Cursor | None = None
    while True:
        rows, cursor = await listing(ports, target, limit=READ_AT_A_TIME, cursor=cursor)
        total += len(rows)
        if cursor is None:
            return total


async def one(ports: Ports, connection_id: str) -> Connection:
    """A registered connection. Raises Problem (404)."""
    row = await ports.registry.get(connection_id)
    if row is None:
        raise _not_connected(connection_id)
    return row


async def verify(ports: Ports, connection_id: str) -> tuple[Connection, SocketInfo | None]:
    """Ask the gateway whether a connection is open now. Raises Problem (404).

    One that is gone leaves the registry, but not while its handshake may be under way.
    """
    row = await one(ports, connection_id)
    info = await ports.gateway.describe(connection_id)
    if info is None:
        if not row.may_be_opening(ports.clock.now_s()):
            await ports.registry.remove([connection_id])
    else:
        await ports.registry.heard([connection_id], ports.clock.now_s())
        row = await one(ports, connection_id)
    return row, info


async def close(ports: Ports, connection_id: str, *, by: str) -> None:
    """Close one connection; its terminal may come back. Raises Problem (404)."""
    row = await one(ports, connection_id)
    now_s = ports.clock.now_s()
    await ports.audit.add(
        AuditEntry(
            id=new_id(now_s),
            at_s=now_s,
            actor=by,
            action="terminal.close",
            subject=row.terminal_id,
            detail={"connection_id": connection_id, "user": row.user},
        )
    )
    await dismiss(ports, [row], CLOSED_BY_ADMIN)


async def of_user(ports: Ports, user: str, *, limit: int) -> Page[Connection]:
    """The open connections of a user."""
    return await ports.registry.page(topics.user(user), WHOLE, live_at_s=ports.clock.now_s(), limit=limit)


def _not_connected(connection_id: str) -> Problem:
    return Problem("terminal_not_found", 404, f"no connection {connection_id[:64]} is open")

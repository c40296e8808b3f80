"""Letting a verified identity in: standing, one-time tickets, run-time groups, connections per user."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from services.connections.membership import refile
from services.domain import standing, topics
from services.domain.connection import Connection, opened
from services.domain.identity import Identity
from services.domain.problems import Problem
from services.domain.ring import WHOLE
from services.ports import Ports

log = logging.getLogger(__name__)

TICKET_MEMORY_S = 600
"""How long a used ticket is remembered; it lives a minute, so a clock may be minutes off."""
WAITS_S = (0.05, 0.15, 0.4)
"""How long a connection that is one too many waits for later ones, which came at the same time, to give way."""


class Admission:
    """Decides at `$connect` who may be connected, and files the connection.

    `connections_per_user` is the most a user may have open at once.
    """

    def __init__(self, ports: Ports, *, connections_per_user: int) -> None:
        self._ports = ports
        self._connections_per_user = connections_per_user

    async def check(self, identity: Identity, *, source_ip: str) -> None:
        """Raise the Problem (403) that `admit` would raise for this identity now; changes nothing."""
        await self._check_standing(identity, source_ip)
        if await self._size(identity.user) < self._connections_per_user:
            return
        rows = await self._live(identity.user)
        if len(rows) - len(await self._lost(rows)) >= self._connections_per_user:
            raise self._too_many(identity.user)

    async def admit(
        self,
        identity: Identity,
        *,
        connection_id: str,
        calls_itself: str | None,
        source_ip: str,
        user_agent: str,
        ticket_id: str | None,
    ) -> Connection:
        """File a connection, or raise a Problem (401 or 403) with the reason. Whatever it raises, none is filed.

        The standing and the groups are read again after the row is filed: a block or a membership given in
        between either sees the row or is seen here.
        """
        ports = self._ports
        now_s = ports.clock.now_s()
        await self._check_standing(identity, source_ip)
        if ticket_id is not None and not await ports.tickets.use(ticket_id, until_s=now_s + TICKET_MEMORY_S):
            raise Problem("ticket_used", 401, "this ticket was used before; get another from POST /v1/tickets")
        connection = opened(
            identity,
            connection_id=connection_id,
            calls_itself=calls_itself,
            run_time_groups=await ports.memberships.of(identity.user),
            now_s=now_s,
            source_ip=source_ip,
            user_agent=user_agent,
        )
        try:
            await ports.registry.add(connection)
            await self._check_standing(identity, source_ip)
            await self._check_number(connection)
            return await refile(ports, connection)
        except BaseException:
            # Whatever it is, a time-out too, the handshake is refused: there will be no socket.
            await self._take_back(connection_id)
            raise

    async def _take_back(self, connection_id: str) -> None:
        try:
            await self._ports.registry.remove([connection_id])
        except OSError as error:
            # The first push finds no socket there, and removes it.
            log.warning("refused, and still registered", extra={"connection_id": connection_id, "error": str(error)})

    async def _check_standing(self, identity: Identity, source_ip: str) -> None:
        facts = await self._ports.blocks.standing(identity.user, identity.token_id, identity.issuer)
        fault = standing.fault(
            facts,
            user=identity.user,
            issued_at_s=identity.issued_at_s,
            source_ip=source_ip,
            now_s=self._ports.clock.now_s(),
        )
        if fault is not None:
            raise fault

    async def _check_number(self, connection: Connection) -> None:
        """Refuse a connection over the limit. Sockets that are gone do not count.

        Which of two was filed first nobody can tell: moments are of different clocks. So each counts whom it sees, and
        one that finds fewer earlier ones than allowed waits, lest two refuse each other: the later one gives way.
        """
        for wait_s in (*WAITS_S, None):
            if await self._size(connection.user) <= self._connections_per_user:
                return
            others = await self._others(connection)
            if len(others) < self._connections_per_user:
                return
            earlier = [row for row in others if _opened_before(row, connection)]
            if wait_s is None or len(earlier) >= self._connections_per_user:
                raise self._too_many(connection.user)
            await asyncio.sleep(wait_s)

    async def _others(self, connection: Connection) -> Sequence[Connection]:
        """The other connections of a user; those whose socket is gone are registered no more."""
        others = [row for row in await self._live(connection.user) if row.connection_id != connection.connection_id]
        lost = set(await self._lost(others))
        if lost:
            log.info("pruned lost connections", extra={"user": connection.user, "connections": len(lost)})
            await self._ports.registry.remove(lost)
        return [row for row in others if row.connection_id not in lost]

    async def _size(self, user: str) -> int:
        topic = topics.user(user)
        return (await self._ports.registry.sizes([topic])).get(topic, 0)

    async def _live(self, user: str) -> Sequence[Connection]:
        """The registered connections of a user whose session is not over."""
        now_s = self._ports.clock.now_s()
        page = await self._ports.registry.page(
            topics.user(user), WHOLE, live_at_s=now_s, limit=10 * self._connections_per_user
        )
        return page.items

    async def _lost(self, rows: Sequence[Connection]) -> Sequence[str]:
        """Those whose socket is gone; one whose handshake may be under way counts as open."""
        now_s = self._ports.clock.now_s()
        return [
            row.connection_id
            for row in rows
            if not row.may_be_opening(now_s) and await self._ports.gateway.describe(row.connection_id) is None
        ]

    def _too_many(self, user: str) -> Problem:
        return Problem(
            "too_many_connections",
            403,
            f"user {user} has {self._connections_per_user} connections open, the most allowed; close one first",
            retry_after_s=60,
        )


def _opened_before(row: Connection, other: Connection) -> bool:
    return (row.connected_at_s, row.connection_id) < (other.connected_at_s, other.connection_id)

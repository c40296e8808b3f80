"""A session lasts as long as its token; `refresh` extends it in place."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace

from services.connections.farewell import Bye, NotAllClosed, dismiss, expel
from services.connections.membership import refile
from services.domain import standing
from services.domain.connection import Connection, under
from services.domain.identity import Identity
from services.domain.problems import Problem
from services.ports import Ports, TokenVerifier

log = logging.getLogger(__name__)

GRACE_S = 10
"""How long a socket stays open for a `refresh` after its token has ended; nothing is delivered meanwhile."""
SWEPT_AT_MOST = 50_000
"""Most sessions that one sweep closes. It asks for them once: on AWS the registry then reads every row."""
SWEEP_PAGE = 500
"""How many of them are looked at again, and closed, at a time."""

ENDED = Bye(
    code="token_expired",
    reason="the session's token has ended; connect again with a new one",
    reconnect=True,
)


def check_not_over(row: Connection, now_s: float) -> None:
    """Raise Problem (401) if a session is over: it gets nothing more, but may be refreshed."""
    if row.expires_at_s <= now_s:
        raise Problem(
            "session_over",
            401,
            f"the session's token has ended; send refresh within {GRACE_S} s, or connect again",
        )


async def sweep(ports: Ports) -> int:
    """Close the sessions whose token ended longer than the grace ago, the longest over first; how many there were.

    What cannot be closed now is left to the next sweep. Raises OSError if nothing can.
    """
    before_s = ports.clock.now_s() - GRACE_S
    over = await ports.registry.over(before_s, limit=SWEPT_AT_MOST)
    closed = 0
    for start in range(0, len(over), SWEEP_PAGE):
        try:
            some = await _still_over(ports, over[start : start + SWEEP_PAGE], before_s)
            closed += await dismiss(ports, some, ENDED)
        except NotAllClosed as left:
            if left.closed == 0:
                raise
            closed += left.closed
            log.warning("sessions left to the next sweep", extra={"error": str(left)})
    return closed


async def _still_over(ports: Ports, rows: Sequence[Connection], before_s: float) -> Sequence[Connection]:
    """Those that were not refreshed since they were read, which is a while ago if they are many."""
    now = await asyncio.gather(*(ports.registry.get(row.connection_id) for row in rows))
    return [row for row, there in zip(rows, now, strict=True) if there is None or there.expires_at_s < before_s]


async def verified(verifier: TokenVerifier, token: str) -> Identity:
    """The identity of a token, checked in a thread if that may fetch keys. Raises Problem (401)."""
    if verifier.needs_network(token):
        return await asyncio.to_thread(verifier.verify, token)
    return verifier.verify(token)


async def refresh(ports: Ports, connection: Connection, identity: Identity) -> Connection:
    """Put an open connection under a newer token of the same user; its row from now on.

    The standing and the groups are read again after the row is filed, as when it connected: whoever looks for the
    connections of a revoked token does not find this one before.

    A token that was issued before the session's own and ends before it changes nothing: two may be sent in one go, and
    the older one may come last.

    Raises Problem (403) if the token is another user's or another terminal's, or its user may not be connected. Where
    it fails half-way the connection is closed.
    """
    if (identity.user, identity.issuer) != (connection.user, connection.issuer):
        raise Problem("refresh_other_user", 403, "a session is refreshed with a token of the same user and issuer")
    if identity.terminal is not None and identity.terminal != connection.terminal_id:
        raise Problem("refresh_other_terminal", 403, f"the token is for another terminal than {connection.terminal_id}")
    fault = await _fault(ports, identity, connection.source_ip)
    if fault is not None:
        raise fault
    run_time_groups = await ports.memberships.of(identity.user)
    try:
        return await _under(ports, connection, identity, run_time_groups)
    except OSError:
        # Nobody can tell what it is under now, nor whether that was revoked, or a group taken away, meanwhile.
        await ports.gateway.close(connection.connection_id)
        raise


async def _under(
    ports: Ports, connection: Connection, identity: Identity, run_time_groups: frozenset[str]
) -> Connection:
    """Put a session under a token, unless a later one came first. Raises Problem (403)."""
    while not _is_superseded(identity, connection):
        newer = replace(
            under(connection, identity, run_time_groups=run_time_groups), last_heard_at_s=ports.clock.now_s()
        )
        if await ports.registry.replace(newer, was=connection):
            fault = await _fault(ports, identity, newer.source_ip)
            if fault is not None:
                await expel(ports, [newer], Bye.of(fault))
                raise fault
            return await refile(ports, newer)
        there = await ports.registry.get(connection.connection_id)
        if there is None:
            raise Problem("not_connected", 403, "this connection was closed meanwhile; connect again")
        connection = there
    return connection


def _is_superseded(identity: Identity, connection: Connection) -> bool:
    """Whether the session is under a token that was issued later and lasts longer."""
    if identity.issued_at_s is None or connection.issued_at_s is None:
        return False
    return identity.issued_at_s < connection.issued_at_s and identity.expires_at_s < connection.expires_at_s


async def _fault(ports: Ports, identity: Identity, source_ip: str) -> Problem | None:
    facts = await ports.blocks.standing(identity.user, identity.token_id, identity.issuer)
    return standing.fault(
        facts,
        user=identity.user,
        issued_at_s=identity.issued_at_s,
        source_ip=source_ip,
        now_s=ports.clock.now_s(),
    )

"""Keeping users and tokens out: blocks, revocations, and the open sockets they close."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from services.connections.farewell import Bye, NotAllClosed, expel
from services.domain import names, standing, topics
from services.domain.audit import AuditEntry
from services.domain.connection import Connection
from services.domain.positions import new_id
from services.domain.problems import Problem
from services.domain.ring import WHOLE
from services.domain.standing import Block
from services.ports import Ports

PAGE = 500
REVOCATION_MEMORY_S = 400 * 86_400
"""How long a revocation is kept: longer than any token accepted by default lives."""
CLOCK_SKEW_S = 60
"""How far ahead of this clock a caller's may be."""


async def block(ports: Ports, block: Block) -> int:
    """Keep a user out from now on, and close what they have open; how many sockets that were.

    That holds too where NotAllClosed is raised: nothing is delivered to the sockets that are left.
    Raises Problem (422) if the name cannot be one, or the block would be over already.
    """
    names.checked(block.user, "user")
    now_s = ports.clock.now_s()
    if block.until_s is not None and block.until_s <= now_s:
        raise Problem("invalid_time", 422, "until lies in the past; to end a block, delete it", field="until")
    await ports.blocks.block(
        block,
        AuditEntry(
            id=new_id(now_s),
            at_s=now_s,
            actor=block.by,
            action="user.block",
            subject=block.user,
            detail={"reason": block.reason, "until_s": block.until_s, "cidr": list(block.cidrs)},
        ),
    )
    return await _close_those_refused(ports, block.user)


async def unblock(ports: Ports, user: str, *, by: str) -> bool:
    """Let a user in again; False if there was no block. Raises Problem (422) if the name cannot be one."""
    names.checked(user, "user")
    now_s = ports.clock.now_s()
    return await ports.blocks.unblock(
        user, AuditEntry(id=new_id(now_s), at_s=now_s, actor=by, action="user.unblock", subject=user)
    )


async def revoke_token(ports: Ports, token_id: str, *, by: str, expires_at_s: float | None = None) -> int:
    """Revoke one token by its `jti` and close what was opened with it; how many sockets that were.

    Every connection is looked at, since a `jti` does not say whose it is. Raises Problem (422) if it cannot be one.
    """
    names.checked(token_id, "jti")
    now_s = ports.clock.now_s()
    until_s = now_s + REVOCATION_MEMORY_S if expires_at_s is None else expires_at_s
    await ports.blocks.revoke_token(
        token_id,
        until_s=until_s,
        audit=AuditEntry(id=new_id(now_s), at_s=now_s, actor=by, action="token.revoke", subject=token_id),
    )
    bye = Bye(code="token_revoked", reason="this token was revoked; sign in again", reconnect=False)
    return await _close(ports, topics.ALL, lambda row: row.token_id == token_id, bye)


async def revoke_before(ports: Ports, user: str, issued_before_s: float, *, by: str) -> int:
    """Revoke every token of a user issued before a moment; how many sockets were closed.

    Raises Problem (422) if the name cannot be one, or for a moment to come: since a later moment is never replaced
    by an earlier one, it would keep out all tokens until then, with no way back.
    """
    names.checked(user, "user")
    now_s = ports.clock.now_s()
    if issued_before_s > now_s + CLOCK_SKEW_S:
        raise Problem("invalid_time", 422, "issued_before lies ahead; revoke up to now", field="issued_before")
    await ports.blocks.revoke_before(
        user,
        issued_before_s,
        until_s=now_s + REVOCATION_MEMORY_S,
        audit=AuditEntry(
            id=new_id(now_s),
            at_s=now_s,
            actor=by,
            action="token.revoke",
            subject=user,
            detail={"issued_before_s": issued_before_s},
        ),
    )
    return await _close_those_refused(ports, user)


async def _close_those_refused(ports: Ports, user: str) -> int:
    """Close the sockets of a user that their standing refuses, each with its own reason."""
    expulsion = _Expulsion(ports)
    after: str | None = None
    while True:
        page = await ports.registry.page(topics.user(user), WHOLE, live_at_s=0, limit=PAGE, after=after)
        for row in page.items:
            if await _fault(ports, row) is None:
                continue
            there = await ports.registry.get(row.connection_id) or row
            # It may have come under another token since it was read.
            fault = await _fault(ports, there)
            if fault is not None:
                await expulsion.of([there], Bye.of(fault))
        if page.next is None:
            return expulsion.closed()
        after = page.next


async def _fault(ports: Ports, row: Connection) -> Problem | None:
    facts = await ports.blocks.standing(row.user, row.token_id, row.issuer)
    return standing.fault(
        facts,
        user=row.user,
        issued_at_s=row.issued_at_s,
        source_ip=row.source_ip,
        now_s=ports.clock.now_s(),
    )


async def _close(ports: Ports, topic: topics.Topic, meant: Callable[[Connection], bool], bye: Bye) -> int:
    expulsion = _Expulsion(ports)
    after: str | None = None
    while True:
        page = await ports.registry.page(topic, WHOLE, live_at_s=0, limit=PAGE, after=after)
        rows = [await ports.registry.get(row.connection_id) or row for row in page.items if meant(row)]
        await expulsion.of([row for row in rows if meant(row)], bye)
        if page.next is None:
            return expulsion.closed()
        after = page.next


class _Expulsion:
    """Expels connections as they are found: a socket that cannot be closed is no reason to leave others open."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._closed = 0
        self._failure: NotAllClosed | None = None

    async def of(self, rows: Sequence[Connection], bye: Bye) -> None:
        """Expel these."""
        try:
            self._closed += await expel(self._ports, rows, bye)
        except NotAllClosed as failure:
            self._closed += failure.closed
            self._failure = failure

    def closed(self) -> int:
        """How many there were in all. Raises NotAllClosed if some could not be closed."""
        if self._failure is not None:
            raise self._failure
        return self._closed

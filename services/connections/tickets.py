"""Tickets: what a terminal puts into a URL instead of its token, and how it hears why it may not connect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from services.authorizer import tickets
from services.authorizer.refusals import Refusal
from services.connections.admission import Admission
from services.domain.identity import Identity
from services.domain.positions import new_id
from services.domain.problems import Problem
from services.ports import Clock, TokenVerifier


class Judge(TokenVerifier, Protocol):
    """A verifier that also knows who may connect a terminal."""

    def may_connect(self, identity: Identity) -> Problem | None:
        """Why a verified identity may not (403), or None if it may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A ticket, and when it ends."""

    text: str
    expires_at_s: int


class TicketOffice:
    """Issues tickets to those who could connect now. `key` signs them; the authorizer has the same."""

    def __init__(self, clock: Clock, judge: Judge, admission: Admission, *, key: bytes) -> None:
        self._clock = clock
        self._judge = judge
        self._admission = admission
        self._key = key

    async def issue(self, identity: Identity, *, source_ip: str) -> Ticket:
        """A ticket for the identity of a verified token. Whether it opens a socket is decided again at `$connect`.

        Raises Problem with the reason for which a handshake would be refused: `token_expired` (401),
        `connect_not_allowed`, `user_blocked`, `token_revoked`, `too_many_connections` (403), and
        `ticket_too_large` (422).
        """
        now_s = self._clock.now_s()
        if identity.expires_at_s <= now_s:
            raise Refusal("token_expired", "The token has expired. Get a new one.")
        refusal = self._judge.may_connect(identity)
        if refusal is not None:
            raise refusal
        await self._admission.check(identity, source_ip=source_ip)
        return Ticket(
            text=tickets.issue(identity, self._key, ticket_id=new_id(now_s), now_s=now_s),
            expires_at_s=min(int(now_s) + tickets.LIFETIME_S, identity.expires_at_s),
        )

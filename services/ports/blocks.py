"""Who is kept out, and which tokens are revoked."""

from __future__ import annotations

from typing import Protocol

from services.domain.audit import AuditEntry
from services.domain.standing import Block, Standing


class Blocks(Protocol):
    """Who is kept out, and which tokens are revoked. Reads are strongly consistent."""

    async def standing(self, user: str, token_id: str | None, issuer: str) -> Standing:
        """All that is held against this user and this token."""

    async def block(self, block: Block, audit: AuditEntry) -> None:
        """Keep a user out; replaces an earlier block."""

    async def unblock(self, user: str, audit: AuditEntry) -> bool:
        """False if there was no block."""

    async def revoke_token(self, token_id: str, *, until_s: float, audit: AuditEntry) -> None:
        """Revoke one token; forgotten at `until_s`, when it has surely expired."""

    async def revoke_before(self, user: str, issued_before_s: float, *, until_s: float, audit: AuditEntry) -> None:
        """Revoke every token of a user issued before a moment; an earlier moment never replaces a later one."""

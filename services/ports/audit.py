"""Who did what."""

from __future__ import annotations

from typing import Protocol

from services.domain.audit import AuditEntry
from services.ports.page import Page


class AuditTrail(Protocol):
    """Who did what. Entries of a change are written with the change; this adds the others and reads."""

    async def add(self, entry: AuditEntry) -> None:
        """Write one entry; durable when this returns."""

    async def list(
        self,
        *,
        limit: int,
        after: str | None = None,
        actor: str | None = None,
        action: str | None = None,
        subject: str | None = None,
        from_s: float | None = None,
        to_s: float | None = None,
    ) -> Page[AuditEntry]:
        """Newest first; `after` is an entry's id. `action` matches whole or as the part before the dot."""

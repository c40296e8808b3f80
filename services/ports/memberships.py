"""Groups given to users at run time."""

from __future__ import annotations

from typing import Protocol

from services.domain.audit import AuditEntry
from services.ports.page import Page


class Memberships(Protocol):
    """Groups given to users at run time, beside those of their tokens."""

    async def of(self, user: str) -> frozenset[str]:
        """The groups given to a user."""

    async def members(self, group: str, *, limit: int, after: str | None = None) -> Page[str]:
        """The users given a group, by name."""

    async def join(self, group: str, user: str, audit: AuditEntry) -> bool:
        """False if the user had it."""

    async def leave(self, group: str, user: str, audit: AuditEntry) -> bool:
        """False if the user did not have it."""

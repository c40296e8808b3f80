"""Callers of the API that are held to something."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from services.domain.audit import AuditEntry
from services.ports.page import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """What a caller of the API is held to. `targets` is a target as JSON, and-ed to every push of theirs.

    `per_minute` pushes a minute; a push to more than `max_terminals` is refused, one to more than `approve_over` waits
    for a second person. None is no limit.
    """

    sub: str
    targets: Mapping[str, object] | None = None
    per_minute: int | None = None
    max_terminals: int | None = None
    approve_over: int | None = None
    by: str = ""
    at_s: float = 0.0


class Senders(Protocol):
    """Callers that are held to something. A caller without an entry is held to nothing."""

    async def get(self, sub: str) -> Sender | None:
        """Strongly consistent."""

    async def put(self, sender: Sender, audit: AuditEntry) -> None:
        """Replaces an earlier entry."""

    async def delete(self, sub: str, audit: AuditEntry) -> bool:
        """False if there was none."""

    async def list(self, *, limit: int, after: str | None = None) -> Page[Sender]:
        """By name; `after` is a name."""

    async def take(self, sub: str, *, per_minute: int, at_s: float) -> float:
        """Count one push of a sender: 0, or in how many seconds the next one may come, and then it was not counted.

        Never lets more than `per_minute` pass within a minute of the clock (fixed windows), whoever asks at once.
        """

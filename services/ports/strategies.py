"""Strategies by name, each with all of its versions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from services.domain.audit import AuditEntry
from services.domain.strategies.strategy import Strategy
from services.ports.page import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptStrategy:
    """One version of a strategy that is kept under a name; versions count from 1."""

    name: str
    version: int
    strategy: Strategy
    by: str
    at_s: float


class Strategies(Protocol):
    """Strategies by name, each with all of its versions."""

    async def get(self, name: str, *, version: int | None = None) -> KeptStrategy | None:
        """A version, by default the newest. One that was deleted has no newest version, but keeps its old ones."""

    async def put(
        self, name: str, strategy: Strategy, *, after: int | None, by: str, at_s: float, audit: AuditEntry
    ) -> KeptStrategy | None:
        """Keep a new version, whose number is the highest so far plus one.

        `after`: only if the newest version is this one (0: there is none); None and nothing written if it is not.
        `after` None: in any case.
        """

    async def delete(self, name: str, audit: AuditEntry) -> bool:
        """Take a name out of use; False if there is none. Pushes and the list of versions keep what they have."""

    async def list(self, *, limit: int, after: str | None = None) -> Page[KeptStrategy]:
        """The newest version of each, by name; `after` is a name."""

    async def versions(self, name: str, *, limit: int, after: int | None = None) -> Page[KeptStrategy]:
        """Newest first; `after` is a version, and `next` is one written as text."""

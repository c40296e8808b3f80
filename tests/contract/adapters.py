"""The adapters that keep the contract of the ports: each opens a set of them over a store of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.local.storage import Storage
from services.ports import AuditTrail, Blocks, Memberships, PushStore, Registry, Tickets

NOON_S = 1_795_521_600.0
"""A moment for tests: 2026-11-24T12:00:00Z."""


class ManualClock:
    """A clock that moves when a test says so."""

    def __init__(self, at_s: float = NOON_S) -> None:
        self.at_s = at_s

    def now_s(self) -> float:
        return self.at_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapters:
    """One adapter of each port that keeps something, over one empty store."""

    registry: Registry
    pushes: PushStore
    blocks: Blocks
    memberships: Memberships
    tickets: Tickets
    audit: AuditTrail


Opener = Callable[[Path, ManualClock], AbstractAsyncContextManager[Adapters]]


@asynccontextmanager
async def sqlite(directory: Path, clock: ManualClock) -> AsyncIterator[Adapters]:
    """SQLite, the store of the one-machine server."""
    storage = await Storage.open(directory, clock)
    try:
        yield Adapters(
            registry=storage.registry,
            pushes=storage.pushes,
            blocks=storage.blocks,
            memberships=storage.memberships,
            tickets=storage.tickets,
            audit=storage.audit,
        )
    finally:
        await storage.close()


OPENERS: dict[str, Opener] = {"sqlite": sqlite}
"""Every adapter by its name; the whole suite runs on each."""

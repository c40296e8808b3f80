"""All that is kept in a data directory, opened as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.local.activity import Activity
from infra.local.audit_trail import AuditTrail
from infra.local.blocks import Blocks
from infra.local.database import Database, open_database
from infra.local.last_seen import LastSeen
from infra.local.memberships import Memberships
from infra.local.outbox import Outbox
from infra.local.plans import Plans
from infra.local.push_store import PushStore
from infra.local.registry import Registry
from infra.local.retention import Keep, Retention
from infra.local.senders import Senders
from infra.local.strategies import Strategies
from infra.local.tickets import Tickets
from infra.local.timers import Timers
from infra.webhooks.endpoints import Endpoint
from services.ports import Clock

DEFAULT_KEEP = Keep()


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """One adapter of each port that keeps something, over one database."""

    database: Database
    registry: Registry
    pushes: PushStore
    blocks: Blocks
    memberships: Memberships
    tickets: Tickets
    audit: AuditTrail
    timers: Timers
    strategies: Strategies
    senders: Senders
    plans: Plans
    last_seen: LastSeen
    activity: Activity
    outbox: Outbox
    retention: Retention

    @classmethod
    async def open(
        cls, data_dir: Path, clock: Clock, keep: Keep = DEFAULT_KEEP, *, webhooks: Sequence[Endpoint] = ()
    ) -> Storage:
        """Open the database of a data directory, which no other process may use. Raises DataDirectoryError.

        `keep`: how long what is over is kept; it is deleted in the background. `webhooks` are told what changes.
        """
        database = open_database(data_dir)
        outbox = Outbox(database, webhooks)
        pushes = PushStore(database, clock)
        if outbox.is_for("push"):
            pushes.on_changed = outbox.push_changed
            pushes.on_committed = outbox.noted
        blocks = Blocks(database, clock)
        storage = cls(
            database=database,
            registry=Registry(database, clock, outbox if outbox.is_for("terminal") or outbox.is_for("user") else None),
            pushes=pushes,
            blocks=blocks,
            memberships=Memberships(database),
            tickets=Tickets(database, clock),
            audit=AuditTrail(database),
            timers=Timers(database, clock),
            strategies=Strategies(database),
            senders=Senders(database),
            plans=Plans(database),
            last_seen=LastSeen(database),
            activity=Activity(database, clock),
            outbox=outbox,
            retention=Retention(database, pushes, blocks, clock, keep),
        )
        await storage.registry.start()
        storage.retention.start()
        return storage

    async def close(self) -> None:
        """Write what is under way and close. Timers and jobs must have been stopped."""
        await self.retention.stop()
        await self.registry.stop()
        await self.database.close()

"""One adapter of each port, together."""

from __future__ import annotations

from dataclasses import dataclass

from services.ports.activity import Activity
from services.ports.audit import AuditTrail
from services.ports.blocks import Blocks
from services.ports.clock import Clock
from services.ports.gateway import Gateway
from services.ports.last_seen import LastSeen
from services.ports.memberships import Memberships
from services.ports.plans import Plans
from services.ports.pushes import PushStore
from services.ports.registry import Registry
from services.ports.senders import Senders
from services.ports.strategies import Strategies
from services.ports.tickets import Tickets
from services.ports.timers import Timers


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """One adapter of each, as the wiring chose them."""

    clock: Clock
    registry: Registry
    pushes: PushStore
    gateway: Gateway
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

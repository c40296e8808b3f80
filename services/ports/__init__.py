"""What the service needs from outside, as Protocols. `infra` implements them, `infra.wiring` chooses.

Every port is tested by one contract in tests/contract, run on each adapter. All calls may be made from
one asyncio event loop. Strongly consistent where a port says so; times are epoch seconds; an adapter
raises OSError (or a subclass) when what it stands on cannot be reached, and nothing half-written is left that
a repeat of the same call would not mend.
"""

from __future__ import annotations

from services.ports.activity import Activity, GroupSizes
from services.ports.audit import AuditTrail
from services.ports.blocks import Blocks
from services.ports.clock import Clock
from services.ports.gateway import Gateway, PostResult, SocketInfo
from services.ports.last_seen import LastSeen, Seen
from services.ports.memberships import Memberships
from services.ports.page import Page
from services.ports.plans import Plan, Plans
from services.ports.ports import Ports
from services.ports.pushes import (
    Advance,
    DeadJob,
    IdempotencyConflict,
    IdempotencyKey,
    PushStore,
    Submission,
    Submitted,
)
from services.ports.registry import GroupSize, Presence, Registry
from services.ports.senders import Sender, Senders
from services.ports.strategies import KeptStrategy, Strategies
from services.ports.tickets import Tickets
from services.ports.timers import Timer, Timers
from services.ports.tokens import TokenVerifier

__all__ = [
    "Activity",
    "Advance",
    "AuditTrail",
    "Blocks",
    "Clock",
    "DeadJob",
    "Gateway",
    "GroupSize",
    "GroupSizes",
    "IdempotencyConflict",
    "IdempotencyKey",
    "KeptStrategy",
    "LastSeen",
    "Memberships",
    "Page",
    "Plan",
    "Plans",
    "Ports",
    "PostResult",
    "Presence",
    "PushStore",
    "Registry",
    "Seen",
    "Sender",
    "Senders",
    "SocketInfo",
    "Strategies",
    "Submission",
    "Submitted",
    "Tickets",
    "Timer",
    "Timers",
    "TokenVerifier",
]

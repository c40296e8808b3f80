"""Several processes over one table, as Lambda functions are: each has ports of its own, and they share the sockets."""

from __future__ import annotations

from typing import cast

from infra.aws.activity import Activity
from infra.aws.audit_trail import AuditTrail
from infra.aws.blocks import Blocks
from infra.aws.last_seen import LastSeen
from infra.aws.memberships import Memberships
from infra.aws.plans import Plans
from infra.aws.push_store import PushStore
from infra.aws.registry import Registry
from infra.aws.senders import Senders
from infra.aws.strategies import Strategies
from infra.aws.table import Table
from infra.aws.tickets import Tickets
from services.ports import Gateway, Ports, Timers
from tests.contract import sqs
from tests.contract.adapters import ManualClock


def process(table: Table, clock: ManualClock, sockets: Gateway) -> Ports:
    """The ports of one process, which sets no timers."""
    return Ports(
        clock=clock,
        registry=Registry(table, clock),
        pushes=PushStore(table, sqs.queue("jobs"), clock),
        gateway=sockets,
        blocks=Blocks(table, clock),
        memberships=Memberships(table),
        tickets=Tickets(table, clock),
        audit=AuditTrail(table, clock),
        timers=cast(Timers, None),
        strategies=Strategies(table),
        senders=Senders(table),
        plans=Plans(table),
        last_seen=LastSeen(table, clock),
        activity=Activity(table, clock),
    )

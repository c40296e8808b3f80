"""The ports on AWS, put together from settings: what `infra.local.server` does for one machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from infra.aws.activity import Activity
from infra.aws.audit_trail import AuditTrail
from infra.aws.blocks import Blocks
from infra.aws.clients import Clients
from infra.aws.last_seen import LastSeen
from infra.aws.memberships import Memberships
from infra.aws.plans import Plans
from infra.aws.push_store import PushStore
from infra.aws.push_writes import Retention
from infra.aws.queues import Queue
from infra.aws.registry import Registry
from infra.aws.rescue import Rescue
from infra.aws.schedules import Schedules
from infra.aws.sender import Budget, Sender
from infra.aws.senders import Senders
from infra.aws.settings import Settings
from infra.aws.shards import Sharding
from infra.aws.strategies import Strategies
from infra.aws.table import Table
from infra.aws.tickets import Tickets
from infra.aws.timers import Timers
from infra.clock import SystemClock
from services.ports import Ports


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapters:
    """The ports, and those of the adapters that do more on AWS than their port says."""

    ports: Ports
    pushes: PushStore
    timers: Timers
    rescue: Rescue


def build(settings: Settings, *, halted: Callable[[], None] | None = None) -> Adapters:
    """The adapters of one process, to be used on one event loop. Nothing is called yet.

    `halted` is called for each push that this process has halted.
    """
    clients = Clients(settings.region)
    clock = SystemClock()
    table = Table(clients.dynamodb(), settings.table, clients.executor)
    sqs = clients.sqs()
    jobs = Queue(sqs, settings.jobs_queue_url, clients.executor)
    pushes = PushStore(
        table,
        jobs,
        clock,
        retention=Retention(pushes_days=settings.push_retention_days, audit_days=settings.audit_retention_days),
        halted=halted,
    )
    timers = Timers(
        table,
        Queue(sqs, settings.timers_queue_url, clients.executor),
        Schedules(
            clients.scheduler(),
            group=settings.schedule_group,
            queue_arn=settings.timers_queue_arn,
            role_arn=settings.scheduler_role_arn,
            executor=clients.executor,
        ),
        clock,
    )
    ports = Ports(
        clock=clock,
        registry=Registry(table, clock, Sharding(shards=settings.shards, big_groups=settings.big_groups)),
        pushes=pushes,
        gateway=Sender(
            settings.connections_url,
            region=settings.region,
            budget=Budget(per_s=settings.posts_per_s, burst=settings.posts_burst),
        ),
        blocks=Blocks(table, clock, audit_retention_days=settings.audit_retention_days),
        memberships=Memberships(table, audit_retention_days=settings.audit_retention_days),
        tickets=Tickets(table, clock),
        audit=AuditTrail(table, clock, retention_days=settings.audit_retention_days),
        timers=timers,
        strategies=Strategies(table, audit_retention_days=settings.audit_retention_days),
        senders=Senders(table, audit_retention_days=settings.audit_retention_days),
        plans=Plans(table),
        last_seen=LastSeen(table, clock),
        activity=Activity(table, clock),
    )
    return Adapters(ports=ports, pushes=pushes, timers=timers, rescue=Rescue(table, jobs, pushes.job_progress))

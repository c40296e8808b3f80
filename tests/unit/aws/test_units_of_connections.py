"""What connections cost on DynamoDB: calls and units, counted. docs/operations-aws.md derives its prices from these."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import cast

import pytest

from infra.aws import connection_rows
from infra.aws.audit_trail import AuditTrail
from infra.aws.blocks import Blocks
from infra.aws.headcount import apply
from infra.aws.memberships import Memberships
from infra.aws.registry import Registry
from infra.aws.shards import Sharding
from infra.aws.table import Table
from infra.aws.tickets import Tickets
from services.connections.admission import Admission
from services.domain import topics
from services.domain.connection import Connection
from services.domain.identity import AttributeValue, Identity
from services.domain.ring import WHOLE
from services.domain.standing import Block
from services.domain.topics import ALL
from services.ports import Activity, LastSeen, Plans, Ports, PushStore, Senders, Strategies, Timers
from tests.contract import dynamodb
from tests.contract.adapters import NOON_S, ManualClock
from tests.contract.makers import audit_entry, connection
from tests.unit.aws.meter import Meter, size_bytes
from tests.unit.services.sockets import ScriptedSockets

GROUPS = ("group-of-an-office", "group-of-a-team")
FILED = len(GROUPS) + 3
"""Under `all`, each group, user and terminal."""
ATTRIBUTES: dict[str, AttributeValue] = {
    "os": "windows 11",
    "version": "2026.11.3",
    "site": "Head office",
    "floor": 7,
    "kiosk": False,
}


@pytest.fixture
def meter(table: Table) -> Iterator[Meter]:
    with Meter(dynamodb.client()) as made:
        yield made


@pytest.fixture
def registry(table: Table, clock: ManualClock) -> Registry:
    return Registry(table, clock)


def _typical(number: int = 0) -> Connection:
    """A row as long as they are where names are long: claims of an identity provider, a browser's User-Agent."""
    user = f"firstname.lastname{number}@subsidiary.example.com"
    return connection(
        f"R0oXAdfD{number:04}kwCH6w=",
        user=user,
        terminal_id=f"{user}/desktop-of-{number}",
        groups=GROUPS,
        attributes=ATTRIBUTES,
    )


async def test_a_typical_row_is_one_unit() -> None:
    row = connection_rows.rows(_typical(), Sharding())[0]
    texts = {name: {"S": str(value)} for name, value in row.items()}
    assert 400 < size_bytes(texts) < 1_024


async def test_a_connection_is_filed_in_two_calls_and_a_unit_for_each_item(registry: Registry, meter: Meter) -> None:
    await registry.add(_typical())
    assert meter.calls == {"BatchWriteItem": 1, "PutItem": 1}
    assert (meter.write_units, meter.read_units) == (FILED + 1, 0)


async def test_a_connection_is_removed_in_two_calls_and_a_unit_for_each_item(registry: Registry, meter: Meter) -> None:
    await registry.add(_typical())
    meter.reset()
    await registry.remove([_typical().connection_id])
    assert meter.calls == {"DeleteItem": 1, "BatchWriteItem": 1}
    assert (meter.write_units, meter.read_units) == (FILED + 1, 0)


async def test_a_refresh_reads_the_record_and_writes_every_item(registry: Registry, meter: Meter) -> None:
    await registry.add(_typical())
    meter.reset()
    await registry.replace(_typical(), was=_typical())
    assert meter.calls == {"GetItem": 1, "BatchWriteItem": 1, "PutItem": 1}
    assert (meter.write_units, meter.read_units) == (FILED + 1, 1)


async def test_a_message_reads_its_connection_for_one_unit(registry: Registry, meter: Meter) -> None:
    await registry.add(_typical())
    await registry.heard([_typical().connection_id], NOON_S + 1)
    meter.reset()
    await registry.get(_typical().connection_id)
    assert (meter.calls, meter.read_units) == ({"Query": 1}, 1)


async def test_noting_that_a_terminal_was_heard_is_one_unit(registry: Registry, meter: Meter) -> None:
    await registry.add(_typical())
    meter.reset()
    await registry.heard([_typical().connection_id], NOON_S + 1)
    assert (meter.calls, meter.write_units, meter.read_units) == ({"PutItem": 1}, 1, 0)


async def test_the_standing_is_asked_in_one_call_of_two_units(table: Table, clock: ManualClock, meter: Meter) -> None:
    blocks = Blocks(table, clock)
    await blocks.block(Block(user="alice", reason="left", at_s=NOON_S), audit_entry())
    meter.reset()
    await blocks.standing("alice", "token", "fanfare")
    assert (meter.calls, meter.read_units) == ({"BatchGetItem": 1}, 2)


async def test_a_page_of_a_small_group_reads_that_group_alone(registry: Registry, table: Table, meter: Meter) -> None:
    """G7: it costs the same among two thousand others as it would alone."""
    others = [connection(f"o{number}", user=f"other{number}", groups=("others",)) for number in range(2_000)]
    await table.write([item for row in others for item in connection_rows.rows(row, Sharding())])
    few = [_typical(number) for number in range(50)]
    await table.write([item for row in few for item in connection_rows.rows(row, Sharding())])
    meter.reset()
    page = await registry.page(topics.group(GROUPS[0]), WHOLE, live_at_s=NOON_S, limit=500)
    assert (len(page.items), meter.items_read, meter.calls) == (50, 50, {"Query": 1})
    assert meter.read_units <= math.ceil(50 / 4)


async def test_a_full_page_of_all_reads_no_more_than_the_page(registry: Registry, table: Table, meter: Meter) -> None:
    rows = [connection(f"c{number}", user=f"user{number}") for number in range(1_600)]
    await table.write([connection_rows.rows(row, Sharding())[0] for row in rows])
    meter.reset()
    page = await registry.page(ALL, WHOLE, live_at_s=NOON_S, limit=50)
    assert (len(page.items), meter.items_read) == (50, 50)


async def test_many_that_connect_together_are_counted_for_little_more_than_four_units_each(
    table: Table, registry: Registry, clock: ManualClock, meter: Meter
) -> None:
    stream = dynamodb.Stream()
    for number in range(100):
        await registry.add(_typical(number))
    records = stream.records()
    meter.reset()
    await apply(table, records, now_s=clock.now_s())
    # A terminal and a user each, twice for the transaction; the groups, the totals and the minute for each of three.
    assert meter.write_units == 4 * 100 + 3 * 2 * (len(GROUPS) + 2)
    assert meter.read_units == 2 * 100


async def test_all_that_a_connect_takes(table: Table, clock: ManualClock, registry: Registry, meter: Meter) -> None:
    ports = Ports(
        clock=clock,
        registry=registry,
        gateway=ScriptedSockets(),
        blocks=Blocks(table, clock),
        memberships=Memberships(table),
        tickets=Tickets(table, clock),
        audit=AuditTrail(table, clock),
        # A connect has nothing to do with pushes.
        pushes=cast(PushStore, None),
        timers=cast(Timers, None),
        strategies=cast(Strategies, None),
        senders=cast(Senders, None),
        plans=cast(Plans, None),
        last_seen=cast(LastSeen, None),
        activity=cast(Activity, None),
    )
    row = _typical()
    identity = Identity(
        user=row.user,
        issuer=row.issuer,
        expires_at_s=row.expires_at_s,
        token_id=row.token_id,
        groups=row.groups,
        attributes=row.attributes,
    )
    await Admission(ports, connections_per_user=10).admit(
        identity,
        connection_id=row.connection_id,
        calls_itself="desktop",
        source_ip=row.source_ip,
        user_agent=row.user_agent,
        ticket_id=None,
    )
    assert meter.calls == {"BatchGetItem": 2, "Query": 3, "BatchWriteItem": 1, "PutItem": 1}
    assert (meter.write_units, meter.read_units) == (FILED + 1, 7)

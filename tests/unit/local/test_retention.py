"""What is over is deleted when it was kept long enough, with all that belongs to it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from infra.local.retention import DAY_S
from infra.local.storage import Storage
from services.domain.pushes import Counts, Profile, Push
from services.domain.strategies.strategy import Ack, Strategy
from services.ports import Advance, Plan
from tests.contract.adapters import NOON_S, ManualClock
from tests.contract.makers import connection, jobs_of, log_entry, push, receipt, submission

MANY = 250
READ = Strategy(ack=Ack(need="read", once_per_user=True))
OF_A_PUSH = ("pushes", "push_contents", "jobs", "receipts", "readers", "slices", "stages")


def _rows(storage: Storage, *tables: str) -> dict[str, int]:
    """How many rows each table has."""
    counted = {table: storage.database.read_one(f"SELECT COUNT(*) FROM {table}") for table in tables}  # noqa: S608 - names of tables
    return {table: int(str(row[0])) for table, row in counted.items() if row is not None}


async def _read_by_many(storage: Storage) -> Push:
    """A push that is completed, and that many users have read."""
    sent = push(strategy=READ)
    (job,) = jobs_of(sent)
    await storage.pushes.submit(submission(sent, jobs=[job], entries=[log_entry(sent)]))
    receipts = [receipt(sent, f"t{number}", user=f"u{number}") for number in range(MANY)]
    await storage.pushes.advance(Advance(job=job, next=None, counts=Counts(), at_s=NOON_S, receipts=receipts))
    for one in receipts:
        await storage.pushes.acknowledge(replace(one, kind="read"), early=False)
    return sent


async def test_a_push_goes_with_all_that_is_kept_of_it(storage: Storage, clock: ManualClock) -> None:
    sent = await _read_by_many(storage)
    clock.at_s += 30 * DAY_S - 1
    await storage.retention.prune()
    assert _rows(storage, *OF_A_PUSH)["readers"] == MANY
    clock.at_s += 2
    await storage.retention.prune()
    assert _rows(storage, *OF_A_PUSH) == dict.fromkeys(OF_A_PUSH, 0)
    assert await storage.pushes.get(sent.id) is None


async def test_a_push_that_waits_stays(storage: Storage, clock: ManualClock) -> None:
    sent = replace(push(), due_at_s=NOON_S + 400 * DAY_S, closing=False)
    await storage.pushes.submit(submission(sent, jobs=[]))
    clock.at_s += 399 * DAY_S
    await storage.retention.prune()
    assert await storage.pushes.get(sent.id) == sent


async def test_plans_go_when_they_expire(storage: Storage, clock: ManualClock) -> None:
    for ends_at_s in (NOON_S + 60, NOON_S + 120):
        await storage.plans.put(
            Plan(
                id=f"until {ends_at_s}",
                sender="carol",
                request={},
                profile=Profile(terminals=0),
                terminals=None,
                created_at_s=NOON_S,
                expires_at_s=ends_at_s,
            )
        )
    clock.at_s = NOON_S + 61
    await storage.retention.prune()
    assert _rows(storage, "plans") == {"plans": 1}


async def test_minutes_of_senders_go_when_no_clock_can_be_in_them(storage: Storage, clock: ManualClock) -> None:
    await storage.senders.take("hr-app", per_minute=1, at_s=NOON_S)
    clock.at_s += 1_800
    await storage.retention.prune()
    assert await storage.senders.take("hr-app", per_minute=1, at_s=NOON_S) > 0
    clock.at_s += 2_000
    await storage.retention.prune()
    assert _rows(storage, "sender_minutes") == {"sender_minutes": 0}


@pytest.mark.parametrize(("days", "known"), [(29, 1), (31, 0)])
async def test_terminals_that_do_not_come_back_are_forgotten(
    storage: Storage, clock: ManualClock, days: int, known: int
) -> None:
    await storage.registry.add(connection("c1"))
    await storage.registry.remove(["c1"])
    clock.at_s += days * DAY_S
    await storage.retention.prune()
    assert len((await storage.last_seen.list(limit=10)).items) == known

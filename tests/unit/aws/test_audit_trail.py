"""The audit trail in DynamoDB beyond its contract: months, retention, and what looking costs."""

from __future__ import annotations

import pytest

from infra.aws.audit_trail import SCANNED_AT_ONCE, AuditTrail, audit_item
from infra.aws.table import Table
from services.domain import positions
from services.domain.audit import AuditEntry
from tests.contract.adapters import NOON_S, ManualClock
from tests.contract.makers import audit_entry
from tests.unit.aws.interference import Interference

DAY_S = 86_400


@pytest.fixture(autouse=True)
def ids_of_their_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Entries of the past get ids of the past, though ids of a process only ever grow."""
    monkeypatch.setattr(positions, "new_id", lambda at_s: positions.Uuid7Source().make(at_s))


@pytest.fixture
def audit(table: Table, clock: ManualClock) -> AuditTrail:
    return AuditTrail(table, clock, retention_days=100)


async def _days_ago(audit: AuditTrail, *days: int) -> list[AuditEntry]:
    entries = [audit_entry(at_s=NOON_S - number * DAY_S) for number in days]
    for entry in entries:
        await audit.add(entry)
    return entries


@pytest.mark.parametrize("limit", [1, 2, 3, 10])
async def test_pages_go_back_over_months_with_and_without_entries(audit: AuditTrail, limit: int) -> None:
    entries = await _days_ago(audit, 0, 1, 30, 95, 95)
    found: list[AuditEntry] = []
    after: str | None = None
    while True:
        page = await audit.list(limit=limit, after=after)
        found += page.items
        if page.next is None:
            break
        after = page.next
    assert found == sorted(entries, key=lambda entry: entry.id, reverse=True)


async def test_what_is_older_than_the_retention_is_not_listed(audit: AuditTrail) -> None:
    kept, _ = await _days_ago(audit, 99, 100)
    assert list((await audit.list(limit=10)).items) == [kept]


async def test_an_entry_leaves_the_table_when_its_retention_is_over() -> None:
    entry = audit_entry(at_s=NOON_S)
    assert audit_item(entry, retention_days=30)["expires_at"] == NOON_S + 30 * DAY_S


async def test_an_entry_written_while_the_clock_was_set_back_is_listed(audit: AuditTrail, clock: ManualClock) -> None:
    entry = audit_entry(at_s=NOON_S)
    await audit.add(entry)
    clock.at_s = NOON_S - 3_600
    assert list((await audit.list(limit=10)).items) == [entry]


async def test_a_trail_that_holds_nothing_is_known_after_a_query_for_each_month(
    audit: AuditTrail, interference: Interference
) -> None:
    assert (await audit.list(limit=10)).next is None
    assert interference.calls == ["Query"] * 4


async def test_a_page_that_is_full_reads_its_own_month_alone(audit: AuditTrail, interference: Interference) -> None:
    await _days_ago(audit, 0, 0, 0)
    interference.calls.clear()
    await audit.list(limit=2)
    assert interference.calls == ["Query"]


async def test_a_narrow_time_reads_its_own_month_alone(audit: AuditTrail, interference: Interference) -> None:
    (entry,) = await _days_ago(audit, 60)
    interference.calls.clear()
    page = await audit.list(limit=10, from_s=entry.at_s - 60, to_s=entry.at_s + 60)
    assert list(page.items) == [entry]
    assert interference.calls == ["Query"]


async def test_a_page_of_a_rare_match_looks_at_so_many_entries_and_goes_on(table: Table, audit: AuditTrail) -> None:
    rare = audit_entry(at_s=NOON_S - 60, actor="carol")
    others = [audit_entry(at_s=NOON_S) for _ in range(SCANNED_AT_ONCE)]
    await table.write([audit_item(entry) for entry in (rare, *others)])
    first = await audit.list(limit=10, actor="carol")
    assert list(first.items) == []
    assert list((await audit.list(limit=10, actor="carol", after=first.next)).items) == [rare]

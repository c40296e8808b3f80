"""The contract of `services.ports.AuditTrail`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.domain.audit import AuditEntry
from services.ports import AuditTrail
from tests.contract.adapters import NOON_S
from tests.contract.makers import audit_entry


async def _add(audit: AuditTrail, *entries: AuditEntry) -> None:
    for entry in entries:
        await audit.add(entry)


async def test_an_entry_is_read_as_it_was_written(audit: AuditTrail) -> None:
    entry = replace(audit_entry(), detail={"target": {"users": ["é"]}, "n": 1, "until_s": None, "share": 0.5})
    await audit.add(entry)
    assert list((await audit.list(limit=10)).items) == [entry]


async def test_the_newest_comes_first(audit: AuditTrail) -> None:
    entries = [audit_entry() for _ in range(5)]
    await _add(audit, *entries)
    page = await audit.list(limit=2)
    assert list(page.items) == [entries[4], entries[3]]
    rest = await audit.list(limit=3, after=page.next)
    assert (list(rest.items), rest.next) == ([entries[2], entries[1], entries[0]], None)


@pytest.mark.parametrize(
    ("actor", "action", "subject", "expected"),
    [
        ("carol", None, None, [0, 1]),
        (None, "push.create", None, [0]),
        (None, "push", None, [0, 1]),
        (None, "pus", None, []),
        (None, None, "bob", [2]),
        ("carol", "user", None, []),
        ("dave", "user.block", "bob", [2]),
    ],
)
async def test_a_list_is_narrowed(
    audit: AuditTrail, actor: str | None, action: str | None, subject: str | None, expected: list[int]
) -> None:
    entries = [
        audit_entry(actor="carol", action="push.create", subject="p1"),
        audit_entry(actor="carol", action="push.cancel", subject="p1"),
        audit_entry(actor="dave", action="user.block", subject="bob"),
    ]
    await _add(audit, *entries)
    page = await audit.list(limit=10, actor=actor, action=action, subject=subject)
    assert [entries.index(entry) for entry in reversed(page.items)] == expected


@pytest.mark.parametrize(
    ("from_s", "to_s", "expected"),
    [(None, None, [0, 10, 20]), (10, None, [10, 20]), (None, 10, [0]), (5, 15, [10]), (21, None, [])],
)
async def test_a_list_is_narrowed_by_time(
    audit: AuditTrail, from_s: int | None, to_s: int | None, expected: list[int]
) -> None:
    await _add(audit, *(audit_entry(at_s=NOON_S + later_s) for later_s in (0, 10, 20)))
    page = await audit.list(
        limit=10,
        from_s=None if from_s is None else NOON_S + from_s,
        to_s=None if to_s is None else NOON_S + to_s,
    )
    assert [entry.at_s - NOON_S for entry in reversed(page.items)] == expected


async def test_pages_of_a_rare_match_hold_each_once(audit: AuditTrail) -> None:
    rare = [audit_entry(action="user.block") for _ in range(3)]
    for entry in rare:
        await _add(audit, *(audit_entry() for _ in range(5)), entry)
    found: list[AuditEntry] = []
    after: str | None = None
    while True:
        page = await audit.list(limit=1, after=after, action="user.block")
        found += page.items
        if page.next is None:
            break
        after = page.next
    assert found == rare[::-1]

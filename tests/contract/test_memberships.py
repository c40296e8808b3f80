"""The contract of `services.ports.Memberships`."""

from __future__ import annotations

import asyncio

from services.ports import AuditTrail, Memberships
from tests.contract.makers import audit_entry


async def test_a_user_who_was_given_nothing_has_nothing(memberships: Memberships) -> None:
    assert await memberships.of("alice") == frozenset()


async def test_a_user_has_the_groups_they_were_given(memberships: Memberships) -> None:
    assert await memberships.join("ops", "alice", audit_entry()) is True
    assert await memberships.join("hr", "alice", audit_entry()) is True
    assert await memberships.of("alice") == {"ops", "hr"}
    assert await memberships.of("bob") == frozenset()


async def test_joining_twice_changes_nothing(memberships: Memberships) -> None:
    await memberships.join("ops", "alice", audit_entry())
    assert await memberships.join("ops", "alice", audit_entry()) is False
    assert await memberships.of("alice") == {"ops"}


async def test_leaving_takes_the_group_away(memberships: Memberships) -> None:
    await memberships.join("ops", "alice", audit_entry())
    await memberships.join("hr", "alice", audit_entry())
    assert await memberships.leave("ops", "alice", audit_entry()) is True
    assert await memberships.of("alice") == {"hr"}


async def test_leaving_a_group_one_does_not_have_is_false(memberships: Memberships) -> None:
    await memberships.join("hr", "alice", audit_entry())
    assert await memberships.leave("ops", "alice", audit_entry()) is False


async def test_a_group_left_can_be_joined_again(memberships: Memberships) -> None:
    await memberships.join("ops", "alice", audit_entry())
    await memberships.leave("ops", "alice", audit_entry())
    assert await memberships.join("ops", "alice", audit_entry()) is True
    assert await memberships.of("alice") == {"ops"}


async def test_of_many_that_join_the_same_one_does(memberships: Memberships) -> None:
    joined = await asyncio.gather(*(memberships.join("ops", "alice", audit_entry()) for _ in range(10)))
    assert joined.count(True) == 1


async def test_members_are_listed_by_name(memberships: Memberships) -> None:
    for user in ("carol", "alice", "bob"):
        await memberships.join("ops", user, audit_entry())
    await memberships.join("hr", "dave", audit_entry())
    page = await memberships.members("ops", limit=2)
    assert list(page.items) == ["alice", "bob"]
    rest = await memberships.members("ops", limit=2, after=page.next)
    assert (list(rest.items), rest.next) == (["carol"], None)


async def test_a_group_nobody_was_given_has_no_members(memberships: Memberships) -> None:
    assert list((await memberships.members("ops", limit=10)).items) == []


async def test_only_a_change_is_audited(memberships: Memberships, audit: AuditTrail) -> None:
    joined, left = audit_entry(action="group.join"), audit_entry(action="group.leave")
    await memberships.join("ops", "alice", joined)
    await memberships.join("ops", "alice", audit_entry(action="group.join"))
    await memberships.leave("ops", "alice", left)
    await memberships.leave("ops", "alice", audit_entry(action="group.leave"))
    assert list((await audit.list(limit=10)).items) == [left, joined]

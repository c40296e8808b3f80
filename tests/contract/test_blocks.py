"""The contract of `services.ports.Blocks`."""

from __future__ import annotations

import asyncio

from services.domain.standing import CLEAR, Block
from services.ports import AuditTrail, Blocks
from tests.contract.adapters import NOON_S, ManualClock
from tests.contract.makers import audit_entry

BLOCK = Block(
    user="alice", reason="left", until_s=NOON_S + 60, cidrs=("192.0.2.0/24", "2001:db8::/32"), by="admin", at_s=NOON_S
)


async def test_of_whom_nothing_is_held_the_standing_is_clear(blocks: Blocks) -> None:
    assert await blocks.standing("alice", "t1", "fanfare") == CLEAR


async def test_a_block_is_held_against_its_user_alone(blocks: Blocks) -> None:
    await blocks.block(BLOCK, audit_entry())
    assert (await blocks.standing("alice", None, "fanfare")).block == BLOCK
    assert await blocks.standing("bob", None, "fanfare") == CLEAR


async def test_a_block_for_good_has_no_end(blocks: Blocks) -> None:
    forever = Block(user="alice", reason="left", by="admin", at_s=NOON_S)
    await blocks.block(forever, audit_entry())
    assert (await blocks.standing("alice", None, "fanfare")).block == forever


async def test_a_later_block_replaces_an_earlier_one(blocks: Blocks) -> None:
    await blocks.block(Block(user="alice", reason="first", at_s=NOON_S), audit_entry())
    await blocks.block(BLOCK, audit_entry())
    assert (await blocks.standing("alice", None, "fanfare")).block == BLOCK


async def test_an_unblocked_user_is_clear(blocks: Blocks) -> None:
    await blocks.block(BLOCK, audit_entry())
    assert await blocks.unblock("alice", audit_entry()) is True
    assert await blocks.standing("alice", None, "fanfare") == CLEAR


async def test_unblocking_who_is_not_blocked_is_false_and_not_audited(blocks: Blocks, audit: AuditTrail) -> None:
    assert await blocks.unblock("alice", audit_entry(action="user.unblock")) is False
    assert list((await audit.list(limit=10)).items) == []


async def test_of_two_that_unblock_one_does(blocks: Blocks) -> None:
    await blocks.block(BLOCK, audit_entry())
    done = await asyncio.gather(*(blocks.unblock("alice", audit_entry()) for _ in range(2)))
    assert sorted(done) == [False, True]


async def test_a_revoked_token_is_held_against_whoever_brings_it(blocks: Blocks) -> None:
    await blocks.revoke_token("t1", until_s=NOON_S + 60, audit=audit_entry())
    assert (await blocks.standing("alice", "t1", "fanfare")).token_revoked
    assert not (await blocks.standing("alice", "t2", "fanfare")).token_revoked
    assert not (await blocks.standing("alice", None, "fanfare")).token_revoked


async def test_a_revocation_is_forgotten_at_its_end(blocks: Blocks, clock: ManualClock) -> None:
    await blocks.revoke_token("t1", until_s=NOON_S + 60, audit=audit_entry())
    clock.at_s = NOON_S + 59
    assert (await blocks.standing("alice", "t1", "fanfare")).token_revoked
    clock.at_s = NOON_S + 60
    assert not (await blocks.standing("alice", "t1", "fanfare")).token_revoked


async def test_a_second_revocation_does_not_shorten_the_first(blocks: Blocks, clock: ManualClock) -> None:
    await blocks.revoke_token("t1", until_s=NOON_S + 60, audit=audit_entry())
    await blocks.revoke_token("t1", until_s=NOON_S + 10, audit=audit_entry())
    clock.at_s = NOON_S + 30
    assert (await blocks.standing("alice", "t1", "fanfare")).token_revoked


async def test_tokens_of_a_user_are_revoked_by_when_they_were_issued(blocks: Blocks) -> None:
    await blocks.revoke_before("alice", NOON_S - 5, until_s=NOON_S + 60, audit=audit_entry())
    assert (await blocks.standing("alice", "t1", "fanfare")).issued_before_s == NOON_S - 5
    assert (await blocks.standing("bob", "t1", "fanfare")).issued_before_s is None


async def test_an_earlier_moment_does_not_replace_a_later_one(blocks: Blocks) -> None:
    for before_s in (NOON_S - 10, NOON_S, NOON_S - 20):
        await blocks.revoke_before("alice", before_s, until_s=NOON_S + 60, audit=audit_entry())
    assert (await blocks.standing("alice", "t1", "fanfare")).issued_before_s == NOON_S


async def test_all_that_is_held_is_told_together(blocks: Blocks) -> None:
    await blocks.block(BLOCK, audit_entry())
    await blocks.revoke_token("t1", until_s=NOON_S + 60, audit=audit_entry())
    await blocks.revoke_before("alice", NOON_S, until_s=NOON_S + 60, audit=audit_entry())
    standing = await blocks.standing("alice", "t1", "fanfare")
    assert (standing.block, standing.token_revoked, standing.issued_before_s) == (BLOCK, True, NOON_S)


async def test_each_change_is_audited(blocks: Blocks, audit: AuditTrail) -> None:
    entries = [audit_entry(action=f"user.{n}") for n in range(4)]
    await blocks.block(BLOCK, entries[0])
    await blocks.unblock("alice", entries[1])
    await blocks.revoke_token("t1", until_s=NOON_S + 60, audit=entries[2])
    await blocks.revoke_before("alice", NOON_S, until_s=NOON_S + 60, audit=entries[3])
    assert list((await audit.list(limit=10)).items) == entries[::-1]

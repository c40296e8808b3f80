"""What is held against users and tokens, in DynamoDB, beyond its contract."""

from __future__ import annotations

import asyncio

import pytest

from infra.aws.audit_trail import AuditTrail
from infra.aws.blocks import MOST_TRIES, Blocks
from infra.aws.table import Table, TableUnavailable
from services.domain.standing import Block
from tests.contract import dynamodb
from tests.contract.adapters import NOON_S, ManualClock
from tests.contract.makers import audit_entry
from tests.unit.aws.interference import Interference, error
from tests.unit.aws.shuffled import Shuffled

DAY_S = 86_400
FAILED = error("TransactionCanceledException", CancellationReasons=[{"Code": "ConditionalCheckFailed"}])


@pytest.fixture
def blocks(table: Table, clock: ManualClock) -> Blocks:
    return Blocks(table, clock)


async def _audited(table: Table, clock: ManualClock) -> int:
    return len((await AuditTrail(table, clock).list(limit=100)).items)


async def test_the_end_of_a_block_leaves_revocations_as_they_are(blocks: Blocks) -> None:
    await blocks.revoke_before("alice", NOON_S, until_s=NOON_S + DAY_S, audit=audit_entry())
    await blocks.block(Block(user="alice", reason="left", at_s=NOON_S), audit_entry())
    await blocks.unblock("alice", audit_entry())
    standing = await blocks.standing("alice", None, "fanfare")
    assert (standing.block, standing.issued_before_s) == (None, NOON_S)


async def test_tokens_revoked_by_when_they_were_issued_are_forgotten_at_their_end(
    blocks: Blocks, clock: ManualClock
) -> None:
    await blocks.revoke_before("alice", NOON_S, until_s=NOON_S + DAY_S, audit=audit_entry())
    clock.at_s = NOON_S + DAY_S
    assert (await blocks.standing("alice", None, "fanfare")).issued_before_s is None


@pytest.mark.parametrize("seed", range(10))
async def test_of_moments_given_at_the_same_time_the_latest_holds(
    table: Table, clock: ManualClock, blocks: Blocks, seed: int
) -> None:
    shuffled = Blocks(Table(dynamodb.client(), dynamodb.NAME, Shuffled(seed)), clock)
    moments_s = [NOON_S - 20, NOON_S, NOON_S - 10]
    await asyncio.gather(
        *(shuffled.revoke_before("alice", at_s, until_s=at_s + DAY_S, audit=audit_entry()) for at_s in moments_s)
    )
    assert (await blocks.standing("alice", None, "fanfare")).issued_before_s == NOON_S
    assert await _audited(table, clock) == 3


async def test_a_revocation_that_others_always_overtake_is_given_up(blocks: Blocks, interference: Interference) -> None:
    interference.answers("TransactWriteItems", *[FAILED] * MOST_TRIES)
    with pytest.raises(TableUnavailable, match="others revoked tokens of user alice"):
        await blocks.revoke_before("alice", NOON_S, until_s=NOON_S + DAY_S, audit=audit_entry())


async def test_a_token_revoked_again_is_audited_again(table: Table, clock: ManualClock, blocks: Blocks) -> None:
    for until_s in (NOON_S + 60, NOON_S + 10, NOON_S + 90):
        await blocks.revoke_token("t1", until_s=until_s, audit=audit_entry())
    assert await _audited(table, clock) == 3
    clock.at_s = NOON_S + 89
    assert (await blocks.standing("alice", "t1", "fanfare")).token_revoked

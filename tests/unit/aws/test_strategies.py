"""Strategies, senders and plans in DynamoDB beyond their contract: several processes at once, and what is large."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import replace

import pytest

from infra.aws.plans import NAMES_BYTES, Plans
from infra.aws.senders import Senders
from infra.aws.strategies import Strategies
from infra.aws.table import Table
from services.domain.pushes import Profile
from services.domain.strategies.strategy import DEFAULT
from services.ports import Plan
from tests.contract import dynamodb
from tests.contract.adapters import NOON_S
from tests.contract.makers import audit_entry
from tests.unit.aws.shuffled import Shuffled
from tests.unit.aws.stores import kept

PLAN = Plan(
    id="p",
    sender="admin",
    request={"target": {"all": True}},
    profile=Profile(terminals=1),
    terminals=None,
    created_at_s=NOON_S,
    expires_at_s=NOON_S + 3_600,
)


@pytest.mark.parametrize("seed", range(5))
async def test_versions_that_are_kept_at_the_same_time_all_count(table: Table, seed: int) -> None:
    strategies = Strategies(Table(dynamodb.client(), table.name, Shuffled(seed)))
    versions = await asyncio.gather(
        *(
            strategies.put(
                "careful", replace(DEFAULT, retain_s=number), after=None, by="admin", at_s=NOON_S, audit=audit_entry()
            )
            for number in range(4)
        )
    )
    assert sorted(one.version for one in versions if one is not None) == [1, 2, 3, 4]
    newest = await strategies.get("careful")
    assert newest is not None
    assert newest.version == 4
    assert len(kept("AUDIT#")) == 4


@pytest.mark.parametrize("seed", range(5))
async def test_of_changes_to_the_same_version_at_the_same_time_one_is_kept(table: Table, seed: int) -> None:
    strategies = Strategies(Table(dynamodb.client(), table.name, Shuffled(seed)))
    done = await asyncio.gather(
        *(
            strategies.put("careful", DEFAULT, after=0, by=f"admin {n}", at_s=NOON_S, audit=audit_entry())
            for n in range(4)
        )
    )
    assert [one is not None for one in done].count(True) == 1


@pytest.mark.parametrize("seed", range(5))
async def test_no_more_than_the_limit_passes_in_a_minute_whoever_asks_at_once(table: Table, seed: int) -> None:
    senders = Senders(Table(dynamodb.client(), table.name, Shuffled(seed)))
    waits_s = await asyncio.gather(*(senders.take("backend", per_minute=3, at_s=NOON_S + 20) for _ in range(8)))
    assert sorted(waits_s) == [0, 0, 0, 40, 40, 40, 40, 40]


async def test_counts_of_minutes_are_forgotten(table: Table) -> None:
    await Senders(table).take("backend", per_minute=3, at_s=NOON_S)
    assert all("expires_at" in item for item in kept("SENT#"))


async def test_names_that_fit_into_no_item_are_kept_in_several(table: Table) -> None:
    names = frozenset(secrets.token_hex(32) for _ in range(15_000))
    plans = Plans(table)
    await plans.put(replace(PLAN, terminals=names))
    pieces = [item["names"] for item in kept("PLAN#") if "names" in item]
    assert len(pieces) > 1
    assert all(isinstance(piece, bytes) and len(piece) <= NAMES_BYTES for piece in pieces)
    assert await plans.get("p", at_s=NOON_S) == replace(PLAN, terminals=names)


async def test_a_plan_is_over_on_time_though_ttl_may_be_late(table: Table) -> None:
    plans = Plans(table)
    await plans.put(PLAN)
    assert await plans.get("p", at_s=PLAN.expires_at_s) is None
    assert all("expires_at" in item for item in kept("PLAN#"))

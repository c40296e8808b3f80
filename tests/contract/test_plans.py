"""The contract of `services.ports.Plans`."""

from __future__ import annotations

from dataclasses import replace

from services.domain import positions
from services.domain.pushes import Profile
from services.ports import Plan, Plans
from tests.contract.adapters import NOON_S, ManualClock
from tests.contract.makers import PLANNED

HOUR_S = 3_600


def _plan(plan_id: str | None = None) -> Plan:
    return Plan(
        id=plan_id or positions.new_id(NOON_S),
        sender="carol",
        request={"target": "all", "message": {"text": "Grüße 🎉", "list": [1, 2.5, None]}, "tolerance": 0.1},
        profile=PLANNED,
        terminals=frozenset({"alice/t1", "alice/t2", "bob#t3"}),
        created_at_s=NOON_S + 0.5,
        expires_at_s=NOON_S + HOUR_S + 0.5,
    )


async def test_a_plan_is_got_as_it_was_put(plans: Plans) -> None:
    plan = _plan()
    await plans.put(plan)
    assert await plans.get(plan.id, at_s=NOON_S + 1) == plan


async def test_an_unknown_plan_is_none(plans: Plans) -> None:
    await plans.put(_plan())
    assert await plans.get(positions.new_id(NOON_S), at_s=NOON_S) is None


async def test_a_plan_that_names_nobody_is_kept(plans: Plans) -> None:
    too_many = replace(_plan(), terminals=None, profile=Profile(terminals=1_000_000))
    nobody = replace(_plan(), terminals=frozenset(), profile=Profile(terminals=0))
    for plan in (too_many, nobody):
        await plans.put(plan)
        assert await plans.get(plan.id, at_s=NOON_S) == plan


async def test_a_plan_names_thousands(plans: Plans) -> None:
    plan = replace(_plan(), terminals=frozenset(f"user{number:05}/terminal" for number in range(5_000)))
    await plans.put(plan)
    assert await plans.get(plan.id, at_s=NOON_S) == plan


async def test_a_plan_is_kept_until_it_expires(plans: Plans, clock: ManualClock) -> None:
    plan = _plan()
    await plans.put(plan)
    clock.at_s = plan.expires_at_s - 0.25
    assert await plans.get(plan.id, at_s=clock.at_s) == plan
    clock.at_s = plan.expires_at_s
    assert await plans.get(plan.id, at_s=clock.at_s) is None


async def test_a_plan_may_be_got_often(plans: Plans) -> None:
    plan = _plan()
    await plans.put(plan)
    assert [await plans.get(plan.id, at_s=NOON_S) for _ in range(2)] == [plan, plan]

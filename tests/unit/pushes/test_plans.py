"""A plan is sent as it was shown, or its caller hears what has changed."""

from __future__ import annotations

import pytest

from services.domain.problems import Problem
from services.domain.strategies.strategy import Strategy
from services.ports import Plan
from services.pushes import audience, plans, requests
from services.pushes.preview import preview
from services.pushes.requests import PlanUse, PushRequest
from services.strategies import kept
from tests.unit.services.service import HOUR_S, Service


async def _planned(service: Service, target: object = "all", **members: object) -> Plan:
    request = await requests.checked(service.ports, target=target, message="hi", **members)  # type: ignore[arg-type]  # passed on as it is
    return (await preview(service.ports, request, sender="admin")).plan


async def _redeemed(service: Service, plan: Plan, **use: object) -> PushRequest:
    """The request of a plan, after its audience was checked."""
    asked = PlanUse(id=plan.id, **use)  # type: ignore[arg-type]  # passed on as it is
    request = await plans.planned(service.ports, asked, sender="admin")
    await plans.check_audience(service.ports, request, sender="admin")
    return request


async def _crowd(service: Service, number: int) -> None:
    for index in range(number):
        await service.connect(f"c{index}", f"user{index}", terminal_id=f"user{index}/desk")


async def test_a_plan_gives_the_request_back_that_was_shown(service: Service) -> None:
    strategy = {"waves": [{"percent": 5, "then_wait": "1m"}, {"percent": 100}]}
    plan = await _planned(service, "group:ops and os = mac", strategy=strategy, send_at="2027-01-01T00:00:00Z")
    redeemed = await _redeemed(service, plan)
    asked = await requests.checked(
        service.ports,
        target="group:ops and os = mac",
        message="hi",
        strategy=strategy,
        send_at="2027-01-01T00:00:00Z",
    )
    assert (redeemed.target, redeemed.message, redeemed.strategy, redeemed.schedule) == (
        asked.target,
        asked.message,
        asked.strategy,
        asked.schedule,
    )
    assert redeemed.profile == plan.profile


async def test_a_plan_keeps_the_version_of_a_strategy_that_was_shown(service: Service) -> None:
    await _keep(service, "brief", 1)
    plan = await _planned(service, strategy={"name": "brief"})
    await _keep(service, "brief", 2)
    assert (await _redeemed(service, plan)).strategy.version == 1


async def test_a_plan_is_over_after_an_hour(service: Service) -> None:
    plan = await _planned(service)
    service.clock.at_s += HOUR_S - 1
    await _redeemed(service, plan)
    service.clock.at_s += 1
    with pytest.raises(Problem, match="plan_not_found"):
        await _redeemed(service, plan)


async def test_a_plan_of_somebody_else_is_not_found(service: Service) -> None:
    plan = await _planned(service)
    with pytest.raises(Problem, match="plan_not_found"):
        await plans.planned(service.ports, PlanUse(id=plan.id), sender="mallory")


@pytest.mark.parametrize("plan_id", ["", "no id", "019ab9c1-4f5a-7c3e-8a51-0c3f2d9e7b10", "\ud800"])
async def test_a_plan_that_never_was_is_not_found(service: Service, plan_id: str) -> None:
    with pytest.raises(Problem, match="plan_not_found"):
        await plans.planned(service.ports, PlanUse(id=plan_id), sender="admin")


async def test_who_came_and_went_is_named(service: Service) -> None:
    await _crowd(service, 4)
    plan = await _planned(service)
    await service.ports.registry.remove(["c0"])
    await service.connect("new", "zoe", terminal_id="zoe/desk")
    with pytest.raises(Problem) as refused:
        await _redeemed(service, plan)
    problem = refused.value
    assert (problem.code, problem.status) == ("audience_changed", 409)
    assert problem.extra == {
        "planned": 4,
        "now": 4,
        "came": {"terminals": 1, "names": ["zoe/desk"]},
        "went": {"terminals": 1, "names": ["user0/desk"]},
    }


async def test_a_reconnect_changes_no_audience(service: Service) -> None:
    await _crowd(service, 2)
    plan = await _planned(service)
    await service.ports.registry.remove(["c0"])
    await service.connect("again", "user0", terminal_id="user0/desk")
    await _redeemed(service, plan, tolerance=0.0)


async def test_a_change_within_the_tolerance_is_accepted(service: Service) -> None:
    await _crowd(service, 10)
    plan = await _planned(service)
    await service.ports.registry.remove(["c0"])
    await _redeemed(service, plan, tolerance=0.1)
    with pytest.raises(Problem, match="audience_changed"):
        await _redeemed(service, plan, tolerance=0.09)


async def test_an_audience_that_may_change_is_not_looked_at(service: Service) -> None:
    plan = await _planned(service)
    await _crowd(service, 5)
    await _redeemed(service, plan, if_changed="send")


async def test_of_an_audience_too_large_to_name_the_figures_are_compared(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audience, "NAMED_AT_MOST", 3)
    await _crowd(service, 4)
    plan = await _planned(service)
    assert plan.terminals is None
    await service.ports.registry.remove(["c0", "c1"])
    with pytest.raises(Problem) as refused:
        await _redeemed(service, plan)
    assert refused.value.extra["went"] == {"terminals": 2, "names": None}


@pytest.mark.parametrize(
    ("member", "given"),
    [
        ("target", {"target": "group:sales"}),
        ("message", {"message": "ho"}),
        ("strategy", {"strategy": {"retain": "1h"}}),
        ("send_at", {"send_at": "2027-01-01T00:00:00Z"}),
        ("repeat", {"repeat": {"cron": "0 9 * * *"}}),
        ("test", {"test": True}),
    ],
)
async def test_what_differs_from_the_plan_is_named(service: Service, member: str, given: dict[str, object]) -> None:
    body: dict[str, object] = {"target": "group:ops", "message": "hi"}
    planned = await requests.checked(service.ports, **body)  # type: ignore[arg-type]  # passed on as it is
    other = await requests.checked(service.ports, **{**body, **given})  # type: ignore[arg-type]  # passed on as it is
    plans.check_same(planned, planned, [member])
    with pytest.raises(Problem, match="plan_mismatch") as refused:
        plans.check_same(other, planned, [member])
    assert refused.value.extra == {"field": member}


async def _keep(service: Service, name: str, version: int) -> None:
    put = await kept.put(service.ports, name, {"retain": f"{version}h"}, after=None, by="admin")
    assert put.strategy == Strategy(name=name, version=version, retain_s=version * HOUR_S)

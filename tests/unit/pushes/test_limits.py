"""Senders are held to what they may reach, how often, and how many."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.domain.connection import Connection
from services.domain.problems import Problem
from services.domain.strategies.strategy import Strategy
from services.domain.targets import json_form, text_form
from services.domain.targets.expression import Target
from services.domain.timeline.forecast import forecast
from services.domain.timeline.schedule import AT_ONCE
from services.ports import Page
from services.pushes import audience, requests
from services.senders import limits, register
from services.senders.limits import Admitted
from tests.unit.services.service import Service
from tests.unit.targets.expressions import ARow, means, registries, targets


async def _hold(service: Service, **limit: object) -> None:
    await register.put(service.ports, "print", **limit, by="admin")  # type: ignore[arg-type]  # passed on as it is


async def _admit(service: Service, target: object = "all", **members: object) -> Admitted:
    request = await requests.checked(service.ports, target=target, message="hi", **members)  # type: ignore[arg-type]  # passed on as it is
    return await limits.admit(service.ports, request, sender="print")


async def _reached(service: Service, target: object = "all", **members: object) -> set[str]:
    await service.submit(target, sender="print", **members)  # type: ignore[arg-type]  # passed on as it is
    await service.settle()
    return service.sockets.reached()


async def test_a_caller_that_is_not_registered_is_held_to_nothing(service: Service) -> None:
    await service.crowd(3)
    admitted = await _admit(service)
    assert not admitted.needs_approval
    assert admitted.profile.terminals == 3


async def test_a_sender_reaches_only_whom_it_may(service: Service) -> None:
    await service.connect("a", "alice", groups=("ops",))
    await service.connect("b", "bob", groups=("sales",))
    await _hold(service, targets="group:ops")
    assert await _reached(service) == {"a"}


async def test_what_is_escalated_reaches_only_whom_its_sender_may(service: Service) -> None:
    await _hold(service, targets="group:ops")
    escalate = {"target": {"all": True}, "message": "nobody reads"}
    strategy = {"ack": {"need": "read", "within": "1m", "escalate": escalate}}
    admitted = await _admit(service, strategy=strategy)
    ack = admitted.request.strategy.ack
    assert ack is not None
    assert ack.escalate is not None
    assert ack.escalate.target == {"groups": ["ops"]}


@pytest.mark.parametrize(("per_minute", "wait_s"), [(1, 60), (2, 60)])
async def test_one_push_too_many_in_a_minute_is_refused_with_when_to_come(
    service: Service, per_minute: int, wait_s: int
) -> None:
    await _hold(service, per_minute=per_minute)
    service.clock.at_s -= service.clock.at_s % 60
    for _ in range(per_minute):
        await _admit(service)
    with pytest.raises(Problem, match="sender_rate") as refused:
        await _admit(service)
    assert (refused.value.status, refused.value.retry_after_s) == (429, wait_s)
    service.clock.at_s += wait_s
    await _admit(service)


async def test_an_audience_is_counted_by_terminals_with_its_filters(service: Service) -> None:
    for number in range(3):
        await service.connect(f"c{number}", "alice", terminal_id="alice/desk", attributes={"os": "mac"})
    await service.connect("other", "bob", groups=("ops",), attributes={"os": "windows"})
    await _hold(service, max_terminals=1)
    await _admit(service, "os = mac")
    with pytest.raises(Problem, match="audience_over_limit"):
        await _admit(service, "has os")


async def test_those_who_are_away_count_where_the_push_is_kept_for_them(service: Service) -> None:
    for user in ("alice", "bob"):
        await service.connect(user, user, terminal_id=f"{user}/desk", groups=("ops",))
    await service.ports.registry.remove(["alice", "bob"])
    await _hold(service, max_terminals=1)
    await _admit(service, "group:ops", strategy={"retain": "0s"})
    for target in ("group:ops", "user:(alice, bob)"):
        with pytest.raises(Problem, match="audience_over_limit"):
            await _admit(service, target)


async def test_a_large_escalation_is_as_much_as_a_large_push(service: Service) -> None:
    await service.crowd(3)
    await _hold(service, approve_over=2)
    escalate = {"target": {"all": True}, "message": "nobody reads"}
    strategy = {"ack": {"need": "read", "within": "1m", "escalate": escalate}}
    assert (await _admit(service, "user:nobody", strategy=strategy)).needs_approval


@pytest.mark.parametrize(("number", "needed"), [(2, False), (3, True)])
async def test_from_a_size_on_another_person_has_to_approve(service: Service, number: int, needed: bool) -> None:
    await service.crowd(number)
    await _hold(service, approve_over=2)
    assert (await _admit(service)).needs_approval is needed


async def test_a_test_reaches_only_the_senders_own_terminals_at_once(service: Service) -> None:
    await service.connect("mine", "print")
    await service.connect("other", "bob")
    await _hold(service, targets="group:ops", approve_over=0, max_terminals=0)
    window = {"from": "00:00", "to": "00:01", "days": ["mon"]}
    strategy = {"window": window, "pace": {"per_second": 1}, "waves": [{"percent": 1}, {"percent": 100}]}
    admitted = await _admit(service, "user:bob", strategy=strategy, send_at="2027-01-01T00:00:00Z", test=True)
    assert (admitted.needs_approval, admitted.request.schedule) == (False, AT_ONCE)
    assert admitted.request.strategy == Strategy()
    assert await _reached(service, "user:bob", test=True, **strategy) == {"mine"}


async def test_time_zones_are_sampled_for_a_forecast(service: Service) -> None:
    for number, zone in enumerate(["Asia/Tokyo", "Asia/Tokyo", "Europe/Berlin"]):
        await service.connect(f"c{number}", f"user{number}", attributes={"tz": zone})
    admitted = await _admit(service, strategy={"window": {"timezone": "attr:tz"}})
    assert admitted.profile.by_timezone == {"Asia/Tokyo": 2, "Europe/Berlin": 1}


async def test_limits_are_told_in_the_audit_trail(service: Service) -> None:
    await _hold(service, targets="group:ops", per_minute=2)
    await register.delete(service.ports, "print", by="admin")
    entries = (await service.ports.audit.list(limit=10, subject="print")).items
    assert [(entry.action, entry.detail) for entry in entries] == [
        ("sender.delete", {}),
        ("sender.put", {"targets": {"groups": ["ops"]}, "per_minute": 2}),
    ]


async def test_a_target_that_the_sender_cannot_reach_is_nobody(service: Service) -> None:
    await service.connect("b", "bob", groups=("sales",))
    await _hold(service, targets=text_form.print_text(text_form.parse("user:alice")))
    assert (await service.submit("user:bob", sender="print")).cover.topics == ()


WAVES = [{"percent": 50, "then_wait": "10m"}, {"percent": 100}]


@pytest.mark.parametrize(("bound", "exact", "terminals"), [(5, True, 2), (4, False, 5)])
async def test_a_push_in_stages_is_forecast_from_a_count_up_to_a_bound(
    service: Service, monkeypatch: pytest.MonkeyPatch, bound: int, exact: bool, terminals: int
) -> None:
    monkeypatch.setattr(audience, "COUNTED_AT_MOST", bound)
    for number in range(5):
        os = "windows" if number < 2 else "mac"
        await service.connect(f"c{number}", f"user{number}", groups=("ops",), attributes={"os": os})
    submitted = await service.submit("group:ops and os = windows", waves=WAVES)
    assert submitted.profile is not None
    assert (submitted.profile.terminals, submitted.profile.exact) == (terminals, exact)
    lanes = forecast(submitted, now_s=submitted.created_at_s).lanes
    assert sum(lane.terminals for lane in lanes) == terminals


async def test_a_plain_push_counts_nobody(service: Service) -> None:
    for number in range(3):
        await service.connect(f"c{number}", f"user{number}", attributes={"os": "mac" if number else "windows"})
    admitted = await _admit(service, "os = windows")
    assert (admitted.profile.terminals, admitted.profile.exact) == (3, False)


@pytest.mark.parametrize("max_terminals", [1, 2, 100, None])
async def test_nobody_is_read_twice_for_the_limits_and_the_forecast(
    service: Service, monkeypatch: pytest.MonkeyPatch, max_terminals: int | None
) -> None:
    monkeypatch.setattr(audience, "PAGE", 2)
    for number in range(9):
        os = "windows" if number % 4 == 0 else "mac"
        await service.connect(f"c{number}", f"user{number}", attributes={"os": os})
    await _hold(service, max_terminals=max_terminals, approve_over=0)
    read: list[str] = []
    page_of = service.ports.registry.page

    async def noted(*asked: Any, **named: Any) -> Page[Connection]:
        page = await page_of(*asked, **named)
        read.extend(row.connection_id for row in page.items)
        return page

    monkeypatch.setattr(service.ports.registry, "page", noted)
    strategy = {"waves": WAVES, "retain": "0s"}
    if max_terminals is not None and max_terminals < 3:
        with pytest.raises(Problem, match="audience_over_limit"):
            await _admit(service, "os = windows", strategy=strategy)
    else:
        admitted = await _admit(service, "os = windows", strategy=strategy)
        assert (admitted.needs_approval, admitted.profile.terminals, admitted.profile.exact) == (True, 3, True)
        assert len(read) == 9
    assert len(read) == len(set(read))


STRATEGIES: list[dict[str, Any]] = [
    {"waves": WAVES},
    {"pace": {"per_second": 1}},
    {"window": {"timezone": "attr:os"}},
    {"ack": {"need": "read", "within": "1m"}},
]


@given(registries(), targets(), st.integers(0, 12), st.sampled_from(STRATEGIES))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_a_forecast_adds_up_to_a_count_or_else_to_the_upper_bound(
    service: Service, rows: list[ARow], target: Target, bound: int, strategy: dict[str, Any]
) -> None:
    await service.empty()
    await service.enter(rows)
    written = json_form.to_json(target)
    meant = {row.terminal_id for row in rows if means(target, row)}
    plain = await service.submit(written)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(audience, "COUNTED_AT_MOST", bound)
        staged = await service.submit(written, **strategy)
    assert plain.profile is not None
    assert staged.profile is not None
    at_most = plain.profile.terminals
    assert len(meant) <= at_most
    asks_rows = any(part.accepts is not None for part in staged.cover.parts())
    if asks_rows and at_most <= bound:
        assert staged.profile.exact
    elif "window" not in strategy:
        assert not staged.profile.exact
    assert staged.profile.terminals == (len(meant) if staged.profile.exact else at_most)
    lanes = forecast(staged, now_s=staged.created_at_s).lanes
    assert sum(lane.terminals for lane in lanes) == staged.profile.terminals

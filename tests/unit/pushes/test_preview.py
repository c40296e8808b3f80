"""A preview says what a push would do, and does nothing; what is then delivered is what it said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings

from services.connections import away
from services.domain import moments, positions
from services.domain.audit import AuditEntry
from services.domain.problems import Problem
from services.domain.pushes import MAX_FRAME_BYTES, Counts
from services.domain.targets import json_form
from services.domain.targets.expression import Target
from services.ports import Sender
from services.pushes import audience, requests
from services.pushes.preview import Preview, preview
from tests.unit.services.service import HOUR_S, Service
from tests.unit.targets.expressions import ARow, means, registries, targets


async def _preview(
    service: Service,
    target: object = "all",
    message: object = "hi",
    *,
    strategy: object = None,
    sender: str = "admin",
    **schedule: object,
) -> Preview:
    request = await requests.checked(
        service.ports,
        target=target,
        message=message,
        strategy=strategy,
        send_at=schedule.get("send_at"),
        repeat=schedule.get("repeat"),
    )
    return await preview(service.ports, request, sender=sender)


async def _codes(service: Service, target: object = "all", **members: object) -> list[str]:
    """The codes of the warnings about a push of somebody else."""
    previewed = await _preview(service, target, **members)  # type: ignore[arg-type]  # passed on as it is
    return [warning.code for warning in previewed.warnings]


def _window(service: Service, opens_in_h: int, **members: object) -> dict[str, object]:
    """A window in UTC that opens so many hours from now on, for an hour."""
    now = datetime.fromtimestamp(service.clock.at_s, UTC)
    opens, closes = (f"{now + timedelta(hours=hours):%H:%M}" for hours in (opens_in_h, opens_in_h + 1))
    return {"window": {"from": opens, "to": closes, **members}}


@pytest.fixture(scope="module")
def small_pages() -> Iterator[None]:
    """Listings of a few rows have several pages."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(audience, "PAGE", 2)
        patched.setattr(away, "PAGE", 2)
        yield


@pytest.mark.usefixtures("small_pages")
@given(registries(), targets())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_what_is_delivered_is_what_was_previewed(service: Service, rows: list[ARow], target: Target) -> None:
    await service.empty()
    await service.enter(rows)
    meant = [row for row in rows if means(target, row)]
    written = json_form.to_json(target)
    previewed = await _preview(service, written)
    assert service.sockets.posts == []
    push = await service.send(written)
    assert service.sockets.reached() == {row.connection_id for row in meant}
    assert [len(service.pushes_at(row.connection_id)) for row in meant] == [1] * len(meant)
    shown = previewed.audience
    assert await service.counts(push) == Counts(targeted=shown.connections, sent=len(meant))
    assert shown.exact
    assert shown.connections == len(meant)
    assert shown.users == len({row.user for row in meant})
    assert shown.terminals == len({row.terminal_id for row in meant})
    assert shown.names == frozenset(row.terminal_id for row in meant)
    assert shown.flow is not None
    assert (shown.flow.clause, shown.flow.into, shown.flow.out) == (target, len(rows), len(meant))
    assert shown.by_group == Counter(group for row in meant for group in row.groups)
    assert previewed.topics == [str(topic) for topic in push.cover.topics]
    assert {row.connection_id for row in shown.sample} <= {row.connection_id for row in meant}
    for row in meant:
        assert len(service.sockets.texts(row.connection_id)[0].encode()) <= previewed.frame_bytes


async def test_a_preview_sends_nothing_and_leaves_a_plan(service: Service) -> None:
    await service.connect("a")
    plan = (await _preview(service)).plan
    assert await service.ports.plans.get(plan.id, at_s=service.clock.at_s) == plan
    assert (await service.ports.pushes.list(limit=10)).items == []
    assert (await service.ports.audit.list(limit=10)).items == []
    assert service.jobs() == []


async def test_attributes_are_counted_by_value(service: Service) -> None:
    for connection_id, os in (("a", "windows"), ("b", "windows"), ("c", "linux")):
        await service.connect(connection_id, attributes={"os": os, "floor": 3})
    assert (await _preview(service)).audience.by_attribute == {"os": {"windows": 2, "linux": 1}, "floor": {3: 3}}


async def test_of_many_a_few_are_shown(service: Service) -> None:
    await service.crowd(30)
    previewed = await _preview(service)
    assert (previewed.audience.connections, len(previewed.audience.sample)) == (30, audience.SAMPLE)


@pytest.mark.parametrize(
    ("strategy", "outcome"),
    [(None, "those who come back in time will get it"), ({"retain": "0s"}, "nothing is kept")],
)
async def test_it_warns_when_nobody_is_here(service: Service, strategy: object, outcome: str) -> None:
    (warning,) = (await _preview(service, "user:alice", strategy=strategy)).warnings
    assert warning.code == "nobody_connected"
    assert outcome in warning.detail


async def test_sessions_that_are_over_are_not_counted(service: Service) -> None:
    await service.connect("a", lasts_s=HOUR_S)
    service.clock.at_s += HOUR_S
    assert (await _preview(service)).audience.connections == 0


async def test_it_warns_near_the_limit_and_refuses_over_it(service: Service) -> None:
    await service.connect("a")
    (warning,) = (await _preview(service, message="x" * (MAX_FRAME_BYTES - 1_000))).warnings
    assert warning.code == "near_size_limit"
    with pytest.raises(Problem, match="message_too_large"):
        await _preview(service, message="x" * MAX_FRAME_BYTES)


async def test_it_warns_where_the_target_means_nobody_at_all(service: Service) -> None:
    assert await _codes(service, {"not": {"all": True}}) == ["nobody_matches"]


async def test_it_warns_of_a_closed_window_for_how_many_and_until_when(service: Service) -> None:
    for user in ("alice", "bob"):
        await service.connect(user, user)
    (warning,) = (await _preview(service, strategy=_window(service, 3))).warnings
    assert (warning.code, warning.terminals) == ("window_closed", 2)
    assert warning.until_s is not None
    assert 2 * HOUR_S < warning.until_s - service.clock.at_s <= 3 * HOUR_S


async def test_it_does_not_warn_of_an_open_window_or_where_it_is_not_asked_for(service: Service) -> None:
    await service.connect("a")
    assert await _codes(service, strategy=_window(service, 0)) == []
    assert await _codes(service, strategy={**_window(service, 3), "priority": "urgent"}) == []


async def test_it_warns_of_those_whom_a_window_drops(service: Service) -> None:
    await service.connect("a")
    assert await _codes(service, strategy=_window(service, 3, outside="drop")) == ["window_drops"]


async def test_the_window_is_asked_when_the_push_is_to_be_sent(service: Service) -> None:
    await service.connect("a")
    send_at = moments.text(service.clock.at_s + 3 * HOUR_S)
    assert await _codes(service, strategy=_window(service, 3), send_at=send_at) == []
    assert await _codes(service, strategy=_window(service, 0), send_at=send_at) == ["window_closed"]


async def test_terminals_are_counted_by_their_own_clocks(service: Service) -> None:
    for number, zone in enumerate(["Asia/Tokyo", "Asia/Tokyo", "Europe/Berlin", "Mars/Olympus"]):
        await service.connect(f"c{number}", f"user{number}", attributes={"tz": zone})
    previewed = await _preview(service, strategy=_window(service, 0, timezone="attr:tz"))
    assert previewed.audience.by_timezone == {"Asia/Tokyo": 2, "Europe/Berlin": 1, "": 1}
    (warning,) = previewed.warnings
    # By the window's own zone, which stands for those of no known one, it is open; not in Tokyo and Berlin.
    assert (warning.code, warning.terminals) == ("window_closed", 3)


async def test_it_warns_of_a_push_that_ends_before_all_have_had_it(service: Service) -> None:
    await service.crowd(30)
    slow = {"pace": {"per_second": 1}, "expires_in": "10s"}
    (warning,) = (await _preview(service, strategy=slow)).warnings
    assert warning.code == "expires_before_done"
    assert warning.terminals is not None
    assert 0 < warning.terminals < 30
    assert await _codes(service, strategy={**slow, "expires_in": "1h"}) == []


async def test_it_warns_a_sender_of_its_limits(service: Service) -> None:
    await service.crowd(3)
    await _hold(service, Sender(sub="print", approve_over=2))
    assert await _codes(service, sender="print") == ["needs_approval"]
    await _hold(service, Sender(sub="print", approve_over=1, max_terminals=2))
    assert await _codes(service, sender="print") == ["over_sender_limit"]
    await _hold(service, Sender(sub="print", approve_over=3, max_terminals=3))
    assert await _codes(service, sender="print") == []


async def test_a_preview_shows_only_whom_its_sender_may_reach(service: Service) -> None:
    await service.connect("a", "alice", groups=("ops",))
    await service.connect("b", "bob")
    await _hold(service, Sender(sub="print", targets={"groups": ["ops"]}))
    assert [row.user for row in (await _preview(service, sender="print")).audience.sample] == ["alice"]


async def test_a_preview_is_not_counted_against_the_rate(service: Service) -> None:
    await _hold(service, Sender(sub="print", per_minute=1))
    for _ in range(3):
        await _preview(service, sender="print")
    await service.submit(sender="print")


async def test_those_who_are_away_are_counted_and_not_among_the_connected(service: Service) -> None:
    await service.connect("here", "alice", terminal_id="alice/desk", groups=("ops",))
    await service.connect("gone", "bob", terminal_id="bob/desk", groups=("ops",))
    await service.connect("other", "carol", terminal_id="carol/desk")
    await service.ports.registry.remove(["gone", "other"])
    for target in ({"groups": ["ops"]}, {"users": ["alice", "bob"]}, {"terminals": ["alice/desk", "bob/desk"]}):
        shown = (await _preview(service, target)).audience
        assert (shown.terminals, shown.away) == (1, 1), target


async def test_of_a_repetition_the_next_runs_are_shown(service: Service) -> None:
    await service.connect("a")
    previewed = await _preview(service, repeat={"cron": "0 * * * *", "times": 2})
    assert [run_at_s % HOUR_S for run_at_s in previewed.next_runs] == [0, 0]
    assert previewed.timeline.reach[-1][0] >= previewed.next_runs[0]


async def test_beyond_what_is_walked_the_rest_is_estimated(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    await service.crowd(40)
    monkeypatch.setattr(audience, "PAGE", 10)
    monkeypatch.setattr(audience, "WALKED_AT_MOST", 20)
    shown = (await _preview(service)).audience
    assert (shown.connections, shown.terminals, shown.exact, shown.names) == (40, 40, False, None)
    assert shown.flow is None


async def test_a_target_whose_clauses_are_too_many_to_walk_is_still_counted(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(30):
        await service.connect(f"o{number}", f"user{number}", groups=("ops",))
    await service.connect("i", "ivy", groups=("it",))
    await service.crowd(40)
    target = "(group:ops or group:it) and not group:ops"
    assert (await _preview(service, target)).audience.flow is not None
    monkeypatch.setattr(audience, "WALKED_AT_MOST", 20)
    shown = (await _preview(service, target)).audience
    assert (shown.connections, shown.exact, shown.flow) == (1, True, None)


async def test_clauses_are_counted_among_all_who_are_connected(service: Service) -> None:
    for number in range(3):
        await service.connect(f"o{number}", f"user{number}", groups=("ops",), attributes={"floor": number})
    await service.crowd(40)
    flow = (await _preview(service, "floor > 0 and group:ops")).audience.flow
    assert flow is not None
    assert [(part.into, part.out) for part in flow.parts] == [(43, 3), (3, 2)]


async def test_a_push_that_must_be_acknowledged_may_cost_more_than_one_that_need_not(service: Service) -> None:
    await service.crowd(5)
    plain = (await _preview(service)).cost
    acked = (await _preview(service, strategy={"name": "must-read"})).cost
    assert plain.usd == plain.most_usd
    assert plain.usd < acked.usd < acked.most_usd


async def _hold(service: Service, sender: Sender) -> None:
    now_s = service.clock.at_s
    entry = AuditEntry(id=positions.new_id(now_s), at_s=now_s, actor="admin", action="sender.put", subject=sender.sub)
    await service.ports.senders.put(sender, entry)

"""What happened lately over REST: figures step by step, and groups that lost connections."""

from __future__ import annotations

import pytest

from services.connections import activity
from services.domain import moments
from tests.unit.admin_api.service import NOW_S, Json, Service

NOTHING = {"connects": 0, "disconnects": 0, "sent": 0, "received": 0, "read": 0, "failed": 0, "gone": 0}


async def _points(service: Service, **query: str) -> list[Json]:
    points = (await service.get("/v1/stats/activity", **query))["points"]
    assert isinstance(points, list)
    return points


async def test_minutes_in_which_nothing_happened_are_zeros(service: Service) -> None:
    course = await service.get("/v1/stats/activity", last="3m")
    assert course == {
        "from": "2026-11-24T08:58:00.000Z",
        "to": "2026-11-24T09:01:00.000Z",
        "step_s": 60,
        "points": [
            {"at": f"2026-11-24T{at}:00.000Z", "connections": 0, **NOTHING} for at in ("08:58", "08:59", "09:00")
        ],
    }


async def test_an_hour_by_the_minute_is_what_is_asked_for_by_default(service: Service) -> None:
    course = await service.get("/v1/stats/activity")
    assert course["step_s"] == 60
    points = course["points"]
    assert isinstance(points, list)
    assert len(points) == 60


async def test_connections_are_those_that_were_open_at_the_end_of_each_step(service: Service) -> None:
    rows = [await service.connect(f"u{number}") for number in range(4)]
    service.clock.at_s += 60
    await service.ports.registry.remove([rows[0].connection_id])
    service.clock.at_s += 120
    await service.connect("late")
    points = await _points(service, last="5m")
    assert [(point["connections"], point["connects"], point["disconnects"]) for point in points] == [
        (0, 0, 0),
        (4, 4, 0),
        (3, 0, 1),
        (3, 0, 0),
        (4, 1, 0),
    ]


async def test_longer_steps_begin_at_their_multiples_and_hold_their_minutes(service: Service) -> None:
    service.clock.at_s += 7 * 60
    await service.connect("alice")
    service.clock.at_s += 2 * 60
    await service.connect("bob")
    service.clock.at_s += 3 * 60
    points = await _points(service, last="15m", step="5m")
    assert [(point["at"], point["connections"], point["connects"]) for point in points] == [
        ("2026-11-24T09:00:00.000Z", 0, 0),
        ("2026-11-24T09:05:00.000Z", 2, 2),
        ("2026-11-24T09:10:00.000Z", 2, 0),
    ]


async def test_two_days_fit_into_as_many_points_as_there_may_be(service: Service) -> None:
    assert len(await _points(service, last="48h", step="120s")) == activity.MOST_POINTS
    assert len(await _points(service, last="24h")) == activity.MOST_POINTS


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"last": "an hour"}, "last"),
        ({"last": "49h", "step": "1h"}, "last"),
        ({"last": "30s"}, "last"),
        ({"last": "48h"}, "step"),
        ({"step": "90s"}, "step"),
        ({"step": "30s"}, "step"),
        ({"step": "3d"}, "step"),
        ({"last": "48h", "step": "47h"}, "last"),
    ],
    ids=str,
)
async def test_what_is_not_kept_or_too_much_is_refused(service: Service, query: dict[str, str], field: str) -> None:
    response = await service.api.get("/v1/stats/activity", params=query)
    assert (response.status_code, response.json()["code"], response.json()["field"]) == (422, "invalid_duration", field)


async def test_an_unknown_parameter_is_refused(service: Service) -> None:
    assert (await service.api.get("/v1/stats/activity?since=1h")).status_code == 422
    assert (await service.api.get("/v1/stats/groups?last=1h")).status_code == 422


async def test_to_read_it_takes_the_scope_of_terminals(service: Service) -> None:
    caller = service.caller(service.token(scopes=["push:read"]))
    for path in ("/v1/stats/activity", "/v1/stats/groups"):
        assert (await caller.get(path)).status_code == 403


async def _groups(service: Service, **numbers: int) -> dict[str, list[str]]:
    """Groups of so many connections each."""
    return {
        name: [(await service.connect(f"{name}{each}", groups=[name])).connection_id for each in range(number)]
        for name, number in numbers.items()
    }


async def test_groups_that_lost_connections_come_with_those_that_lost_most_first(service: Service) -> None:
    rows = await _groups(service, oslo=6, rome=4, bonn=3, kiel=2)
    assert await activity.sample(service.ports)
    service.clock.at_s += 15 * 60
    await service.ports.registry.remove([*rows["rome"][:1], *rows["oslo"], *rows["bonn"][:1]])
    await _groups(service, lima=1)
    losses = await service.get("/v1/stats/groups")
    assert losses["since"] == moments.text(NOW_S)
    assert losses["items"] == [
        {"group": "oslo", "connections": 0, "were": 6},
        {"group": "bonn", "connections": 2, "were": 3},
        {"group": "rome", "connections": 3, "were": 4},
    ]


async def test_the_sizes_of_about_that_long_ago_are_compared_with(service: Service) -> None:
    rows = await _groups(service, oslo=9)
    for number in range(4):
        service.clock.at_s = NOW_S + 300 * number
        await activity.sample(service.ports)
        await service.ports.registry.remove([rows["oslo"].pop()])
    for since, index, were in (("1m", 2, 7), ("5m", 2, 7), ("6m", 1, 8), ("24h", 0, 9)):
        losses = await service.get("/v1/stats/groups", since=since)
        assert losses["since"] == moments.text(NOW_S + 300 * index), since
        assert losses["items"] == [{"group": "oslo", "connections": 5, "were": were}]


async def test_before_sizes_were_taken_down_nothing_is_lost(service: Service) -> None:
    await _groups(service, oslo=2)
    assert await service.get("/v1/stats/groups") == {"since": moments.text(NOW_S), "items": []}


async def test_sizes_are_taken_down_once_in_five_minutes(service: Service) -> None:
    assert await activity.sample(service.ports)
    for later_s, expected in ((60, False), (299, False), (300, True), (301, False), (3_000, True)):
        service.clock.at_s = NOW_S + later_s
        assert await activity.sample(service.ports) == expected, later_s


async def test_of_many_groups_the_largest_are_taken_down(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activity, "GROUPS_SAMPLED", 2)
    monkeypatch.setattr(activity, "READ_AT_A_TIME", 1)
    await _groups(service, a=1, b=3, c=2)
    await activity.sample(service.ports)
    kept = await service.ports.activity.sizes_at(NOW_S)
    assert kept is not None
    assert kept.sizes == {"b": 3, "c": 2}


async def test_no_more_than_fifty_groups_are_named(service: Service) -> None:
    rows = await _groups(service, **{f"g{number:02}": 2 for number in range(activity.MOST_LOSSES + 2)})
    await activity.sample(service.ports)
    service.clock.at_s += 300
    await service.ports.registry.remove([ids[0] for ids in rows.values()])
    items = await service.items("/v1/stats/groups", since="5m")
    assert [item["group"] for item in items] == [f"g{number:02}" for number in range(activity.MOST_LOSSES)]


@pytest.mark.parametrize("since", ["25h", "0s", "never"])
async def test_what_is_not_kept_any_more_is_refused(service: Service, since: str) -> None:
    response = await service.api.get("/v1/stats/groups", params={"since": since})
    assert (response.status_code, response.json()["field"]) == (422, "since")

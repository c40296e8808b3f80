"""Previews, plans and schedules over REST."""

from __future__ import annotations

import pytest

from tests.unit.admin_api.service import Json, Service

BODY: Json = {"target": "group:ops", "message": "hi"}


async def _preview(service: Service, **members: object) -> Json:
    response = await service.api.post("/v1/pushes/preview", json={**BODY, **members})
    assert response.status_code == 200, response.text
    previewed: Json = response.json()
    return previewed


async def _plan_id(service: Service, **members: object) -> str:
    plan = (await _preview(service, **members))["plan"]
    assert isinstance(plan, dict)
    return str(plan["id"])


async def test_a_preview_shows_a_plan_a_timeline_and_a_cost(service: Service) -> None:
    await service.connect("alice", groups=["ops"])
    previewed = await _preview(service, strategy={"waves": [{"percent": 5, "then_wait": "10m"}, {"percent": 100}]})
    assert previewed["plan"]["expires_at"] == "2026-11-24T10:00:00.000Z"  # type: ignore[index]
    assert [lane["id"] for lane in previewed["timeline"]["lanes"]] == ["w1", "w2"]  # type: ignore[index]
    assert previewed["timeline"]["reach"][-1][1] == 1  # type: ignore[index]
    assert previewed["cost"]["usd"] > 0  # type: ignore[index]


async def test_a_plan_is_sent_by_its_id_alone_or_with_the_same_members(service: Service) -> None:
    plan = {"id": await _plan_id(service, strategy={"name": "now"})}
    for body in ({"plan": plan}, {**BODY, "plan": plan, "strategy": {"name": "now"}}, {"plan": plan, "message": "hi"}):
        response = await service.api.post("/v1/pushes", json=body)
        assert response.status_code == 202, response.text
        assert response.json()["target"] == {"groups": ["ops"]}


@pytest.mark.parametrize(
    ("given", "field"), [({"message": "ho"}, "message"), ({"message": None}, "message"), ({"target": "all"}, "target")]
)
async def test_what_differs_from_the_plan_is_refused(service: Service, given: Json, field: str) -> None:
    response = await service.api.post("/v1/pushes", json={"plan": {"id": await _plan_id(service)}, **given})
    problem = response.json()
    assert (response.status_code, problem["code"], problem["field"]) == (422, "plan_mismatch", field)


async def test_an_audience_that_moved_is_refused_with_both_figures(service: Service) -> None:
    plan_id = await _plan_id(service)
    row = await service.connect("alice", groups=["ops"])
    response = await service.api.post("/v1/pushes", json={"plan": {"id": plan_id}})
    problem = response.json()
    assert (response.status_code, problem["code"]) == (409, "audience_changed")
    assert (problem["planned"], problem["now"]) == (0, 1)
    assert problem["came"] == {"terminals": 1, "names": [row.terminal_id]}
    accepted = await service.api.post("/v1/pushes", json={"plan": {"id": plan_id, "if_changed": "send"}})
    assert accepted.status_code == 202


@pytest.mark.parametrize("plan", [{}, {"id": "x", "tolerance": -1}, {"id": "x", "if_changed": "perhaps"}, "x"], ids=str)
async def test_a_plan_that_cannot_be_one_is_refused(service: Service, plan: object) -> None:
    response = await service.api.post("/v1/pushes", json={"plan": plan})
    assert (response.status_code, response.json()["code"]) == (422, "invalid_request")


async def test_without_a_plan_all_that_is_missing_is_named(service: Service) -> None:
    problem = (await service.api.post("/v1/pushes", json={})).json()
    assert [error["pointer"] for error in problem["errors"]] == ["/target", "/message"]


async def test_a_message_may_be_null(service: Service) -> None:
    push = await service.push(message=None)
    assert (await service.get(f"/v1/pushes/{push['id']}"))["message"] is None


async def test_a_push_with_a_time_shows_it(service: Service) -> None:
    push = await service.push(send_at="2026-11-24T18:00:00+09:00", strategy={"expires_in": "1h"})
    # That is 09:00 in UTC: now, so it is sent at once.
    assert (push["send_at"], push["state"]) == ("2026-11-24T09:00:00.000Z", "sending")
    later = await service.push(send_at="2026-11-24T20:00:00+09:00", strategy={"expires_in": "1h"})
    assert (later["send_at"], later["state"]) == ("2026-11-24T11:00:00.000Z", "scheduled")
    assert later["expires_at"] == "2026-11-24T12:00:00.000Z"


async def test_a_push_that_repeats_shows_its_next_runs(service: Service) -> None:
    repeat: Json = {"cron": "0 9 * * mon-fri", "timezone": "Asia/Tokyo", "times": 3}
    push = await service.push(repeat=repeat)
    assert (push["state"], push["repeat"]) == ("scheduled", repeat)
    assert push["next_runs"] == [f"2026-11-{day}T00:00:00.000Z" for day in (25, 26, 27)]
    cancelled = (await service.api.post(f"/v1/pushes/{push['id']}/cancel")).json()
    assert cancelled["next_runs"] == []


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"send_at": "tomorrow"}, "send_at"),
        ({"send_at": "2028-01-01T00:00:00Z"}, "send_at"),
        ({"repeat": {}}, "repeat.cron"),
        ({"repeat": {"cron": "0 9 30 2 *"}}, "repeat.cron"),
        ({"repeat": {"cron": "0 9 * * *", "timezone": "Mars/Olympus"}}, "repeat.timezone"),
        ({"repeat": {"cron": "0 9 * * *", "times": 0}}, "repeat.times"),
        ({"repeat": {"cron": "0 9 * * *", "until": "2026-11-24T10:00:00Z"}}, "repeat.until"),
        ({"repeat": {"cron": "0 9 * * *", "every": 2}}, "repeat.every"),
        ({"repeat": "daily"}, "repeat"),
        ({"repeat": {"cron": "0 9 * * *"}, "send_at": "2026-11-24T10:00:00Z"}, "repeat"),
    ],
    ids=str,
)
async def test_a_schedule_that_cannot_be_is_named(service: Service, members: Json, field: str) -> None:
    for path in ("/v1/pushes", "/v1/pushes/preview"):
        response = await service.api.post(path, json={**BODY, **members})
        assert (response.status_code, response.json()["field"]) == (422, field)


async def test_a_test_is_shown_as_one(service: Service) -> None:
    push = await service.push("group:ops", test=True)
    assert (push["test"], push["target"]) == (True, {"users": ["admin"]})

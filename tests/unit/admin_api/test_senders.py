"""Senders over REST, what they are held to, and the second person."""

from __future__ import annotations

import httpx
import pytest

from tests.unit.admin_api.service import Json, Service

URL = "/v1/senders/print"
NOTHING = {"targets": None, "per_minute": None, "max_terminals": None, "approve_over": None}


async def _hold(service: Service, **limits: object) -> Json:
    response = await service.api.put(URL, json=limits)
    assert response.status_code == 200, response.text
    held: Json = response.json()
    return held


def _sender(service: Service, *scopes: str) -> httpx.AsyncClient:
    return service.caller(service.token("print", scopes=["push:send", "push:read", *scopes]))


async def _awaiting(service: Service) -> str:
    """A push that waits for a second person."""
    await service.connect("alice")
    await _hold(service, approve_over=0)
    response = await _sender(service).post("/v1/pushes", json={"target": "all", "message": 1})
    assert response.json()["state"] == "awaiting_approval", response.text
    return str(response.json()["id"])


async def test_limits_are_kept_and_shown(service: Service) -> None:
    limits: Json = {"targets": "group:ops", "per_minute": 10, "max_terminals": 5, "approve_over": 2}
    expected = limits | {
        "sub": "print",
        "targets": {"groups": ["ops"]},
        "by": "admin",
        "at": "2026-11-24T09:00:00.000Z",
    }
    assert await _hold(service, **limits) == expected
    assert await service.get(URL) == expected
    assert await service.items("/v1/senders") == [expected]


async def test_new_limits_take_the_place_of_the_old(service: Service) -> None:
    await _hold(service, per_minute=10)
    held = await _hold(service, approve_over=2)
    assert held == {**NOTHING, "sub": "print", "approve_over": 2, "by": "admin", "at": "2026-11-24T09:00:00.000Z"}


async def test_a_sender_that_is_deleted_is_held_to_nothing(service: Service) -> None:
    await _hold(service, max_terminals=0)
    for _ in range(2):
        assert (await service.api.delete(URL)).status_code == 204
    assert (await service.api.get(URL)).json()["code"] == "sender_not_found"
    await service.connect("alice")
    assert (await _sender(service).post("/v1/pushes", json={"target": "all", "message": 1})).status_code == 202


async def test_senders_come_page_by_page(service: Service) -> None:
    for sub in ("c", "a", "b"):
        assert (await service.api.put(f"/v1/senders/{sub}", json={})).status_code == 200
    pages = await service.pages("/v1/senders", limit=2)
    assert [[sender["sub"] for sender in page] for page in pages] == [["a", "b"], ["c"]]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"per_minute": 0}, "invalid_request"),
        ({"per_minute": "5"}, "invalid_request"),
        ({"max_terminals": -1}, "invalid_request"),
        ({"surprise": 1}, "invalid_request"),
        ({"targets": "os =="}, "invalid_target"),
        ({"targets": {"users": []}}, "invalid_target"),
    ],
    ids=str,
)
async def test_limits_that_cannot_be_are_refused(service: Service, body: Json, code: str) -> None:
    response = await service.api.put(URL, json=body)
    assert (response.status_code, response.json()["code"]) == (422, code)


async def test_who_sends_too_often_hears_when_to_come_again(service: Service) -> None:
    await _hold(service, per_minute=1)
    answers = [await _sender(service).post("/v1/pushes", json={"target": "all", "message": 1}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 429]
    assert answers[1].json()["code"] == "sender_rate"
    assert 1 <= int(answers[1].headers["retry-after"]) <= 60


async def test_a_push_that_waits_says_until_when(service: Service) -> None:
    shown = await service.get(f"/v1/pushes/{await _awaiting(service)}")
    assert (shown["state"], shown["approve_by"]) == ("awaiting_approval", "2026-11-25T09:00:00.000Z")


async def test_another_person_approves(service: Service) -> None:
    push_id = await _awaiting(service)
    response = await service.api.post(f"/v1/pushes/{push_id}/approve", json={"reason": "fine"})
    assert (response.status_code, response.json()["state"], response.json()["approve_by"]) == (200, "sending", None)
    again = await service.api.post(f"/v1/pushes/{push_id}/approve")
    assert (again.status_code, again.json()["code"]) == (409, "push_not_awaiting_approval")


async def test_whoever_sent_it_cannot_approve_or_reject_it(service: Service) -> None:
    push_id = await _awaiting(service)
    sender = _sender(service, "push:approve")
    for command in ("approve", "reject"):
        response = await sender.post(f"/v1/pushes/{push_id}/{command}")
        assert (response.status_code, response.json()["code"]) == (403, "approval_by_sender")


async def test_another_person_rejects(service: Service) -> None:
    push_id = await _awaiting(service)
    response = await service.api.post(f"/v1/pushes/{push_id}/reject", json={"reason": "no"})
    assert (response.json()["state"], response.json()["ended_by"]) == ("rejected", "admin")


@pytest.mark.parametrize("command", ["approve", "reject", "halt", "resume", "cancel"])
async def test_a_command_takes_no_body_or_a_reason(service: Service, command: str) -> None:
    url = f"/v1/pushes/019ab9c1-4f5a-7c3e-8a51-0c3f2d9e7b10/{command}"
    assert (await service.api.post(url)).json()["code"] == "push_not_found"
    assert (await service.api.post(url, json={"reason": "since"})).json()["code"] == "push_not_found"
    assert (await service.api.post(url, json={"reason": ""})).json()["code"] == "invalid_request"
    assert (await service.api.post(url, content=b"{", headers={"Content-Type": "application/json"})).status_code == 400


@pytest.mark.parametrize(
    ("command", "scope"),
    [("approve", "push:approve"), ("reject", "push:approve"), ("halt", "push:send"), ("resume", "push:send")],
)
async def test_a_command_needs_its_scope(service: Service, command: str, scope: str) -> None:
    url = f"/v1/pushes/019ab9c1-4f5a-7c3e-8a51-0c3f2d9e7b10/{command}"
    caller = service.caller(service.token(scopes=["push:read", "terminals:manage"]))
    assert (await caller.post(url)).json()["scope"] == scope


async def test_a_push_between_waves_is_halted_and_resumed(service: Service) -> None:
    await service.connect("alice")
    push = await service.push(send_at="2026-11-24T10:00:00Z")
    halted = await service.api.post(f"/v1/pushes/{push['id']}/halt", json={"reason": "wrong text"})
    assert (halted.status_code, halted.json()["state"], halted.json()["ended_by"]) == (200, "halted", "admin")
    resumed = await service.api.post(f"/v1/pushes/{push['id']}/resume")
    assert (resumed.status_code, resumed.json()["state"]) == (200, "scheduled")
    again = await service.api.post(f"/v1/pushes/{push['id']}/resume")
    assert (again.status_code, again.json()["code"]) == (409, "push_not_halted")

"""Sending, previewing, listing and cancelling pushes."""

from __future__ import annotations

import json

import pytest

from services.domain.positions import BEGINNING
from services.domain.pushes import State
from services.domain.topics import group
from tests.unit.admin_api.service import Service

JSON = {"Content-Type": "application/json"}
MESSAGES = ["text", "", "snö ☃ 𝄞", 0, 1.5, True, None, [], {}, {"nested": [{"deep": None}]}, "\x00\u2028"]


async def test_an_accepted_push_is_stored_when_the_answer_comes(service: Service) -> None:
    accepted = await service.push({"users": ["alice"]}, {"title": "hello"})
    stored = await service.ports.pushes.get(str(accepted["id"]))
    assert stored is not None
    assert (stored.sender, stored.message) == ("admin", {"title": "hello"})


async def test_an_accepted_push_says_where_it_is_found(service: Service) -> None:
    response = await service.api.post("/v1/pushes", json={"target": "all", "message": 1})
    assert response.headers["location"] == f"/v1/pushes/{response.json()['id']}"


async def test_an_accepted_push_tells_its_state_and_time(service: Service) -> None:
    accepted = await service.push("user:alice", strategy={"expires_in": "1h"})
    assert accepted["state"] == "sending"
    assert (accepted["created_at"], accepted["expires_at"]) == ("2026-11-24T09:00:00.000Z", "2026-11-24T10:00:00.000Z")


async def test_an_accepted_push_shows_the_target_that_was_read_from_text(service: Service) -> None:
    accepted = await service.push("group:ops and os = mac")
    assert accepted["target"] == {"every": [{"groups": ["ops"]}, {"attr": "os", "op": "eq", "value": "mac"}]}


@pytest.mark.parametrize("message", MESSAGES, ids=repr)
async def test_a_message_is_any_json_value(service: Service, message: object) -> None:
    accepted = await service.push("all", message)
    assert (await service.get(f"/v1/pushes/{accepted['id']}"))["message"] == message


async def test_a_push_to_nobody_is_completed_at_once(service: Service) -> None:
    assert (await service.push({"not": {"all": True}}))["state"] == "completed"


async def test_a_repeated_key_answers_with_the_first_push_and_says_so(service: Service) -> None:
    body, key = {"target": "all", "message": "once"}, {"Idempotency-Key": "order-1"}
    first = await service.api.post("/v1/pushes", json=body, headers=key)
    second = await service.api.post("/v1/pushes", json=body, headers=key)
    assert (second.status_code, second.json()) == (202, first.json())
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"


async def test_a_key_of_another_body_is_refused(service: Service) -> None:
    key = {"Idempotency-Key": "order-1"}
    await service.api.post("/v1/pushes", json={"target": "all", "message": 1}, headers=key)
    other = await service.api.post("/v1/pushes", json={"target": "all", "message": 2}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"message": 1}, "invalid_request"),
        ({"target": "all"}, "invalid_request"),
        ({"target": "all", "message": 1, "surprise": 1}, "invalid_request"),
        ([], "invalid_request"),
        ("all", "invalid_request"),
        (None, "invalid_request"),
        ({"target": None, "message": 1}, "invalid_target"),
        ({"target": "os ==", "message": 1}, "invalid_target"),
        ({"target": {"users": []}, "message": 1}, "invalid_target"),
        ({"target": {"users": ["\ud800"]}, "message": 1}, "invalid_target"),
        ({"target": "all", "message": "\ud800"}, "invalid_message"),
        ({"target": "all", "message": {"\udfff": 1}}, "invalid_message"),
        ({"target": "all", "message": 1, "strategy": {"retian": "1h"}}, "invalid_strategy"),
        ({"target": "all", "message": 1, "strategy": 7}, "invalid_strategy"),
        ({"target": "all", "message": 1, "strategy": {"retain": "1 hour"}}, "invalid_duration"),
    ],
    ids=lambda value: ascii(value)[:60],
)
async def test_a_body_that_makes_no_sense_is_refused(service: Service, body: object, code: str) -> None:
    for path in ("/v1/pushes", "/v1/pushes/preview"):
        response = await service.api.post(path, content=json.dumps(body), headers=JSON)
        assert (response.status_code, response.json()["code"]) == (422, code), path


async def test_a_refused_target_says_where_it_goes_wrong(service: Service) -> None:
    text = (await service.api.post("/v1/pushes", json={"target": "os ==", "message": 1})).json()
    assert text["position"] == 4
    tree = (await service.api.post("/v1/pushes", json={"target": {"any": [{"users": []}]}, "message": 1})).json()
    assert tree["pointer"] == "/any/0/users"


async def test_a_message_over_the_limit_is_413_and_says_by_how_much(service: Service) -> None:
    for path in ("/v1/pushes", "/v1/pushes/preview"):
        response = await service.api.post(path, json={"target": "all", "message": "x" * 33_000})
        problem = response.json()
        assert (response.status_code, problem["code"]) == (413, "message_too_large")
        assert (problem["limit_bytes"], problem["size_bytes"] > 33_000) == (32_768, True)


async def test_a_preview_counts_who_is_meant(service: Service) -> None:
    await service.connect("alice", groups=["ops"], attributes={"os": "mac", "build": 7}, calls_itself="desk")
    await service.connect("alice", groups=["ops"], attributes={"os": "mac", "build": "7"}, calls_itself="till")
    await service.connect("bob", groups=["ops", "sales"], attributes={"os": "linux"})
    await service.connect("carol", groups=["sales"])
    response = await service.api.post("/v1/pushes/preview", json={"target": "group:ops", "message": "hello"})
    previewed = response.json()
    audience = previewed["audience"]
    assert (audience["connections"], audience["terminals"], audience["users"]) == (3, 3, 2)
    assert audience["by_group"] == {"ops": 3, "sales": 1}
    assert audience["by_attribute"]["os"] == [{"value": "mac", "connections": 2}, {"value": "linux", "connections": 1}]
    assert len(previewed["sample"]) == 3
    assert previewed["topics"] == ["group:ops"]


async def test_a_preview_keeps_numbers_and_text_of_an_attribute_apart(service: Service) -> None:
    await service.connect("alice", attributes={"build": 7}, calls_itself="desk")
    await service.connect("alice", attributes={"build": "7"}, calls_itself="till")
    previewed = (await service.api.post("/v1/pushes/preview", json={"target": "all", "message": 1})).json()
    values = previewed["audience"]["by_attribute"]["build"]
    assert sorted((value["value"] for value in values), key=repr) == ["7", 7]


async def test_a_preview_sends_and_writes_nothing(service: Service) -> None:
    alice = await service.connect()
    await service.api.post("/v1/pushes/preview", json={"target": "all", "message": 1})
    assert alice.connection_id not in service.gateway.sent
    assert await service.items("/v1/pushes") == []
    assert await service.items("/v1/audit") == []


async def test_a_preview_warns_if_nobody_is_connected(service: Service) -> None:
    previewed = (await service.api.post("/v1/pushes/preview", json={"target": "user:nobody", "message": 1})).json()
    assert [warning["code"] for warning in previewed["warnings"]] == ["nobody_connected"]


async def test_pushes_are_listed_newest_first_page_by_page(service: Service) -> None:
    sent = [(await service.push("all", number))["id"] for number in range(5)]
    pages = await service.pages("/v1/pushes", limit=3)
    assert [[push["id"] for push in page] for page in pages] == [sent[:1:-1], sent[1::-1]]


async def test_pushes_are_filtered_by_state_and_sender(service: Service) -> None:
    other = service.caller(service.token("other", scopes=["push:send"]))
    by_other = (await other.post("/v1/pushes", json={"target": "all", "message": 1})).json()["id"]
    by_admin = (await service.push())["id"]
    await service.api.post(f"/v1/pushes/{by_admin}/cancel")
    assert [push["id"] for push in await service.items("/v1/pushes", sender="other")] == [by_other]
    assert [push["id"] for push in await service.items("/v1/pushes", state="cancelled")] == [by_admin]
    either = await service.api.get("/v1/pushes?state=cancelled&state=sending")
    assert [push["id"] for push in either.json()["items"]] == [by_admin, by_other]


async def test_a_listed_push_does_not_tell_its_message(service: Service) -> None:
    await service.push("all", "the secret plan")
    assert "secret" not in (await service.api.get("/v1/pushes")).text


async def test_a_state_that_does_not_exist_is_refused(service: Service) -> None:
    response = await service.api.get("/v1/pushes?state=done")
    assert (response.status_code, response.json()["code"]) == (422, "invalid_request")


async def test_a_push_is_shown_with_its_counts(service: Service) -> None:
    push = await service.push()
    shown = await service.get(f"/v1/pushes/{push['id']}")
    assert shown["counts"] == dict.fromkeys(
        ("targeted", "sent", "received", "read", "failed", "recalled", "gone", "expired", "skipped"), 0
    )


@pytest.mark.parametrize("push_id", [BEGINNING, "nonsense", "x" * 500, "%00", "%2e%2e%2f"])
async def test_a_push_that_does_not_exist_is_404(service: Service, push_id: str) -> None:
    for response in (
        await service.api.get(f"/v1/pushes/{push_id}"),
        await service.api.post(f"/v1/pushes/{push_id}/cancel"),
    ):
        assert (response.status_code, response.json()["code"]) == (404, "push_not_found")


async def test_a_cancelled_push_is_cancelled_by_its_canceller(service: Service) -> None:
    push = await service.push()
    cancelled = (await service.api.post(f"/v1/pushes/{push['id']}/cancel")).json()
    assert (cancelled["id"], cancelled["state"], cancelled["ended_by"]) == (push["id"], "cancelled", "admin")


async def test_a_second_cancel_answers_the_same(service: Service) -> None:
    push = await service.push()
    first, second = [(await service.api.post(f"/v1/pushes/{push['id']}/cancel")).json() for _ in range(2)]
    assert first == second


async def test_an_expired_push_cannot_be_cancelled(service: Service) -> None:
    push = await service.push()
    stored = await service.ports.pushes.get(str(push["id"]))
    assert stored is not None
    now_s = service.clock.now_s()
    await service.ports.pushes.transition(stored, stored.moved(State.EXPIRED, at_s=now_s), at_s=now_s)
    response = await service.api.post(f"/v1/pushes/{push['id']}/cancel")
    assert (response.status_code, response.json()["code"]) == (409, "push_not_cancellable")


async def test_a_push_shows_the_parts_that_were_given_up(service: Service) -> None:
    push_id = (await service.api.post("/v1/pushes", json={"target": {"groups": ["ops"]}, "message": 1})).json()["id"]
    assert (await service.api.get(f"/v1/pushes/{push_id}")).json()["dead_jobs"] == []
    (entry,) = await service.ports.pushes.log(group("ops"), after=BEGINNING, retained_at_s=0, limit=1)
    job = await service.ports.pushes.job((push_id, entry.position, 0, 0))
    assert job is not None
    await service.ports.pushes.set_aside(job, reason="failed 5 times", at_s=service.clock.now_s())
    (dead,) = (await service.api.get(f"/v1/pushes/{push_id}")).json()["dead_jobs"]
    assert dead == {
        "topic": "group:ops",
        "kind": "deliver",
        "reason": "failed 5 times",
        "at": "2026-11-24T09:00:00.000Z",
    }

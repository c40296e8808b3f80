"""Pushes listed, figures, the audit trail, health, metrics."""

from __future__ import annotations

from collections.abc import Sequence

import httpx

from tests.e2e.caller import Json, segment
from tests.e2e.office import Office


def _items(body: Json) -> Sequence[Json]:
    items = body["items"]
    assert isinstance(items, list)
    return items


async def test_pushes_are_listed_newest_first(office: Office) -> None:
    user = office.name("alice")
    pushes = [await office.api.push({"users": [user]}, number) for number in range(3)]
    listed = _items(await office.api.get("/v1/pushes", limit=3))
    assert [push["id"] for push in listed] == pushes[::-1]


async def test_pushes_are_filtered_by_state_and_sender(office: Office) -> None:
    sender = office.name("sender")
    caller = office.caller(office.token(sender, scopes=["push:send", "push:read"]))
    done = await caller.push({"users": [office.name("nobody")]})
    await caller.completed(done)
    cancelled = await caller.push({"users": [office.name("nobody")]})
    await caller.cancel(cancelled)
    of_sender = _items(await caller.get("/v1/pushes", sender=sender))
    assert [push["id"] for push in of_sender] == [cancelled, done]
    completed = _items(await caller.get("/v1/pushes", sender=sender, state="completed"))
    assert [push["id"] for push in completed] == [done]


async def test_pushes_are_listed_page_by_page(office: Office) -> None:
    sender = office.name("sender")
    caller = office.caller(office.token(sender, scopes=["push:send", "push:read"]))
    pushes = [await caller.push({"users": [office.name("nobody")]}, number) for number in range(5)]
    first = await caller.get("/v1/pushes", sender=sender, limit=3)
    second = await caller.get("/v1/pushes", sender=sender, limit=3, cursor=str(first["next_cursor"]))
    assert [push["id"] for push in (*_items(first), *_items(second))] == pushes[::-1]
    assert second["next_cursor"] is None


async def test_a_push_that_does_not_exist_is_404(office: Office) -> None:
    response = await office.api.http.get("/v1/pushes/019ab2f4-7c1e-7b52-9d0e-2f6a1c3b4d5e")
    assert (response.status_code, response.json()["code"]) == (404, "push_not_found")


async def test_an_accepted_push_is_found_where_its_location_says(office: Office) -> None:
    accepted = await office.api.submit({"users": [office.name("alice")]})
    found = await office.api.http.get(accepted.url.join(accepted.headers["location"]))
    assert found.json()["id"] == accepted.json()["id"]


async def test_the_audit_trail_says_who_did_what(office: Office) -> None:
    user = office.name("alice")
    push_id = await office.api.push({"users": [user]}, "the secret plan")
    await office.api.cancel(push_id)
    assert (await office.api.http.put(f"/v1/users/{segment(user)}/block", json={"reason": "badge lost"})).is_success
    of_push = _items(await office.api.get("/v1/audit", subject=push_id))
    assert [(entry["action"], entry["actor"]) for entry in of_push] == [
        ("push.cancel", office.admin),
        ("push.create", office.admin),
    ]
    of_user = _items(await office.api.get("/v1/audit", subject=user))
    assert [entry["action"] for entry in of_user] == ["user.block"]
    assert "the secret plan" not in str(of_push)


async def test_the_audit_trail_needs_its_scope(office: Office) -> None:
    caller = office.caller(office.token(office.admin, scopes=["push:send", "push:read", "terminals:manage"]))
    assert (await caller.http.get("/v1/audit")).status_code == 403


async def test_stats_count_who_is_connected(office: Office) -> None:
    for _ in range(2):
        await office.terminal()
    stats = await office.api.get("/v1/stats")
    presence = stats["presence"]
    assert isinstance(presence, dict)
    assert presence["connections"] >= 2


async def test_health_needs_no_token(office: Office) -> None:
    assert (await office.caller(None).http.get("/healthz")).status_code == 200


async def test_every_refusal_is_a_problem_document(office: Office) -> None:
    refused = [
        await office.api.http.get("/v1/nowhere"),
        await office.api.http.put("/v1/pushes"),
        await office.api.http.post("/v1/pushes", json={"target": {"all": True}}),
        await office.api.http.post("/v1/pushes", content="{", headers={"Content-Type": "application/json"}),
        await office.api.http.post("/v1/pushes", content="<xml/>", headers={"Content-Type": "text/xml"}),
        await office.api.http.post("/v1/pushes", json={"target": {"all": True}, "message": 1, "surprise": 1}),
        await office.caller(None).http.get("/v1/terminals"),
    ]
    statuses = [response.status_code for response in refused]
    assert statuses[:2] == [404, 405]
    assert statuses[2] == 422
    assert statuses[3] in {400, 422}
    assert statuses[4:] == [415, 422, 401]
    for response in refused:
        assert response.headers["content-type"].startswith("application/problem+json")
        assert {"type", "title", "status", "code"} <= response.json().keys()


async def test_metrics_tell_what_prometheus_asks_for(office: Office) -> None:
    await office.terminal()
    async with httpx.AsyncClient(trust_env=False) as http:
        scraped = (await http.get(office.target.metrics_url())).text
    samples = dict(line.rsplit(" ", 1) for line in scraped.splitlines() if not line.startswith("#"))
    assert float(samples["fanfare_connections"]) >= 1
    assert float(samples["fanfare_connections_opened_total"]) >= 1


async def test_settings_are_shown_without_secrets(office: Office) -> None:
    settings = await office.api.get("/v1/settings")
    assert settings["runtime"] in ("one-machine", "aws")
    limits, retention, issuers = settings["limits"], settings["retention"], settings["issuers"]
    assert isinstance(limits, dict)
    assert limits["connections_per_user"] >= 1
    assert isinstance(retention, dict)
    assert retention.keys() == {"pushes_days", "audit_days", "last_seen_days"}
    claims = office.target.own_claims()
    assert isinstance(issuers, list)
    (own,) = [issuer for issuer in issuers if issuer["issuer"] == claims["iss"]]
    assert own["audiences"] == [claims["aud"]]
    assert own["algorithms"]
    assert {frozenset(key) for key in own["keys"]} == {frozenset({"kid", "alg", "kty"})}


async def test_settings_take_the_scope_of_the_audit_trail(office: Office) -> None:
    caller = office.caller(office.token("sender", scopes=["push:send", "push:read", "terminals:read"]))
    assert (await caller.http.get("/v1/settings")).status_code == 403

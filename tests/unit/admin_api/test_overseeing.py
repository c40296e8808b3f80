"""Figures, the audit trail, health."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.domain import moments, positions
from tests.unit.admin_api.service import SCOPES, Service, lose_pushes


async def test_stats_count_who_is_connected_and_what_is_under_way(service: Service) -> None:
    await service.connect("alice", groups=["ops"], calls_itself="desk")
    await service.connect("alice", groups=["ops"], calls_itself="till")
    await service.push("user:alice")
    service.clock.at_s += 90
    stats = await service.get("/v1/stats")
    assert stats["presence"] == {"connections": 2, "terminals": 2, "users": 1, "groups": 1}
    assert stats["pushes_in_flight"] == {
        "awaiting_approval": 0,
        "scheduled": 0,
        "waiting": 0,
        "sending": 1,
        "sent": 0,
    }
    assert (stats["started_at"], stats["uptime_s"]) == ("2026-11-24T09:00:00.000Z", 90.0)


async def test_every_push_is_in_the_audit_trail_without_its_message(service: Service) -> None:
    push = await service.push("user:alice", "the secret plan")
    response = await service.api.get("/v1/audit")
    (entry,) = response.json()["items"]
    assert (entry["actor"], entry["action"], entry["subject"]) == ("admin", "push.create", push["id"])
    assert entry["detail"]["target"] == {"users": ["alice"]}
    assert "secret" not in response.text


async def test_reads_are_not_in_the_audit_trail(service: Service) -> None:
    for path in ("/v1/terminals", "/v1/pushes", "/v1/users/alice", "/v1/groups/ops", "/v1/stats", "/v1/audit"):
        await service.get(path)
    assert await service.items("/v1/audit") == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"action": "user.block"}, ["user.block"]),
        ({"action": "user"}, ["user.block"]),
        ({"action": "use"}, []),
        ({"subject": "ops"}, ["group.join"]),
        ({"actor": "admin"}, ["group.join", "user.block"]),
        ({"actor": "nobody"}, []),
        ({"action": "user", "subject": "ops"}, []),
    ],
    ids=str,
)
async def test_the_audit_trail_is_filtered(service: Service, query: dict[str, str], expected: list[str]) -> None:
    await service.api.put("/v1/users/alice/block", json={"reason": "x"})
    service.clock.at_s += 60
    await service.api.put("/v1/groups/ops/users/bob")
    assert [entry["action"] for entry in await service.items("/v1/audit", **query)] == expected


async def test_the_audit_trail_is_filtered_by_time(service: Service) -> None:
    # Entries are found by the time in their ids, and ids of one process only grow.
    service.clock.at_s = positions.time_of_s(positions.new_id(service.clock.at_s)) + 60
    service.api = service.caller(service.token("admin", scopes=SCOPES))
    await service.api.put("/v1/users/alice/block", json={"reason": "x"})
    between = moments.text(service.clock.at_s + 30)
    service.clock.at_s += 60
    await service.api.put("/v1/groups/ops/users/bob")

    async def actions(**query: str) -> list[object]:
        return [entry["action"] for entry in await service.items("/v1/audit", **query)]

    assert await actions(**{"from": between}) == ["group.join"]
    assert await actions(to=between) == ["user.block"]
    assert await actions(**{"from": between, "to": between}) == []


async def test_the_audit_trail_is_read_page_by_page(service: Service) -> None:
    for number in range(5):
        await service.api.put(f"/v1/groups/ops/users/user{number}")
    pages = await service.pages("/v1/audit", limit=2)
    assert [[entry["detail"] for entry in page] for page in pages] == [
        [{"user": "user4"}, {"user": "user3"}],
        [{"user": "user2"}, {"user": "user1"}],
        [{"user": "user0"}],
    ]


async def test_a_time_that_is_none_is_refused(service: Service) -> None:
    response = await service.api.get("/v1/audit?from=yesterday")
    assert (response.status_code, response.json()["code"]) == (422, "invalid_time")


async def test_health_needs_no_token(service: Service) -> None:
    response = await service.caller(None).get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


async def test_health_is_503_while_storage_does_not_answer(service: Service, tmp_path: Path) -> None:
    lose_pushes(tmp_path)
    response = await service.caller(None).get("/healthz")
    assert (response.status_code, response.json()["code"]) == (503, "storage_unavailable")
    assert int(response.headers["retry-after"]) > 0

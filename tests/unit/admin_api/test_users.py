"""One user, and keeping them out."""

from __future__ import annotations

import json

import pytest

from tests.unit.admin_api.service import Service, segment

NAMES = ["alice", "a/b", "ä b", "%41", "a?b#c", "ä%2F", "..", "group:x#y", "CORP\\bob", "a+b"]


async def block(service: Service, user: str = "alice", **members: object) -> dict[str, object]:
    response = await service.api.put(f"/v1/users/{segment(user)}/block", json={"reason": "badge lost", **members})
    assert response.status_code == 200, response.text
    body: dict[str, object] = response.json()
    return body


async def test_a_user_who_never_came_is_away(service: Service) -> None:
    assert await service.get("/v1/users/nobody") == {
        "user": "nobody",
        "presence": "away",
        "connections": [],
        "away": [],
        "given_groups": [],
        "block": None,
        "tokens_revoked_before": None,
    }


async def test_a_user_is_shown_with_what_is_open_and_given(service: Service) -> None:
    row = await service.connect("alice", groups=["ops"])
    await service.api.put("/v1/groups/oncall/users/alice")
    shown = await service.get("/v1/users/alice")
    assert isinstance(shown["connections"], list)
    (connection,) = shown["connections"]
    assert (connection["connection_id"], connection["groups"]) == (row.connection_id, ["ops", "oncall"])
    assert (shown["presence"], shown["given_groups"]) == ("verified", ["oncall"])


async def test_the_presence_of_a_user_is_that_of_the_surest_connection(service: Service) -> None:
    await service.connect("alice", calls_itself="desk")
    service.clock.at_s += 1_200
    assert (await service.get("/v1/users/alice"))["presence"] == "assumed"
    await service.connect("alice", calls_itself="till")
    assert (await service.get("/v1/users/alice"))["presence"] == "verified"


@pytest.mark.parametrize("name", NAMES)
async def test_a_user_may_have_any_name(service: Service, name: str) -> None:
    await service.connect(name)
    shown = await service.get(f"/v1/users/{segment(name)}")
    assert (shown["user"], shown["presence"]) == (name, "verified")


@pytest.mark.parametrize("name", ["%00", "%20alice", "x" * 257, "%E2%80%8B"])
async def test_what_cannot_be_a_name_is_refused(service: Service, name: str) -> None:
    for response in (
        await service.api.get(f"/v1/users/{name}"),
        await service.api.put(f"/v1/users/{name}/block", json={"reason": "x"}),
        await service.api.delete(f"/v1/users/{name}/block"),
    ):
        assert (response.status_code, response.json()["code"]) == (422, "invalid_name")


async def test_a_block_answers_what_it_is_and_what_it_closed(service: Service) -> None:
    await service.connect("alice")
    await service.connect("bob")
    assert await block(service, until="2026-11-25T10:00:00+01:00", cidr="192.0.2.0/24") == {
        "block": {
            "reason": "badge lost",
            "until": "2026-11-25T09:00:00.000Z",
            "cidr": ["192.0.2.0/24"],
            "by": "admin",
            "at": "2026-11-24T09:00:00.000Z",
        },
        "closed": 1,
    }


async def test_a_blocked_terminal_hears_why(service: Service) -> None:
    row = await service.connect("alice")
    await block(service)
    (bye,) = map(json.loads, service.gateway.sent[row.connection_id])
    assert bye["code"] == "user_blocked"
    assert "badge lost" in bye["reason"]


async def test_a_block_is_shown_until_it_is_over(service: Service) -> None:
    await block(service, until="2026-11-24T09:10:00Z")
    shown = (await service.get("/v1/users/alice"))["block"]
    assert isinstance(shown, dict)
    assert shown["reason"] == "badge lost"
    service.clock.at_s += 601
    assert (await service.get("/v1/users/alice"))["block"] is None


async def test_a_block_takes_several_networks(service: Service) -> None:
    blocked = await block(service, cidr=["192.0.2.0/24", "2001:db8::/32"])
    assert isinstance(blocked["block"], dict)
    assert blocked["block"]["cidr"] == ["192.0.2.0/24", "2001:db8::/32"]


async def test_unblocking_twice_is_no_error(service: Service) -> None:
    await block(service)
    assert [(await service.api.delete("/v1/users/alice/block")).status_code for _ in range(2)] == [204, 204]
    assert (await service.get("/v1/users/alice"))["block"] is None


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "invalid_request"),
        ({"reason": ""}, "invalid_request"),
        ({"reason": "x" * 501}, "invalid_request"),
        ({"reason": "\ud800"}, "invalid_request"),
        ({"reason": 7}, "invalid_request"),
        ({"reason": "x", "untill": "2026-11-25T09:00:00Z"}, "invalid_request"),
        ({"reason": "x", "until": 1_800_000_000}, "invalid_request"),
        ({"reason": "x", "until": "tomorrow"}, "invalid_time"),
        ({"reason": "x", "until": "2026-11-25T09:00:00"}, "invalid_time"),
        ({"reason": "x", "until": "2026-11-24T08:59:59Z"}, "invalid_time"),
        ({"reason": "x", "until": "9999-12-31T23:59:59-23:59"}, "invalid_time"),
        ({"reason": "x", "cidr": "192.0.2.1/24"}, "invalid_cidr"),
        ({"reason": "x", "cidr": ["192.0.2.0/24", "somewhere"]}, "invalid_cidr"),
        ({"reason": "x", "cidr": ["192.0.2.0/24"] * 101}, "invalid_cidr"),
        ({"reason": "x", "cidr": [7]}, "invalid_request"),
    ],
    ids=lambda value: ascii(value)[:50],
)
async def test_a_block_that_makes_no_sense_is_refused(service: Service, body: object, code: str) -> None:
    response = await service.api.put(
        "/v1/users/alice/block", content=json.dumps(body), headers={"Content-Type": "application/json"}
    )
    assert (response.status_code, response.json()["code"]) == (422, code)


async def test_blocking_and_unblocking_are_audited(service: Service) -> None:
    await block(service)
    await service.api.delete("/v1/users/alice/block")
    trail = (await service.ports.audit.list(limit=10)).items
    assert [(entry.actor, entry.action, entry.subject) for entry in trail] == [
        ("admin", "user.unblock", "alice"),
        ("admin", "user.block", "alice"),
    ]

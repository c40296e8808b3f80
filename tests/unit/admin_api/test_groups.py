"""Groups, and membership given at run time."""

from __future__ import annotations

import pytest

from tests.unit.admin_api.service import Service, segment
from tests.unit.admin_api.test_users import NAMES


async def test_groups_are_listed_by_name_with_how_many_are_connected(service: Service) -> None:
    await service.connect("alice", groups=["ops", "it"])
    await service.connect("bob", groups=["ops"])
    assert await service.items("/v1/groups") == [
        {"name": "it", "connections": 1},
        {"name": "ops", "connections": 2},
    ]


async def test_groups_are_listed_page_by_page(service: Service) -> None:
    await service.connect(groups=[f"group{number}" for number in range(5)])
    pages = await service.pages("/v1/groups", limit=2)
    assert [[group["name"] for group in page] for page in pages] == [
        ["group0", "group1"],
        ["group2", "group3"],
        ["group4"],
    ]


async def test_a_group_that_nobody_has_is_empty(service: Service) -> None:
    assert await service.get("/v1/groups/nobody") == {
        "name": "nobody",
        "connections": 0,
        "given_to": {"items": [], "next_cursor": None},
    }


async def test_whom_a_group_was_given_to_is_listed_page_by_page(service: Service) -> None:
    for user in ("carol", "alice", "bob"):
        await service.api.put(f"/v1/groups/oncall/users/{user}")
    first = (await service.get("/v1/groups/oncall", limit=2))["given_to"]
    assert isinstance(first, dict)
    assert first["items"] == ["alice", "bob"]
    second = (await service.get("/v1/groups/oncall", limit=2, cursor=first["next_cursor"]))["given_to"]
    assert second == {"items": ["carol"], "next_cursor": None}


async def test_a_cursor_of_another_group_is_refused(service: Service) -> None:
    for user in ("alice", "bob"):
        await service.api.put(f"/v1/groups/oncall/users/{user}")
    given = (await service.get("/v1/groups/oncall", limit=1))["given_to"]
    assert isinstance(given, dict)
    response = await service.api.get("/v1/groups/ops", params={"cursor": given["next_cursor"]})
    assert (response.status_code, response.json()["code"]) == (422, "invalid_cursor")


@pytest.mark.parametrize("group", NAMES)
async def test_a_group_may_have_any_name(service: Service, group: str) -> None:
    row = await service.connect("a/b")
    path = f"/v1/groups/{segment(group)}/users/{segment('a/b')}"
    assert (await service.api.put(path)).status_code == 204
    assert (await service.get(f"/v1/groups/{segment(group)}"))["connections"] == 1
    assert (await service.api.delete(path)).status_code == 204
    refiled = await service.ports.registry.get(row.connection_id)
    assert refiled is not None
    assert refiled.groups == ()


async def test_a_slash_that_is_not_encoded_is_another_path(service: Service) -> None:
    assert (await service.api.put("/v1/groups/a/b/users/alice")).status_code == 404
    assert (await service.api.put("/v1/groups/a%2Fb/users/alice")).status_code == 204


async def test_joining_and_leaving_twice_are_no_errors(service: Service) -> None:
    path = "/v1/groups/oncall/users/alice"
    assert [(await service.api.put(path)).status_code for _ in range(2)] == [204, 204]
    assert [(await service.api.delete(path)).status_code for _ in range(2)] == [204, 204]


@pytest.mark.parametrize("path", ["/v1/groups/%00/users/alice", "/v1/groups/ops/users/%20alice", "/v1/groups/%0A"])
async def test_what_cannot_be_a_name_is_refused(service: Service, path: str) -> None:
    response = await service.api.get(path) if "users" not in path else await service.api.put(path)
    assert (response.status_code, response.json()["code"]) == (422, "invalid_name")


async def test_membership_is_audited(service: Service) -> None:
    await service.api.put("/v1/groups/oncall/users/alice")
    await service.api.delete("/v1/groups/oncall/users/alice")
    trail = (await service.ports.audit.list(limit=10)).items
    assert [(entry.action, entry.subject, entry.detail["user"]) for entry in trail] == [
        ("group.leave", "oncall", "alice"),
        ("group.join", "oncall", "alice"),
    ]

"""What is read has an entity tag, and whoever has it already gets 304."""

from __future__ import annotations

import pytest

from admin_api.openapi import document
from tests.unit.admin_api.service import Service

READ = [path for path, item in document()["paths"].items() if path.startswith("/v1/") and "get" in item]


@pytest.fixture
async def paths(service: Service) -> list[str]:
    """Every path that is read, of something that is there."""
    row = await service.connect("alice", groups=["ops"])
    push = await service.push("user:alice")
    await service.api.put("/v1/strategies/brief", json={})
    await service.api.put("/v1/senders/print", json={"per_minute": 5})
    names = {
        "connection_id": row.connection_id.replace("=", "%3D"),
        "push_id": str(push["id"]),
        "name": "brief",
        "sub": "print",
        "user": "alice",
        "group": "ops",
    }
    return [path.format(**names) for path in READ]


def _asked(path: str) -> str:
    return f"{path}?user=alice" if path.endswith("/explain") else path


async def test_everything_that_is_read_has_a_tag_by_which_it_is_not_sent_again(
    service: Service, paths: list[str]
) -> None:
    for path in map(_asked, paths):
        if path == "/v1/inbox":
            continue
        first = await service.api.get(path)
        assert first.status_code == 200, (path, first.text)
        again = await service.api.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"]), path
        assert again.headers["cache-control"] == first.headers["cache-control"] == "no-store"
        assert "content-type" not in again.headers


async def test_what_has_changed_is_sent_with_another_tag(service: Service) -> None:
    before = await service.api.get("/v1/terminals")
    await service.connect()
    after = await service.api.get("/v1/terminals", headers={"If-None-Match": before.headers["etag"]})
    assert (after.status_code, len(after.json()["items"])) == (200, 1)
    assert after.headers["etag"] != before.headers["etag"]


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ("*", 304),
        (" * ", 304),
        ("{tag}", 304),
        ('"other", {tag}', 304),
        ("{strong}", 304),
        ('"other"', 200),
        ('W/"other"', 200),
        ("", 200),
        ("nonsense", 200),
        ('"unfinished', 200),
    ],
)
async def test_tags_are_compared_weakly_and_what_is_none_names_nothing(
    service: Service, given: str, status: int
) -> None:
    tag = (await service.api.get("/v1/groups")).headers["etag"]
    asked = given.format(tag=tag, strong=tag.removeprefix("W/"))
    assert (await service.api.get("/v1/groups", headers={"If-None-Match": asked})).status_code == status


async def test_a_tag_may_be_in_one_of_several_headers(service: Service) -> None:
    tag = (await service.api.get("/v1/groups")).headers["etag"]
    headers = [("If-None-Match", '"other"'), ("If-None-Match", tag)]
    assert (await service.api.get("/v1/groups", headers=headers)).status_code == 304


async def test_head_has_the_tag_and_may_be_304(service: Service) -> None:
    tag = (await service.api.get("/v1/groups")).headers["etag"]
    asked = await service.api.head("/v1/groups")
    assert (asked.status_code, asked.headers["etag"], asked.content) == (200, tag, b"")
    assert (await service.api.head("/v1/groups", headers={"If-None-Match": tag})).status_code == 304


async def test_a_strategy_keeps_the_tag_of_its_version(service: Service) -> None:
    await service.api.put("/v1/strategies/brief", json={})
    first = await service.api.get("/v1/strategies/brief")
    assert first.headers["etag"] == '"1"'
    assert (await service.api.get("/v1/strategies/brief", headers={"If-None-Match": '"1"'})).status_code == 304
    await service.api.put("/v1/strategies/brief", json={"retain": "2h"})
    assert (await service.api.get("/v1/strategies/brief", headers={"If-None-Match": '"1"'})).status_code == 200


async def test_what_is_refused_has_no_tag(service: Service) -> None:
    for client, path in ((service.caller(None), "/v1/groups"), (service.api, "/v1/terminals/unknown")):
        refused = await client.get(path, headers={"If-None-Match": "*"})
        assert refused.status_code in (401, 404)
        assert "etag" not in refused.headers


async def test_only_who_may_read_it_is_told_that_it_has_not_changed(service: Service) -> None:
    other = service.caller(service.token("bob", scopes=["push:send"]))
    assert (await other.get("/v1/groups", headers={"If-None-Match": "*"})).status_code == 403


async def test_what_is_done_has_no_tag(service: Service) -> None:
    response = await service.api.post(
        "/v1/pushes", json={"target": "all", "message": "hello"}, headers={"If-None-Match": "*"}
    )
    assert response.status_code == 202
    assert "etag" not in response.headers

"""Strategies over REST: versions, preconditions, those built in."""

from __future__ import annotations

import pytest

from services.domain.strategies.built_in import BUILT_IN
from tests.unit.admin_api.service import Json, Service

URL = "/v1/strategies/brief"


async def _put(service: Service, body: Json | None = None, **headers: str) -> tuple[int, object, str | None]:
    """Status, version or code, and ETag of a PUT."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    response = await service.api.put(URL, json=body or {}, headers=sent)
    answer = response.json()
    return response.status_code, answer.get("version", answer.get("code")), response.headers.get("etag")


async def test_a_change_is_a_new_version_with_its_etag(service: Service) -> None:
    assert await _put(service, {"retain": "2h"}) == (200, 1, '"1"')
    assert await _put(service, {"retain": "3h"}) == (200, 2, '"2"')
    response = await service.api.get(URL)
    assert (response.headers["etag"], response.json()["strategy"]["retain"]) == ('"2"', "3h")
    assert [one["version"] for one in await service.items(f"{URL}/versions")] == [2, 1]


async def test_versions_come_page_by_page(service: Service) -> None:
    for _ in range(3):
        await _put(service)
    pages = await service.pages(f"{URL}/versions", limit=2)
    assert [[one["version"] for one in page] for page in pages] == [[3, 2], [1]]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"If_Match": '"1"'}, 412),
        ({"If_Match": '"2"'}, 200),
        ({"If_Match": "*"}, 200),
        ({"If_None_Match": "*"}, 412),
        ({"If_Match": "2"}, 422),
        ({"If_None_Match": '"2"'}, 422),
        ({"If_Match": '"2"', "If_None_Match": "*"}, 422),
    ],
    ids=str,
)
async def test_what_a_change_expects_must_be_so(service: Service, headers: dict[str, str], status: int) -> None:
    await _put(service)
    await _put(service)
    assert (await _put(service, {}, **headers))[0] == status


async def test_nothing_is_replaced_where_there_must_be_nothing(service: Service) -> None:
    assert (await _put(service, If_Match="*"))[0] == 412
    assert (await _put(service, If_None_Match="*"))[:2] == (200, 1)


async def test_a_change_that_is_refused_says_the_version_that_is_there(service: Service) -> None:
    await _put(service)
    assert await _put(service, If_Match='"7"') == (412, 1, None)


async def test_a_strategy_is_deleted_only_in_the_version_that_is_expected(service: Service) -> None:
    await _put(service)
    assert (await service.api.delete(URL, headers={"If-Match": '"2"'})).status_code == 412
    assert (await service.api.delete(URL, headers={"If-Match": '"1"'})).status_code == 204
    assert (await service.api.get(URL)).json()["code"] == "no_such_strategy"
    assert (await service.api.delete(URL)).status_code == 204
    assert (await _put(service))[:2] == (200, 2)


@pytest.mark.parametrize("name", BUILT_IN)
async def test_one_that_is_built_in_is_shown_and_stays(service: Service, name: str) -> None:
    shown = await service.get(f"/v1/strategies/{name}")
    assert (shown["built_in"], shown["version"], shown["by"]) == (True, None, None)
    for response in (
        await service.api.put(f"/v1/strategies/{name}", json={}),
        await service.api.delete(f"/v1/strategies/{name}"),
    ):
        assert (response.status_code, response.json()["code"]) == (409, "strategy_built_in")
    assert await service.items(f"/v1/strategies/{name}/versions") == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"retian": "2h"}, "strategy.retian"),
        ({"name": "other"}, "strategy.name"),
        ({"version": 3}, "strategy.version"),
        ({"window": {"timezone": "Mars/Olympus"}}, "strategy.window.timezone"),
        ([], "strategy"),
        ("now", "strategy"),
    ],
    ids=str,
)
async def test_a_member_that_is_wrong_is_named(service: Service, body: object, field: str) -> None:
    response = await service.api.put(URL, json=body)
    assert (response.status_code, response.json()["field"]) == (422, field)


async def test_the_latest_of_a_name_needs_no_key(service: Service) -> None:
    assert (await _put(service, {"replay": "latest"}))[0] == 200
    push = await service.push(strategy={"name": "brief"})
    assert push["strategy"] == {"name": "brief", "version": 1, "retain": "1d", "receipts": "none", "replay": "latest"}


async def test_to_read_takes_another_scope_than_to_write(service: Service) -> None:
    reader = service.caller(service.token(scopes=["push:read"]))
    writer = service.caller(service.token(scopes=["strategies:write"]))
    assert (await reader.put(URL, json={})).status_code == 403
    assert (await reader.delete(URL)).status_code == 403
    assert (await writer.put(URL, json={})).status_code == 200
    assert (await reader.get(URL)).status_code == 200
    assert (await writer.get("/v1/strategies")).status_code == 403


async def test_a_strategy_that_never_was_is_not_found(service: Service) -> None:
    for path in (URL, f"{URL}/versions"):
        response = await service.api.get(path)
        assert (response.status_code, response.json()["code"]) == (404, "no_such_strategy")

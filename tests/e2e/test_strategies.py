"""Strategies are kept by name, with all of their versions; a push keeps the one that it started with."""

from __future__ import annotations

from tests.e2e.office import Office


async def test_a_strategy_is_kept_and_used_by_name(office: Office) -> None:
    name = office.name("brief")
    kept = await office.api.put(f"/v1/strategies/{name}", {"retain": "2h", "receipts": "each"})
    assert kept["version"] == 1
    terminal = await office.terminal()
    push_id = await office.api.push({"users": [terminal.user]}, strategy={"name": name})
    assert (await terminal.expect("push"))["ack"] == "received"
    strategy = (await office.api.push_state(push_id))["strategy"]
    assert strategy == {"name": name, "version": 1, "retain": "2h", "receipts": "each"}


async def test_a_change_is_a_new_version_and_a_push_keeps_its_own(office: Office) -> None:
    name = office.name("changing")
    await office.api.put(f"/v1/strategies/{name}", {"retain": "2h"})
    push_id = await office.api.push({"users": [office.name("nobody")]}, strategy={"name": name})
    assert (await office.api.put(f"/v1/strategies/{name}", {"retain": "3h"}))["version"] == 2
    versions = (await office.api.get(f"/v1/strategies/{name}/versions"))["items"]
    assert isinstance(versions, list)
    assert [(one["version"], one["strategy"]["retain"]) for one in versions] == [(2, "3h"), (1, "2h")]
    kept = (await office.api.push_state(push_id))["strategy"]
    assert isinstance(kept, dict)
    assert (kept["version"], kept["retain"]) == (1, "2h")


async def test_members_of_a_push_override_those_of_its_strategy(office: Office) -> None:
    push_id = await office.api.push(
        {"users": [office.name("nobody")]}, strategy={"name": "must-read", "retain": "5m", "ack": None}
    )
    strategy = (await office.api.push_state(push_id))["strategy"]
    assert isinstance(strategy, dict)
    assert strategy["retain"] == "5m"
    assert "ack" not in strategy
    await office.api.completed(push_id)


async def test_an_unknown_strategy_is_refused(office: Office) -> None:
    refused = await office.api.submit({"all": True}, strategy={"name": office.name("unknown")})
    assert (refused.status_code, refused.json()["code"]) == (422, "strategy_not_found")


async def test_the_built_in_ones_are_listed_and_cannot_be_changed(office: Office) -> None:
    items = (await office.api.get("/v1/strategies", limit=500))["items"]
    assert isinstance(items, list)
    built_in = {item["name"] for item in items if item["built_in"]}
    assert built_in == {"now", "working-hours", "staged-rollout", "must-read", "latest-only"}
    assert (await office.api.http.put("/v1/strategies/now", json={})).status_code == 409


async def test_a_wrong_member_is_named(office: Office) -> None:
    refused = await office.api.http.put(
        f"/v1/strategies/{office.name('wrong')}", json={"waves": [{"percent": 5}, {"percent": 5}]}
    )
    assert (refused.status_code, refused.json()["field"]) == (422, "strategy.waves.1.percent")


async def test_a_deleted_strategy_cannot_be_used_any_more(office: Office) -> None:
    name = office.name("old")
    await office.api.put(f"/v1/strategies/{name}", {"retain": "2h"})
    assert (await office.api.http.delete(f"/v1/strategies/{name}")).status_code == 204
    assert (await office.api.submit({"all": True}, strategy={"name": name})).status_code == 422
    assert (await office.api.http.get(f"/v1/strategies/{name}")).status_code == 404

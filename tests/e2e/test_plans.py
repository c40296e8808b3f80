"""A preview is a plan: what was shown is what is sent, or the caller hears who came and went."""

from __future__ import annotations

from tests.e2e.caller import Json
from tests.e2e.deadlines import eventually
from tests.e2e.office import Office


async def _plan(office: Office, group: str, size: int, **members: object) -> Json:
    """A preview once it shows so many terminals."""

    async def look() -> Json:
        return await office.api.preview({"groups": [group]}, "planned", **members)

    return await eventually(look, lambda preview: preview["audience"]["terminals"] == size)  # type: ignore[index]


def _id(preview: Json) -> str:
    plan = preview["plan"]
    assert isinstance(plan, dict)
    return str(plan["id"])


async def test_a_plan_is_sent_as_it_was_shown(office: Office) -> None:
    group = office.name("planned")
    terminals = [await office.terminal(groups=[group]) for _ in range(2)]
    preview = await _plan(office, group, 2, strategy={"receipts": "each"})
    sent = await office.api.post("/v1/pushes", {"plan": {"id": _id(preview)}}, status=202)
    assert sent["strategy"] == {"retain": "1d", "receipts": "each"}
    for terminal in terminals:
        frame = await terminal.expect("push")
        assert (frame["id"], frame["message"]) == (sent["id"], "planned")


async def test_a_push_keeps_who_was_meant_when_it_was_planned(office: Office) -> None:
    group = office.name("planned")
    terminals = [await office.terminal(groups=[group]) for _ in range(2)]
    preview = await _plan(office, group, 2)
    sent = await office.api.post("/v1/pushes", {"plan": {"id": _id(preview)}}, status=202)
    await terminals[0].close()
    kept = (await office.api.push_state(str(sent["id"])))["audience"]
    shown = preview["audience"]
    assert isinstance(kept, dict)
    assert isinstance(shown, dict)
    assert kept == {name: shown[name] for name in ("connections", "terminals", "users", "away", "exact", "flow")}
    assert kept["flow"]["out"] == kept["connections"] == 2
    unplanned = await office.api.push({"groups": [group]})
    assert (await office.api.push_state(unplanned))["audience"] is None


async def test_an_audience_that_moved_is_refused_with_who_came_and_went(office: Office) -> None:
    group = office.name("planned")
    stays, goes = [await office.terminal(groups=[group]) for _ in range(2)]
    preview = await _plan(office, group, 2)
    await goes.close()
    comes = await office.terminal(groups=[group])

    async def refused() -> Json:
        answer = await office.api.http.post("/v1/pushes", json={"plan": {"id": _id(preview), "tolerance": 0}})
        if answer.status_code == 409:
            return answer.json()  # type: ignore[no-any-return]
        return {}

    problem = await eventually(refused, lambda found: bool(found) and found["went"]["terminals"] == 1)  # type: ignore[index]
    assert problem["code"] == "audience_changed"
    assert problem["came"]["terminals"] == 1  # type: ignore[index]
    assert (problem["planned"], problem["now"]) == (2, 2)
    await office.got_nothing(stays, comes)


async def test_a_plan_may_be_sent_all_the_same(office: Office) -> None:
    group = office.name("planned")
    await office.terminal(groups=[group])
    preview = await _plan(office, group, 1)
    comes = await office.terminal(groups=[group])
    sent = await office.api.post("/v1/pushes", {"plan": {"id": _id(preview), "if_changed": "send"}}, status=202)
    assert (await comes.expect("push"))["id"] == sent["id"]


async def test_a_plan_is_forgotten_after_an_hour(moving: Office) -> None:
    preview = await moving.api.preview({"users": [moving.name("nobody")]})
    moving.target.advance(3_601)
    refused = await moving.api.http.post("/v1/pushes", json={"plan": {"id": _id(preview)}})
    assert (refused.status_code, refused.json()["code"]) == (404, "plan_not_found")


async def test_a_plan_that_was_sent_is_found_by_its_key_when_it_is_over(moving: Office) -> None:
    body, key = {"plan": {"id": _id(await moving.api.preview({"users": [moving.name("nobody")]}))}}, moving.name("k")
    first = await moving.api.http.post("/v1/pushes", json=body, headers={"Idempotency-Key": key})
    moving.target.advance(3_601)
    again = await moving.api.http.post("/v1/pushes", json=body, headers={"Idempotency-Key": key})
    assert (first.status_code, again.status_code) == (202, 202)
    assert again.json()["id"] == first.json()["id"]


async def test_a_preview_shows_the_waves_that_then_come(moving: Office) -> None:
    group = moving.name("planned")
    for _ in range(8):
        await moving.terminal(groups=[group])
    waves = {"waves": [{"percent": 25, "then_wait": "10m"}, {"percent": 100}]}
    preview = await _plan(moving, group, 8, strategy=waves)
    sent = await moving.api.post("/v1/pushes", {"plan": {"id": _id(preview)}}, status=202)
    push_id = str(sent["id"])
    await moving.api.in_state(push_id, "waiting")
    moving.target.advance(601)
    await moving.api.completed(push_id)
    timeline = await moving.api.get(f"/v1/pushes/{push_id}/timeline")
    forecast, actual = timeline["forecast"], timeline["actual"]
    assert isinstance(forecast, dict)
    assert isinstance(actual, dict)
    assert [lane["id"] for lane in forecast["lanes"]] == [lane["id"] for lane in actual["lanes"]] == ["w1", "w2"]
    assert actual["reach"][-1][1] == forecast["reach"][-1][1] == 8


async def test_a_preview_warns_where_nobody_is_meant(office: Office) -> None:
    preview = await office.api.preview({"users": [office.name("nobody")]})
    warnings = preview["warnings"]
    assert isinstance(warnings, list)
    assert "nobody_connected" in {warning["code"] for warning in warnings}

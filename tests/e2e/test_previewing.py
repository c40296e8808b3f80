"""A preview says what a push would do, and that is what happens then."""

from __future__ import annotations

import json

from tests.e2e.caller import Json
from tests.e2e.office import Office


async def _preview(office: Office, target: Json | str, message: object = "hello", **strategy: object) -> Json:
    body = {"target": target, "message": message, "strategy": strategy}
    response = await office.api.http.post("/v1/pushes/preview", json=body)
    assert response.status_code == 200, response.text
    previewed: Json = response.json()
    return previewed


def _of(previewed: Json, member: str) -> Json:
    found = previewed[member]
    assert isinstance(found, dict)
    return found


async def test_the_audience_is_who_then_gets_it(office: Office) -> None:
    ops, user = office.name("ops"), office.name("alice")
    terminals = [
        await office.terminal(user, groups=[ops], attributes={"os": "mac"}, calls_itself="desk"),
        await office.terminal(user, groups=[ops], attributes={"os": "windows"}, calls_itself="till"),
        await office.terminal(groups=[ops], attributes={"os": "mac"}),
        await office.terminal(groups=[ops], attributes={"os": "linux"}),
    ]
    target = f"group:{ops} and os in (mac, windows)"
    audience = _of(await _preview(office, target), "audience")
    assert (audience["connections"], audience["terminals"], audience["users"]) == (3, 3, 2)
    push_id = await office.api.push(target)
    await office.api.completed(push_id)
    assert (await office.api.counts(push_id))["sent"] == audience["connections"]
    for terminal in terminals[:3]:
        assert (await terminal.expect("push"))["id"] == push_id


async def test_the_audience_is_counted_by_group_and_attribute(office: Office) -> None:
    ops, sales = office.name("ops"), office.name("sales")
    await office.terminal(groups=[ops], attributes={"os": "mac"})
    await office.terminal(groups=[ops, sales], attributes={"os": "mac"})
    await office.terminal(groups=[ops], attributes={"os": "windows"})
    audience = _of(await _preview(office, {"groups": [ops]}), "audience")
    assert audience["by_group"] == {ops: 3, sales: 1}
    assert json.dumps(audience["by_attribute"]).count("mac") == 1, audience
    assert '"mac"' in json.dumps(audience["by_attribute"])


async def test_the_clauses_of_a_target_narrow_everybody_down_to_the_audience(office: Office) -> None:
    ops = office.name("ops")
    bob = await office.terminal(groups=[ops], attributes={"os": "windows"})
    await office.terminal(groups=[ops], attributes={"os": "windows"})
    await office.terminal(groups=[ops], attributes={"os": "mac"})
    await office.terminal(attributes={"os": "windows"})
    target = f"os = windows and not user:{bob.user} and group:{ops}"
    flow = _of(_of(await _preview(office, target), "audience"), "flow")
    parts = flow["parts"]
    assert isinstance(parts, list)
    # Other tests have terminals on the same server, and how many are connected at all may lag.
    assert [(part["text"], part["out"]) for part in parts] == [
        (f"group:{ops}", 3),
        ("os = windows", 2),
        (f"not user:{bob.user}", 1),
    ]
    assert [part["in"] for part in parts] == [flow["in"], 3, 2]
    assert (flow["text"], flow["op"], flow["out"]) == (target, "every", 1)
    assert (await office.api.get("/v1/terminals/summary", target=target))["audience"] == _of(
        await _preview(office, target), "audience"
    )


async def test_the_frame_is_as_large_as_previewed(office: Office) -> None:
    terminal = await office.terminal()
    message = {"text": "snö ☃"}
    previewed = await _preview(office, {"users": [terminal.user]}, message)
    await office.api.push({"users": [terminal.user]}, message)
    size_bytes = len((await terminal.text()).encode())
    # The preview counts the largest form, which a replay has.
    assert previewed["frame_bytes"] == size_bytes + len(',"replayed":true')


async def test_a_preview_sends_nothing_and_leaves_no_push(office: Office) -> None:
    terminal = await office.terminal()
    before = (await office.api.get("/v1/pushes", limit=1))["items"]
    await _preview(office, {"users": [terminal.user]})
    assert (await office.api.get("/v1/pushes", limit=1))["items"] == before
    await office.got_nothing(terminal)


async def test_a_preview_warns_if_nobody_is_connected(office: Office) -> None:
    warnings = (await _preview(office, {"users": [office.name("nobody")]}))["warnings"]
    assert isinstance(warnings, list)
    assert [warning["code"] for warning in warnings] == ["nobody_connected"]


async def test_a_preview_of_what_could_not_be_sent_is_413(office: Office) -> None:
    body = {"target": {"users": [office.name("alice")]}, "message": "x" * 33_000}
    response = await office.api.http.post("/v1/pushes/preview", json=body)
    assert (response.status_code, response.json()["code"]) == (413, "message_too_large")

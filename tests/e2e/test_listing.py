"""Who is connected: terminals, users, groups, and what is known of each."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.e2e.caller import Json, segment
from tests.e2e.deadlines import eventually
from tests.e2e.office import Office
from tests.e2e.terminal import Terminal


def _items(body: Json) -> Sequence[Json]:
    items = body["items"]
    assert isinstance(items, list)
    return items


async def _users(office: Office, **query: str | int) -> set[object]:
    return {row["user"] for row in _items(await office.api.get("/v1/terminals", **query))}


async def test_a_listed_terminal_has_everything_an_admin_asks_for(office: Office) -> None:
    ops = office.name("ops")
    alice = await office.terminal(groups=[ops], attributes={"os": "mac", "build": 7}, calls_itself="desk")
    (row,) = _items(await office.api.get("/v1/terminals", user=alice.user))
    expected = {
        "terminal_id": f"{alice.user}/desk",
        "user": alice.user,
        "groups": [ops],
        "attributes": {"os": "mac", "build": 7},
        "presence": "verified",
    }
    assert expected.items() <= row.items()
    assert {"connection_id", "connected_at", "expires_at", "last_heard_at"} <= row.keys()


async def test_terminals_are_filtered_by_group_attribute_and_expression(office: Office) -> None:
    ops = office.name("ops")
    mac = await office.terminal(groups=[ops], attributes={"os": "mac"})
    windows = await office.terminal(groups=[ops], attributes={"os": "windows"})
    await office.terminal(attributes={"os": "mac"})
    assert await _users(office, group=ops) == {mac.user, windows.user}
    assert await _users(office, group=ops, **{"attr.os": "mac"}) == {mac.user}
    assert await _users(office, target=f"group:{ops} and not os = mac") == {windows.user}


async def test_a_listing_goes_on_from_page_to_page_and_lists_each_once(office: Office) -> None:
    ops = office.name("ops")
    everyone = {(await office.terminal(groups=[ops])).user for _ in range(7)}
    seen: list[object] = []
    cursor: object = None
    while True:
        query: dict[str, str | int] = {"group": ops, "limit": 3}
        if cursor is not None:
            query["cursor"] = str(cursor)
        page = await office.api.get("/v1/terminals", **query)
        assert len(_items(page)) <= 3
        seen += [row["user"] for row in _items(page)]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len(everyone)
    assert set(seen) == everyone


async def test_a_cursor_that_was_tampered_with_is_refused(office: Office) -> None:
    response = await office.api.http.get("/v1/terminals", params={"cursor": "e30"})
    assert response.status_code in {400, 422}
    assert response.json()["code"] == "invalid_cursor"


@pytest.mark.parametrize("limit", [0, 501, "many"])
async def test_a_limit_out_of_bounds_is_422(office: Office, limit: int | str) -> None:
    response = await office.api.http.get("/v1/terminals", params={"limit": limit})
    assert response.status_code == 422


async def test_who_has_left_is_not_listed(office: Office) -> None:
    alice = await office.terminal()
    await alice.close()
    await eventually(lambda: _users(office, user=alice.user), lambda users: not users)


async def test_who_vanished_without_a_word_is_not_listed(office: Office) -> None:
    alice = await office.terminal()
    alice.cut()
    await eventually(lambda: _users(office, user=alice.user), lambda users: not users)


async def _row_path(office: Office, terminal: Terminal) -> str:
    return f"/v1/terminals/{segment(await office.connection_id(terminal))}"


async def test_one_connection_is_shown_by_its_id(office: Office) -> None:
    alice = await office.terminal()
    assert (await office.api.get(await _row_path(office, alice)))["user"] == alice.user


async def test_a_connection_that_is_not_open_is_404(office: Office) -> None:
    response = await office.api.http.get("/v1/terminals/R0oXAdfD0kwCH6w%3D")
    assert (response.status_code, response.json()["code"]) == (404, "terminal_not_found")


async def test_an_admin_closes_a_connection_and_the_terminal_hears_why(office: Office) -> None:
    alice = await office.terminal()
    path = await _row_path(office, alice)
    assert (await office.api.http.delete(path)).is_success
    bye = await alice.expect("bye")
    assert (bye["code"], bye["reconnect"]) == ("closed_by_admin", True)
    assert (await alice.closed()).code == 1000
    assert (await office.api.http.get(path)).status_code == 404


async def test_verifying_an_open_connection_finds_it(office: Office) -> None:
    alice = await office.terminal()
    response = await office.api.http.post(await _row_path(office, alice) + "/verify")
    assert response.status_code == 200
    assert response.json()["presence"] == "verified"


async def test_who_the_filters_mean_is_counted(office: Office) -> None:
    ops = office.name("ops")
    await office.terminal(groups=[ops], attributes={"os": "mac"})
    await office.terminal(groups=[ops], attributes={"os": "windows"})
    summary = await office.api.get("/v1/terminals/summary", group=ops, **{"attr.os": "mac"})
    audience = summary["audience"]
    assert isinstance(audience, dict)
    assert (audience["connections"], audience["by_group"], audience["exact"]) == (1, {ops: 1}, True)
    assert [(part["op"], part["out"]) for part in audience["flow"]["parts"]] == [("is", 2), ("is", 1)]


async def test_the_last_pushes_for_a_terminal_are_listed_with_its_receipts(office: Office) -> None:
    ops = office.name("ops")
    alice = await office.terminal(groups=[ops])
    first = await office.api.push({"groups": [ops]}, {"title": "Fire drill"}, strategy={"receipts": "each"})
    await office.api.push({"users": [office.name("bob")]}, "for somebody else")
    await office.api.completed(first)
    await alice.send("ack", ids=[first], kind="read")
    second = await office.api.push({"users": [alice.user]}, "Lunch")
    await office.api.completed(second)
    path = await _row_path(office, alice) + "/pushes"
    items = await eventually(lambda: _pushes(office, path), lambda items: items[-1]["receipt"] == "read")
    assert [(item["id"], item["title"], item["topic"], item["receipt"]) for item in items] == [
        (second, "Lunch", f"user:{alice.user}", None),
        (first, "Fire drill", f"group:{ops}", "read"),
    ]
    assert [item["id"] for item in _items(await office.api.get(path, limit=1))] == [second]


async def _pushes(office: Office, path: str) -> Sequence[Json]:
    """Those of this test: who is filed under all has what other tests sent to everybody, too."""
    return [item for item in _items(await office.api.get(path)) if item["topic"] != "all"]


async def test_a_user_is_shown_with_connections_groups_given_and_block(office: Office) -> None:
    alice, group = await office.terminal(), office.name("oncall")
    assert (await office.api.http.put(f"/v1/groups/{segment(group)}/users/{segment(alice.user)}")).is_success
    shown = await office.api.get(f"/v1/users/{segment(alice.user)}")
    assert await office.connection_id(alice) in str(shown)
    assert group in str(shown)
    blocked = await office.api.http.put(f"/v1/users/{segment(alice.user)}/block", json={"reason": "badge lost"})
    assert blocked.is_success
    assert "badge lost" in str(await office.api.get(f"/v1/users/{segment(alice.user)}"))


async def test_groups_are_listed_with_how_many_are_connected(office: Office) -> None:
    ops = office.name("ops")
    for _ in range(2):
        await office.terminal(groups=[ops])
    rows: list[Json] = []
    page = await office.api.get("/v1/groups", limit=500)
    rows += _items(page)
    while page["next_cursor"] is not None:
        page = await office.api.get("/v1/groups", limit=500, cursor=str(page["next_cursor"]))
        rows += _items(page)
    assert [row["connections"] for row in rows if row["name"] == ops] == [2]


async def test_a_group_is_shown_with_how_many_are_connected(office: Office) -> None:
    ops = office.name("ops")
    await office.terminal(groups=[ops])
    assert (await office.api.get(f"/v1/groups/{segment(ops)}"))["connections"] == 1


async def test_the_listing_needs_the_scope_to_read(office: Office) -> None:
    caller = office.caller(office.token("sender", scopes=["push:send", "push:read"]))
    assert [(await caller.http.get(path)).status_code for path in ("/v1/terminals", "/v1/groups")] == [403, 403]

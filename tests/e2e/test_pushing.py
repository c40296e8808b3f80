"""A push reaches exactly those whom its target means (G2, G4)."""

from __future__ import annotations

import pytest

from tests.e2e.caller import Json
from tests.e2e.office import Office
from tests.e2e.terminal import Terminal

NOT_KEPT: Json = {"retain": "0s"}
"""For pushes to everyone: nothing of them stays for the tests that follow."""


async def _only(office: Office, meant: list[Terminal], others: list[Terminal], target: Json | str) -> None:
    """Push to `target`, and see that just those get it, once each."""
    push_id = await office.api.push(target, "only you", strategy=NOT_KEPT)
    await office.api.completed(push_id)
    for terminal in meant:
        assert (await terminal.expect("push"))["id"] == push_id
    await office.got_nothing(*meant, *others)


async def test_a_push_to_a_user_reaches_that_user_only(office: Office) -> None:
    alice, bob = await office.terminal(), await office.terminal()
    await _only(office, [alice], [bob], {"users": [alice.user]})


async def test_a_push_to_a_group_reaches_its_members_only(office: Office) -> None:
    ops, sales = office.name("ops"), office.name("sales")
    in_ops, in_both = await office.terminal(groups=[ops]), await office.terminal(groups=[ops, sales])
    in_sales, in_none = await office.terminal(groups=[sales]), await office.terminal()
    await _only(office, [in_ops, in_both], [in_sales, in_none], {"groups": [ops]})


async def test_a_push_to_several_groups_reaches_a_member_of_both_once(office: Office) -> None:
    ops, sales = office.name("ops"), office.name("sales")
    in_both, in_none = await office.terminal(groups=[ops, sales]), await office.terminal()
    await _only(office, [in_both], [in_none], {"groups": [ops, sales]})


async def test_a_push_to_a_terminal_reaches_that_terminal_of_its_user_only(office: Office) -> None:
    user = office.name("alice")
    desk, phone = await office.terminal(user, calls_itself="desk"), await office.terminal(user, calls_itself="phone")
    push_id = await office.api.push({"terminals": [f"{user}/desk"]}, "desk only")
    await office.api.completed(push_id)
    assert (await desk.expect("push"))["id"] == push_id
    await office.got_nothing(desk, phone)


async def test_a_push_to_a_connection_reaches_that_connection_only(office: Office) -> None:
    alice, bob = await office.terminal(), await office.terminal()
    await _only(office, [alice], [bob], {"connections": [await office.connection_id(alice)]})


async def test_a_push_to_all_reaches_everyone(office: Office) -> None:
    everyone = [await office.terminal() for _ in range(3)]
    await _only(office, everyone, [], {"all": True})


async def test_a_json_expression_is_followed(office: Office) -> None:
    ops = office.name("ops")
    windows = await office.terminal(groups=[ops], attributes={"os": "windows", "build": 19045})
    old_windows = await office.terminal(groups=[ops], attributes={"os": "windows", "build": 7601})
    mac = await office.terminal(groups=[ops], attributes={"os": "mac", "build": 22000})
    elsewhere = await office.terminal(attributes={"os": "windows", "build": 22000})
    expression: Json = {
        "every": [
            {"groups": [ops]},
            {"attr": "os", "op": "eq", "value": "windows"},
            {"not": {"attr": "build", "op": "lt", "value": 10_000}},
        ]
    }
    await _only(office, [windows], [old_windows, mac, elsewhere], expression)


async def test_a_text_expression_is_followed(office: Office) -> None:
    ops = office.name("ops")
    kiosk = await office.terminal(groups=[ops], attributes={"kind": "kiosk", "site": "tokyo-2"})
    desk = await office.terminal(groups=[ops], attributes={"kind": "desk", "site": "tokyo-1"})
    berlin = await office.terminal(groups=[ops], attributes={"kind": "kiosk", "site": "berlin-1"})
    boss = await office.terminal(groups=[ops], attributes={"kind": "kiosk", "site": "tokyo-1"})
    expression = f"group:{ops} and site prefix tokyo and kind in (kiosk, till) and not user:{boss.user}"
    await _only(office, [kiosk], [desk, berlin, boss], expression)


async def test_a_negation_does_not_reach_whom_it_leaves_out(office: Office) -> None:
    alice, bob, carol = await office.terminal(), await office.terminal(), await office.terminal()
    await _only(office, [alice, carol], [bob], f"not user:{bob.user}")


async def test_positions_say_in_which_order_pushes_were_accepted(office: Office) -> None:
    alice = await office.terminal()
    accepted = [await office.api.push({"users": [alice.user]}, number) for number in range(50)]
    arrived = {str(frame["position"]): frame["id"] for frame in [await alice.expect("push") for _ in accepted]}
    assert [arrived[position] for position in sorted(arrived)] == accepted


@pytest.mark.parametrize(
    "message",
    ["text", "", "snö ☃ 𝄞", 0, 1.5, True, None, [], {}, {"nested": [{"deep": None}]}, "line\nbreak\u2028\x00"],
    ids=repr,
)
async def test_a_message_arrives_as_the_json_value_that_was_sent(office: Office, message: object) -> None:
    alice = await office.terminal()
    await office.api.push({"users": [alice.user]}, message)
    assert (await alice.expect("push"))["message"] == message


async def test_a_push_frame_has_exactly_its_members(office: Office) -> None:
    alice = await office.terminal()
    push_id = await office.api.push({"users": [alice.user]}, "plain")
    frame = await alice.expect("push")
    assert frame.keys() == {"type", "id", "position", "topic", "message", "sent_at"}
    assert (frame["id"], frame["topic"]) == (push_id, f"user:{alice.user}")


async def test_a_push_frame_says_what_its_strategy_asks_of_the_terminal(office: Office) -> None:
    alice = await office.terminal()
    strategy: Json = {"receipts": "each", "collapse_key": "shift", "expires_in": "1h"}
    await office.api.push({"users": [alice.user]}, "full", strategy=strategy)
    frame = await alice.expect("push")
    extra = {"ack", "collapse_key", "expires_at"}
    assert frame.keys() == {"type", "id", "position", "topic", "message", "sent_at"} | extra
    assert (frame["ack"], frame["collapse_key"]) == ("received", "shift")


async def test_a_push_counts_whom_it_meant_and_whom_it_reached(office: Office) -> None:
    ops = office.name("ops")
    members = [await office.terminal(groups=[ops]) for _ in range(3)]
    push_id = await office.api.push({"groups": [ops]}, "count")
    await office.api.completed(push_id)
    counts = await office.api.counts(push_id)
    assert (counts["targeted"], counts["sent"], counts["gone"]) == (len(members), len(members), 0)


async def test_a_push_to_nobody_is_completed_and_counts_nobody(office: Office) -> None:
    push_id = await office.api.push({"users": [office.name("nobody")]})
    await office.api.completed(push_id)
    assert set((await office.api.counts(push_id)).values()) == {0}


async def test_a_push_over_the_size_limit_is_413_and_says_by_how_much(office: Office) -> None:
    response = await office.api.submit({"users": [office.name("alice")]}, "x" * 33_000)
    problem = response.json()
    assert (response.status_code, problem["code"], problem["limit_bytes"]) == (413, "message_too_large", 32_768)


async def test_the_largest_message_that_is_accepted_arrives_whole(office: Office) -> None:
    alice = await office.terminal()
    preview = await office.api.http.post("/v1/pushes/preview", json={"target": f"user:{alice.user}", "message": ""})
    largest = "x" * (32_768 - int(preview.json()["frame_bytes"]))
    await office.api.push({"users": [alice.user]}, largest)
    assert (await alice.expect("push"))["message"] == largest


@pytest.mark.parametrize(
    "expression", [{}, {"users": []}, {"everyone": True}, "group:", "os ==", {"all": False}, 7, None], ids=repr
)
async def test_a_target_that_makes_no_sense_is_422(office: Office, expression: object) -> None:
    response = await office.api.http.post("/v1/pushes", json={"target": expression, "message": "x"})
    assert response.status_code == 422, response.text


async def test_a_push_needs_the_scope_to_send(office: Office) -> None:
    reader = office.caller(office.token("reader", scopes=["push:read", "terminals:read"]))
    response = await reader.submit({"all": True})
    assert response.status_code == 403


async def test_a_push_without_a_token_is_401_and_says_how_to_bring_one(office: Office) -> None:
    response = await office.caller(None).submit({"all": True})
    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith("Bearer")

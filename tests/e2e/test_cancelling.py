"""A cancelled push is recalled from screens, also from those who come back later (G6)."""

from __future__ import annotations

from tests.e2e.deadlines import eventually
from tests.e2e.office import Office
from tests.e2e.terminal import BEGINNING


async def test_a_cancel_recalls_the_push_from_those_who_have_it(office: Office) -> None:
    alice, bob = await office.terminal(), await office.terminal()
    push_id = await office.api.push({"users": [alice.user]})
    await alice.expect("push")
    assert (await office.api.cancel(push_id))["state"] == "cancelled"
    assert await alice.frame() == {"type": "cancel", "id": push_id}
    await office.got_nothing(alice, bob)


async def test_who_was_away_gets_the_recall_instead_of_the_push(office: Office) -> None:
    user = office.name("alice")
    push_id = await office.api.push({"users": [user]})
    await office.api.cancel(push_id)
    replay = await (await office.terminal(user)).resume(BEGINNING)
    assert replay.frames == ({"type": "cancel", "id": push_id},)


async def test_who_had_it_on_screen_before_going_away_gets_the_recall(office: Office) -> None:
    user = office.name("alice")
    terminal = await office.terminal(user)
    push_id = await office.api.push({"users": [user]})
    since = str((await terminal.expect("push"))["position"])
    await terminal.close()
    await office.api.cancel(push_id)
    replay = await (await office.terminal(user)).resume(since)
    assert replay.frames == ({"type": "cancel", "id": push_id},)


async def test_the_recall_reaches_who_has_long_seen_newer_pushes(moving: Office) -> None:
    user = moving.name("alice")
    terminal = await moving.terminal(user)
    old = await moving.api.push({"users": [user]}, "old")
    await terminal.expect("push")
    moving.target.advance(300)
    await moving.api.push({"users": [user]}, "newer")
    since = str((await terminal.expect("push"))["position"])
    await terminal.close()
    moving.target.advance(300)
    await moving.api.cancel(old)
    replay = await (await moving.terminal(user)).resume(since)
    assert replay.frames[-1] == {"type": "cancel", "id": old}


async def test_a_second_cancel_changes_nothing(office: Office) -> None:
    alice = await office.terminal()
    push_id = await office.api.push({"users": [alice.user]})
    first = await office.api.cancel(push_id)
    assert await office.api.cancel(push_id) == first
    assert (await alice.expect("push"))["id"] == push_id
    await alice.expect("cancel")
    await office.got_nothing(alice)


async def test_a_terminal_tells_that_it_took_the_push_off_its_screen(office: Office) -> None:
    alice = await office.terminal()
    push_id = await office.api.push({"users": [alice.user]}, strategy={"receipts": "each"})
    await alice.expect("push")
    await office.api.cancel(push_id)
    await alice.expect("cancel")
    await alice.send("ack", ids=[push_id], kind="recalled")
    await eventually(lambda: office.api.counts(push_id), lambda counts: counts["recalled"] == 1)


async def test_a_push_that_does_not_exist_is_404(office: Office) -> None:
    response = await office.api.http.post(f"/v1/pushes/{BEGINNING}/cancel")
    assert (response.status_code, response.json()["code"]) == (404, "push_not_found")


async def test_cancelling_needs_the_scope_to_send(office: Office) -> None:
    push_id = await office.api.push({"users": [office.name("alice")]})
    reader = office.caller(office.token("reader", scopes=["push:read"]))
    assert (await reader.http.post(f"/v1/pushes/{push_id}/cancel")).status_code == 403

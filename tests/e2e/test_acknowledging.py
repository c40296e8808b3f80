"""Pushes that must be acknowledged: sent again, escalated, taken off the user's other screens."""

from __future__ import annotations

from tests.e2e.caller import Json
from tests.e2e.deadlines import eventually
from tests.e2e.office import Office
from tests.e2e.terminal import BEGINNING

MINUTE_S = 60.0


def _must_read(**members: object) -> Json:
    return {"ack": {"need": "read", "within": "15m", **members}}


async def _counted(office: Office, push_id: str, **expected: int) -> None:
    await eventually(lambda: office.api.counts(push_id), lambda counts: expected.items() <= dict(counts).items())


async def test_who_has_not_read_it_is_sent_it_again_and_who_has_is_not(moving: Office) -> None:
    group = moving.name("readers")
    alice, bob = [await moving.terminal(groups=[group]) for _ in range(2)]
    push_id = await moving.api.push({"groups": [group]}, strategy=_must_read(resend=1))
    for terminal in (alice, bob):
        assert (await terminal.expect("push"))["ack"] == "read"
    await alice.send("ack", ids=[push_id], kind="read")
    await _counted(moving, push_id, read=1, sent=2)
    assert (await moving.api.in_state(push_id, "sent"))["state"] == "sent"
    moving.target.advance(15 * MINUTE_S + 1)
    assert (await bob.expect("push"))["id"] == push_id
    await moving.got_nothing(alice)
    await _counted(moving, push_id, targeted=2, sent=2)
    moving.target.advance(15 * MINUTE_S + 1)
    await moving.api.completed(push_id)


async def test_what_nobody_reads_is_escalated_once(moving: Office) -> None:
    alice, boss = await moving.terminal(), await moving.terminal()
    escalate = {"target": {"users": [boss.user]}, "message": "nobody reads"}
    push_id = await moving.api.push({"users": [alice.user]}, strategy=_must_read(escalate=escalate))
    await alice.expect("push")
    await moving.api.in_state(push_id, "sent")
    moving.target.advance(15 * MINUTE_S + 1)
    frame = await boss.expect("push")
    assert frame["message"] == "nobody reads"
    assert (await moving.api.push_state(str(frame["id"])))["parent"] == push_id
    await moving.api.completed(push_id)
    assert await moving.api.children(push_id) == [frame["id"]]
    moving.target.advance(60 * MINUTE_S)
    await moving.got_nothing(boss)


async def test_what_everybody_has_read_is_not_escalated(moving: Office) -> None:
    alice, boss = await moving.terminal(), await moving.terminal()
    escalate = {"target": {"users": [boss.user]}, "message": "nobody reads"}
    push_id = await moving.api.push({"users": [alice.user]}, strategy=_must_read(escalate=escalate))
    await alice.expect("push")
    await alice.send("ack", ids=[push_id], kind="read")
    await _counted(moving, push_id, read=1)
    moving.target.advance(15 * MINUTE_S + 1)
    await moving.api.completed(push_id)
    await moving.got_nothing(boss)


async def test_read_on_one_terminal_takes_it_off_the_others(moving: Office) -> None:
    user = moving.name("both")
    desk = await moving.terminal(user, calls_itself="desk")
    tablet = await moving.terminal(user, calls_itself="tablet")
    push_id = await moving.api.push({"users": [user]}, strategy=_must_read(once_per_user=True))
    for terminal in (desk, tablet):
        await terminal.expect("push")
    await desk.send("ack", ids=[push_id], kind="read")
    assert (await tablet.expect("cancel"))["id"] == push_id
    await tablet.send("ack", ids=[push_id], kind="recalled")
    await _counted(moving, push_id, read=1, recalled=1)
    # Another one that was away all the while does not show it any more.
    phone = await moving.terminal(user, calls_itself="phone")
    assert (await phone.resume(BEGINNING)).pushes() == []
    await moving.api.cancel(push_id)


async def test_a_cancelled_push_proves_what_became_of_it_at_each_terminal(office: Office) -> None:
    group = office.name("screens")
    recalled, reader, gone = [await office.terminal(groups=[group]) for _ in range(3)]
    push_id = await office.api.push({"groups": [group]}, strategy={"receipts": "each"})
    for terminal in (recalled, reader, gone):
        await terminal.expect("push")
    await reader.send("ack", ids=[push_id], kind="read")
    await _counted(office, push_id, read=1)
    await office.api.completed(push_id)
    await gone.close()
    await office.api.cancel(push_id)
    await recalled.expect("cancel")
    await recalled.send("ack", ids=[push_id], kind="recalled")

    async def proofs() -> dict[str, str]:
        items = (await office.api.get(f"/v1/pushes/{push_id}/receipts"))["items"]
        assert isinstance(items, list)
        return {item["user"]: item["recall"] for item in items}

    expected = {recalled.user: "recalled", reader.user: "had_been_read", gone.user: "not_reached"}
    await eventually(proofs, lambda found: found == expected)

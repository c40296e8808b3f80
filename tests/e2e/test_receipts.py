"""What terminals tell of a push, where its strategy asks for it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.e2e.caller import Json
from tests.e2e.deadlines import eventually
from tests.e2e.office import Office
from tests.e2e.terminal import BEGINNING

EACH: Json = {"receipts": "each"}


async def _counted(office: Office, push_id: str, **expected: int) -> Mapping[str, int]:
    """The counts once these are in them."""
    return await eventually(lambda: office.api.counts(push_id), lambda counts: expected.items() <= dict(counts).items())


async def test_an_acknowledgement_is_counted(office: Office) -> None:
    alice = await office.terminal()
    push_id = await office.api.push({"users": [alice.user]}, strategy=EACH)
    assert (await alice.expect("push"))["ack"] == "received"
    await alice.send("ack", ids=[push_id], kind="received")
    await _counted(office, push_id, sent=1, received=1)


@pytest.mark.parametrize("kind", ["read", "failed"])
async def test_a_terminal_may_go_on_from_received(office: Office, kind: str) -> None:
    alice = await office.terminal()
    push_id = await office.api.push({"users": [alice.user]}, strategy=EACH)
    await alice.expect("push")
    await alice.send("ack", ids=[push_id], kind="received")
    await _counted(office, push_id, received=1)
    await alice.send("ack", ids=[push_id], kind=kind, detail="no paper")
    await _counted(office, push_id, **{kind: 1})


async def test_a_double_acknowledgement_counts_once(office: Office) -> None:
    alice = await office.terminal()
    push_id = await office.api.push({"users": [alice.user]}, strategy=EACH)
    other = await office.api.push({"users": [alice.user]}, strategy=EACH)
    await alice.send("ack", ids=[push_id], kind="received")
    await _counted(office, push_id, received=1)
    await alice.send("ack", ids=[push_id, push_id, other], kind="received")
    # The ids of a frame are noted in their order: when the last is, the double was.
    await _counted(office, other, received=1)
    assert (await office.api.counts(push_id))["received"] == 1


async def test_many_pushes_are_acknowledged_in_one_frame(office: Office) -> None:
    alice = await office.terminal()
    pushes = [await office.api.push({"users": [alice.user]}, n, strategy=EACH) for n in range(10)]
    await alice.send("ack", ids=pushes, kind="received")
    for push_id in pushes:
        await _counted(office, push_id, received=1)


async def test_an_acknowledgement_of_a_terminal_that_was_not_meant_changes_nothing(office: Office) -> None:
    alice, mallory = await office.terminal(), await office.terminal()
    push_id = await office.api.push({"users": [alice.user]}, strategy=EACH)
    own = await office.api.push({"users": [mallory.user]}, strategy=EACH)
    await alice.expect("push")
    await mallory.send("ack", ids=[push_id, own], kind="read")
    await _counted(office, own, read=1)
    assert (await office.api.counts(push_id))["read"] == 0


async def test_an_acknowledgement_that_was_not_asked_for_changes_nothing(office: Office) -> None:
    alice = await office.terminal()
    unasked = await office.api.push({"users": [alice.user]})
    asked = await office.api.push({"users": [alice.user]}, strategy=EACH)
    await alice.send("ack", ids=[unasked, asked], kind="received")
    await _counted(office, asked, received=1)
    assert (await office.api.counts(unasked))["received"] == 0


async def test_a_terminal_may_acknowledge_after_it_has_reconnected(office: Office) -> None:
    user = office.name("alice")
    before = await office.terminal(user, calls_itself="desk")
    push_id = await office.api.push({"users": [user]}, strategy=EACH)
    await before.expect("push")
    await before.close()
    after = await office.terminal(user, calls_itself="desk")
    await after.send("ack", ids=[push_id], kind="read")
    await _counted(office, push_id, read=1)


async def test_a_replay_is_counted_and_can_be_acknowledged(office: Office) -> None:
    user = office.name("alice")
    push_id = await office.api.push({"users": [user]}, strategy=EACH)
    terminal = await office.terminal(user)
    replay = await terminal.resume(BEGINNING)
    assert replay.frames[0]["ack"] == "received"
    await _counted(office, push_id, sent=1)
    await terminal.send("ack", ids=[push_id], kind="received")
    await _counted(office, push_id, sent=1, received=1)

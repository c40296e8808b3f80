"""Why a terminal got a push, or did not; and who was here last."""

from __future__ import annotations

from tests.e2e.caller import Json
from tests.e2e.deadlines import eventually
from tests.e2e.office import Office


async def _explained(office: Office, push_id: str, **whom: str) -> Json:
    return await office.api.get(f"/v1/pushes/{push_id}/explain", **whom)


def _steps(explained: Json) -> list[str]:
    steps = explained["steps"]
    assert isinstance(steps, list)
    assert all(step["text"] for step in steps)
    return [step["step"] for step in steps]


async def test_a_terminal_that_got_it_is_told_by_which_clause_and_when(office: Office) -> None:
    group = office.name("ops")
    user = office.name("alice")
    alice = await office.terminal(user, groups=[group], calls_itself="desk")
    push_id = await office.api.push(
        {"every": [{"groups": [group]}, {"not": {"users": ["bob"]}}]}, strategy={"receipts": "each"}
    )
    await alice.expect("push")
    await alice.send("ack", ids=[push_id], kind="read")
    await eventually(lambda: office.api.counts(push_id), lambda counts: counts["read"] == 1)
    explained = await _explained(office, push_id, terminal=f"{user}/desk")
    assert explained["answer"] == "read"
    assert "target" in _steps(explained)


async def test_a_terminal_outside_of_the_target_is_told_why_not(office: Office) -> None:
    bob = await office.terminal(groups=[office.name("sales")])
    push_id = await office.api.push({"groups": [office.name("ops")]})
    await office.api.completed(push_id)
    assert (await _explained(office, push_id, user=bob.user))["answer"] == "not_meant"


async def test_a_terminal_that_is_away_is_told_since_when(office: Office) -> None:
    user = office.name("carol")
    carol = await office.terminal(user)
    await carol.close()
    push_id = await office.api.push({"users": [user]})
    await eventually(lambda: _explained(office, push_id, user=user), lambda explained: explained["answer"] == "away")


async def test_a_terminal_that_went_stays_known(office: Office) -> None:
    user, group = office.name("dave"), office.name("nights")
    dave = await office.terminal(user, groups=[group], calls_itself="kiosk")
    await dave.close()

    async def away() -> object:
        return (await office.api.get("/v1/terminals/away", group=group))["items"]

    found = await eventually(away, bool)
    assert isinstance(found, list)
    assert [(one["terminal_id"], one["user"]) for one in found] == [(f"{user}/kiosk", user)]

    async def counted() -> int:
        audience = (await office.api.preview({"groups": [group]}))["audience"]
        assert isinstance(audience, dict)
        return int(audience["away"])

    await eventually(counted, lambda number: number == 1)


async def test_the_timeline_of_a_plain_push_is_one_lane(office: Office) -> None:
    alice = await office.terminal()
    push_id = await office.api.push({"users": [alice.user]})
    await office.api.completed(push_id)
    actual = (await office.api.get(f"/v1/pushes/{push_id}/timeline"))["actual"]
    assert isinstance(actual, dict)
    assert [(lane["id"], lane["terminals"]) for lane in actual["lanes"]] == [("w1", 1)]
    assert actual["reach"][-1][1] == 1

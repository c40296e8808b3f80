"""Senders are held to what they may reach; a second person approves what is large; a test reaches only its sender."""

from __future__ import annotations

from tests.e2e.caller import Caller
from tests.e2e.office import Office


async def _held(office: Office, **limits: object) -> tuple[str, Caller]:
    """A sender with these limits."""
    sub = office.name("sender")
    await office.api.put(f"/v1/senders/{sub}", limits)
    return sub, office.person(sub, scopes=["push:send", "push:read"])


async def test_a_sender_reaches_only_whom_it_may(office: Office) -> None:
    inside, outside = office.name("inside"), office.name("outside")
    alice, bob = await office.terminal(groups=[inside, outside]), await office.terminal(groups=[outside])
    _, sender = await _held(office, targets={"groups": [inside]})
    push_id = await sender.push({"groups": [outside]})
    assert (await alice.expect("push"))["id"] == push_id
    await office.api.completed(push_id)
    await office.got_nothing(bob)


async def test_too_many_pushes_in_a_minute_are_refused_with_when_to_come_again(office: Office) -> None:
    _, sender = await _held(office, per_minute=2)
    answers = [await sender.submit({"users": [office.name("nobody")]}) for _ in range(5)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused, "a window of the rate may end in between, but not two of them"
    assert all(1 <= int(answer.headers["Retry-After"]) <= 60 for answer in refused)
    assert refused[0].json()["code"] == "sender_rate"


async def test_a_request_that_is_repeated_is_not_one_more(office: Office) -> None:
    _, sender = await _held(office, per_minute=1)
    key = office.name("order")
    # The minute may end in between: then the second one is not refused either.
    answers = [await sender.submit({"users": [office.name("nobody")]}, key=key) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1


async def test_an_audience_over_the_limit_is_refused(office: Office) -> None:
    group = office.name("large")
    for _ in range(2):
        await office.terminal(groups=[group])
    _, sender = await _held(office, max_terminals=1)
    refused = await sender.submit({"groups": [group]})
    assert (refused.status_code, refused.json()["code"]) == (403, "audience_over_limit")


async def test_a_large_push_waits_for_another_person(office: Office) -> None:
    group = office.name("large")
    terminals = [await office.terminal(groups=[group]) for _ in range(2)]
    sub, sender = await _held(office, approve_over=1)
    push_id = await sender.push({"groups": [group]})
    assert (await office.api.push_state(push_id))["state"] == "awaiting_approval"
    themselves = office.person(sub)
    refused = await themselves.http.post(f"/v1/pushes/{push_id}/approve")
    assert (refused.status_code, refused.json()["code"]) == (403, "approval_by_sender")
    await office.got_nothing(*terminals)
    await office.api.post(f"/v1/pushes/{push_id}/approve", {"reason": "fine"})
    for terminal in terminals:
        assert (await terminal.expect("push"))["id"] == push_id


async def test_a_rejected_push_reaches_nobody(office: Office) -> None:
    group = office.name("large")
    terminals = [await office.terminal(groups=[group]) for _ in range(2)]
    _, sender = await _held(office, approve_over=1)
    push_id = await sender.push({"groups": [group]})
    rejected = await office.api.post(f"/v1/pushes/{push_id}/reject", {"reason": "no"})
    assert rejected["state"] == "rejected"
    await office.got_nothing(*terminals)


async def test_what_nobody_approves_expires(moving: Office) -> None:
    group = moving.name("large")
    for _ in range(2):
        await moving.terminal(groups=[group])
    _, sender = await _held(moving, approve_over=1)
    push_id = await sender.push({"groups": [group]}, strategy={"expires_in": "30m"})
    assert (await moving.api.push_state(push_id))["state"] == "awaiting_approval"
    moving.target.advance(1_801)
    await moving.api.in_state(push_id, "expired")


async def test_a_test_push_reaches_only_the_callers_own_terminals(office: Office) -> None:
    group = office.name("everyone")
    mine = await office.terminal(office.admin, groups=[group])
    other = await office.terminal(groups=[group])
    push_id = await office.api.push({"groups": [group]}, "a try", test=True)
    assert (await mine.expect("push"))["id"] == push_id
    await office.api.completed(push_id)
    await office.got_nothing(other)

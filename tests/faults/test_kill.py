"""The service is killed at the worst moments; what it had promised holds (G1 to G5)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from tests.e2e.caller import segment
from tests.e2e.deadlines import eventually
from tests.e2e.fixtures import OwnOffice
from tests.e2e.office import Office
from tests.e2e.targets.target import Tuning
from tests.e2e.terminal import BEGINNING, open_socket
from tests.faults.conftest import Follow

SLOW_POSTS = Tuning(post_latency_s=0.5)
"""Between the answer 202 and the delivery lies half a second, in which the service is killed."""
FANOUT_PAGE = 500
"""How many are delivered to at a time; more than that, and a kill finds a push half delivered."""


def _kill_and_restart(office: Office) -> None:
    office.target.kill()
    office.target.start()


async def _status_of_handshake(office: Office, token: str) -> int:
    with pytest.raises(InvalidStatus) as refused:
        await open_socket(office.target.ws_url, token)
    return refused.value.response.status_code


async def test_killed_between_202_and_delivery(own_office: OwnOffice, follow: Follow) -> None:
    office = own_office(SLOW_POSTS)
    follower = follow(office, office.name("alice"))
    await follower.caught_up()
    push_id = await office.api.push({"users": [follower.user]})
    office.target.kill()
    assert follower.shown == []
    office.target.start()
    await follower.shows([push_id])
    assert (await office.api.completed(push_id))["id"] == push_id


async def test_killed_twice_before_delivery(own_office: OwnOffice, follow: Follow) -> None:
    office = own_office(SLOW_POSTS)
    follower = follow(office, office.name("alice"))
    await follower.caught_up()
    push_id = await office.api.push({"users": [follower.user]})
    _kill_and_restart(office)
    _kill_and_restart(office)
    await follower.shows([push_id])


async def test_killed_when_a_push_is_half_delivered(own_office: OwnOffice, follow: Follow) -> None:
    office = own_office(SLOW_POSTS)
    group = office.name("ops")
    followers = [follow(office, office.name(f"user{n}"), groups=(group,)) for n in range(FANOUT_PAGE + 50)]
    await asyncio.gather(*(follower.caught_up(within_s=60) for follower in followers))
    push_id = await office.api.push({"groups": [group]})

    async def reached() -> int:
        return sum(follower.shown == [push_id] for follower in followers)

    await eventually(reached, lambda number: number > 0)
    office.target.kill()
    assert await reached() < len(followers)
    office.target.start()
    await asyncio.gather(*(follower.shows([push_id], within_s=60) for follower in followers))
    assert {tuple(follower.shown) for follower in followers} == {(push_id,)}


async def test_killed_after_a_cancel_was_answered(own_office: OwnOffice, follow: Follow) -> None:
    office = own_office(SLOW_POSTS)
    follower = follow(office, office.name("alice"))
    await follower.caught_up()
    push_id = await office.api.push({"users": [follower.user]})
    await office.api.cancel(push_id)
    _kill_and_restart(office)
    after = await office.api.push({"users": [follower.user]})
    await follower.shows([after])
    assert follower.shown == [after]
    assert push_id in follower.recalled


async def test_killed_among_many_submissions_each_key_has_made_one_push(own_office: OwnOffice) -> None:
    office = own_office(Tuning())
    sender = office.caller(office.token("sender", scopes=["push:send", "push:read"]))
    keys = [office.name(f"order{number}") for number in range(60)]
    waiting = iter(keys)
    answered: dict[str, str] = {}

    async def submit_one_after_the_other() -> None:
        for key in waiting:
            try:
                answered[key] = await sender.push({"users": [office.name("alice")]}, key, key=key)
            except httpx.TransportError:
                # Not answered: nobody can tell whether it was accepted.
                return
            if len(answered) == len(keys) // 3:
                office.target.kill()

    await asyncio.gather(*(submit_one_after_the_other() for _ in range(6)))
    assert len(keys) // 3 <= len(answered) < len(keys)
    office.target.start()
    repeated = {key: await sender.push({"users": [office.name("alice")]}, key, key=key) for key in keys}
    assert {key: repeated[key] for key in answered} == answered
    terminal = await office.terminal(office.name("alice"))
    assert sorted((await terminal.resume(BEGINNING)).pushes()) == sorted(repeated.values())


async def test_killed_in_the_middle_of_a_replay(own_office: OwnOffice, follow: Follow) -> None:
    office = own_office(Tuning())
    follower = follow(office, office.name("alice"))
    await follower.caught_up()
    await follower.stop()
    missed = [await office.api.push({"users": [follower.user]}, number) for number in range(250)]
    again = follow(office, follower.user)
    again.since = follower.since

    async def replayed() -> int:
        return len(again.shown)

    await eventually(replayed, lambda number: number > 0)
    _kill_and_restart(office)
    await again.shows(missed)
    assert again.shown == missed


async def test_a_block_a_revocation_a_membership_and_a_used_ticket_survive(own_office: OwnOffice) -> None:
    office = own_office(Tuning())
    blocked, revoked, member = office.name("blocked"), office.name("revoked"), office.name("member")
    group, token_id = office.name("oncall"), office.name("token")
    ticket = await office.caller(office.token(member)).ticket()
    await (await office.terminal(member, token=ticket, way="query")).close()
    changes: Sequence[httpx.Response] = [
        await office.api.http.put(f"/v1/users/{segment(blocked)}/block", json={"reason": "badge lost"}),
        await office.api.http.post("/v1/revocations", json={"jti": token_id}),
        await office.api.http.put(f"/v1/groups/{segment(group)}/users/{segment(member)}"),
    ]
    assert all(change.is_success for change in changes)
    _kill_and_restart(office)
    assert await _status_of_handshake(office, office.token(blocked)) == 403
    assert await _status_of_handshake(office, office.token(revoked, claims={"jti": token_id})) == 403
    with pytest.raises(InvalidStatus) as refused:
        await open_socket(office.target.ws_url, ticket, way="query")
    assert refused.value.response.status_code == 401
    terminal = await office.terminal(member)
    push_id = await office.api.push({"groups": [group]})
    assert (await terminal.expect("push"))["id"] == push_id


async def test_counted_acknowledgements_stay_counted(own_office: OwnOffice) -> None:
    office = own_office(Tuning())
    alice = await office.terminal()
    push_id = await office.api.push({"users": [alice.user]}, strategy={"receipts": "each"})
    await alice.expect("push")
    await alice.send("ack", ids=[push_id], kind="read")
    before = await eventually(lambda: office.api.counts(push_id), lambda counts: counts["read"] == 1)
    _kill_and_restart(office)
    assert await office.api.counts(push_id) == before


async def test_who_was_connected_before_is_not_listed_after(own_office: OwnOffice) -> None:
    office = own_office(Tuning())
    group = office.name("ops")
    await office.terminal(groups=[group])
    _kill_and_restart(office)
    assert (await office.api.get("/v1/terminals", group=group))["items"] == []
    push_id = await office.api.push({"groups": [group]})
    await office.api.completed(push_id)
    assert (await office.api.counts(push_id))["targeted"] == 0

"""Groups given and taken away at run time."""

from __future__ import annotations

import pytest

from tests.e2e.caller import segment
from tests.e2e.office import Office


def _path(group: str, user: str) -> str:
    return f"/v1/groups/{segment(group)}/users/{segment(user)}"


async def _join(office: Office, group: str, user: str) -> None:
    response = await office.api.http.put(_path(group, user))
    assert response.is_success, response.text


async def _leave(office: Office, group: str, user: str) -> None:
    response = await office.api.http.delete(_path(group, user))
    assert response.is_success, response.text


async def test_a_group_given_at_run_time_reaches_the_open_connection_at_once(office: Office) -> None:
    alice, bob, group = await office.terminal(), await office.terminal(), office.name("oncall")
    await _join(office, group, alice.user)
    push_id = await office.api.push({"groups": [group]})
    await office.api.completed(push_id)
    assert (await alice.expect("push"))["id"] == push_id
    await office.got_nothing(alice, bob)


async def test_a_group_given_at_run_time_reaches_later_connections(office: Office) -> None:
    user, group = office.name("alice"), office.name("oncall")
    await _join(office, group, user)
    alice = await office.terminal(user)
    push_id = await office.api.push({"groups": [group]})
    assert (await alice.expect("push"))["id"] == push_id


async def test_a_group_taken_away_does_not_reach_the_open_connection(office: Office) -> None:
    alice, group = await office.terminal(), office.name("oncall")
    await _join(office, group, alice.user)
    await _leave(office, group, alice.user)
    await office.api.completed(await office.api.push({"groups": [group]}))
    await office.got_nothing(alice)


async def test_a_group_of_the_token_stays_when_the_same_is_taken_away(office: Office) -> None:
    group = office.name("ops")
    alice = await office.terminal(groups=[group])
    await _join(office, group, alice.user)
    await _leave(office, group, alice.user)
    push_id = await office.api.push({"groups": [group]})
    assert (await alice.expect("push"))["id"] == push_id


@pytest.mark.parametrize("group", ["a/b", "a b", "ä%2F", "x#y", "..", "a?b=c"])
async def test_a_group_may_have_any_name(office: Office, group: str) -> None:
    alice = await office.terminal()
    named = office.name(group)
    await _join(office, named, alice.user)
    push_id = await office.api.push({"groups": [named]})
    await office.api.completed(push_id)
    assert (await office.api.counts(push_id))["sent"] == 1
    assert (await alice.expect("push"))["id"] == push_id
    await _leave(office, named, alice.user)


async def test_the_members_given_at_run_time_are_listed(office: Office) -> None:
    group, users = office.name("oncall"), [office.name("alice"), office.name("bob")]
    for user in users:
        await _join(office, group, user)
    described = await office.api.get(f"/v1/groups/{segment(group)}")
    assert all(user in str(described) for user in users), described


async def test_membership_needs_the_scope_to_manage(office: Office) -> None:
    reader = office.caller(office.token("reader", scopes=["terminals:read"]))
    response = await reader.http.put(_path(office.name("oncall"), office.name("alice")))
    assert response.status_code == 403

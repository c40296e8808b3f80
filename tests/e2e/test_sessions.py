"""A session lasts as long as its token; a refresh carries it on (G4)."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.e2e.caller import Json
from tests.e2e.deadlines import eventually
from tests.e2e.office import Office
from tests.e2e.terminal import BEGINNING, Terminal

LIFETIME_S = 300
IN_GRACE_S = LIFETIME_S + 5
"""After the token's end, within the ten seconds in which a session may still be refreshed."""
AFTER_GRACE_S = LIFETIME_S + 15


async def _listed(office: Office, terminal: Terminal) -> Sequence[Json]:
    """The connections of the terminal's user; sessions that are over are not among them."""
    listed = (await office.api.get("/v1/terminals", user=terminal.user))["items"]
    assert isinstance(listed, list)
    return listed


async def _expires_at(office: Office, terminal: Terminal) -> str:
    return str((await _listed(office, terminal))[0]["expires_at"])


async def _refreshed(office: Office, terminal: Terminal, token: str) -> None:
    """Refresh, and wait until the listing shows it: a refresh that works is not answered."""
    before = await _expires_at(office, terminal)
    await terminal.send("refresh", token=token)
    await eventually(lambda: _expires_at(office, terminal), lambda after: after > before)


async def test_a_session_ends_with_its_token_after_a_short_grace(moving: Office) -> None:
    terminal = await moving.terminal(lifetime_s=LIFETIME_S)
    moving.target.advance(AFTER_GRACE_S)
    bye = await terminal.expect("bye")
    assert (bye["code"], bye["reconnect"]) == ("token_expired", True)
    assert (await terminal.closed()).code == 1000


async def test_an_expired_session_gets_nothing_but_may_be_refreshed(moving: Office) -> None:
    alice = await moving.terminal(lifetime_s=LIFETIME_S)
    bob = await moving.terminal(lifetime_s=10 * LIFETIME_S)
    moving.api = moving.caller(
        moving.token("admin", scopes=["push:send", "push:read", "terminals:read"], lifetime_s=3600)
    )
    await moving.api.completed(await moving.api.push({"users": [alice.user, bob.user]}, "before"))
    assert [(await terminal.expect("push"))["message"] for terminal in (alice, bob)] == ["before"] * 2
    since = str((await alice.resume(None)).resumed["upto"])
    moving.target.advance(IN_GRACE_S)
    missed = await moving.api.push({"users": [alice.user, bob.user]}, "while expired")
    await moving.api.completed(missed)
    assert (await bob.expect("push"))["id"] == missed
    await alice.send("refresh", token=moving.token(alice.user, lifetime_s=LIFETIME_S))
    await eventually(lambda: _listed(moving, alice), lambda rows: len(rows) == 1)
    assert (await alice.resume(since)).pushes()[-1] == missed


async def test_an_expired_session_is_told_so_when_it_asks_for_anything(moving: Office) -> None:
    terminal = await moving.terminal(lifetime_s=LIFETIME_S)
    moving.target.advance(IN_GRACE_S)
    await terminal.send("resume", since=BEGINNING)
    assert (await terminal.expect("error"))["code"] == "session_over"


async def test_a_refreshed_session_outlives_its_first_token(moving: Office) -> None:
    terminal = await moving.terminal(lifetime_s=LIFETIME_S)
    moving.api = moving.caller(
        moving.token("admin", scopes=["push:send", "push:read", "terminals:read"], lifetime_s=3600)
    )
    await _refreshed(moving, terminal, moving.token(terminal.user, lifetime_s=10 * LIFETIME_S))
    moving.target.advance(AFTER_GRACE_S)
    push_id = await moving.api.push({"users": [terminal.user]})
    assert (await terminal.expect("push"))["id"] == push_id


async def test_a_refresh_brings_the_groups_of_the_new_token(office: Office) -> None:
    terminal, before, after = await office.terminal(groups=[]), office.name("old"), office.name("new")
    await _refreshed(office, terminal, office.token(terminal.user, groups=[before], lifetime_s=1_200))
    await _refreshed(office, terminal, office.token(terminal.user, groups=[after], lifetime_s=1_800))
    await office.api.completed(await office.api.push({"groups": [before]}, "old group"))
    push_id = await office.api.push({"groups": [after]}, "new group")
    assert (await terminal.expect("push"))["id"] == push_id


async def test_a_refresh_to_another_user_is_refused_and_changes_nothing(office: Office) -> None:
    alice, bob = await office.terminal(), office.name("bob")
    await alice.send("refresh", token=office.token(bob))
    assert (await alice.expect("error"))["code"] == "refresh_other_user"
    await office.api.completed(await office.api.push({"users": [bob]}))
    await office.got_nothing(alice)


async def test_a_refresh_to_another_terminal_is_refused(office: Office) -> None:
    alice = await office.terminal(calls_itself="desk")
    await alice.send("refresh", token=office.token(alice.user, terminal=office.name("kiosk")))
    assert (await alice.expect("error"))["code"] == "refresh_other_terminal"


@pytest.mark.parametrize(
    ("fault", "code"),
    [("forged", "signature_invalid"), ("expired", "token_expired"), ("garbage", "token_malformed")],
)
async def test_a_refresh_with_a_bad_token_is_refused_with_the_reason(office: Office, fault: str, code: str) -> None:
    alice = await office.terminal()
    bad = {
        "forged": office.forged(alice.user),
        "expired": office.token(alice.user, lifetime_s=-3600),
        "garbage": "hello",
    }
    await alice.send("refresh", token=bad[fault])
    assert (await alice.expect("error"))["code"] == code
    await office.got_nothing(alice)


async def test_a_refresh_with_a_ticket_is_refused(office: Office) -> None:
    alice = await office.terminal()
    await alice.send("refresh", token=await office.caller(alice.token).ticket())
    assert (await alice.expect("error"))["code"] == "ticket_not_accepted"


async def test_a_refresh_with_a_revoked_token_is_refused(office: Office) -> None:
    alice, token_id = await office.terminal(), office.name("token")
    assert (await office.api.http.post("/v1/revocations", json={"jti": token_id})).is_success
    await alice.send("refresh", token=office.token(alice.user, claims={"jti": token_id}))
    assert (await alice.expect("error"))["code"] == "token_revoked"

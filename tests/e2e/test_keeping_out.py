"""Blocks and revocations: nothing from that moment, even on an open socket (G4)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from websockets.exceptions import InvalidStatus

from tests.e2e.caller import segment
from tests.e2e.office import Office
from tests.e2e.terminal import BEGINNING, Terminal, open_socket

NORMAL = 1000
"""How a socket is closed that the service ends; a close code cannot be chosen on API Gateway."""


def _block_path(user: str) -> str:
    return f"/v1/users/{segment(user)}/block"


async def _block(office: Office, user: str, **members: object) -> None:
    response = await office.api.http.put(_block_path(user), json={"reason": "badge lost", **members})
    assert response.is_success, response.text


async def _revoke(office: Office, **members: object) -> None:
    response = await office.api.http.post("/v1/revocations", json=members)
    assert response.is_success, response.text


async def _is_refused(office: Office, token: str) -> bool:
    try:
        terminal = await open_socket(office.target.ws_url, token)
    except InvalidStatus as refused:
        return refused.response.status_code == 403
    await terminal.close()
    return False


def _text_of(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def _ended(terminal: Terminal, code: str) -> dict[str, object]:
    """The `bye` with this code that ends a socket."""
    bye = await terminal.expect("bye")
    assert bye["code"] == code
    assert (await terminal.closed()).code == NORMAL
    return dict(bye)


async def test_a_block_closes_what_is_open_and_says_why(office: Office) -> None:
    alice = await office.terminal()
    await _block(office, alice.user)
    bye = await _ended(alice, "user_blocked")
    assert "badge lost" in str(bye["reason"])
    assert (bye["reconnect"], bye["retry_after"]) == (False, None)


async def test_a_block_with_an_end_says_when_to_come_back(office: Office) -> None:
    alice = await office.terminal()
    await _block(office, alice.user, until=_text_of(datetime.now(UTC) + timedelta(hours=1)))
    bye = await _ended(alice, "user_blocked")
    assert bye["reconnect"] is True
    assert isinstance(bye["retry_after"], int)
    assert 3_500 < bye["retry_after"] <= 3_600


async def test_a_blocked_user_is_kept_out(office: Office) -> None:
    user = office.name("mallory")
    await _block(office, user)
    assert await _is_refused(office, office.token(user))


async def test_an_unblocked_user_comes_in_again_and_gets_what_was_missed(office: Office) -> None:
    user = office.name("alice")
    await _block(office, user)
    missed = await office.api.push({"users": [user]})
    assert (await office.api.http.delete(_block_path(user))).is_success
    assert (await (await office.terminal(user)).resume(BEGINNING)).pushes() == [missed]


async def test_a_block_for_other_networks_keeps_nobody_out_here(office: Office) -> None:
    alice = await office.terminal()
    await _block(office, alice.user, cidr="192.0.2.0/24")
    push_id = await office.api.push({"users": [alice.user]})
    assert (await alice.expect("push"))["id"] == push_id
    assert not await _is_refused(office, office.token(alice.user))


async def test_a_block_touches_no_other_user(office: Office) -> None:
    alice, bob = await office.terminal(), await office.terminal()
    await _block(office, alice.user)
    await _ended(alice, "user_blocked")
    await office.got_nothing(bob)


async def test_a_revoked_token_is_closed_and_kept_out_while_another_of_the_user_stays(office: Office) -> None:
    user, token_id = office.name("alice"), office.name("token")
    revoked_token = office.token(user, claims={"jti": token_id})
    with_revoked, with_other = await office.terminal(user, token=revoked_token), await office.terminal(user)
    await _revoke(office, jti=token_id)
    assert (await _ended(with_revoked, "token_revoked"))["reconnect"] is False
    assert await _is_refused(office, revoked_token)
    await office.got_nothing(with_other)


async def test_tokens_of_a_user_from_before_a_moment_are_closed_and_kept_out(office: Office) -> None:
    user = office.name("alice")
    now_s = int(office.target.now_s())
    old = office.token(user, claims={"iat": now_s - 100})
    with_old, with_new = await office.terminal(user, token=old), await office.terminal(user)
    await _revoke(office, user=user, issued_before=_text_of(datetime.fromtimestamp(now_s - 50, UTC)))
    await _ended(with_old, "token_revoked")
    assert await _is_refused(office, old)
    await office.got_nothing(with_new)


async def test_a_ticket_of_a_revoked_token_is_kept_out(office: Office) -> None:
    user, token_id = office.name("alice"), office.name("token")
    ticket = await office.caller(office.token(user, claims={"jti": token_id})).ticket()
    await _revoke(office, jti=token_id)
    assert await _is_refused(office, ticket)


async def test_a_revoked_token_is_refused_by_the_api(office: Office) -> None:
    token_id = office.name("token")
    reader = office.caller(office.token("reader", scopes=["push:read"], claims={"jti": token_id}))
    assert (await reader.http.get("/v1/pushes")).status_code == 200
    await _revoke(office, jti=token_id)
    assert (await reader.http.get("/v1/pushes")).json()["code"] == "token_revoked"


async def test_a_blocked_user_is_refused_by_the_api(office: Office) -> None:
    user = office.name("clerk")
    await _block(office, user)
    clerk = office.caller(office.token(user, scopes=["push:read"]))
    assert (await clerk.http.get("/v1/pushes")).json()["code"] == "user_blocked"


async def test_keeping_out_needs_the_scope_to_manage(office: Office) -> None:
    reader = office.caller(office.token("reader", scopes=["terminals:read"]))
    refused = [
        await reader.http.put(_block_path(office.name("alice")), json={"reason": "x"}),
        await reader.http.delete(_block_path(office.name("alice"))),
        await reader.http.post("/v1/revocations", json={"jti": "x"}),
    ]
    assert [response.status_code for response in refused] == [403, 403, 403]

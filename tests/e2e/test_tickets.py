"""One-time tickets, and the reasons that a refused handshake cannot tell."""

from __future__ import annotations

import asyncio

from websockets.exceptions import InvalidStatus

from tests.e2e.caller import segment
from tests.e2e.office import Office
from tests.e2e.terminal import Terminal, open_socket


async def _connect(office: Office, ticket: str) -> Terminal | int:
    """An open terminal, or the status of the refusal."""
    try:
        return await open_socket(office.target.ws_url, ticket, way="query")
    except InvalidStatus as refused:
        return refused.response.status_code


async def _reason(office: Office, token: str | None) -> tuple[int, str]:
    """Status and code of what `POST /v1/tickets` says to a token."""
    response = await office.caller(token).http.post("/v1/tickets")
    assert response.headers["content-type"].startswith("application/problem+json"), response.text
    problem = response.json()
    assert problem["status"] == response.status_code
    return response.status_code, problem["code"]


async def test_a_ticket_opens_a_socket_as_the_user_of_its_token(office: Office) -> None:
    user = office.name("alice")
    ticket = await office.caller(office.token(user)).ticket()
    terminal = await office.terminal(user, token=ticket, way="query")
    await office.api.push({"users": [user]}, "with a ticket")
    assert (await terminal.expect("push"))["message"] == "with a ticket"


async def test_a_ticket_works_once(office: Office) -> None:
    user = office.name("alice")
    ticket = await office.caller(office.token(user)).ticket()
    await office.terminal(user, token=ticket, way="query")
    assert await _connect(office, ticket) == 401


async def test_of_many_that_bring_one_ticket_at_the_same_time_one_gets_in(office: Office) -> None:
    ticket = await office.caller(office.token(office.name("alice"))).ticket()
    outcomes = await asyncio.gather(*(_connect(office, ticket) for _ in range(8)))
    opened = [outcome for outcome in outcomes if isinstance(outcome, Terminal)]
    assert len(opened) == 1, outcomes
    await opened[0].close()


async def test_a_ticket_carries_groups_and_attributes(office: Office) -> None:
    user, group = office.name("alice"), office.name("ops")
    ticket = await office.caller(office.token(user, groups=[group], attributes={"os": "mac"})).ticket()
    terminal = await office.terminal(user, token=ticket, way="query")
    push_id = await office.api.push(f"group:{group} and os = mac")
    assert (await terminal.expect("push"))["id"] == push_id


async def test_a_ticket_is_no_token_for_the_api(office: Office) -> None:
    ticket = await office.caller(office.token(office.name("alice"))).ticket()
    assert await _reason(office, ticket) == (401, "ticket_not_accepted")


async def test_a_missing_token_is_named(office: Office) -> None:
    assert await _reason(office, None) == (401, "token_missing")


async def test_an_expired_token_is_named(office: Office) -> None:
    assert await _reason(office, office.token(lifetime_s=-3600)) == (401, "token_expired")


async def test_an_unknown_issuer_is_named(office: Office) -> None:
    token = office.token(claims={"iss": "https://elsewhere.example"})
    assert await _reason(office, token) == (401, "issuer_unknown")


async def test_a_wrong_audience_is_named(office: Office) -> None:
    assert await _reason(office, office.token(claims={"aud": "payroll"})) == (401, "audience_mismatch")


async def test_a_wrong_signature_is_named(office: Office) -> None:
    assert await _reason(office, office.forged()) == (401, "signature_invalid")


async def test_a_blocked_user_is_named(office: Office) -> None:
    user = office.name("mallory")
    blocked = await office.api.http.put(f"/v1/users/{segment(user)}/block", json={"reason": "left the company"})
    assert blocked.is_success, blocked.text
    assert await _reason(office, office.token(user)) == (403, "user_blocked")


async def test_a_revoked_token_is_named(office: Office) -> None:
    token = office.token(office.name("alice"), claims={"jti": office.name("token")})
    revoked = await office.api.http.post("/v1/revocations", json={"jti": office.name("token")})
    assert revoked.is_success, revoked.text
    assert await _reason(office, token) == (403, "token_revoked")

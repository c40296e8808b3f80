"""Tickets, and why a terminal may not connect."""

from __future__ import annotations

import pytest

from services.authorizer import jws, tickets
from services.domain.identity import Identity
from tests.unit.admin_api.service import CONNECTIONS_PER_USER, TICKET_KEY, Service


def identity_in(ticket: str, now_s: float) -> tuple[Identity, str]:
    return tickets.read(jws.parse(ticket), tickets.key_of(TICKET_KEY), now_s=now_s)


async def reason(service: Service, token: str | None) -> tuple[int, str]:
    response = await service.caller(token).post("/v1/tickets")
    return response.status_code, response.json()["code"]


async def test_a_ticket_is_for_the_owner_of_the_token(service: Service) -> None:
    token = service.token("alice", groups=["ops"], attrs={"os": "mac"})
    response = await service.caller(token).post("/v1/tickets")
    assert response.status_code == 201
    identity, _ = identity_in(response.json()["ticket"], service.clock.now_s())
    assert (identity.user, identity.groups, dict(identity.attributes)) == ("alice", ("ops",), {"os": "mac"})


async def test_a_ticket_lives_a_minute(service: Service) -> None:
    response = await service.caller(service.token("alice")).post("/v1/tickets")
    assert response.json()["expires_at"] == "2026-11-24T09:01:00.000Z"


async def test_a_ticket_ends_no_later_than_its_token(service: Service) -> None:
    response = await service.caller(service.token("alice", lifetime_s=20)).post("/v1/tickets")
    assert response.json()["expires_at"] == "2026-11-24T09:00:20.000Z"


async def test_no_two_tickets_are_the_same(service: Service) -> None:
    caller = service.caller(service.token("alice"))
    ids = {identity_in((await caller.post("/v1/tickets")).json()["ticket"], service.clock.now_s())[1] for _ in "123"}
    assert len(ids) == 3


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"iss": "https://elsewhere.example"}, "issuer_unknown"),
        ({"aud": "payroll"}, "audience_mismatch"),
        ({"secret": b"another secret of 32 bytes or more"}, "signature_invalid"),
        ({"lifetime_s": -3600}, "token_expired"),
        ({"sub": ""}, "claim_invalid"),
    ],
)
async def test_a_bad_token_is_refused_with_the_authorizers_reason(
    service: Service, claims: dict[str, object], code: str
) -> None:
    assert await reason(service, service.token("alice", **claims)) == (401, code)  # type: ignore[arg-type] # by name


async def test_a_missing_token_is_named(service: Service) -> None:
    assert await reason(service, None) == (401, "token_missing")


async def test_a_ticket_is_no_token(service: Service) -> None:
    ticket = (await service.caller(service.token("alice")).post("/v1/tickets")).json()["ticket"]
    assert await reason(service, ticket) == (401, "ticket_not_accepted")


async def test_a_blocked_user_hears_so_and_until_when(service: Service) -> None:
    body = {"reason": "left the company", "until": "2026-11-24T09:05:00Z"}
    await service.api.put("/v1/users/mallory/block", json=body)
    response = await service.caller(service.token("mallory")).post("/v1/tickets")
    assert (response.status_code, response.json()["code"]) == (403, "user_blocked")
    assert "left the company" in response.json()["detail"]
    assert response.headers["retry-after"] == "300"


async def test_a_block_by_network_holds_for_callers_from_there_only(service: Service) -> None:
    await service.api.put("/v1/users/mallory/block", json={"reason": "x", "cidr": "198.51.100.0/24"})
    token = service.token("mallory")
    inside = await service.caller(token, source_ip="198.51.100.9").post("/v1/tickets")
    outside = await service.caller(token, source_ip="203.0.113.9").post("/v1/tickets")
    assert (inside.status_code, outside.status_code) == (403, 201)


async def test_a_revoked_token_is_named(service: Service) -> None:
    await service.api.post("/v1/revocations", json={"jti": "jti-1"})
    assert await reason(service, service.token("alice", jti="jti-1")) == (403, "token_revoked")


async def test_a_user_with_too_many_connections_is_told(service: Service) -> None:
    for _ in range(CONNECTIONS_PER_USER):
        await service.connect("alice")
    assert await reason(service, service.token("alice")) == (403, "too_many_connections")


async def test_an_identity_too_large_for_a_url_is_told_to_bring_its_token(service: Service) -> None:
    token = service.token("alice", groups=[f"a group with a long name {number}" for number in range(100)])
    assert await reason(service, token) == (422, "ticket_too_large")

"""Tokens that are not good any more."""

from __future__ import annotations

import json

import pytest

from tests.unit.admin_api.service import Service


async def test_a_revoked_token_closes_what_was_opened_with_it(service: Service) -> None:
    with_revoked = await service.connect("alice", token_id="jti-1")
    with_other = await service.connect("alice", token_id="jti-2")
    response = await service.api.post("/v1/revocations", json={"jti": "jti-1"})
    assert (response.status_code, response.json()) == (200, {"closed": 1})
    assert service.gateway.open == {with_other.connection_id}
    (bye,) = map(json.loads, service.gateway.sent[with_revoked.connection_id])
    assert (bye["code"], bye["reconnect"]) == ("token_revoked", False)


async def test_revoking_the_tokens_of_a_user_closes_those_issued_before(service: Service) -> None:
    await service.connect("alice")
    await service.connect("bob")
    body = {"user": "alice", "issued_before": "2026-11-24T09:00:00Z"}
    assert (await service.api.post("/v1/revocations", json=body)).json() == {"closed": 1}
    assert (await service.get("/v1/users/alice"))["tokens_revoked_before"] == "2026-11-24T09:00:00.000Z"


async def test_tokens_issued_after_the_moment_stay_good(service: Service) -> None:
    await service.connect("alice")
    body = {"user": "alice", "issued_before": "2026-11-24T08:00:00Z"}
    assert (await service.api.post("/v1/revocations", json=body)).json() == {"closed": 0}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "invalid_request"),
        ([], "invalid_request"),
        ({"jti": "x", "user": "alice"}, "invalid_request"),
        ({"jti": 7}, "invalid_request"),
        ({"user": "alice"}, "invalid_request"),
        ({"jti": ""}, "invalid_name"),
        ({"jti": "a\u0000b"}, "invalid_name"),
        ({"user": " alice", "issued_before": "2026-11-24T09:00:00Z"}, "invalid_name"),
        ({"user": "alice", "issued_before": "now"}, "invalid_time"),
        ({"user": "alice", "issued_before": "2206-11-24T09:00:00Z"}, "invalid_time"),
    ],
    ids=ascii,
)
async def test_a_revocation_that_makes_no_sense_is_refused(service: Service, body: object, code: str) -> None:
    response = await service.api.post("/v1/revocations", json=body)
    assert (response.status_code, response.json()["code"]) == (422, code)


async def test_a_revocation_is_audited(service: Service) -> None:
    await service.api.post("/v1/revocations", json={"jti": "jti-1"})
    (entry,) = (await service.ports.audit.list(limit=10)).items
    assert (entry.actor, entry.action, entry.subject) == ("admin", "token.revoke", "jti-1")

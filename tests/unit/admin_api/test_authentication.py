"""Who may call, and how refusals are told (RFC 6750)."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from admin_api.authentication import REMEMBERED_TOKENS, Authenticator
from services.authorizer.refusals import Refusal
from services.domain.identity import Identity
from services.ports import TokenVerifier
from tests.unit.admin_api.service import ISSUER, NOW_S, SCOPES, Service

OPERATIONS = [
    ("POST", "/v1/pushes", "push:send"),
    ("POST", "/v1/pushes/preview", "push:send"),
    ("GET", "/v1/pushes", "push:read"),
    ("GET", "/v1/pushes/x", "push:read"),
    ("POST", "/v1/pushes/x/cancel", "push:send"),
    ("GET", "/v1/terminals", "terminals:read"),
    ("GET", "/v1/terminals/summary", "terminals:read"),
    ("GET", "/v1/terminals/x", "terminals:read"),
    ("DELETE", "/v1/terminals/x", "terminals:manage"),
    ("POST", "/v1/terminals/x/verify", "terminals:read"),
    ("GET", "/v1/users/x", "terminals:read"),
    ("PUT", "/v1/users/x/block", "terminals:manage"),
    ("DELETE", "/v1/users/x/block", "terminals:manage"),
    ("GET", "/v1/groups", "terminals:read"),
    ("GET", "/v1/groups/x", "terminals:read"),
    ("PUT", "/v1/groups/x/users/x", "terminals:manage"),
    ("DELETE", "/v1/groups/x/users/x", "terminals:manage"),
    ("POST", "/v1/revocations", "terminals:manage"),
    ("GET", "/v1/stats", "terminals:read"),
    ("GET", "/v1/audit", "audit:read"),
    ("GET", "/v1/settings", "audit:read"),
]


@pytest.mark.parametrize(("method", "path", "scope"), OPERATIONS)
async def test_an_operation_needs_its_scope(service: Service, method: str, path: str, scope: str) -> None:
    others = [each for each in SCOPES if each != scope]
    refused = await service.caller(service.token(scopes=others)).request(method, path)
    assert (refused.status_code, refused.json()["code"], refused.json()["scope"]) == (403, "scope_missing", scope)
    assert refused.headers["www-authenticate"] == f'Bearer realm="fanfare", error="insufficient_scope", scope="{scope}"'


@pytest.mark.parametrize(("method", "path", "scope"), OPERATIONS)
async def test_an_operation_needs_no_other_scope(service: Service, method: str, path: str, scope: str) -> None:
    allowed = await service.caller(service.token(scopes=[scope])).request(method, path)
    assert allowed.status_code not in (401, 403)


@pytest.mark.parametrize(("method", "path", "_scope"), [*OPERATIONS, ("POST", "/v1/tickets", "")])
async def test_an_operation_needs_a_token(service: Service, method: str, path: str, _scope: str) -> None:
    refused = await service.caller(None).request(method, path)
    assert (refused.status_code, refused.json()["code"]) == (401, "token_missing")
    assert refused.headers["www-authenticate"] == 'Bearer realm="fanfare"'


async def test_a_bad_token_is_told_apart_from_none(service: Service) -> None:
    refused = await service.caller(service.token(lifetime_s=-3600)).get("/v1/pushes")
    challenge = refused.headers["www-authenticate"]
    assert refused.json()["code"] == "token_expired"
    assert challenge.startswith('Bearer realm="fanfare", error="invalid_token", error_description="')


async def test_the_token_is_asked_for_before_the_body_is_read(service: Service) -> None:
    refused = await service.caller(None).post("/v1/pushes", content=b"not json")
    assert refused.status_code == 401


@pytest.mark.parametrize("header", ["Basic YTpi", "Bearer", "Bearer ", "", "bearer:x", "Token x"])
async def test_another_scheme_is_no_token(service: Service, header: str) -> None:
    refused = await service.caller(headers={"Authorization": header}).get("/v1/pushes")
    assert (refused.status_code, refused.json()["code"]) == (401, "token_missing")


async def test_the_scheme_may_be_written_in_any_case(service: Service) -> None:
    token = service.token(scopes=["push:read"])
    assert (await service.caller(headers={"Authorization": f"bEARER {token}"}).get("/v1/pushes")).status_code == 200


async def test_two_tokens_that_differ_are_refused(service: Service) -> None:
    headers = [("Authorization", f"Bearer {service.token(user, scopes=SCOPES)}") for user in ("alice", "bob")]
    refused = await service.caller(None).get("/v1/pushes", headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (401, "token_ambiguous")


async def test_a_block_is_noticed_at_the_next_request(service: Service) -> None:
    clerk = service.caller(service.token("clerk", scopes=["push:read"]))
    assert (await clerk.get("/v1/pushes")).status_code == 200
    await service.api.put("/v1/users/clerk/block", json={"reason": "x"})
    refused = await clerk.get("/v1/pushes")
    assert (refused.status_code, refused.json()["code"]) == (403, "user_blocked")
    await service.api.delete("/v1/users/clerk/block")
    assert (await clerk.get("/v1/pushes")).status_code == 200


async def test_a_revocation_is_noticed_at_the_next_request(service: Service) -> None:
    reader = service.caller(service.token("reader", scopes=["push:read"], jti="jti-1"))
    assert (await reader.get("/v1/pushes")).status_code == 200
    await service.api.post("/v1/revocations", json={"jti": "jti-1"})
    refused = await reader.get("/v1/pushes")
    assert (refused.status_code, refused.json()["code"]) == (403, "token_revoked")


async def test_a_token_is_good_until_it_ends_and_no_longer(service: Service) -> None:
    reader = service.caller(service.token("reader", scopes=["push:read"], lifetime_s=30))
    assert (await reader.get("/v1/pushes")).status_code == 200
    service.clock.at_s += 300
    assert (await reader.get("/v1/pushes")).json()["code"] == "token_expired"


class CountingVerifier:
    """Accepts every token, as a user of the same name, and counts how often it is asked."""

    def __init__(self, *, expires_at_s: int) -> None:
        self.asked: list[str] = []
        self._expires_at_s = expires_at_s

    def verify(self, token: str) -> Identity:
        self.asked.append(token)
        if token == "bad":
            raise Refusal("token_malformed", "Not a token.")
        return Identity(user=token, issuer=ISSUER, expires_at_s=self._expires_at_s)

    def needs_network(self, token: str) -> bool:
        return token.startswith("remote")


@pytest.fixture
def verifier() -> CountingVerifier:
    return CountingVerifier(expires_at_s=int(NOW_S) + 3600)


def using(service: Service, verifier: TokenVerifier) -> None:
    """Have the API judge tokens by this verifier."""
    api = service.app.state.api
    service.app.state.api = replace(api, authenticator=Authenticator(api.ports, verifier))


async def ask(service: Service, *tokens: str) -> list[httpx.Response]:
    caller = service.caller(None)
    return [await caller.get("/v1/pushes", headers={"Authorization": f"Bearer {token}"}) for token in tokens]


async def test_a_token_is_verified_once_a_minute(service: Service, verifier: CountingVerifier) -> None:
    using(service, verifier)
    await ask(service, "alice", "alice")
    service.clock.at_s += 59
    await ask(service, "alice")
    assert verifier.asked == ["alice"]
    service.clock.at_s += 2
    await ask(service, "alice")
    assert verifier.asked == ["alice", "alice"]


async def test_a_token_is_not_remembered_beyond_its_end(service: Service) -> None:
    verifier = CountingVerifier(expires_at_s=int(NOW_S) + 10)
    using(service, verifier)
    await ask(service, "alice")
    service.clock.at_s += 11
    await ask(service, "alice")
    assert verifier.asked == ["alice", "alice"]


async def test_a_refused_token_is_not_remembered(service: Service, verifier: CountingVerifier) -> None:
    using(service, verifier)
    await ask(service, "bad", "bad")
    assert verifier.asked == ["bad", "bad"]


async def test_no_more_tokens_are_remembered_than_fit(service: Service, verifier: CountingVerifier) -> None:
    using(service, verifier)
    await ask(service, *(f"user{number}" for number in range(REMEMBERED_TOKENS + 1)))
    await ask(service, f"user{REMEMBERED_TOKENS}", "user0")
    assert verifier.asked[REMEMBERED_TOKENS + 1 :] == ["user0"]


async def test_a_token_that_needs_the_network_is_verified_too(service: Service, verifier: CountingVerifier) -> None:
    using(service, verifier)
    (answered,) = await ask(service, "remote-alice")
    assert (answered.status_code, verifier.asked) == (403, ["remote-alice"])

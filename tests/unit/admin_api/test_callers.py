"""Who calls, as the service sees it."""

from __future__ import annotations

from tests.unit.admin_api.service import Service


async def test_a_caller_is_told_what_the_token_is_worth(service: Service) -> None:
    token = service.token("alice", groups=["ops"], scopes=["push:send", "push:read"])
    answer = await service.caller(token).get("/v1/caller")
    assert answer.status_code == 200
    assert answer.json()["user"] == "alice"
    assert answer.json()["groups"] == ["ops"]
    assert answer.json()["scopes"] == ["push:read", "push:send"]
    assert answer.json()["may_connect"] is True


async def test_nobody_is_told_anything_without_a_token(service: Service) -> None:
    answer = await service.caller(None).get("/v1/caller")
    assert (answer.status_code, answer.json()["code"]) == (401, "token_missing")

"""Blocks and revocations: which open sockets they close, with which words, and which they leave open."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.connections import access
from services.connections.farewell import NotAllClosed
from services.domain.connection import Connection
from services.domain.problems import Problem
from services.domain.standing import Block
from tests.contract.adapters import NOON_S
from tests.unit.services.service import HOUR_S, Service, once_after
from tests.unit.services.sockets import Frame

ALICE = Block(user="alice", reason="left the company", by="admin", at_s=NOON_S)


@pytest.fixture(autouse=True)
async def rows(service: Service) -> dict[str, Connection]:
    """Two connections of alice and one of bob."""
    return {each: await service.connect(each, user) for each, user in (("a1", "alice"), ("a2", "alice"), ("b", "bob"))}


async def _refile(service: Service, row: Connection, **changes: object) -> None:
    assert await service.ports.registry.replace(replace(row, **changes), was=row)  # type: ignore[arg-type] # any member


def _bye(service: Service, connection_id: str) -> Frame:
    (frame,) = service.sockets.frames(connection_id)
    assert frame["type"] == "bye"
    return frame


async def test_a_block_closes_what_the_user_has_open_and_nothing_else(service: Service) -> None:
    assert await access.block(service.ports, ALICE) == 2
    assert (set(service.sockets.closed), await service.registered()) == ({"a1", "a2"}, {"b"})
    assert service.sockets.reached() == {"a1", "a2"}


async def test_a_block_for_good_says_not_to_come_back(service: Service) -> None:
    await access.block(service.ports, ALICE)
    assert _bye(service, "a1") == {
        "type": "bye",
        "code": "user_blocked",
        "reason": "user alice is blocked until further notice: left the company",
        "reconnect": False,
        "retry_after": None,
    }


async def test_a_block_with_an_end_says_when_to_come_back(service: Service) -> None:
    await access.block(service.ports, replace(ALICE, until_s=NOON_S + 90))
    bye = _bye(service, "a1")
    assert (bye["reconnect"], bye["retry_after"]) == (True, 90)


async def test_a_block_of_networks_closes_what_comes_from_there(service: Service, rows: dict[str, Connection]) -> None:
    await _refile(service, rows["a2"], source_ip="2001:db8::7")
    assert await access.block(service.ports, replace(ALICE, cidrs=("203.0.113.0/24", "2001:db8::/32"))) == 1
    assert service.sockets.closed == ["a2"]


async def test_a_block_of_networks_closes_what_comes_from_nobody_knows_where(
    service: Service, rows: dict[str, Connection]
) -> None:
    await _refile(service, rows["a2"], source_ip="")
    await access.block(service.ports, replace(ALICE, cidrs=("203.0.113.0/24",)))
    assert service.sockets.closed == ["a2"]


async def test_a_block_closes_sessions_in_their_grace_too(service: Service) -> None:
    await service.connect("a3", "alice", lasts_s=1)
    service.clock.at_s += 5
    assert await access.block(service.ports, ALICE) == 3


async def test_all_pages_of_connections_are_closed(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "PAGE", 2)
    for index in range(5):
        await service.connect(f"a1{index}", "alice")
    assert await access.block(service.ports, ALICE) == 7
    assert await service.registered() == {"b"}


async def test_a_block_that_would_be_over_is_refused(service: Service) -> None:
    with pytest.raises(Problem, match="invalid_time"):
        await access.block(service.ports, replace(ALICE, until_s=NOON_S))
    assert service.sockets.closed == []


async def test_who_is_blocked_gets_nothing_more_also_where_the_bye_did_not_arrive(service: Service) -> None:
    service.sockets.next_posts("a1", "throttled")
    await access.block(service.ports, ALICE)
    await service.send()
    assert (service.pushes_at("a1"), service.pushes_at("a2"), len(service.pushes_at("b"))) == ([], [], 1)


async def test_a_socket_that_cannot_be_closed_keeps_no_other_of_the_user_open(service: Service) -> None:
    service.sockets.stick("a1")
    with pytest.raises(NotAllClosed):
        await access.block(service.ports, ALICE)
    assert (service.sockets.closed, await service.registered()) == (["a2"], {"b"})


async def test_a_socket_that_cannot_be_closed_keeps_no_other_of_the_token_open(
    service: Service, rows: dict[str, Connection], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "PAGE", 1)
    for each in ("a2", "b"):
        await _refile(service, rows[each], token_id="token-of-a1")
    service.sockets.stick("a1", "b")
    with pytest.raises(NotAllClosed):
        await access.revoke_token(service.ports, "token-of-a1", by="admin")
    assert (service.sockets.closed, await service.registered()) == (["a2"], set())


async def test_an_end_of_a_block_closes_nothing_and_says_whether_there_was_one(service: Service) -> None:
    assert not await access.unblock(service.ports, "alice", by="admin")
    await access.block(service.ports, replace(ALICE, cidrs=("203.0.113.0/24",)))
    assert await access.unblock(service.ports, "alice", by="admin")
    assert service.sockets.closed == []


async def test_a_revoked_token_closes_what_was_opened_with_it(service: Service, rows: dict[str, Connection]) -> None:
    await _refile(service, rows["b"], token_id="token-of-a1")
    assert await access.revoke_token(service.ports, "token-of-a1", by="admin") == 2
    assert set(service.sockets.closed) == {"a1", "b"}
    bye = _bye(service, "a1")
    assert (bye["code"], bye["reconnect"], bye["retry_after"]) == ("token_revoked", False, None)


async def test_a_revocation_of_a_users_tokens_closes_those_issued_before(
    service: Service, rows: dict[str, Connection]
) -> None:
    await _refile(service, rows["a2"], issued_at_s=int(NOON_S) + 10)
    service.clock.at_s += 60
    assert await access.revoke_before(service.ports, "alice", NOON_S + 10, by="admin") == 1
    assert service.sockets.closed == ["a1"]
    bye = _bye(service, "a1")
    assert (bye["code"], bye["reconnect"], bye["retry_after"]) == ("token_revoked", False, None)


async def test_a_session_that_comes_under_a_newer_token_meanwhile_stays_open(
    service: Service, rows: dict[str, Connection]
) -> None:
    newer = {"token_id": "newer", "issued_at_s": int(NOON_S) + 20}
    once_after(service.ports.registry, "page", lambda: _refile(service, rows["a1"], **newer))
    service.clock.at_s += 60
    assert await access.revoke_before(service.ports, "alice", NOON_S + 10, by="admin") == 1
    assert service.sockets.closed == ["a2"]


async def test_a_session_that_leaves_a_revoked_token_meanwhile_stays_open(
    service: Service, rows: dict[str, Connection]
) -> None:
    once_after(service.ports.registry, "page", lambda: _refile(service, rows["a1"], token_id="newer"))
    assert await access.revoke_token(service.ports, "token-of-a1", by="admin") == 0
    assert service.sockets.closed == []


async def test_a_blocked_user_is_out_whatever_token_a_session_comes_under_meanwhile(
    service: Service, rows: dict[str, Connection]
) -> None:
    once_after(service.ports.registry, "page", lambda: _refile(service, rows["a1"], token_id="newer"))
    assert await access.block(service.ports, ALICE) == 2


async def test_a_token_that_does_not_say_when_it_was_issued_is_revoked_too(
    service: Service, rows: dict[str, Connection]
) -> None:
    await _refile(service, rows["a2"], issued_at_s=None)
    assert await access.revoke_before(service.ports, "alice", NOON_S - HOUR_S, by="admin") == 1
    assert service.sockets.closed == ["a2"]


async def test_tokens_to_come_cannot_be_revoked(service: Service) -> None:
    with pytest.raises(Problem, match="invalid_time"):
        await access.revoke_before(service.ports, "alice", NOON_S + access.CLOCK_SKEW_S + 1, by="admin")
    assert service.sockets.closed == []


async def test_every_change_is_audited(service: Service) -> None:
    await access.block(service.ports, ALICE)
    await access.unblock(service.ports, "alice", by="admin")
    await access.revoke_token(service.ports, "t", by="admin")
    await access.revoke_before(service.ports, "alice", NOON_S, by="admin")
    entries = (await service.ports.audit.list(limit=10)).items
    assert [(entry.action, entry.subject) for entry in entries] == [
        ("token.revoke", "alice"),
        ("token.revoke", "t"),
        ("user.unblock", "alice"),
        ("user.block", "alice"),
    ]

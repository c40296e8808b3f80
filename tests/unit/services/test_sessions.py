"""Sessions end with their tokens; `refresh` extends them in place."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import replace

import pytest

from services.connections import access, membership, sessions
from services.domain.connection import Connection
from services.domain.identity import Identity
from services.domain.problems import Problem
from services.domain.standing import Block
from tests.contract.adapters import NOON_S
from tests.unit.services.service import HOUR_S, Service, once_after, once_before

NEWER = Identity(
    user="alice",
    issuer="fanfare",
    expires_at_s=int(NOON_S) + 24 * HOUR_S,
    issued_at_s=int(NOON_S) + 10,
    token_id="newer",
    groups=("it",),
    attributes={"os": "linux"},
    scopes=frozenset({"chat"}),
)


@pytest.fixture
async def row(service: Service) -> Connection:
    return await service.connect("a", "alice", terminal_id="alice/desk", groups=("ops",), lasts_s=60)


async def _fail() -> None:
    raise OSError("the store cannot be reached")


async def _refusal(service: Service, row: Connection, identity: Identity) -> str:
    with pytest.raises(Problem) as refused:
        await sessions.refresh(service.ports, row, identity)
    return refused.value.code


async def test_a_refreshed_session_is_what_the_newer_token_says(service: Service, row: Connection) -> None:
    service.clock.at_s += 30
    newer = await sessions.refresh(service.ports, row, NEWER)
    assert await service.ports.registry.get("a") == newer
    assert newer == replace(
        row,
        groups=("it",),
        token_groups=("it",),
        attributes={"os": "linux"},
        token_id="newer",
        issued_at_s=NEWER.issued_at_s,
        expires_at_s=NEWER.expires_at_s,
        last_heard_at_s=NOON_S + 30,
    )


async def test_groups_given_at_run_time_stay(service: Service, row: Connection) -> None:
    await membership.join(service.ports, "night", "alice", by="admin")
    assert (await sessions.refresh(service.ports, row, NEWER)).groups == ("it", "night")


async def test_it_can_be_refreshed_in_the_grace(service: Service, row: Connection) -> None:
    service.clock.at_s += 60 + sessions.GRACE_S
    await sessions.refresh(service.ports, row, NEWER)
    await sessions.sweep(service.ports)
    push = await service.send()
    assert service.pushes_at("a") == [push.id]


@pytest.mark.parametrize(
    ("identity", "code"),
    [
        (replace(NEWER, user="bob"), "refresh_other_user"),
        (replace(NEWER, issuer="https://id.example"), "refresh_other_user"),
        (replace(NEWER, terminal="alice/laptop"), "refresh_other_terminal"),
    ],
)
async def test_another_identity_is_refused(service: Service, row: Connection, identity: Identity, code: str) -> None:
    assert await _refusal(service, row, identity) == code
    assert await service.ports.registry.get("a") == row


async def test_a_token_for_this_very_terminal_is_taken(service: Service, row: Connection) -> None:
    newer = await sessions.refresh(service.ports, row, replace(NEWER, terminal="alice/desk"))
    assert newer.terminal_id == "alice/desk"


async def test_a_revoked_token_is_refused(service: Service, row: Connection) -> None:
    await access.revoke_token(service.ports, "newer", by="admin")
    assert await _refusal(service, row, NEWER) == "token_revoked"
    assert await service.ports.registry.get("a") == row


async def test_a_blocked_user_is_refused(service: Service, row: Connection) -> None:
    block = Block(user="alice", reason="left", at_s=NOON_S, cidrs=("203.0.113.0/24",))
    await access.block(service.ports, block)
    assert await _refusal(service, replace(row, source_ip="203.0.113.9"), NEWER) == "user_blocked"


async def test_a_connection_that_was_closed_meanwhile_stays_closed(service: Service, row: Connection) -> None:
    await service.ports.registry.remove(["a"])
    assert await _refusal(service, row, NEWER) == "not_connected"
    assert await service.registered() == set()


async def test_a_token_revoked_while_it_is_put_in_place_closes_the_connection(
    service: Service, row: Connection
) -> None:
    once_before(service.ports.registry, "replace", lambda: access.revoke_token(service.ports, "newer", by="admin"))
    assert await _refusal(service, row, NEWER) == "token_revoked"
    assert await service.registered() == set()
    (bye,) = service.sockets.frames("a", "bye")
    assert (bye["code"], service.sockets.closed) == ("token_revoked", ["a"])


async def test_a_group_given_while_it_is_put_in_place_is_had(service: Service, row: Connection) -> None:
    once_before(
        service.ports.registry,
        "replace",
        lambda: membership.join(service.ports, "night", "alice", by="admin"),
    )
    newer = await sessions.refresh(service.ports, row, NEWER)
    assert newer.groups == ("it", "night")
    assert await service.ports.registry.get("a") == newer


@pytest.mark.parametrize(("port", "method"), [("blocks", "standing"), ("memberships", "of")])
async def test_where_it_cannot_be_told_what_changed_meanwhile_the_connection_is_closed(
    service: Service, row: Connection, port: str, method: str
) -> None:
    async def next_read_fails() -> None:
        once_before(getattr(service.ports, port), method, _fail)

    once_before(service.ports.registry, "replace", next_read_fails)
    with pytest.raises(OSError, match="cannot be reached"):
        await sessions.refresh(service.ports, row, NEWER)
    assert service.sockets.closed == ["a"]


async def test_where_it_may_be_half_in_place_the_connection_is_closed(service: Service, row: Connection) -> None:
    once_after(service.ports.registry, "replace", _fail)
    with pytest.raises(OSError, match="cannot be reached"):
        await sessions.refresh(service.ports, row, NEWER)
    assert service.sockets.closed == ["a"]


async def test_where_it_is_not_begun_the_connection_stays_open(service: Service, row: Connection) -> None:
    once_before(service.ports.blocks, "standing", _fail)
    with pytest.raises(OSError, match="cannot be reached"):
        await sessions.refresh(service.ports, row, NEWER)
    assert (service.sockets.closed, await service.ports.registry.get("a")) == ([], row)


async def test_of_two_tokens_at_once_the_one_issued_later_stays(service: Service, row: Connection) -> None:
    latest = replace(NEWER, token_id="latest", issued_at_s=int(NOON_S) + 20, expires_at_s=NEWER.expires_at_s + 20)
    once_before(service.ports.registry, "replace", lambda: sessions.refresh(service.ports, row, latest))
    await sessions.refresh(service.ports, row, NEWER)
    there = await service.ports.registry.get("a")
    assert there is not None
    assert there.token_id == "latest"


async def test_a_token_that_lasts_longer_is_taken_though_it_is_older(service: Service, row: Connection) -> None:
    older = replace(NEWER, issued_at_s=int(NOON_S) - HOUR_S)
    assert (await sessions.refresh(service.ports, row, older)).token_id == "newer"


async def test_nothing_is_delivered_in_the_grace(service: Service, row: Connection) -> None:
    service.clock.at_s += 60
    await sessions.sweep(service.ports)
    await service.send()
    assert service.sockets.reached() == set()
    assert await service.registered() == {"a"}


async def test_a_sweep_closes_what_is_over_for_longer_than_the_grace(service: Service, row: Connection) -> None:
    await service.connect("b", "bob", lasts_s=61)
    service.clock.at_s += 60 + sessions.GRACE_S + 0.5
    assert await sessions.sweep(service.ports) == 1
    assert service.sockets.frames("a") == [
        {
            "type": "bye",
            "code": "token_expired",
            "reason": sessions.ENDED.reason,
            "reconnect": True,
            "retry_after": None,
        }
    ]
    assert (service.sockets.closed, await service.registered()) == (["a"], {"b"})


async def test_a_sweep_goes_on_until_none_is_left(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "SWEEP_PAGE", 2)
    for index in range(5):
        await service.connect(f"c{index}", lasts_s=1)
    service.clock.at_s += 60
    assert await sessions.sweep(service.ports) == 5
    assert await service.registered() == set()


async def test_a_sweep_asks_for_what_is_over_once(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "SWEEP_PAGE", 2)
    for index in range(5):
        await service.connect(f"c{index}", lasts_s=1)
    service.clock.at_s += 60
    asked: list[None] = []

    async def note() -> None:
        asked.append(None)
        once_before(service.ports.registry, "over", note)

    once_before(service.ports.registry, "over", note)
    await sessions.sweep(service.ports)
    assert len(asked) == 1


async def test_a_sweep_does_no_more_than_a_bounded_number_the_longest_over_first(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "SWEPT_AT_MOST", 2)
    for index in (3, 1, 2):
        await service.connect(f"c{index}", lasts_s=index)
    service.clock.at_s += 60
    assert await sessions.sweep(service.ports) == 2
    assert await service.registered() == {"c3"}


async def test_a_sweep_ends_where_a_row_cannot_be_removed(
    service: Service, row: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def remove(connection_ids: Collection[str]) -> Sequence[Connection]:
        await asyncio.sleep(0)
        return []

    monkeypatch.setattr(service.ports.registry, "remove", remove)
    service.clock.at_s += 120
    async with asyncio.timeout(5):
        await sessions.sweep(service.ports)
    assert await service.registered() == {row.connection_id}


async def test_a_sweep_goes_on_past_a_socket_that_cannot_be_closed_and_leaves_it_to_the_next(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "SWEEP_PAGE", 2)
    for index in range(4):
        await service.connect(f"c{index}", lasts_s=index + 1)
    service.clock.at_s += 60
    service.sockets.stick("c0")
    assert await sessions.sweep(service.ports) == 3
    assert await service.registered() == {"c0"}
    service.sockets.loosen()
    assert await sessions.sweep(service.ports) == 1


async def test_a_sweep_gives_up_where_no_socket_can_be_closed(service: Service, row: Connection) -> None:
    service.clock.at_s += 120
    service.sockets.stick("a")
    with pytest.raises(OSError, match="could not be closed"):
        await sessions.sweep(service.ports)
    assert await service.registered() == {"a"}


async def test_a_session_refreshed_after_a_sweep_has_read_it_stays_open(service: Service, row: Connection) -> None:
    service.clock.at_s += 60 + sessions.GRACE_S + 1
    once_after(service.ports.registry, "over", lambda: sessions.refresh(service.ports, row, NEWER))
    assert await sessions.sweep(service.ports) == 0
    assert service.sockets.closed == []

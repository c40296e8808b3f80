"""Groups given at run time, and the open connections they reach."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.connections import membership, sessions
from services.domain import topics
from services.domain.identity import Identity
from services.domain.problems import Problem
from services.domain.ring import WHOLE
from tests.contract.adapters import NOON_S
from tests.unit.services.service import HOUR_S, Service, once_after, once_before


async def _groups_of(service: Service, connection_id: str) -> tuple[str, ...]:
    row = await service.ports.registry.get(connection_id)
    assert row is not None
    return row.groups


async def _join(service: Service, group: str) -> bool:
    return await membership.join(service.ports, group, "alice", by="admin")


async def _leave(service: Service, group: str) -> bool:
    return await membership.leave(service.ports, group, "alice", by="admin")


async def test_open_connections_are_filed_under_a_group_at_once(service: Service) -> None:
    await service.connect("a1", "alice")
    await service.connect("a2", "alice")
    await service.connect("b", "bob")
    assert await _join(service, "ops")
    page = await service.ports.registry.page(topics.group("ops"), WHOLE, live_at_s=0, limit=10)
    assert {row.connection_id for row in page.items} == {"a1", "a2"}


async def test_a_push_to_the_group_reaches_whoever_was_given_it(service: Service) -> None:
    await service.connect("a", "alice")
    await _join(service, "ops")
    push = await service.send("group:ops")
    assert service.pushes_at("a") == [push.id]


async def test_who_leaves_gets_nothing_more(service: Service) -> None:
    await service.connect("a", "alice")
    await _join(service, "ops")
    assert await _leave(service, "ops")
    await service.send("group:ops")
    assert service.sockets.reached() == set()


async def test_the_groups_of_the_token_stay(service: Service) -> None:
    await service.connect("a", "alice", groups=("ops",))
    await _join(service, "ops")
    await _leave(service, "ops")
    assert await _groups_of(service, "a") == ("ops",)


async def test_what_changes_nothing_says_so(service: Service) -> None:
    assert not await _leave(service, "ops")
    await _join(service, "ops")
    assert not await _join(service, "ops")


async def test_a_change_is_audited_once(service: Service) -> None:
    await _join(service, "ops")
    await _join(service, "ops")
    await _leave(service, "ops")
    entries = (await service.ports.audit.list(limit=10)).items
    assert [(entry.action, entry.subject, entry.detail) for entry in entries] == [
        ("group.leave", "ops", {"user": "alice"}),
        ("group.join", "ops", {"user": "alice"}),
    ]


@pytest.mark.parametrize(("group", "user"), [("", "alice"), ("ops", ""), ("ops\n", "alice"), ("ops", "x" * 257)])
async def test_what_cannot_be_a_name_is_refused(service: Service, group: str, user: str) -> None:
    with pytest.raises(Problem, match="invalid_name"):
        await membership.join(service.ports, group, user, by="admin")


async def test_two_groups_given_at_once_are_both_had(service: Service) -> None:
    await service.connect("a1", "alice", place=1)
    await service.connect("a2", "alice", place=2)
    once_before(service.ports.registry, "replace", lambda: _join(service, "second"))
    await _join(service, "first")
    assert [await _groups_of(service, each) for each in ("a1", "a2")] == [("first", "second")] * 2


async def test_a_session_refreshed_meanwhile_stays_refreshed(service: Service) -> None:
    await service.connect("a1", "alice", place=1)
    row = await service.connect("a2", "alice", place=2)
    newer = replace(row, expires_at_s=row.expires_at_s + HOUR_S)
    once_after(service.ports.registry, "page", lambda: service.ports.registry.replace(newer, was=row))
    await _join(service, "ops")
    assert await service.ports.registry.get("a2") == replace(newer, groups=("ops",))


async def test_a_session_refreshed_while_its_groups_are_read_stays_refreshed(service: Service) -> None:
    row = await service.connect("a", "alice", groups=("it",), lasts_s=60)
    newer = Identity(
        user="alice",
        issuer=row.issuer,
        expires_at_s=int(NOON_S) + HOUR_S,
        issued_at_s=int(NOON_S),
        token_id="newer",
        groups=("it", "sales"),
    )
    once_after(service.ports.memberships, "of", lambda: sessions.refresh(service.ports, row, newer))
    await _join(service, "ops")
    there = await service.ports.registry.get("a")
    assert there is not None
    assert (there.token_id, there.expires_at_s) == ("newer", newer.expires_at_s)
    assert there.groups == ("it", "sales", "ops")


async def test_a_connection_that_closes_meanwhile_stays_closed(service: Service) -> None:
    await service.connect("a", "alice")
    once_after(service.ports.registry, "page", lambda: service.ports.registry.remove(["a"]))
    await _join(service, "ops")
    assert await service.registered() == set()

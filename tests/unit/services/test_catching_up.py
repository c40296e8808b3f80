"""An open connection whose groups change while a push is under way: it gets what both of its readers have left out."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

import pytest

from services.connections import membership
from services.domain.identity import Identity
from services.domain.pushes import Job
from services.fanout.delivery import deliver
from services.messages import handler, replay
from services.messages.replay import OVERLAP_S
from services.ports import TokenVerifier
from tests.contract.adapters import NOON_S
from tests.unit.services.service import HOUR_S, Service

TWO_GROUPS = {"groups": ["a", "b"]}


class Newer(TokenVerifier):
    """Every token is a newer one of alice, with these groups."""

    def __init__(self, *groups: str) -> None:
        self._groups = groups

    def verify(self, token: str) -> Identity:
        return Identity(
            user="alice",
            issuer="fanfare",
            expires_at_s=int(NOON_S) + 24 * HOUR_S,
            issued_at_s=int(NOON_S) + 1,
            groups=self._groups,
        )

    def needs_network(self, token: str) -> bool:
        return False


@pytest.fixture(autouse=True)
async def _others(service: Service) -> None:
    """So many that a push to groups is read group by group."""
    await service.crowd(100)
    await service.connect("another", "another", groups=("a", "b"))


async def _join(service: Service) -> None:
    assert await membership.join(service.ports, "a", "alice", by="admin")


async def _leave(service: Service) -> None:
    assert await membership.leave(service.ports, "a", "alice", by="admin")


def _refresh(*groups: str) -> Callable[[Service], Awaitable[None]]:
    async def refresh(service: Service) -> None:
        handle = handler.build(service.ports, Newer(*groups))
        body = json.dumps({"action": "refresh", "token": "newer"})
        await handle({"requestContext": {"connectionId": "alice1"}, "body": body})

    return refresh


async def _jobs_of(service: Service, target: object) -> Mapping[str, Job]:
    """The jobs of a push, by topic."""
    await service.submit(target)
    return {str(job.topic): job for job in service.jobs()}


CHANGES = pytest.mark.parametrize(
    ("has_both", "change"),
    [(True, _leave), (False, _join), (True, _refresh("b")), (False, _refresh("a", "b"))],
    ids=["leaves", "joins", "refresh without", "refresh with"],
)


@CHANGES
async def test_who_changes_groups_between_the_readers_of_two_gets_the_push(
    service: Service, has_both: bool, change: Callable[[Service], Awaitable[None]]
) -> None:
    await service.connect("alice1", "alice", groups=("b",))
    if has_both:
        await _join(service)
    jobs = await _jobs_of(service, TWO_GROUPS)
    # Whoever has both is served under the first one; the reader of that comes when it is left, or not yet come to.
    first, last = ("group:b", "group:a") if has_both else ("group:a", "group:b")
    await deliver(service.ports, jobs[first])
    await change(service)
    await deliver(service.ports, jobs[last])
    assert len(set(service.pushes_at("alice1"))) == 1


async def test_what_is_made_good_is_no_replay_that_was_asked_for(service: Service) -> None:
    await service.connect("alice1", "alice", groups=("b",))
    jobs = await _jobs_of(service, TWO_GROUPS)
    await deliver(service.ports, jobs["group:a"])
    await _join(service)
    (frame,) = service.sockets.frames("alice1", "push")
    assert "replayed" not in frame


async def test_who_leaves_all_groups_that_a_push_is_for_gets_nothing(service: Service) -> None:
    await service.connect("alice1", "alice")
    await _join(service)
    jobs = await _jobs_of(service, TWO_GROUPS)
    await deliver(service.ports, jobs["group:b"])
    await _leave(service)
    await deliver(service.ports, jobs["group:a"])
    assert service.pushes_at("alice1") == []


async def test_who_is_not_meant_any_more_gets_nothing(service: Service) -> None:
    await service.connect("alice1", "alice", groups=("b",), attributes={"os": "linux"})
    await _join(service)
    jobs = await _jobs_of(service, "group:a or group:b and os = windows")
    await deliver(service.ports, jobs["group:b"])
    await _leave(service)
    await deliver(service.ports, jobs["group:a"])
    assert service.pushes_at("alice1") == []


@pytest.mark.parametrize("target", ["all", "user:alice", "group:b"])
async def test_what_is_read_under_one_topic_is_not_posted_again(service: Service, target: str) -> None:
    await service.connect("alice1", "alice", groups=("b",))
    await service.send(target)
    await _join(service)
    assert len(service.pushes_at("alice1")) == 1


async def test_what_is_under_way_no_more_is_not_posted_again(service: Service) -> None:
    await service.connect("alice1", "alice", groups=("b",))
    await service.send(TWO_GROUPS)
    service.clock.at_s += OVERLAP_S + 1
    await _join(service)
    assert len(service.pushes_at("alice1")) == 1


async def test_what_was_sent_before_it_connected_is_not_posted(service: Service) -> None:
    service.clock.at_s = NOON_S - 2
    await service.send(TWO_GROUPS)
    service.clock.at_s = NOON_S
    await service.connect("alice1", "alice", groups=("b",))
    await _join(service)
    assert service.pushes_at("alice1") == []


async def test_a_session_that_is_over_gets_nothing(service: Service) -> None:
    await service.connect("alice1", "alice", groups=("b",), lasts_s=1)
    jobs = await _jobs_of(service, TWO_GROUPS)
    await deliver(service.ports, jobs["group:a"])
    service.clock.at_s += 1
    await _join(service)
    assert service.pushes_at("alice1") == []


async def test_however_many_there_are_all_are_caught_up_with(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "SCANNED_AT_MOST", 2)
    await service.connect("alice1", "alice", groups=("b",))
    pushes = [await service.submit(TWO_GROUPS) for _ in range(5)]
    for job in service.jobs():
        if job.topic.name == "a":
            await deliver(service.ports, job)
    await _join(service)
    assert service.pushes_at("alice1") == [push.id for push in pushes]


async def test_a_terminal_that_changes_its_clock_gets_what_was_that_clocks_turn(service: Service) -> None:
    row = await service.connect("a", attributes={"tz": "Etc/GMT"})
    service.clock.at_s += 1
    push = await service.send("all", window={"timezone": "attr:tz", "from": "14:00", "to": "18:00"})
    newer = replace(row, attributes={"tz": "Etc/GMT-3"})
    assert await service.ports.registry.replace(newer, was=row)
    await replay.catch_up(service.ports, newer)
    assert service.pushes_at("a") == [push.id]

"""Pushes that must be acknowledged: sent again, escalated, taken off the user's other screens; counted once."""

from __future__ import annotations

import asyncio

import pytest

from services.domain.connection import Connection
from services.domain.frames import Ack, AckKind
from services.domain.positions import BEGINNING, lowest_at
from services.domain.pushes import Counts, Push, State
from services.domain.ring import SIZE
from services.messages.acknowledgement import acknowledge
from services.messages.resume import resume
from services.pushes.commands import cancel
from tests.unit.services.service import HOUR_S, Service, once_after

QUARTER_S = 900


def _must_read(**members: object) -> dict[str, object]:
    return {"need": "read", "within": "15m", **members}


ESCALATES = _must_read(escalate={"target": {"users": ["boss"]}, "message": "nobody reads"})


async def _says(service: Service, row: Connection, push: Push, kind: AckKind = "read") -> None:
    await acknowledge(service.ports, row, Ack((push.id,), kind, None))


async def _two(service: Service) -> tuple[Connection, Connection]:
    return await service.connect("a", "alice"), await service.connect("b", "bob")


async def _to_two(service: Service, **ack: object) -> Push:
    return await service.send({"users": ["alice", "bob"]}, ack=_must_read(**ack))


# Sent again


async def test_who_has_not_read_it_is_sent_it_again_and_who_has_is_not(service: Service) -> None:
    alice, _ = await _two(service)
    push = await _to_two(service, resend=2)
    assert push.state is State.SENT
    await _says(service, alice, push)
    await service.pass_s(QUARTER_S)
    assert (len(service.pushes_at("a")), len(service.pushes_at("b"))) == (1, 2)
    await service.pass_s(QUARTER_S)
    assert (len(service.pushes_at("a")), len(service.pushes_at("b"))) == (1, 3)
    await service.pass_s(QUARTER_S)
    assert (len(service.pushes_at("b")), (await service.push(push.id)).state) == (3, State.COMPLETED)
    assert await service.counts(push) == Counts(targeted=2, sent=2, read=1)


async def test_received_is_not_read(service: Service) -> None:
    alice, bob = await _two(service)
    push = await _to_two(service, resend=1)
    await _says(service, alice, push, "received")
    await _says(service, bob, push, "failed")
    await service.pass_s(QUARTER_S)
    assert (len(service.pushes_at("a")), len(service.pushes_at("b"))) == (2, 1)


async def test_who_has_not_been_sent_it_yet_cannot_acknowledge_it(service: Service) -> None:
    rows = [await service.connect(f"c{number}", f"user{number}") for number in range(12)]
    push = await service.send("all", waves=[{"percent": 50, "then_wait": "10m"}, {"percent": 100}], receipts="each")
    reached = [row for row in rows if service.pushes_at(row.connection_id)]
    assert 0 < len(reached) < len(rows)
    for row in rows:
        await _says(service, row, push, "failed")
    assert (await service.counts(push)).failed == len(reached)
    assert set(await service.receipts(push)) == {row.terminal_id for row in reached}


async def test_an_acknowledgement_that_comes_twice_or_backwards_counts_once(service: Service) -> None:
    alice, _ = await _two(service)
    push = await _to_two(service)
    for kind in ("read", "read", "received", "read"):
        await _says(service, alice, push, kind)
    await asyncio.gather(*(_says(service, alice, push) for _ in range(5)))
    assert await service.counts(push) == Counts(targeted=2, sent=2, read=1)


async def test_a_terminal_that_comes_later_is_reached_by_what_is_sent_again_and_counted(service: Service) -> None:
    alice, _ = await _two(service)
    push = await _to_two(service, resend=1)
    await _says(service, alice, push)
    late = await service.connect("late", "alice", terminal_id="alice/late")
    await service.pass_s(QUARTER_S)
    assert service.pushes_at("late") == [push.id]
    await _says(service, late, push)
    assert await service.counts(push) == Counts(targeted=3, sent=3, read=2)


async def test_who_was_gone_and_is_reached_by_what_is_sent_again_counts_as_sent(service: Service) -> None:
    await _two(service)
    service.sockets.next_posts("b", "gone")
    push = await _to_two(service, resend=1)
    assert await service.counts(push) == Counts(targeted=2, sent=1, gone=1)
    await service.connect("b", "bob")
    await service.pass_s(QUARTER_S)
    assert await service.counts(push) == Counts(targeted=2, sent=2)


async def test_a_terminal_that_was_away_when_it_was_sent_again_gets_that_when_it_comes_back(service: Service) -> None:
    await service.connect("a", "alice")
    push = await _to_two(service, resend=1)
    await service.empty()
    service.clock.at_s += 300
    since = lowest_at(service.clock.at_s)
    await service.pass_s(QUARTER_S)
    back = await service.connect("back", "alice", terminal_id="alice/a")
    await resume(service.ports, back, since)
    assert service.pushes_at("back") == [push.id]


async def test_who_has_read_it_is_not_replayed_what_was_sent_again(service: Service) -> None:
    alice, _ = await _two(service)
    push = await _to_two(service, resend=1)
    await _says(service, alice, push)
    service.clock.at_s += 300
    since = lowest_at(service.clock.at_s)
    await service.pass_s(QUARTER_S)
    back = await service.connect("back", "alice", terminal_id="alice/a")
    await resume(service.ports, back, since)
    assert service.pushes_at("back") == []


async def test_each_wave_has_a_deadline_of_its_own(service: Service) -> None:
    for index in range(10):
        await service.connect(f"c{index}", f"u{index}", place=index * (SIZE // 10))
    waves = [{"percent": 50, "then_wait": "10m"}, {"percent": 100}]
    push = await service.send("all", waves=waves, ack=_must_read(resend=1))
    first = service.sockets.reached()
    await service.pass_s(QUARTER_S)
    again = {each for each in service.sockets.reached() if len(service.pushes_at(each)) == 2}
    assert (len(first), again) == (5, first)
    await service.pass_s(600)
    assert {len(service.pushes_at(each)) for each in service.sockets.reached()} == {2}
    assert await service.counts(push) == Counts(targeted=10, sent=10)


@pytest.mark.usefixtures("pages_of_two")
async def test_a_worker_that_dies_sending_again_counts_nobody_twice(service: Service) -> None:
    for index in range(6):
        await service.connect(f"c{index}", f"u{index}")
    push = await service.send("all", ack=_must_read(resend=1))

    async def dies() -> None:
        raise OSError("killed")

    service.clock.at_s += QUARTER_S
    await service.fire()
    once_after(service.ports.gateway, "post", dies)
    with pytest.raises(OSError, match="killed"):
        await service.settle()
    await service.settle()
    assert await service.counts(push) == Counts(targeted=6, sent=6)


# Escalated


async def test_what_is_not_read_in_time_is_escalated_once(service: Service) -> None:
    await service.connect("a", "alice")
    await service.connect("c", "boss")
    push = await service.send("user:alice", ack=ESCALATES)
    await service.pass_s(QUARTER_S - 1)
    assert service.pushes_at("c") == []
    await service.pass_s(HOUR_S)
    (child,) = await service.children(push)
    assert service.sockets.frames("c", "push")[0]["message"] == "nobody reads"
    assert service.pushes_at("c") == [child.id]
    assert (child.sender, child.state) == (push.sender, State.COMPLETED)
    assert (await service.push(push.id)).state is State.COMPLETED


async def test_what_reached_nobody_is_escalated_too(service: Service) -> None:
    await service.connect("c", "boss")
    push = await service.send("user:alice", ack=ESCALATES)
    await service.pass_s(HOUR_S)
    assert len(await service.children(push)) == 1


async def test_what_everybody_has_read_is_not_escalated(service: Service) -> None:
    alice = await service.connect("a", "alice")
    push = await service.send("user:alice", ack=ESCALATES)
    await _says(service, alice, push)
    await service.pass_s(HOUR_S)
    assert (await service.push(push.id)).state is State.COMPLETED
    assert await service.children(push) == []


async def test_an_escalation_is_in_the_audit_trail_with_what_it_came_from(service: Service) -> None:
    push = await service.send("user:alice", ack=ESCALATES)
    await service.pass_s(HOUR_S)
    (child,) = await service.children(push)
    (entry,) = (await service.ports.audit.list(limit=10, subject=child.id)).items
    assert (entry.action, entry.actor, entry.detail["parent"]) == ("push.create", "admin", push.id)


async def test_what_was_cancelled_is_not_escalated(service: Service) -> None:
    push = await service.send("user:alice", ack=ESCALATES)
    await cancel(service.ports, push.id, by="boss")
    await service.pass_s(HOUR_S)
    assert await service.children(push) == []


# Once for each user


async def _at_desk_and_tablet(service: Service) -> tuple[Connection, Connection, Push]:
    desk = await service.connect("desk", "alice", terminal_id="alice/desk")
    tablet = await service.connect("tablet", "alice", terminal_id="alice/tablet")
    await service.connect("other", "bob")
    push = await service.send({"users": ["alice", "bob"]}, ack=_must_read(once_per_user=True, resend=1))
    return desk, tablet, push


async def test_read_on_one_terminal_takes_it_off_the_users_others_only(service: Service) -> None:
    desk, _, push = await _at_desk_and_tablet(service)
    await _says(service, desk, push)
    cancelled = {name: service.sockets.frames(name, "cancel") for name in ("desk", "tablet", "other")}
    assert cancelled == {"desk": [], "tablet": [{"type": "cancel", "id": push.id}], "other": []}


async def test_received_on_one_terminal_takes_it_off_none(service: Service) -> None:
    desk, _, push = await _at_desk_and_tablet(service)
    await _says(service, desk, push, "received")
    assert service.sockets.frames("tablet", "cancel") == []


async def test_a_terminal_that_the_push_is_not_for_hears_nothing_of_it(service: Service) -> None:
    desk = await service.connect("desk", "alice", terminal_id="alice/desk")
    await service.connect("tablet", "alice", terminal_id="alice/tablet")
    push = await service.send("terminal:alice/desk", ack=_must_read(once_per_user=True))
    await _says(service, desk, push)
    assert service.sockets.frames("tablet") == []


async def test_what_was_read_elsewhere_is_replayed_as_its_recall(service: Service) -> None:
    desk, _, push = await _at_desk_and_tablet(service)
    await _says(service, desk, push)
    phone = await service.connect("phone", "alice", terminal_id="alice/phone")
    await resume(service.ports, phone, BEGINNING)
    assert service.pushes_at("phone") == []
    assert service.sockets.frames("phone", "cancel") == [{"type": "cancel", "id": push.id}]
    assert (await service.counts(push)).targeted == 3


async def test_what_was_read_by_its_user_is_sent_again_to_others_only(service: Service) -> None:
    desk, _, push = await _at_desk_and_tablet(service)
    await _says(service, desk, push)
    await service.pass_s(QUARTER_S)
    assert [len(service.pushes_at(name)) for name in ("desk", "tablet", "other")] == [1, 1, 2]


async def test_who_has_read_it_is_not_shown_it_on_a_terminal_whose_turn_comes_later(service: Service) -> None:
    rows = [
        await service.connect(f"c{index}", "alice", terminal_id=f"alice/{index}", place=index * (SIZE // 10))
        for index in range(10)
    ]
    waves = [{"percent": 50, "then_wait": "10m"}, {"percent": 100}]
    push = await service.send("all", waves=waves, ack={"need": "read", "once_per_user": True})
    first = {each for each in service.sockets.reached() if service.pushes_at(each)}
    reader = next(row for row in rows if row.connection_id in first)
    await _says(service, reader, push)
    await service.pass_s(HOUR_S)
    assert {each for each in service.sockets.reached() if service.pushes_at(each)} == first
    assert await service.counts(push) == Counts(targeted=10, sent=5, skipped=5, read=1)


# Recalled


async def test_a_cancelled_push_shows_at_each_terminal_what_became_of_it(service: Service) -> None:
    alice, bob = await _two(service)
    push = await service.send({"users": ["alice", "bob"]}, receipts="each")
    await _says(service, alice, push)
    await cancel(service.ports, push.id, by="boss")
    await service.settle()
    await _says(service, bob, push, "recalled")
    kinds = {receipt.user: receipt.kind for receipt in (await service.receipts(push)).values()}
    assert kinds == {"alice": "read", "bob": "recalled"}

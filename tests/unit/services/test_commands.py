"""What a person does to a push: approve, reject, halt, resume; who may, when, and what the audit trail says."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from services.domain import moments, positions
from services.domain.problems import Problem
from services.domain.pushes import Push, State
from services.ports import Sender
from services.pushes import commands
from services.pushes.commands import approve, cancel, halt, reject, resume
from tests.contract import makers
from tests.contract.adapters import NOON_S
from tests.unit.services.service import HOUR_S, Service, once_before

HALVES = [{"percent": 50, "then_wait": "10m"}, {"percent": 100}]
Command = Callable[..., Awaitable[Push]]
COMMANDS: tuple[Command, ...] = (approve, reject, halt, resume, cancel)


async def _awaiting(service: Service, **asked: object) -> Push:
    """A push of bob's that waits for another person, and two terminals that it is for."""
    await service.ports.senders.put(Sender(sub="bob", approve_over=1), makers.audit_entry(action="sender.put"))
    for name in ("a", "b"):
        await service.connect(name, name)
    push = await service.send("all", sender="bob", **asked)
    assert push.state is State.AWAITING_APPROVAL
    return push


async def _refused(command: Command, service: Service, push_id: str, by: str = "boss") -> tuple[str, int]:
    with pytest.raises(Problem) as refused:
        await command(service.ports, push_id, by=by)
    return refused.value.code, refused.value.status


@pytest.mark.parametrize("command", COMMANDS)
async def test_a_push_that_is_not_there_is_not_found(service: Service, command: Command) -> None:
    for push_id in (positions.BEGINNING, "no id"):
        assert await _refused(command, service, push_id) == ("push_not_found", 404)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (approve, "push_not_awaiting_approval"),
        (reject, "push_not_awaiting_approval"),
        (halt, "push_not_haltable"),
        (resume, "push_not_halted"),
    ],
)
async def test_a_completed_push_takes_no_command_but_a_cancel(service: Service, command: Command, code: str) -> None:
    push = await service.send()
    assert await _refused(command, service, push.id) == (code, 409)


@pytest.mark.parametrize("command", [approve, reject])
async def test_a_sender_cannot_be_the_second_person(service: Service, command: Command) -> None:
    push = await _awaiting(service)
    assert await _refused(command, service, push.id, by="bob") == ("approval_by_sender", 403)
    assert (await service.push(push.id)).state is State.AWAITING_APPROVAL


async def test_a_sender_may_cancel_what_waits_for_approval(service: Service) -> None:
    push = await _awaiting(service)
    assert (await cancel(service.ports, push.id, by="bob")).state is State.CANCELLED
    assert await _refused(approve, service, push.id) == ("push_not_awaiting_approval", 409)


async def test_an_approved_push_is_sent(service: Service) -> None:
    push = await _awaiting(service)
    assert service.sockets.reached() == set()
    assert (await approve(service.ports, push.id, by="boss")).state is State.SENDING
    await service.settle()
    assert service.sockets.reached() == {"a", "b"}
    assert (await service.push(push.id)).state is State.COMPLETED


async def test_an_approved_push_waits_for_its_time(service: Service) -> None:
    push = await _awaiting(service, send_at=moments.text(NOON_S + HOUR_S))
    assert (await approve(service.ports, push.id, by="boss")).state is State.SCHEDULED
    await service.pass_s(HOUR_S)
    assert service.sockets.reached() == {"a", "b"}


async def test_a_rejected_push_reaches_nobody_also_later(service: Service) -> None:
    push = await _awaiting(service)
    rejected = await reject(service.ports, push.id, by="boss", reason="no")
    assert (rejected.state, rejected.ended_by) == (State.REJECTED, "boss")
    await service.pass_s(48 * HOUR_S)
    assert service.sockets.reached() == set()
    assert await _refused(approve, service, push.id) == ("push_not_awaiting_approval", 409)


async def test_what_nobody_approves_expires_after_a_day(service: Service) -> None:
    push = await _awaiting(service)
    await service.pass_s(24 * HOUR_S - 1)
    assert (await service.push(push.id)).state is State.AWAITING_APPROVAL
    await service.pass_s(1)
    assert (await service.push(push.id)).state is State.EXPIRED
    assert service.sockets.reached() == set()


async def test_a_push_that_repeats_is_approved_once_for_all_runs(service: Service) -> None:
    push = await _awaiting(service, repeat={"cron": "0 * * * *", "times": 2})
    await approve(service.ports, push.id, by="boss")
    await service.pass_s(3 * HOUR_S)
    assert [run.state for run in await service.children(push)] == [State.COMPLETED] * 2


@pytest.mark.parametrize(
    ("command", "action"),
    [(approve, "push.approve"), (reject, "push.reject"), (cancel, "push.cancel")],
)
async def test_each_command_is_in_the_audit_trail_with_its_reason(
    service: Service, command: Command, action: str
) -> None:
    push = await _awaiting(service)
    await command(service.ports, push.id, by="boss", reason="because")
    (entry,) = (await service.ports.audit.list(limit=10, action=action)).items
    assert (entry.actor, entry.subject, entry.detail) == (
        "boss",
        push.id,
        {"was": "awaiting_approval", "reason": "because"},
    )


async def test_a_halt_and_a_resume_are_in_the_audit_trail(service: Service) -> None:
    push = await service.send("all", waves=HALVES)
    await halt(service.ports, push.id, by="one", reason="wrong")
    await resume(service.ports, push.id, by="two")
    entries = (await service.ports.audit.list(limit=2, subject=push.id)).items
    assert [(entry.action, entry.actor) for entry in entries] == [("push.resume", "two"), ("push.halt", "one")]


async def test_what_is_released_to_everybody_cannot_be_halted(service: Service) -> None:
    push = await service.submit()
    assert await _refused(halt, service, push.id) == ("push_not_haltable", 409)


async def test_of_many_people_at_once_one_approves(service: Service) -> None:
    push = await _awaiting(service)

    async def one(name: str) -> str:
        try:
            await approve(service.ports, push.id, by=name)
        except Problem as refused:
            return refused.code
        return "approved"

    answers = await asyncio.gather(*(one(f"boss{index}") for index in range(5)))
    assert sorted(answers) == ["approved", *["push_not_awaiting_approval"] * 4]
    await service.settle()
    assert [len(service.pushes_at(name)) for name in ("a", "b")] == [1, 1]


async def test_a_command_meets_a_push_that_moves_meanwhile(service: Service) -> None:
    for index in range(8):
        await service.connect(f"c{index}", f"u{index}")
    push = await service.submit("all", waves=HALVES)
    once_before(service.ports.pushes, "transition", service.settle)
    await halt(service.ports, push.id, by="boss")
    assert (await service.push(push.id)).state is State.HALTED


async def test_a_push_that_never_stands_still_is_busy(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    push = await service.send("all", waves=HALVES)

    async def too_late(*_: object, **__: object) -> None:
        return None

    monkeypatch.setattr(service.ports.pushes, "transition", too_late)
    assert await _refused(halt, service, push.id) == ("push_busy", 409)
    assert commands.MOST_TRIES > 1


async def test_a_test_push_reaches_only_its_senders_terminals_and_waits_for_nobody(service: Service) -> None:
    await service.ports.senders.put(Sender(sub="bob", approve_over=0), makers.audit_entry(action="sender.put"))
    for name in ("alice", "bob"):
        await service.connect(name, name)
    push = await service.send("all", sender="bob", test=True, send_at=moments.text(NOON_S + HOUR_S), waves=HALVES)
    assert (push.state, service.sockets.reached()) == (State.COMPLETED, {"bob"})


@pytest.mark.parametrize(("halted", "command"), [(False, halt), (True, resume)])
async def test_what_should_be_over_is_ended_by_who_would_halt_it_or_let_it_go_on(
    service: Service, halted: bool, command: Command
) -> None:
    push = await service.submit(pace={"per_second": 0.1}, expires_in="10m")
    if halted:
        await halt(service.ports, push.id, by="pat")
    for timer in service.timers():
        await service.ports.timers.cancel(timer.name)
    service.clock.at_s += 600
    code = "push_not_halted" if halted else "push_not_haltable"
    assert await _refused(command, service, push.id) == (code, 409)
    assert (await service.push(push.id)).state is State.EXPIRED

"""Why a terminal got a push or did not: the trace says what then is so."""

from __future__ import annotations

import pytest

from services.domain.problems import Problem
from services.domain.pushes import Push, Receipt, ReceiptKind
from services.pushes import commands
from services.pushes.case import Answer, Step
from services.pushes.explain import Explained, explain
from services.senders import register
from tests.unit.services.service import HOUR_S, Service


async def _explained(service: Service, push: Push, *, user: str = "alice") -> Explained:
    return await explain(service.ports, push.id, user=user)


async def _answer(service: Service, push: Push, *, user: str = "alice") -> Answer:
    return (await _explained(service, push, user=user)).trace.answer


def _outcomes(explained: Explained) -> dict[str, str]:
    return {step.step: step.outcome for step in explained.trace.steps}


def _step(explained: Explained, name: str) -> Step:
    (step,) = [step for step in explained.trace.steps if step.step == name]
    return step


async def _told(service: Service, push: Push, kind: ReceiptKind, *, user: str = "alice") -> None:
    receipt = Receipt(
        push_id=push.id,
        connection_id=user,
        terminal_id=f"{user}/desk",
        user=user,
        kind=kind,
        at_s=service.clock.at_s,
        detail="no paper" if kind == "failed" else None,
    )
    assert await service.ports.pushes.acknowledge(receipt, early=False)


async def _here(service: Service, user: str = "alice", **members: object) -> None:
    await service.connect(user, user, terminal_id=f"{user}/desk", **members)  # type: ignore[arg-type]  # passed on as it is


async def test_a_terminal_that_is_meant_is_told_by_which_clause(service: Service) -> None:
    await _here(service, groups=("ops",))
    push = await service.send("group:sales or group:ops and not user:bob")
    target = _step(await _explained(service, push), "target")
    assert (target.outcome, target.text) == ("matched", "the target means it by group:ops and not user:bob")


async def test_a_terminal_that_is_not_meant_is_told_by_which_clause(service: Service) -> None:
    await _here(service, groups=("ops",))
    push = await service.send("group:ops and os = mac")
    explained = await _explained(service, push)
    assert explained.trace.answer == "not_meant"
    assert _step(explained, "target").text == "the target does not mean it, by os = mac"


async def test_the_limit_of_a_sender_is_told_apart_from_the_target(service: Service) -> None:
    await _here(service)
    await register.put(service.ports, "print", targets="group:ops", by="admin")
    push = await service.send("user:alice", sender="print")
    explained = await _explained(service, push)
    assert explained.trace.answer == "not_meant"
    assert _outcomes(explained) == {"sender": "not_matched", "target": "matched"}


@pytest.mark.parametrize("kind", ["received", "read", "failed", "recalled"])
async def test_what_a_terminal_told_is_the_answer(service: Service, kind: ReceiptKind) -> None:
    await _here(service)
    push = await service.send(receipts="each")
    await _told(service, push, kind)
    explained = await _explained(service, push)
    assert (explained.trace.answer, explained.terminal_id) == (kind, "alice/desk")
    assert _step(explained, "delivery").data["detail"] == ("no paper" if kind == "failed" else None)


async def test_one_who_was_here_was_sent_it_also_where_no_receipt_proves_it(service: Service) -> None:
    await _here(service)
    push = await service.send()
    explained = await _explained(service, push)
    assert explained.trace.answer == "sent"
    assert "no receipts" in _step(explained, "delivery").text


async def test_one_whose_part_is_under_way_is_told_so(service: Service) -> None:
    await _here(service)
    assert await _answer(service, await service.submit()) == "under_way"


async def test_one_who_is_away_is_told_since_when_and_that_it_is_kept(service: Service) -> None:
    await _here(service)
    await service.ports.registry.remove(["alice"])
    service.clock.at_s += HOUR_S
    push = await service.send("user:alice", retain="1d")
    explained = await _explained(service, push)
    assert explained.trace.answer == "away"
    assert _outcomes(explained) == {"target": "matched", "release": "released", "presence": "away", "replay": "kept"}


async def test_a_user_who_was_never_seen_is_away_if_it_is_meant(service: Service) -> None:
    push = await service.send("user:alice")
    explained = await _explained(service, push)
    assert (explained.trace.answer, explained.terminal_id) == ("away", None)
    assert _outcomes(explained)["presence"] == "unknown"


@pytest.mark.parametrize("strategy", [{"retain": "0s"}, {"replay": "none"}, {"retain": "1h"}])
async def test_one_who_is_away_and_for_whom_nothing_is_kept_misses_it(
    service: Service, strategy: dict[str, object]
) -> None:
    push = await service.send("user:alice", **strategy)  # type: ignore[arg-type]  # passed on as it is
    service.clock.at_s += HOUR_S
    assert await _answer(service, push) == "missed"


async def test_a_wave_that_has_not_come_yet_is_waited_for(service: Service) -> None:
    users = [f"user{number}" for number in range(12)]
    for user in users:
        await _here(service, user)
    waves = [{"percent": 50, "then_wait": "10m"}, {"percent": 100}]
    push = await service.send(waves=waves)
    await service.pass_s(1)
    answers = {user: await _answer(service, push, user=user) for user in users}
    reached = {user for user in users if service.pushes_at(user)}
    assert {user for user, answer in answers.items() if answer == "sent"} == reached
    assert {user for user, answer in answers.items() if answer == "waits"} == set(users) - reached
    await service.pass_s(601)
    assert {await _answer(service, push, user=user) for user in users} == {"sent"}


async def test_a_pace_is_followed_place_by_place(service: Service) -> None:
    users = [f"user{number}" for number in range(12)]
    for user in users:
        await _here(service, user)
    push = await service.send(pace={"per_second": 0.5})
    await service.pass_s(4)
    reached = {user for user in users if service.pushes_at(user)}
    assert reached < set(users)
    answers = {user: await _answer(service, push, user=user) for user in users}
    assert {user for user, answer in answers.items() if answer == "sent"} == reached


async def test_a_push_with_a_time_is_scheduled_until_then(service: Service) -> None:
    await _here(service)
    push = await service.send(send_at="2027-01-01T00:00:00Z")
    explained = await _explained(service, push)
    assert (explained.trace.answer, _outcomes(explained)["schedule"]) == ("scheduled", "waits")


async def test_a_push_that_repeats_reaches_nobody_itself(service: Service) -> None:
    await _here(service)
    assert await _answer(service, await service.send(repeat={"cron": "0 9 * * *"})) == "repeats"


async def test_a_window_that_drops_says_by_which_clock(service: Service) -> None:
    await _here(service, attributes={"tz": "Asia/Tokyo"})
    # It is noon in UTC, and evening in Tokyo.
    window = {"timezone": "attr:tz", "from": "09:00", "to": "18:00", "outside": "drop"}
    push = await service.send(window=window)
    explained = await _explained(service, push)
    assert explained.trace.answer == "dropped"
    assert _step(explained, "window").data["timezone"] == "Asia/Tokyo"


async def test_a_window_that_waits_says_until_when(service: Service) -> None:
    await _here(service)
    push = await service.send(window={"from": "14:00", "to": "18:00"})
    explained = await _explained(service, push)
    assert (explained.trace.answer, _outcomes(explained)["window"]) == ("waits", "waits")
    assert str(_step(explained, "window").data["opens_at"]).endswith("T14:00:00.000Z")


async def test_an_urgent_push_passes_its_window(service: Service) -> None:
    await _here(service)
    push = await service.send(window={"from": "14:00", "to": "18:00"}, priority="urgent")
    explained = await _explained(service, push)
    assert (explained.trace.answer, _outcomes(explained)["window"]) == ("sent", "passed")


async def test_approval_and_rejection_are_told(service: Service) -> None:
    await _here(service)
    await register.put(service.ports, "print", approve_over=0, by="admin")
    push = await service.send(sender="print")
    assert await _answer(service, push) == "awaiting_approval"
    await commands.reject(service.ports, push.id, by="boss", reason="no")
    explained = await _explained(service, push)
    assert explained.trace.answer == "rejected"
    assert "boss: no" in _step(explained, "approval").text


async def test_resends_and_escalation_are_told(service: Service) -> None:
    await _here(service)
    await _here(service, "boss")
    escalate = {"target": {"users": ["boss"]}, "message": "nobody reads"}
    push = await service.send("user:alice", ack={"need": "read", "within": "1m", "resend": 1, "escalate": escalate})
    await service.pass_s(200)
    outcomes = _outcomes(await _explained(service, push))
    assert outcomes["acknowledgement"] == "unconfirmed"
    assert (outcomes["resend"], outcomes["escalation"]) == ("resent", "escalated")


@pytest.mark.parametrize("retain", ["1d", "0s"])
async def test_one_who_is_away_does_not_get_what_was_cancelled(service: Service, retain: str) -> None:
    push = await service.send("user:alice", retain=retain)
    await commands.cancel(service.ports, push.id, by="admin")
    explained = await _explained(service, push)
    assert (explained.trace.answer, _outcomes(explained)["end"]) == ("cancelled", "cancelled")


async def test_a_user_with_several_terminals_is_told_of_the_one_that_came_last(service: Service) -> None:
    await service.connect("a", "alice", terminal_id="alice/desk")
    await service.connect("b", "alice", terminal_id="alice/till")
    await service.ports.registry.remove(["a"])
    push = await service.send("user:alice")
    explained = await _explained(service, push)
    assert (explained.terminal_id, explained.others) == ("alice/till", ["alice/desk"])


async def test_a_terminal_is_found_by_its_id_here_or_away(service: Service) -> None:
    await _here(service)
    push = await service.send("user:alice", receipts="each")
    for answer in ("sent", "sent"):
        explained = await explain(service.ports, push.id, terminal="alice/desk")
        assert (explained.user, explained.trace.answer) == ("alice", answer)
        await service.ports.registry.remove(["alice"])


@pytest.mark.parametrize("whom", [{}, {"user": "alice", "terminal": "alice/desk"}])
async def test_it_is_of_one_terminal_or_of_one_user(service: Service, whom: dict[str, str]) -> None:
    push = await service.send()
    with pytest.raises(Problem, match="invalid_request"):
        await explain(service.ports, push.id, **whom)


async def test_an_explanation_writes_nothing(service: Service) -> None:
    await _here(service)
    push = await service.send(receipts="each")
    before = (await service.push(push.id), await service.counts(push), await service.receipts(push))
    await _explained(service, push)
    assert (await service.push(push.id), await service.counts(push), await service.receipts(push)) == before

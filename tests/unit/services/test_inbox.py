"""The inbox: what a resume would have given, over HTTP; and waiting for what comes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from services.connections import membership
from services.connections.access import block, revoke_token
from services.domain.frames import Ack
from services.domain.identity import Identity
from services.domain.positions import BEGINNING, lowest_at
from services.domain.problems import Problem
from services.domain.pushes import Counts, Push
from services.domain.standing import Block
from services.messages import inbox
from services.messages.inbox import MAX_WAIT_S, Inbox, acknowledge, read
from services.messages.replay import OVERLAP_S
from services.pushes.commands import cancel
from tests.contract import makers
from tests.contract.adapters import NOON_S
from tests.unit.services.service import HOUR_S, Service

ALICE = Identity(user="alice", issuer="fanfare", expires_at_s=int(NOON_S) + 12 * HOUR_S, issued_at_s=int(NOON_S))


class Waiting:
    """A reader's sleep: the clock goes on, and whatever is to happen at a second happens."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.slept_s = 0.0
        self.happens: dict[int, object] = {}

    async def __call__(self, seconds: float) -> None:
        self.slept_s += seconds
        self.service.clock.at_s += seconds
        happening = self.happens.pop(round(self.slept_s), None)
        if happening is not None:
            assert callable(happening)
            await happening()


async def _read(
    service: Service,
    since: str | None = None,
    *,
    who: Identity = ALICE,
    wait_s: float = 0.0,
    calls_itself: str | None = "pc",
    source_ip: str = "192.0.2.7",
    sleep: Waiting | None = None,
) -> Inbox:
    return await read(
        service.ports,
        who,
        calls_itself=calls_itself,
        source_ip=source_ip,
        since=since,
        wait_s=wait_s,
        sleep=sleep or Waiting(service),
    )


def _ids(answer: Inbox) -> list[object]:
    return [item["id"] for item in answer.items]


async def _sent(service: Service, *targets: object, **strategy: object) -> list[Push]:
    sent = []
    for target in targets:
        service.clock.at_s += 1
        sent.append(await service.send(target, **strategy))  # type: ignore[arg-type] # members of a strategy
    return sent


async def test_it_has_what_was_released_to_its_reader_in_order(service: Service) -> None:
    pushes = await _sent(service, "user:alice", "all", "group:ops", "terminal:alice/pc", "user:bob")
    answer = await _read(service, BEGINNING, who=replace(ALICE, groups=("ops",)))
    assert _ids(answer) == [push.id for push in pushes[:4]]
    assert {item["type"] for item in answer.items} == {"push"}
    assert (answer.more, answer.recovered) == (False, True)


async def test_groups_given_at_run_time_count(service: Service) -> None:
    (push,) = await _sent(service, {"groups": ["ops"]})
    await membership.join(service.ports, "ops", "alice", by="boss")
    assert _ids(await _read(service, BEGINNING)) == [push.id]


async def test_without_since_there_is_nothing_and_what_comes_then_is_next(service: Service) -> None:
    await _sent(service, "all")
    first = await _read(service)
    assert (first.items, first.more, first.recovered) == ([], False, True)
    (push,) = await _sent(service, "all")
    assert _ids(await _read(service, first.upto)) == [push.id]


async def test_what_was_had_is_not_given_again(service: Service) -> None:
    await _sent(service, "all", "all")
    first = await _read(service, BEGINNING)
    second = await _read(service, first.upto)
    assert second.items == []
    (push,) = await _sent(service, "all")
    third = await _read(service, second.upto)
    assert _ids(third) == [push.id]


async def test_what_was_under_way_when_it_was_read_is_given_then_with_what_was_had(service: Service) -> None:
    (had,) = await _sent(service, "all")
    late_position = lowest_at(service.clock.at_s + 0.5)
    service.clock.at_s += 1
    first = await _read(service, BEGINNING)
    # It was released before, and took its time to be written.
    late = makers.push("alice")
    entry = makers.log_entry(late, position=late_position)
    await service.ports.pushes.submit(makers.submission(late, entries=[entry]))
    second = await _read(service, first.upto)
    assert set(_ids(second)) == {had.id, late.id}
    assert (await _read(service, second.upto)).items == []


@pytest.mark.parametrize("batch", [1, 2, 3])
async def test_many_come_in_batches_and_none_is_left_out(
    service: Service, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "BATCH", batch)
    pushes = await _sent(service, *["all"] * 5)
    got: list[object] = []
    since, more = BEGINNING, True
    while more:
        answer = await _read(service, since)
        assert len(answer.items) <= batch
        got += _ids(answer)
        since, more = answer.upto, answer.more
        service.clock.at_s += 1
    assert got == [push.id for push in pushes]
    (push,) = await _sent(service, "all")
    assert _ids(await _read(service, since)) == [push.id]


async def test_an_answer_is_no_larger_than_a_function_may_give(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "MAX_ITEMS_BYTES", 1_500)
    pushes = [(await _sent(service, "all"))[0].id for _ in range(2)]
    large = await service.send("all", "x" * 2_000)
    last = (await _sent(service, "all"))[0]
    first = await _read(service, BEGINNING)
    assert (_ids(first), first.more) == ([*pushes, large.id], True)
    assert _ids(await _read(service, first.upto)) == [last.id]


async def test_it_says_when_something_may_be_missing(service: Service) -> None:
    await _sent(service, "all", retain="10s")
    service.clock.at_s += 2 * HOUR_S
    assert not (await _read(service, lowest_at(NOON_S))).recovered
    assert (await _read(service, lowest_at(service.clock.at_s))).recovered


# Waiting


async def test_it_waits_for_what_comes(service: Service) -> None:
    since = (await _read(service)).upto
    sleep = Waiting(service)
    sleep.happens[3] = lambda: service.send("user:alice")
    answer = await _read(service, since, wait_s=20, sleep=sleep)
    assert (len(answer.items), sleep.slept_s) == (1, 3)


async def test_it_does_not_wait_where_there_is_something(service: Service) -> None:
    await _sent(service, "all")
    sleep = Waiting(service)
    await _read(service, BEGINNING, wait_s=20, sleep=sleep)
    assert sleep.slept_s == 0


async def test_what_was_had_lately_does_not_end_the_wait(service: Service) -> None:
    await _sent(service, "all")
    since = (await _read(service, BEGINNING)).upto
    sleep = Waiting(service)
    answer = await _read(service, since, wait_s=5, sleep=sleep)
    assert (answer.items, sleep.slept_s) == ([], 5)


async def test_it_waits_no_longer_than_it_may(service: Service) -> None:
    sleep = Waiting(service)
    since = (await _read(service)).upto
    await _read(service, since, wait_s=3_600, sleep=sleep)
    assert sleep.slept_s == MAX_WAIT_S


async def test_who_is_blocked_while_waiting_gets_nothing(service: Service) -> None:
    since = (await _read(service)).upto
    sleep = Waiting(service)

    async def blocked() -> None:
        await block(service.ports, Block(user="alice", reason="left", at_s=service.clock.at_s))
        await service.send("all")

    sleep.happens[2] = blocked
    with pytest.raises(Problem, match="user_blocked"):
        await _read(service, since, wait_s=20, sleep=sleep)


async def test_who_loses_a_group_while_waiting_gets_nothing_of_it(service: Service) -> None:
    await membership.join(service.ports, "ops", "alice", by="boss")
    since = (await _read(service)).upto
    sleep = Waiting(service)

    async def left() -> None:
        await membership.leave(service.ports, "ops", "alice", by="boss")
        await service.send({"groups": ["ops"]})

    sleep.happens[2] = left
    assert (await _read(service, since, wait_s=5, sleep=sleep)).items == []


async def test_the_wait_ends_with_the_token(service: Service) -> None:
    sleep = Waiting(service)
    since = (await _read(service)).upto
    sleep.happens[3] = lambda: service.send("all")
    answer = await _read(service, since, who=replace(ALICE, expires_at_s=int(NOON_S) + 3), wait_s=20, sleep=sleep)
    assert (answer.items, sleep.slept_s) == ([], 3)


# Who may read


@pytest.mark.parametrize("since", ["", "now", "0", f"~{BEGINNING}"])
async def test_what_is_no_position_is_refused(service: Service, since: str) -> None:
    with pytest.raises(Problem, match="invalid_since"):
        await _read(service, since)


@pytest.mark.parametrize("name", ["", "a/b", " x", "x" * 129])
async def test_what_is_no_name_is_refused(service: Service, name: str) -> None:
    with pytest.raises(Problem, match="invalid_name"):
        await _read(service, calls_itself=name)


async def test_a_token_that_has_ended_reads_nothing(service: Service) -> None:
    with pytest.raises(Problem, match="token_expired"):
        await _read(service, who=replace(ALICE, expires_at_s=int(NOON_S)))


async def test_a_token_that_was_revoked_reads_nothing(service: Service) -> None:
    await revoke_token(service.ports, "stolen", by="boss")
    with pytest.raises(Problem, match="token_revoked"):
        await _read(service, who=replace(ALICE, token_id="stolen"))


async def test_a_block_of_one_network_holds_there_only(service: Service) -> None:
    await block(service.ports, Block(user="alice", reason="away", cidrs=("192.0.2.0/24",), at_s=NOON_S))
    with pytest.raises(Problem, match="user_blocked"):
        await _read(service)
    assert (await _read(service, source_ip="198.51.100.1")).items == []


async def test_a_reader_is_not_among_those_connected(service: Service) -> None:
    await _read(service)
    assert await service.registered() == set()


# Receipts


async def test_what_it_gives_is_counted_and_acknowledged_as_over_a_socket(service: Service) -> None:
    (push,) = await _sent(service, "user:alice", receipts="each")
    await _read(service, BEGINNING)
    assert await service.counts(push) == Counts(targeted=1, sent=1)
    for _ in range(2):
        await acknowledge(
            service.ports, ALICE, calls_itself="pc", source_ip="192.0.2.7", ack=Ack((push.id,), "received", None)
        )
    assert await service.counts(push) == Counts(targeted=1, sent=1, received=1)
    assert set(await service.receipts(push)) == {"alice/pc"}


async def test_a_reader_without_a_name_is_one_terminal_of_its_user(service: Service) -> None:
    (push,) = await _sent(service, "user:alice", receipts="each")
    for _ in range(2):
        await _read(service, BEGINNING, calls_itself=None)
    assert set(await service.receipts(push)) == {"alice/inbox"}
    assert (await service.counts(push)).targeted == 1


async def test_who_may_not_be_connected_acknowledges_nothing(service: Service) -> None:
    (push,) = await _sent(service, "user:alice", receipts="each")
    await block(service.ports, Block(user="alice", reason="left", at_s=NOON_S))
    with pytest.raises(Problem, match="user_blocked"):
        await acknowledge(
            service.ports, ALICE, calls_itself=None, source_ip="192.0.2.7", ack=Ack((push.id,), "read", None)
        )


async def test_a_push_that_was_cancelled_comes_as_its_recall(service: Service) -> None:
    (push,) = await _sent(service, "user:alice")
    first = await _read(service, BEGINNING)
    await cancel(service.ports, push.id, by="boss")
    await service.settle()
    assert (await _read(service, first.upto)).items == [{"type": "cancel", "id": push.id}]


async def test_readers_that_ask_all_the_time_miss_nothing_that_is_released_meanwhile(service: Service) -> None:
    got: set[object] = set()
    since = (await _read(service)).upto
    sent: list[Push] = []
    for round_ in range(30):
        service.clock.at_s += (0.1, OVERLAP_S / 3, 5.0)[round_ % 3]
        _, answer = await asyncio.gather(_send_some(service, sent), _read(service, since))
        got.update(_ids(answer))
        since = answer.upto
    got.update(_ids(await _read(service, since)))
    assert got == {push.id for push in sent}


async def _send_some(service: Service, sent: list[Push]) -> None:
    sent.append(await service.submit("all"))
    sent.append(await service.submit("user:alice"))


def _positions(answers: Sequence[Inbox]) -> list[str]:
    return [answer.upto.partition("~")[0] for answer in answers]


async def test_where_to_go_on_never_goes_back(service: Service) -> None:
    answers = [await _read(service, BEGINNING)]
    for step_s in (1.0, 0.0, -3.0, 2.0):
        service.clock.at_s += step_s
        answers.append(await _read(service, answers[-1].upto))
    assert _positions(answers) == sorted(_positions(answers))

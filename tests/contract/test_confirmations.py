"""The contract of `services.ports.PushStore`: who has answered, as resends and deadlines ask it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from services.domain.pushes import Counts, Push, ReceiptKind
from services.domain.strategies.strategy import Ack, AckNeed, Strategy
from services.ports import Advance, PushStore
from tests.contract.adapters import NOON_S
from tests.contract.makers import RECEIPTS, connection, jobs_of, push, receipt, submission

RECEIVED = Strategy(ack=Ack(need="received", within_s=60))
READ = Strategy(ack=Ack(need="read", within_s=60))
ONCE_PER_USER = Strategy(ack=Ack(need="read", within_s=60, once_per_user=True))
STAGE = "w1/UTC"


async def _delivered(
    pushes: PushStore, strategy: Strategy, *terminals: str, user: str = "alice", kind: ReceiptKind = "sent"
) -> Push:
    """A push that these terminals of a user have a receipt of."""
    sent = push(strategy=strategy)
    (job,) = jobs_of(sent, stage=STAGE)
    await pushes.submit(submission(sent, jobs=[job]))
    receipts = [receipt(sent, terminal, kind, user=user, stage=STAGE) for terminal in terminals]
    await pushes.advance(Advance(job=job, next=None, counts=Counts(), at_s=NOON_S, receipts=receipts))
    return sent


async def _confirmed(pushes: PushStore, sent: Push, *terminals: str, user: str = "alice") -> set[str]:
    """Of these terminals of a user, those that have confirmed."""
    rows = [connection(f"connection of {terminal}", user=user, terminal_id=terminal) for terminal in terminals]
    confirmed = await pushes.confirmed(sent, rows)
    return {row.terminal_id for row in rows if row.connection_id in confirmed}


@pytest.mark.parametrize(
    ("need", "answers"),
    [("received", {"received", "read", "failed", "recalled"}), ("read", {"read", "failed", "recalled"})],
)
async def test_who_has_answered_has_confirmed(pushes: PushStore, need: AckNeed, answers: set[ReceiptKind]) -> None:
    kinds: list[ReceiptKind] = ["received", "read", "failed", "recalled"]
    sent = await _delivered(pushes, RECEIVED if need == "received" else READ, "sent", *kinds)
    for kind in kinds:
        await pushes.acknowledge(receipt(sent, kind, kind), early=False)
    assert await _confirmed(pushes, sent, "sent", *kinds) == answers
    assert await pushes.unconfirmed(sent, STAGE) == 5 - len(answers)


@pytest.mark.parametrize("kind", ["gone", "expired", "skipped"])
async def test_a_terminal_that_fan_out_missed_has_not_confirmed(pushes: PushStore, kind: ReceiptKind) -> None:
    sent = await _delivered(pushes, RECEIVED, "t1", kind=kind)
    assert await _confirmed(pushes, sent, "t1") == set()
    assert await pushes.unconfirmed(sent, STAGE) == 1


async def test_a_terminal_without_a_receipt_has_not_confirmed_and_is_not_waited_for(pushes: PushStore) -> None:
    sent = await _delivered(pushes, RECEIVED)
    assert await _confirmed(pushes, sent, "t1") == set()
    assert await pushes.unconfirmed(sent, STAGE) == 0


async def test_a_push_whose_receipts_are_all_that_is_asked_for_takes_received_for_an_answer(pushes: PushStore) -> None:
    sent = await _delivered(pushes, RECEIPTS, "t1", "t2")
    await pushes.acknowledge(receipt(sent, "t1", "received"), early=False)
    assert await _confirmed(pushes, sent, "t1", "t2") == {"t1"}


async def test_a_terminal_that_comes_by_another_connection_has_confirmed(pushes: PushStore) -> None:
    sent = await _delivered(pushes, READ, "t1")
    await pushes.acknowledge(receipt(sent, "t1", "read", connection_id="c1"), early=False)
    rows = [connection("c2", terminal_id="t1"), connection("c3", terminal_id="t1"), connection("c4", terminal_id="t2")]
    assert await pushes.confirmed(sent, rows) == {"c2", "c3"}


async def test_nobody_asked_for_is_nobody(pushes: PushStore) -> None:
    assert await pushes.confirmed(await _delivered(pushes, READ), []) == frozenset()


async def test_what_one_push_was_answered_counts_for_it_alone(pushes: PushStore) -> None:
    first, second = await _delivered(pushes, ONCE_PER_USER, "t1"), await _delivered(pushes, ONCE_PER_USER, "t1")
    await pushes.acknowledge(receipt(first, "t1", "read"), early=False)
    assert await _confirmed(pushes, second, "t1") == set()
    assert await pushes.unconfirmed(second, STAGE) == 1


async def test_a_whole_page_of_rows_is_asked_for_at_once(pushes: PushStore) -> None:
    terminals = [f"t{number:04}" for number in range(500)]
    sent = await _delivered(pushes, RECEIVED, *terminals)
    answered = terminals[::7]
    await asyncio.gather(*(pushes.acknowledge(receipt(sent, name, "received"), early=False) for name in answered))
    assert await _confirmed(pushes, sent, *terminals) == set(answered)
    assert await pushes.unconfirmed(sent, STAGE) == len(terminals) - len(answered)


async def test_the_terminals_of_a_stage_are_counted_alone(pushes: PushStore) -> None:
    sent = await _delivered(pushes, READ, "t1", "t2", "t3")
    (job,) = jobs_of(sent, stage="w2/UTC")
    now = await pushes.get(sent.id)
    assert now is not None
    await pushes.transition(now, now.moved(now.state, at_s=NOON_S), at_s=NOON_S, jobs=[job])
    other = [receipt(sent, "t4", stage="w2/UTC"), receipt(sent, "t5", stage="w2/UTC")]
    await pushes.advance(Advance(job=job, next=None, counts=Counts(), at_s=NOON_S, receipts=other))
    await pushes.acknowledge(receipt(sent, "t4", "read", stage="w2/UTC"), early=False)
    assert await pushes.unconfirmed(sent, STAGE) == 3
    assert await pushes.unconfirmed(sent, "w2/UTC") == 1
    assert await pushes.unconfirmed(sent, "w3/UTC") == 0


async def test_a_push_that_is_sent_again_has_its_terminal_waited_for_once(pushes: PushStore) -> None:
    sent = await _delivered(pushes, READ, "t1")
    now = await pushes.get(sent.id)
    assert now is not None
    (again,) = jobs_of(sent, stage=STAGE, kind="resend")
    await pushes.transition(now, now.moved(now.state, at_s=NOON_S), at_s=NOON_S, jobs=[again])
    receipts = [receipt(sent, "t1", stage=STAGE, at_s=NOON_S + 60)]
    await pushes.advance(Advance(job=again, next=None, counts=Counts(sent=1), at_s=NOON_S + 60, receipts=receipts))
    assert await pushes.unconfirmed(sent, STAGE) == 1


async def test_read_on_one_terminal_counts_for_its_user_where_that_is_asked_for(pushes: PushStore) -> None:
    sent = await _delivered(pushes, ONCE_PER_USER, "t1", "t2")
    await pushes.acknowledge(receipt(sent, "t1", "read"), early=False)
    assert await _confirmed(pushes, sent, "t1", "t2", "new terminal") == {"t1", "t2", "new terminal"}
    assert await _confirmed(pushes, sent, "t3", user="bob") == set()
    assert await pushes.unconfirmed(sent, STAGE) == 0


async def test_read_on_one_terminal_counts_for_no_other_where_it_is_not_asked_for(pushes: PushStore) -> None:
    sent = await _delivered(pushes, READ, "t1", "t2")
    await pushes.acknowledge(receipt(sent, "t1", "read"), early=False)
    assert await _confirmed(pushes, sent, "t1", "t2") == {"t1"}
    assert await pushes.unconfirmed(sent, STAGE) == 1


@pytest.mark.parametrize("kind", ["received", "failed", "recalled"])
async def test_what_is_not_read_counts_for_its_terminal_alone(pushes: PushStore, kind: ReceiptKind) -> None:
    sent = await _delivered(pushes, ONCE_PER_USER, "t1", "t2")
    await pushes.acknowledge(receipt(sent, "t1", kind), early=False)
    assert "t2" not in await _confirmed(pushes, sent, "t1", "t2")


async def test_a_user_who_has_read_a_push_has_when_it_was_recalled(pushes: PushStore) -> None:
    sent = await _delivered(pushes, ONCE_PER_USER, "t1", "t2")
    await pushes.acknowledge(receipt(sent, "t1", "read"), early=False)
    await pushes.acknowledge(receipt(sent, "t1", "recalled"), early=False)
    assert await _confirmed(pushes, sent, "t2") == {"t2"}
    assert await pushes.unconfirmed(sent, STAGE) == 0


async def test_an_early_read_counts_for_its_user(pushes: PushStore) -> None:
    sent = await _delivered(pushes, ONCE_PER_USER, "t2")
    await pushes.acknowledge(receipt(sent, "t1", "read", stage=STAGE), early=True)
    assert await _confirmed(pushes, sent, "t1", "t2") == {"t1", "t2"}
    assert await pushes.unconfirmed(sent, STAGE) == 0


async def test_a_read_that_is_not_taken_counts_for_nobody(pushes: PushStore) -> None:
    sent = await _delivered(pushes, ONCE_PER_USER, "t2")
    assert await pushes.acknowledge(receipt(sent, "t1", "read", stage=STAGE), early=False) is False
    assert await _confirmed(pushes, sent, "t1", "t2") == set()


async def test_users_who_read_at_the_same_time_have_all_read(pushes: PushStore) -> None:
    sent = push(strategy=ONCE_PER_USER)
    (job,) = jobs_of(sent, stage=STAGE)
    await pushes.submit(submission(sent, jobs=[job]))
    receipts = [
        receipt(sent, f"u{number}/{which}", user=f"u{number}", stage=STAGE) for number in range(10) for which in "ab"
    ]
    await pushes.advance(Advance(job=job, next=None, counts=Counts(), at_s=NOON_S, receipts=receipts))
    read = [replace(one, kind="read") for one in receipts if one.terminal_id.endswith("a") and one.user != "u3"]
    await asyncio.gather(*(pushes.acknowledge(one, early=False) for one in read))
    assert await pushes.unconfirmed(sent, STAGE) == 2
    assert await _confirmed(pushes, sent, "u3/b", user="u3") == set()
    assert await _confirmed(pushes, sent, "u4/b", user="u4") == {"u4/b"}


async def test_receipts_of_terminals_are_those_that_there_are(pushes: PushStore) -> None:
    sent = await _delivered(pushes, READ, "t1", "t2", "t3")
    read = receipt(sent, "t2", "read", stage=STAGE, at_s=NOON_S + 1, detail="on paper")
    await pushes.acknowledge(read, early=False)
    assert await pushes.receipts_of(sent.id, ["t2", "t9", "t1"]) == {"t1": receipt(sent, "t1", stage=STAGE), "t2": read}


@pytest.mark.parametrize("terminals", [[], ["t1"]])
async def test_a_push_without_receipts_has_none_of_any_terminal(pushes: PushStore, terminals: list[str]) -> None:
    sent = push()
    await pushes.submit(submission(sent))
    assert await pushes.receipts_of(sent.id, terminals) == {}
    assert await pushes.receipts_of(push().id, terminals) == {}

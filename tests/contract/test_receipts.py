"""The contract of `services.ports.PushStore`: receipts, each of which only goes on."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from services.domain.pushes import Counts, Push, Receipt, ReceiptKind
from services.ports import Advance, PushStore
from tests.contract.adapters import NOON_S
from tests.contract.makers import RECEIPTS, jobs_of, push, receipt, submission


async def _delivered(pushes: PushStore, *kinds: tuple[str, ReceiptKind]) -> Push:
    """A push whose first page came to these receipts, by terminal."""
    sent = push(strategy=RECEIPTS)
    (job,) = jobs_of(sent)
    await pushes.submit(submission(sent, jobs=[job]))
    counts = Counts(targeted=len(kinds))
    for _, kind in kinds:
        counts += Counts(**{kind: 1})
    receipts = [receipt(sent, terminal, kind) for terminal, kind in kinds]
    await pushes.advance(Advance(job=job, next=None, counts=counts, at_s=NOON_S, receipts=receipts))
    return sent


async def _all(pushes: PushStore, sent: Push) -> list[Receipt]:
    page = await pushes.receipts(sent.id, limit=100)
    assert page.next is None
    return list(page.items)


async def test_receipts_are_listed_by_terminal(pushes: PushStore) -> None:
    sent = await _delivered(pushes, ("t2", "sent"), ("t1", "gone"), ("t3", "skipped"))
    page = await pushes.receipts(sent.id, limit=2)
    assert list(page.items) == [receipt(sent, "t1", "gone"), receipt(sent, "t2", "sent")]
    rest = await pushes.receipts(sent.id, limit=2, after=page.next)
    assert list(rest.items) == [receipt(sent, "t3", "skipped")]
    assert rest.next is None


async def test_a_page_noted_twice_keeps_its_receipts_once(pushes: PushStore) -> None:
    sent = push(strategy=RECEIPTS)
    (job,) = jobs_of(sent)
    await pushes.submit(submission(sent, jobs=[job]))
    page = Advance(job=job, next=None, counts=Counts(sent=1), at_s=NOON_S, receipts=[receipt(sent, "t1")])
    await pushes.advance(page)
    await pushes.advance(replace(page, receipts=[receipt(sent, "t2")]))
    assert await _all(pushes, sent) == [receipt(sent, "t1")]


@pytest.mark.parametrize("kind", ["received", "read", "failed", "recalled"])
async def test_an_acknowledgement_moves_a_receipt_on(pushes: PushStore, kind: ReceiptKind) -> None:
    sent = await _delivered(pushes, ("t1", "sent"))
    acknowledged = receipt(sent, "t1", kind, at_s=NOON_S + 2, connection_id="c2", detail="no paper")
    assert await pushes.acknowledge(acknowledged, early=False) is True
    assert await _all(pushes, sent) == [acknowledged]
    assert await pushes.counts(sent.id) == Counts(targeted=1, sent=1) + Counts(**{kind: 1})


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("received", "received"),
        ("read", "read"),
        ("read", "received"),
        ("read", "failed"),
        ("failed", "read"),
        ("recalled", "read"),
    ],
)
async def test_a_receipt_that_is_that_far_does_not_move(
    pushes: PushStore, first: ReceiptKind, second: ReceiptKind
) -> None:
    sent = await _delivered(pushes, ("t1", "sent"))
    await pushes.acknowledge(receipt(sent, "t1", first), early=False)
    before = await pushes.counts(sent.id)
    assert await pushes.acknowledge(receipt(sent, "t1", second, at_s=NOON_S + 1), early=False) is False
    assert await _all(pushes, sent) == [receipt(sent, "t1", first)]
    assert await pushes.counts(sent.id) == before


async def test_a_push_that_was_read_may_still_be_recalled(pushes: PushStore) -> None:
    sent = await _delivered(pushes, ("t1", "sent"))
    for kind in ("received", "read", "recalled"):
        assert await pushes.acknowledge(receipt(sent, "t1", kind), early=False) is True
    assert await pushes.counts(sent.id) == Counts(targeted=1, sent=1, received=1, read=1, recalled=1)


async def test_of_many_equal_acknowledgements_at_the_same_time_one_counts(pushes: PushStore) -> None:
    sent = await _delivered(pushes, ("t1", "sent"))
    moved = await asyncio.gather(*(pushes.acknowledge(receipt(sent, "t1", "received"), early=False) for _ in range(10)))
    assert moved.count(True) == 1
    assert (await pushes.counts(sent.id)).received == 1


async def test_acknowledgements_of_many_terminals_at_the_same_time_all_count(pushes: PushStore) -> None:
    terminals = [f"t{n:02}" for n in range(30)]
    sent = await _delivered(pushes, *((terminal, "sent") for terminal in terminals))
    moved = await asyncio.gather(*(pushes.acknowledge(receipt(sent, name, "read"), early=False) for name in terminals))
    assert moved == [True] * 30
    assert (await pushes.counts(sent.id)).read == 30


async def test_a_terminal_without_a_receipt_acknowledges_nothing(pushes: PushStore) -> None:
    sent = await _delivered(pushes, ("t1", "sent"))
    assert await pushes.acknowledge(receipt(sent, "t2", "received"), early=False) is False
    assert await _all(pushes, sent) == [receipt(sent, "t1")]
    assert (await pushes.counts(sent.id)).received == 0


async def test_an_early_acknowledgement_makes_its_receipt(pushes: PushStore) -> None:
    sent = await _delivered(pushes)
    early = receipt(sent, "t1", "received", at_s=NOON_S + 1)
    assert await pushes.acknowledge(early, early=True) is True
    assert await pushes.acknowledge(early, early=True) is False
    assert await _all(pushes, sent) == [early]
    assert (await pushes.counts(sent.id)).received == 1


async def test_an_early_acknowledgement_stays_when_its_page_is_noted(pushes: PushStore) -> None:
    sent = push(strategy=RECEIPTS)
    (job,) = jobs_of(sent)
    await pushes.submit(submission(sent, jobs=[job]))
    early = receipt(sent, "t1", "read", at_s=NOON_S + 1)
    await pushes.acknowledge(early, early=True)
    counts = Counts(targeted=1, sent=1)
    await pushes.advance(Advance(job=job, next=None, counts=counts, receipts=[receipt(sent, "t1")], at_s=NOON_S + 2))
    assert await _all(pushes, sent) == [early]
    assert await pushes.counts(sent.id) == counts + Counts(read=1)


async def test_a_push_without_receipts_is_not_acknowledged(pushes: PushStore) -> None:
    sent = push()
    await pushes.submit(submission(sent))
    assert await pushes.acknowledge(receipt(sent, "t1", "received"), early=True) is False


async def test_an_unknown_push_is_not_acknowledged(pushes: PushStore) -> None:
    assert await pushes.acknowledge(receipt(push(), "t1", "received"), early=True) is False


async def test_a_replay_to_a_terminal_that_was_away_is_kept_and_counted(pushes: PushStore) -> None:
    sent = await _delivered(pushes)
    await pushes.replayed([receipt(sent, "t1", at_s=NOON_S + 60)])
    assert await _all(pushes, sent) == [receipt(sent, "t1", at_s=NOON_S + 60)]
    assert await pushes.counts(sent.id) == Counts(targeted=1, sent=1)


async def test_a_replay_to_a_terminal_that_has_it_counts_nothing(pushes: PushStore) -> None:
    sent = await _delivered(pushes, ("t1", "sent"))
    await pushes.acknowledge(receipt(sent, "t1", "received"), early=False)
    before = await pushes.counts(sent.id)
    await pushes.replayed([receipt(sent, "t1", at_s=NOON_S + 60)])
    assert await _all(pushes, sent) == [receipt(sent, "t1", "received")]
    assert await pushes.counts(sent.id) == before


async def test_a_replay_repeated_counts_once(pushes: PushStore) -> None:
    sent = await _delivered(pushes)
    await asyncio.gather(*(pushes.replayed([receipt(sent, "t1")]) for _ in range(5)))
    assert await pushes.counts(sent.id) == Counts(targeted=1, sent=1)


@pytest.mark.parametrize("missed", ["gone", "expired", "skipped"])
async def test_a_terminal_that_was_missed_and_gets_the_replay_counts_as_sent(
    pushes: PushStore, missed: ReceiptKind
) -> None:
    sent = await _delivered(pushes, ("t1", missed))
    await pushes.replayed([receipt(sent, "t1")])
    assert await _all(pushes, sent) == [receipt(sent, "t1")]
    assert await pushes.counts(sent.id) == Counts(targeted=1, sent=1)


async def test_replays_of_several_pushes_are_kept(pushes: PushStore) -> None:
    first, second = await _delivered(pushes), await _delivered(pushes)
    await pushes.replayed([receipt(first, "t1"), receipt(second, "t1")])
    assert await _all(pushes, first) == [receipt(first, "t1")]
    assert await _all(pushes, second) == [receipt(second, "t1")]


async def test_a_second_connection_that_was_gone_does_not_undo_the_first(pushes: PushStore) -> None:
    sent = await _delivered(pushes, ("t1", "sent"), ("t1", "gone"))
    assert await _all(pushes, sent) == [receipt(sent, "t1")]

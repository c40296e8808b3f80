"""The contract of `services.ports.Activity`: what happened in each minute, and how large groups were."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from services.domain.activity import MINUTES_KEPT_S, SAMPLES_KEPT_S, Figures, minute_of
from services.domain.pushes import Counts, ReceiptKind
from services.domain.strategies.strategy import Strategy
from services.ports import Activity, Advance, GroupSizes, PushStore, Registry
from tests.contract.adapters import NOON_S, ManualClock
from tests.contract.makers import connection, jobs_of, push, receipt, submission

Settled = Callable[[], Awaitable[None]]
NOON = minute_of(NOON_S)


async def test_nothing_has_happened(activity: Activity) -> None:
    assert await activity.minutes(NOON - 60, NOON) == {}


async def test_who_comes_and_goes_is_counted_in_the_minute_in_which_it_is(
    registry: Registry, activity: Activity, clock: ManualClock, settled: Settled
) -> None:
    await asyncio.gather(*(registry.add(connection(f"c{number}", user=f"u{number}")) for number in range(5)))
    await settled()
    clock.at_s += 90
    await registry.remove(["c1", "c2", "unknown"])
    await registry.add(connection("c9", user="u9"))
    await settled()
    assert await activity.minutes(NOON, NOON + 5) == {
        NOON: Figures(connects=5),
        NOON + 1: Figures(connects=1, disconnects=2),
    }


async def test_only_the_minutes_that_are_asked_for_are_told(
    registry: Registry, activity: Activity, clock: ManualClock, settled: Settled
) -> None:
    for number in range(4):
        await registry.add(connection(f"c{number}"))
        await settled()
        clock.at_s += 60
    assert sorted(await activity.minutes(NOON + 1, NOON + 2)) == [NOON + 1, NOON + 2]


async def test_a_row_that_is_replaced_is_neither_here_anew_nor_gone(
    registry: Registry, activity: Activity, settled: Settled
) -> None:
    row = connection("c1", groups=("ops",))
    await registry.add(row)
    await registry.add(replace(row, groups=("hr",)))
    known = await registry.get("c1")
    assert known is not None
    assert await registry.replace(replace(known, groups=("hr", "ops")), was=known)
    await settled()
    assert await activity.minutes(NOON, NOON) == {NOON: Figures(connects=1)}


async def test_who_comes_and_goes_at_once_did_both(registry: Registry, activity: Activity, settled: Settled) -> None:
    await registry.add(connection("c1"))
    await settled()
    await asyncio.gather(registry.remove(["c1"]), registry.add(connection("c2", user="bob")))
    await settled()
    assert await activity.minutes(NOON, NOON) == {NOON: Figures(connects=2, disconnects=1)}


async def test_a_page_of_deliveries_is_counted_once(pushes: PushStore, activity: Activity, settled: Settled) -> None:
    sent = push("alice", "bob")
    one, other = jobs_of(sent)
    await pushes.submit(submission(sent, jobs=[one, other]))
    page = Advance(
        job=one, next=replace(one, step=1, after="00000001#c1"), counts=Counts(targeted=5, sent=3, gone=2), at_s=NOON_S
    )
    assert await pushes.advance(page) == 2
    assert await pushes.advance(page) is None
    await settled()
    last = Advance(job=other, next=None, counts=Counts(targeted=1, sent=1), at_s=NOON_S)
    assert await pushes.advance(last) == 1
    await settled()
    assert await activity.minutes(NOON, NOON) == {NOON: Figures(sent=4, gone=2)}


async def test_the_only_job_of_a_push_is_counted(pushes: PushStore, activity: Activity, settled: Settled) -> None:
    sent = push("alice")
    (job,) = jobs_of(sent)
    await pushes.submit(submission(sent, jobs=[job]))
    assert await pushes.advance(Advance(job=job, next=None, counts=Counts(targeted=2, sent=2), at_s=NOON_S)) == 0
    await settled()
    assert await activity.minutes(NOON, NOON) == {NOON: Figures(sent=2)}


async def test_a_recall_delivers_nothing(pushes: PushStore, activity: Activity, settled: Settled) -> None:
    sent = push("alice")
    (job,) = jobs_of(sent)
    recall = replace(job, kind="recall")
    await pushes.submit(submission(sent, jobs=[recall]))
    await pushes.advance(Advance(job=recall, next=None, counts=Counts(targeted=2, sent=2), at_s=NOON_S))
    await settled()
    assert await activity.minutes(NOON, NOON) == {}


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        (["received"], Figures(received=1)),
        (["received", "received"], Figures(received=1)),
        (["received", "read"], Figures(received=1, read=1)),
        (["failed"], Figures(failed=1)),
        (["read", "recalled"], Figures(read=1)),
    ],
    ids=str,
)
async def test_what_a_terminal_tells_is_counted_when_it_moves_its_receipt_on(
    pushes: PushStore,
    activity: Activity,
    settled: Settled,
    kinds: list[ReceiptKind],
    expected: Figures,
) -> None:
    sent = replace(push("alice"), strategy=Strategy(receipts="each"))
    await pushes.submit(submission(sent, jobs=jobs_of(sent)))
    for kind in kinds:
        await pushes.acknowledge(receipt(sent, "t1", kind), early=True)
    await settled()
    assert await activity.minutes(NOON, NOON) == {NOON: expected}


async def test_a_terminal_that_was_missed_and_is_back_was_gone_and_was_sent_it(
    pushes: PushStore, activity: Activity, clock: ManualClock, settled: Settled
) -> None:
    sent = replace(push("alice"), strategy=Strategy(receipts="each"))
    (job,) = jobs_of(sent)
    await pushes.submit(submission(sent, jobs=[job]))
    gone = Advance(
        job=job,
        next=None,
        counts=Counts(targeted=1, gone=1),
        at_s=NOON_S,
        receipts=[receipt(sent, "t1", "gone")],
    )
    await pushes.advance(gone)
    await settled()
    clock.at_s += 60
    again = receipt(sent, "t1", at_s=clock.at_s)
    await pushes.replayed([again])
    await pushes.replayed([again])
    await settled()
    assert await activity.minutes(NOON, NOON + 1) == {NOON: Figures(gone=1), NOON + 1: Figures(sent=1)}


async def test_there_are_no_sizes_before_any_were_taken_down(activity: Activity) -> None:
    assert await activity.sizes_at(NOON_S) is None


async def test_the_sizes_of_a_moment_are_the_newest_by_then_else_the_oldest(
    activity: Activity, clock: ManualClock
) -> None:
    taken = [GroupSizes(at_s=NOON_S + 300 * number, sizes={"ops": number, "a/b #%": 7}) for number in range(3)]
    for sizes in taken:
        await activity.keep_sizes(sizes)
    clock.at_s += 900
    for at_s, expected in ((-1, 0), (0, 0), (299, 0), (300, 1), (599, 1), (10_000, 2)):
        assert await activity.sizes_at(NOON_S + at_s) == taken[expected]


async def test_the_sizes_of_a_thousand_groups_are_kept(activity: Activity) -> None:
    long = "Abteilung für Grüße " * 9
    sizes = GroupSizes(at_s=NOON_S, sizes={f"{number:04} {long}": number for number in range(1_000)})
    await activity.keep_sizes(sizes)
    assert await activity.sizes_at(NOON_S) == sizes


async def test_sizes_are_forgotten_after_a_day(activity: Activity, clock: ManualClock) -> None:
    old = GroupSizes(at_s=NOON_S, sizes={"ops": 1})
    new = GroupSizes(at_s=NOON_S + 3_600, sizes={"ops": 2})
    await activity.keep_sizes(old)
    await activity.keep_sizes(new)
    clock.at_s = NOON_S + SAMPLES_KEPT_S - 1
    assert await activity.sizes_at(NOON_S) == old
    clock.at_s = NOON_S + SAMPLES_KEPT_S + 1
    assert await activity.sizes_at(NOON_S) == new
    clock.at_s += SAMPLES_KEPT_S
    assert await activity.sizes_at(clock.at_s) is None


async def test_minutes_are_kept_for_two_days(
    registry: Registry, activity: Activity, clock: ManualClock, settled: Settled
) -> None:
    await registry.add(connection("c1"))
    await settled()
    clock.at_s += MINUTES_KEPT_S - 60
    await registry.add(connection("c2"))
    await settled()
    assert sorted(await activity.minutes(NOON, minute_of(clock.at_s))) == [NOON, minute_of(clock.at_s)]

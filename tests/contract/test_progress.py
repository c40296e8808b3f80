"""The contract of `services.ports.PushStore`: what each slice came to, and what terminals told, by stage."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import pytest

from services.domain import positions
from services.domain.pushes import Counts, Job, JobKind, Progress, Push, SliceTally, State
from services.domain.ring import Arc
from services.ports import Advance, PushStore
from tests.contract.adapters import NOON_S
from tests.contract.makers import RECEIPTS, jobs_of, log_entry, push, receipt, submission

TEN = Counts(targeted=10, sent=8, gone=1, skipped=1)
ONE = Counts(targeted=1, expired=1)
NONE = Counts()


def _page(job: Job, *, finished: bool = False, counts: Counts = TEN, at_s: float = NOON_S) -> Advance:
    following = None if finished else replace(job, step=job.step + 1, after=f"0000000{job.step}#c")
    return Advance(job=job, next=following, counts=counts, at_s=at_s)


def _tally(jobs: list[Job], *, left: int, counts: Counts = NONE, moved_at_s: float = NOON_S) -> SliceTally:
    first = jobs[0]
    return SliceTally(
        stage=first.stage,
        kind=first.kind,
        position=first.position,
        parts=len(jobs),
        parts_left=left,
        moved_at_s=moved_at_s,
        counts=counts,
    )


def _told(progress: Progress) -> Mapping[str, Counts]:
    """What was told, without the stages in which nobody said anything."""
    return {stage: counts for stage, counts in progress.told.items() if counts != NONE}


async def _is_none(pushes: PushStore, sent: Push) -> bool:
    progress = await pushes.progress(sent.id)
    return not progress.slices and not _told(progress)


async def _in_two_waves(pushes: PushStore, *users: str) -> tuple[Push, list[Job], list[Job]]:
    """A push with two slices under way, of two stages."""
    sent = push(*users, strategy=RECEIPTS)
    first = jobs_of(sent, stage="w1/UTC")
    await pushes.submit(submission(sent, jobs=first))
    second = jobs_of(sent, stage="w2/UTC")
    await pushes.transition(sent, sent.moved(State.SENDING, at_s=NOON_S), at_s=NOON_S, jobs=second)
    return sent, first, second


async def test_a_push_that_has_released_nothing_has_no_slices(pushes: PushStore) -> None:
    sent = replace(push(), state=State.SCHEDULED)
    await pushes.submit(submission(sent, jobs=[]))
    assert await _is_none(pushes, sent)


async def test_an_unknown_push_has_made_no_progress(pushes: PushStore) -> None:
    assert await _is_none(pushes, push())


async def test_slices_come_in_order_of_position_with_their_stages(pushes: PushStore) -> None:
    sent, first, second = await _in_two_waves(pushes, "alice", "bob")
    slices = (await pushes.progress(sent.id)).slices
    assert [replace(one, moved_at_s=NOON_S) for one in slices] == [_tally(first, left=2), _tally(second, left=2)]


async def test_a_page_counts_for_its_slice(pushes: PushStore) -> None:
    sent, first, second = await _in_two_waves(pushes, "alice", "bob")
    await pushes.advance(_page(first[0], at_s=NOON_S + 1))
    await pushes.advance(_page(replace(first[0], step=1), finished=True, counts=ONE, at_s=NOON_S + 2))
    await pushes.advance(_page(second[1], finished=True, at_s=NOON_S + 3))
    assert list((await pushes.progress(sent.id)).slices) == [
        _tally(first, left=1, counts=TEN + ONE, moved_at_s=NOON_S + 2),
        _tally(second, left=1, counts=TEN, moved_at_s=NOON_S + 3),
    ]
    assert await pushes.counts(sent.id) == TEN + ONE + TEN


async def test_a_page_noted_twice_counts_once_for_its_slice(pushes: PushStore) -> None:
    sent = push()
    (job,) = jobs_of(sent)
    await pushes.submit(submission(sent, jobs=[job]))
    await asyncio.gather(*(pushes.advance(_page(job, finished=True, at_s=NOON_S + 1)) for _ in range(5)))
    assert list((await pushes.progress(sent.id)).slices) == [_tally([job], left=0, counts=TEN, moved_at_s=NOON_S + 1)]


async def test_many_parts_that_end_at_the_same_time_all_count_for_their_slice(pushes: PushStore) -> None:
    sent, first, _ = await _in_two_waves(pushes, *(f"u{number}" for number in range(20)))
    await asyncio.gather(*(pushes.advance(_page(job, finished=True, counts=ONE)) for job in first))
    tally = (await pushes.progress(sent.id)).slices[0]
    assert (tally.parts, tally.parts_left, tally.counts) == (20, 0, Counts(targeted=20, expired=20))


@pytest.mark.parametrize("kind", ["resend", "recall"])
async def test_the_pages_of_a_resend_or_a_recall_count_for_their_slice_alone(pushes: PushStore, kind: JobKind) -> None:
    sent = push()
    (job,) = jobs_of(sent)
    await pushes.submit(submission(sent, jobs=[job]))
    await pushes.advance(_page(job, finished=True))
    completed = await pushes.get(sent.id)
    assert completed is not None
    (again,) = jobs_of(sent, kind=kind)
    await pushes.transition(completed, completed.moved(State.CANCELLED, at_s=NOON_S), at_s=NOON_S, jobs=[again])
    assert await pushes.job(again.key) == again
    await pushes.advance(_page(again, counts=ONE))
    await pushes.advance(_page(replace(again, step=1), finished=True, counts=ONE, at_s=NOON_S + 1))
    assert await pushes.counts(sent.id) == TEN
    assert list((await pushes.progress(sent.id)).slices) == [
        _tally([job], left=0, counts=TEN),
        _tally([again], left=0, counts=ONE + ONE, moved_at_s=NOON_S + 1),
    ]


async def test_a_slice_that_terminals_told_of_says_when_it_went_on(pushes: PushStore) -> None:
    sent, first, _ = await _in_two_waves(pushes)
    await pushes.advance(replace(_page(first[0], at_s=NOON_S + 4), hands_over=True, delay_s=0.2))
    assert (await pushes.progress(sent.id)).slices[0].moved_at_s == NOON_S + 4


@pytest.mark.parametrize("users", [("alice",), ("alice", "bob")])
async def test_a_part_released_again_is_counted_once_in_its_stage(pushes: PushStore, users: tuple[str, ...]) -> None:
    sent = push(*users)
    released = jobs_of(sent, stage="w1/UTC")
    await pushes.submit(submission(sent, jobs=released))
    await pushes.advance(_page(released[0], at_s=NOON_S + 1))
    going = replace(released[0], step=1, after="00000000#c")
    again = replace(going, position=positions.new_id(NOON_S + 60), arc=Arc(7, 100), step=0, after=None)
    assert await pushes.release_again(going, log_entry(sent, position=again.position), again)
    kept = await pushes.job(again.key)
    assert kept is not None
    assert kept.stage == "w1/UTC"

    async def sums() -> tuple[set[str], int, int, Counts]:
        slices = (await pushes.progress(sent.id)).slices
        return (
            {one.stage for one in slices},
            sum(one.parts for one in slices),
            sum(one.parts_left for one in slices),
            sum((one.counts for one in slices), NONE),
        )

    assert await sums() == ({"w1/UTC"}, len(users), len(users), TEN)
    await pushes.advance(_page(again, finished=True, counts=ONE, at_s=NOON_S + 61))
    assert await sums() == ({"w1/UTC"}, len(users), len(users) - 1, TEN + ONE)
    assert (await pushes.progress(sent.id)).slices[-1].position == again.position


async def test_a_part_that_is_set_aside_is_left(pushes: PushStore) -> None:
    sent, first, _ = await _in_two_waves(pushes)
    await pushes.set_aside(first[0], reason="boom", at_s=NOON_S + 1)
    assert (await pushes.progress(sent.id)).slices[0].parts_left == 1


async def test_a_step_that_came_too_late_released_nothing(pushes: PushStore) -> None:
    sent, first, second = await _in_two_waves(pushes)
    late = jobs_of(sent, stage="w3/UTC")
    assert await pushes.transition(sent, sent.moved(State.SENDING, at_s=NOON_S), at_s=NOON_S, jobs=late) is None
    positions_now = [one.position for one in (await pushes.progress(sent.id)).slices]
    assert positions_now == [first[0].position, second[0].position]


async def test_what_terminals_told_is_counted_by_stage(pushes: PushStore) -> None:
    sent, first, second = await _in_two_waves(pushes)
    for job, terminals in ((first[0], ("t1", "t2")), (second[0], ("t3",))):
        receipts = [receipt(sent, terminal, stage=job.stage) for terminal in terminals]
        counts = Counts(targeted=len(terminals), sent=len(terminals))
        await pushes.advance(Advance(job=job, next=None, counts=counts, at_s=NOON_S, receipts=receipts))
    await pushes.acknowledge(receipt(sent, "t1", "received", stage="w1/UTC"), early=False)
    await pushes.acknowledge(receipt(sent, "t1", "read", stage="w1/UTC"), early=False)
    await pushes.acknowledge(receipt(sent, "t2", "failed", stage="w1/UTC"), early=False)
    await pushes.acknowledge(receipt(sent, "t3", "received", stage="w2/UTC"), early=False)
    await pushes.acknowledge(receipt(sent, "t3", "recalled", stage="w2/UTC"), early=False)
    assert _told(await pushes.progress(sent.id)) == {
        "w1/UTC": Counts(received=1, read=1, failed=1),
        "w2/UTC": Counts(received=1, recalled=1),
    }


async def test_an_acknowledgement_counts_for_the_stage_of_the_receipt(pushes: PushStore) -> None:
    sent, first, _ = await _in_two_waves(pushes)
    delivered = receipt(sent, "t1", stage="w1/UTC")
    await pushes.advance(
        Advance(job=first[0], next=None, counts=Counts(targeted=1, sent=1), at_s=NOON_S, receipts=[delivered])
    )
    await pushes.acknowledge(receipt(sent, "t1", "read", stage="w9"), early=True)
    assert _told(await pushes.progress(sent.id)) == {"w1/UTC": Counts(read=1)}
    assert (await pushes.receipts(sent.id, limit=10)).items[0].stage == "w1/UTC"


async def test_an_early_acknowledgement_counts_for_the_stage_that_it_names(pushes: PushStore) -> None:
    sent, first, _ = await _in_two_waves(pushes)
    await pushes.acknowledge(receipt(sent, "t1", "read", stage="w1/UTC"), early=True)
    await pushes.advance(
        Advance(
            job=first[0],
            next=None,
            counts=Counts(targeted=1, sent=1),
            at_s=NOON_S,
            receipts=[receipt(sent, "t1", stage="w1/UTC")],
        )
    )
    assert _told(await pushes.progress(sent.id)) == {"w1/UTC": Counts(read=1)}
    assert list((await pushes.receipts(sent.id, limit=10)).items) == [receipt(sent, "t1", "read", stage="w1/UTC")]


async def test_what_was_told_twice_is_counted_once(pushes: PushStore) -> None:
    sent, *_ = await _in_two_waves(pushes)
    told = [receipt(sent, f"t{number % 4}", "read", stage=f"w{number % 2 + 1}/UTC") for number in range(20)]
    await asyncio.gather(*(pushes.acknowledge(one, early=True) for one in told))
    assert _told(await pushes.progress(sent.id)) == {"w1/UTC": Counts(read=2), "w2/UTC": Counts(read=2)}
    assert await pushes.counts(sent.id) == Counts(read=4)


async def test_a_replay_is_kept_with_its_stage_and_counts_for_no_slice(pushes: PushStore) -> None:
    sent, *_ = await _in_two_waves(pushes)
    replayed = receipt(sent, "t1", stage="w1/UTC")
    await pushes.replayed([replayed])
    assert list((await pushes.receipts(sent.id, limit=10)).items) == [replayed]
    assert (await pushes.progress(sent.id)).slices[0].counts == NONE
    await pushes.acknowledge(receipt(sent, "t1", "received", stage="w2/UTC"), early=False)
    assert _told(await pushes.progress(sent.id)) == {"w1/UTC": Counts(received=1)}
    assert await pushes.counts(sent.id) == Counts(targeted=1, sent=1, received=1)

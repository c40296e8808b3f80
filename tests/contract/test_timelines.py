"""The contract of `services.ports.PushStore`: what a timeline keeps of a push, and what is due."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from services.domain import positions
from services.domain.pushes import Counts, Job, Profile, Push, State
from services.domain.strategies.strategy import Ack, Escalation, HaltIf, Pace, Ramp, Strategy, Wave, Window
from services.domain.timeline.run import AckWait, Lane, Mark, Run
from services.domain.timeline.schedule import Repeat, Schedule
from services.ports import Advance, PushStore
from tests.contract.adapters import MOST_IN_MEMORY, NOON_S
from tests.contract.makers import PLANNED, jobs_of, push, submission

LANE = Lane(id="Asia/Tokyo", timezone="Asia/Tokyo", opens_at_s=NOON_S + 60, since_s=NOON_S, due_at_s=NOON_S + 60)
RUN = Run(
    ready_at_s=NOON_S,
    lanes=(LANE, replace(LANE, id="UTC", timezone=None, wave=2, released=1 << 32, phase="pause", due_at_s=None)),
    ack_waits=(AckWait(stage="w1/UTC", due_at_s=NOON_S + 0.5, resent=2),),
    marks=(
        Mark(at_s=NOON_S, kind="approved", detail="carol"),
        Mark(at_s=NOON_S + 1.25, kind="window_opens", stage="w1"),
    ),
    approve_by_s=NOON_S + 9,
    runs=3,
    children=(positions.new_id(NOON_S), positions.new_id(NOON_S + 1)),
    run_at_s=NOON_S + 99,
    escalated=True,
)
EVERYTHING = Strategy(
    name="careful",
    version=3,
    priority="normal",
    window=Window(timezone="Europe/Berlin", attribute="tz", days=frozenset({0, 4}), from_minute=540, to_minute=30),
    pace=Pace(per_second=12.5, ramp=Ramp(from_per_second=0.5, multiply_by=1.5, each=7)),
    waves=(Wave(percent=2.5, then_wait_s=60, halt_if=HaltIf(failed_over=0.25, at_least=5)), Wave(percent=100)),
    ack=Ack(
        need="read",
        within_s=90,
        resend=2,
        once_per_user=True,
        escalate=Escalation(target={"users": ["boss"]}, message={"text": "nobody reads 🎈"}),
    ),
    replay="latest",
)
SOON_S, LATER_S = NOON_S + 10, NOON_S + 20


async def _submitted(pushes: PushStore, sent: Push) -> Push:
    await pushes.submit(submission(sent, jobs=[] if sent.state is not State.SENDING else None))
    return sent


async def _due(pushes: PushStore, at_s: float | None, state: State = State.WAITING) -> Push:
    return await _submitted(pushes, replace(push(), state=state, due_at_s=at_s, closing=False))


def _last(job: Job, at_s: float = NOON_S) -> Advance:
    """The end of a part in which nobody was found."""
    return Advance(job=job, next=None, counts=Counts(), at_s=at_s)


async def _out_of_memory(pushes: PushStore) -> None:
    """More pushes than an adapter may keep in memory, so that the first is read from where it is stored."""
    await asyncio.gather(*(pushes.submit(submission(push())) for _ in range(MOST_IN_MEMORY + 1)))


async def test_all_that_a_timeline_needs_is_kept_with_a_push(pushes: PushStore) -> None:
    sent = await _submitted(
        pushes,
        replace(
            push(strategy=EVERYTHING),
            state=State.SCHEDULED,
            schedule=Schedule(
                send_at_s=NOON_S + 60,
                repeat=Repeat(cron="0 9 * * mon-fri", timezone="Asia/Tokyo", until_s=NOON_S + 1e6, times=5),
            ),
            parent=push().id,
            test=True,
            profile=PLANNED,
            run=RUN,
            due_at_s=NOON_S + 60.5,
            closing=False,
        ),
    )
    await _out_of_memory(pushes)
    assert await pushes.get(sent.id) == sent
    assert list((await pushes.list(limit=1, states=[State.SCHEDULED])).items) == [sent]


async def test_a_transition_keeps_the_run_and_what_is_due(pushes: PushStore) -> None:
    sent = await _due(pushes, SOON_S)
    moved = sent.moved(State.SENDING, at_s=NOON_S, run=RUN, due_at_s=LATER_S, closing=False)
    assert await pushes.transition(sent, moved, at_s=NOON_S) == moved
    assert await pushes.get(sent.id) == moved
    await _out_of_memory(pushes)
    assert await pushes.get(sent.id) == moved


async def test_a_transition_leaves_alone_what_never_changes(pushes: PushStore) -> None:
    profile = Profile(terminals=3)
    sent = await _submitted(pushes, replace(push(strategy=EVERYTHING), state=State.WAITING, profile=profile, test=True))
    await pushes.transition(sent, sent.moved(State.WAITING, at_s=NOON_S, run=RUN), at_s=NOON_S)
    await _out_of_memory(pushes)
    now = await pushes.get(sent.id)
    assert now is not None
    assert (now.profile, now.test, now.strategy, now.message) == (profile, True, EVERYTHING, sent.message)


async def test_a_halted_push_goes_on(pushes: PushStore) -> None:
    sent = await _due(pushes, SOON_S)
    halted = sent.moved(State.HALTED, at_s=NOON_S, by="carol")
    resumed = halted.moved(State.WAITING, at_s=NOON_S + 1, due_at_s=LATER_S, closing=False)
    await pushes.transition(sent, halted, at_s=NOON_S)
    assert await pushes.transition(halted, resumed, at_s=NOON_S + 1) == resumed
    assert await pushes.get(sent.id) == resumed
    assert (resumed.finished_at_s, resumed.ended_by) == (None, None)


async def test_a_step_that_is_done_twice_releases_once(pushes: PushStore) -> None:
    sent = await _due(pushes, SOON_S)
    moved = sent.moved(State.WAITING, at_s=NOON_S, due_at_s=LATER_S, closing=False)
    tries = [jobs_of(sent) for _ in range(5)]
    done = await asyncio.gather(*(pushes.transition(sent, moved, at_s=NOON_S, jobs=released) for released in tries))
    assert [one is not None for one in done].count(True) == 1
    there = [await pushes.job(released[0].key) for released in tries]
    assert [job is not None for job in there] == [one is not None for one in done]


async def test_the_step_before_is_not_taken_again(pushes: PushStore) -> None:
    sent = await _due(pushes, SOON_S)
    moved = sent.moved(State.WAITING, at_s=NOON_S, due_at_s=LATER_S, closing=False)
    await pushes.transition(sent, moved, at_s=NOON_S)
    assert await pushes.transition(sent, replace(moved, due_at_s=NOON_S + 99), at_s=NOON_S) is None
    assert await pushes.get(sent.id) == moved


async def test_a_push_that_is_not_closing_is_not_completed_by_its_last_part(pushes: PushStore) -> None:
    sent = await _due(pushes, SOON_S)
    (job,) = jobs_of(sent)
    sending = sent.moved(State.SENDING, at_s=NOON_S, due_at_s=LATER_S, closing=False)
    await pushes.transition(sent, sending, at_s=NOON_S, jobs=[job])
    assert await pushes.advance(_last(job)) == 0
    assert await pushes.get(sent.id) == sending


async def test_a_push_that_closes_is_completed_by_the_part_that_was_left(pushes: PushStore) -> None:
    sent = await _due(pushes, SOON_S)
    first, last = jobs_of(sent)[0], jobs_of(sent)[0]
    sending = sent.moved(State.SENDING, at_s=NOON_S, due_at_s=LATER_S, closing=False)
    await pushes.transition(sent, sending, at_s=NOON_S, jobs=[first])
    closing = sending.moved(State.SENDING, at_s=NOON_S, run=RUN, due_at_s=LATER_S)
    await pushes.transition(sending, closing, at_s=NOON_S, jobs=[last])
    assert await pushes.advance(_last(first)) == 1
    assert await pushes.get(sent.id) == closing
    assert await pushes.advance(_last(last, at_s=NOON_S + 7)) == 0
    completed = closing.moved(State.COMPLETED, at_s=NOON_S + 7)
    assert (completed.run, completed.due_at_s) == (RUN, None)
    assert await pushes.get(sent.id) == completed
    assert list((await pushes.list(limit=1)).items) == [completed]


async def test_a_push_that_closes_with_nothing_left_stays_as_it_is(pushes: PushStore) -> None:
    sent = await _due(pushes, SOON_S)
    (job,) = jobs_of(sent)
    sending = sent.moved(State.SENDING, at_s=NOON_S, due_at_s=LATER_S, closing=False)
    await pushes.transition(sent, sending, at_s=NOON_S, jobs=[job])
    await pushes.advance(_last(job))
    closing = sending.moved(State.SENDING, at_s=NOON_S, due_at_s=LATER_S)
    assert await pushes.transition(sending, closing, at_s=NOON_S) == closing
    assert await pushes.get(sent.id) == closing
    completed = closing.moved(State.COMPLETED, at_s=NOON_S)
    assert await pushes.transition(closing, completed, at_s=NOON_S) == completed


async def test_a_last_part_and_a_step_that_closes_complete_a_push_or_leave_it_to_the_step(
    pushes: PushStore,
) -> None:
    sent = await _due(pushes, SOON_S)
    (job,) = jobs_of(sent)
    sending = sent.moved(State.SENDING, at_s=NOON_S, due_at_s=LATER_S, closing=False)
    await pushes.transition(sent, sending, at_s=NOON_S, jobs=[job])
    closing = sending.moved(State.SENDING, at_s=NOON_S, due_at_s=LATER_S)
    left, moved = await asyncio.gather(pushes.advance(_last(job)), pushes.transition(sending, closing, at_s=NOON_S))
    assert (left, moved) == (0, closing)
    assert await pushes.get(sent.id) in (closing, closing.moved(State.COMPLETED, at_s=NOON_S))


@pytest.mark.parametrize("state", [State.SENT, State.WAITING, State.HALTED])
async def test_a_closing_push_in_another_state_is_not_completed_by_its_last_part(
    pushes: PushStore, state: State
) -> None:
    sent = replace(push(), state=State.WAITING)
    await _submitted(pushes, sent)
    (job,) = jobs_of(sent)
    moved = sent.moved(state, at_s=NOON_S)
    await pushes.transition(sent, moved, at_s=NOON_S, jobs=[job])
    assert await pushes.advance(_last(job)) == 0
    assert await pushes.get(sent.id) == moved


async def test_what_is_overdue_comes_in_the_order_in_which_it_was_due(pushes: PushStore) -> None:
    second = await _due(pushes, NOON_S - 5, State.SENDING)
    first = await _due(pushes, NOON_S - 9, State.SCHEDULED)
    third = await _due(pushes, NOON_S - 1, State.AWAITING_APPROVAL)
    assert list(await pushes.overdue(NOON_S, limit=10)) == [first, second, third]
    assert list(await pushes.overdue(NOON_S, limit=2)) == [first, second]


async def test_what_is_due_at_or_after_a_moment_is_not_overdue_then(pushes: PushStore) -> None:
    now, later = await _due(pushes, NOON_S), await _due(pushes, NOON_S + 1)
    assert list(await pushes.overdue(NOON_S, limit=10)) == []
    assert list(await pushes.overdue(NOON_S + 0.5, limit=10)) == [now]
    assert list(await pushes.overdue(NOON_S + 2, limit=10)) == [now, later]


async def test_a_push_that_is_over_or_has_nothing_to_do_is_not_overdue(pushes: PushStore) -> None:
    await _submitted(pushes, push())
    over = await _due(pushes, NOON_S - 1)
    await pushes.transition(over, over.moved(State.HALTED, at_s=NOON_S), at_s=NOON_S)
    assert list(await pushes.overdue(NOON_S, limit=10)) == []


async def test_a_step_moves_when_a_push_is_due(pushes: PushStore) -> None:
    sent = await _due(pushes, NOON_S - 1)
    later = sent.moved(State.WAITING, at_s=NOON_S, due_at_s=NOON_S + 60, closing=False)
    await pushes.transition(sent, later, at_s=NOON_S)
    assert list(await pushes.overdue(NOON_S, limit=10)) == []
    assert list(await pushes.overdue(NOON_S + 61, limit=10)) == [later]
    resting = later.moved(State.WAITING, at_s=NOON_S, closing=False)
    await pushes.transition(later, resting, at_s=NOON_S)
    assert list(await pushes.overdue(NOON_S + 61, limit=10)) == []


async def test_a_push_that_is_completed_by_its_last_part_is_not_overdue(pushes: PushStore) -> None:
    sent = await _submitted(pushes, replace(push(), state=State.WAITING, due_at_s=NOON_S - 1))
    (job,) = jobs_of(sent)
    await pushes.transition(sent, sent.moved(State.SENDING, at_s=NOON_S, due_at_s=NOON_S - 1), at_s=NOON_S, jobs=[job])
    assert len(await pushes.overdue(NOON_S, limit=10)) == 1
    await pushes.advance(_last(job))
    assert list(await pushes.overdue(NOON_S, limit=10)) == []

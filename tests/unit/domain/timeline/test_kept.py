"""What is kept of a push's timeline is read back as it was."""

from __future__ import annotations

import json
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from services.domain.timeline import run, schedule
from services.domain.timeline.run import MAX_MARKS, AckWait, Lane, Mark, MarkKind, Phase, Run
from services.domain.timeline.schedule import Repeat, Schedule

moments = st.floats(0, 1e11)
numbers = st.integers(0, 1 << 32)
runs = st.builds(
    Run,
    ready_at_s=st.none() | moments,
    lanes=st.lists(
        st.builds(
            Lane,
            id=st.sampled_from(["", "Asia/Tokyo", "2026-11-24T00:00Z"]),
            timezone=st.none() | st.just("Asia/Tokyo"),
            opens_at_s=moments,
            wave=st.integers(0, 19),
            released=numbers,
            phase=st.sampled_from(get_args(Phase)),
            since_s=moments,
            due_at_s=st.none() | moments,
        ),
        max_size=2,
    ).map(tuple),
    ack_waits=st.lists(
        st.builds(
            AckWait,
            stage=st.just("w1"),
            due_at_s=moments,
            resent=st.integers(0, 9),
            released=st.none() | numbers,
            unconfirmed=st.none() | numbers,
        ),
        max_size=2,
    ).map(tuple),
    marks=st.lists(
        st.builds(
            Mark,
            at_s=moments,
            kind=st.sampled_from(get_args(MarkKind)),
            stage=st.none() | st.just("w1"),
            detail=st.none() | st.text(max_size=3),
        ),
        max_size=2,
    ).map(tuple),
    approve_by_s=st.none() | moments,
    runs=st.integers(0, 9),
    run_at_s=st.none() | moments,
    escalated=st.booleans(),
    halted_by=st.none() | st.integers(0, 19),
    waved_through=st.lists(st.integers(0, 19), max_size=2).map(tuple),
) | st.builds(Run, paced_at_s=moments, paced_found=numbers, free_at_s=moments)


@given(runs)
def test_a_run_is_read_back_as_it_was(kept: Run) -> None:
    assert run.from_json(json.loads(json.dumps(run.to_json(kept)))) == kept


def test_a_run_that_has_not_begun_takes_no_room() -> None:
    assert {name: value for name, value in run.to_json(Run()).items() if value is not None} == {}


@given(
    st.builds(
        Schedule,
        send_at_s=st.none() | moments,
        repeat=st.none()
        | st.builds(
            Repeat,
            cron=st.just("0 9 * * mon"),
            timezone=st.just("Asia/Tokyo"),
            until_s=st.none() | moments,
            times=st.none() | st.integers(1, 9),
        ),
    )
)
def test_a_schedule_is_read_back_as_it_was(kept: Schedule) -> None:
    assert schedule.from_json(json.loads(json.dumps(schedule.to_json(kept)))) == kept


def test_marks_of_lanes_leave_room_for_those_of_the_push() -> None:
    kept = Run()
    for number in range(3 * MAX_MARKS):
        kept = kept.marked(number, "window_opens", stage="w1")
    assert len(kept.marks) == MAX_MARKS
    assert kept.marked(9, "halted").marks[-1].kind == "halted"


def test_a_push_lives_from_when_it_is_to_be_sent_on() -> None:
    assert Schedule().expires_at_s(60, now_s=1_000) == 1_060
    assert Schedule(send_at_s=5_000).expires_at_s(60, now_s=1_000) == 5_060
    assert Schedule(send_at_s=500).expires_at_s(60, now_s=1_000) == 1_060
    assert Schedule(repeat=Repeat(cron="* * * * *")).expires_at_s(60, now_s=1_000) is None
    assert Schedule().expires_at_s(None, now_s=1_000) is None

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.domain import ring, topics
from services.domain.problems import Problem
from services.domain.pushes import IN_FLIGHT_BOUND_S, OPEN, Counts, Progress, Push, State
from services.domain.ring import SIZE, WHOLE
from services.domain.timeline import machine, stages
from services.domain.timeline.machine import Facts
from services.domain.timeline.run import AckWait, Run
from services.domain.timeline.schedule import Repeat, Schedule
from services.domain.timeline.step import Release, Rest, Step
from tests.unit.domain.timeline.makers import NOW_S, a_push, a_tally, the_facts

HALVES = {"waves": [{"percent": 50, "then_wait": "10m"}, {"percent": 100}]}
MUST_READ = {"ack": {"need": "read", "within": "15m", "resend": 1, "escalate": {"target": "user:boss", "message": "!"}}}
QUARTER_S = 900


def _step(decided: Step | Rest) -> Step:
    assert isinstance(decided, Step)
    return decided


def _begun(push: Push) -> Push:
    return machine.begin(push, NOW_S).push


def _proceeded(push: Push, facts: Facts, after_s: float) -> Step:
    return _step(machine.proceed(push, facts, NOW_S + after_s))


# Begins.


def test_a_plain_push_is_one_release_and_closes_by_itself() -> None:
    step = machine.begin(a_push(), NOW_S)
    assert step.releases == (Release(stage="w1", arc=WHOLE),)
    assert (step.push.state, step.push.step, step.push.closing, step.push.due_at_s) == (State.SENDING, 0, True, None)


@pytest.mark.parametrize("strategy", [{}, HALVES, MUST_READ])
def test_a_push_for_nobody_is_completed_at_once(strategy: dict[str, object]) -> None:
    step = machine.begin(a_push(strategy, cover=()), NOW_S)
    assert (step.push.state, step.releases, step.children) == (State.COMPLETED, (), ())


def test_a_push_with_a_time_waits_for_it_and_then_goes() -> None:
    push = _begun(a_push(schedule=Schedule(send_at_s=NOW_S + 60)))
    assert (push.state, push.due_at_s, push.closing) == (State.SCHEDULED, NOW_S + 60, False)
    assert machine.proceed(push, Facts(), NOW_S + 59) == Rest(NOW_S + 60)
    assert _proceeded(push, Facts(), 3_600).releases == (Release(stage="w1", arc=WHOLE),)


def test_a_time_in_the_past_is_now() -> None:
    assert _begun(a_push(schedule=Schedule(send_at_s=NOW_S - 60))).state is State.SENDING


# Approval.


def test_what_needs_approval_waits_a_day_for_it_and_expires() -> None:
    push = machine.begin(a_push(), NOW_S, needs_approval=True).push
    assert (push.state, push.due_at_s) == (State.AWAITING_APPROVAL, NOW_S + 86_400)
    assert machine.proceed(push, Facts(), NOW_S + 86_399) == Rest(NOW_S + 86_400)
    assert _proceeded(push, Facts(), 86_400).push.state is State.EXPIRED


def test_an_approval_is_waited_for_no_longer_than_the_push_lives() -> None:
    push = machine.begin(a_push({"expires_in": "30m"}), NOW_S, needs_approval=True).push
    assert push.due_at_s == NOW_S + 1_800


def test_another_person_approves_and_it_goes() -> None:
    push = machine.begin(a_push(), NOW_S, needs_approval=True).push
    step = machine.approve(push, by="pat", now_s=NOW_S + 9)
    assert (step.push.state, step.push.step, len(step.releases)) == (State.SENDING, 1, 1)


def test_an_approved_push_still_waits_for_its_time() -> None:
    push = machine.begin(a_push(schedule=Schedule(send_at_s=NOW_S + 60)), NOW_S, needs_approval=True).push
    assert machine.approve(push, by="pat", now_s=NOW_S + 9).push.state is State.SCHEDULED


def test_a_rejected_push_is_at_its_end() -> None:
    push = machine.begin(a_push(), NOW_S, needs_approval=True).push
    rejected = machine.reject(push, by="pat", reason="no", now_s=NOW_S + 9).push
    assert (rejected.state, rejected.ended_by, rejected.run.marks[-1].detail) == (State.REJECTED, "pat", "pat: no")


def test_who_sent_it_does_not_approve_it() -> None:
    push = machine.begin(a_push(), NOW_S, needs_approval=True).push
    with pytest.raises(Problem) as refused:
        machine.approve(push, by="sue", now_s=NOW_S)
    assert (refused.value.status, refused.value.code) == (403, "approval_by_sender")


def test_it_is_too_late_to_approve_after_a_day() -> None:
    push = machine.begin(a_push(), NOW_S, needs_approval=True).push
    with pytest.raises(Problem, match="not approved in time"):
        machine.approve(push, by="pat", now_s=NOW_S + 86_400)


# Waves.


def test_waves_are_arcs_one_behind_the_other_from_a_start_that_the_push_gives() -> None:
    push = a_push({"waves": [{"percent": 5}, {"percent": 5.01}, {"percent": 100}]})
    arcs = [stages.wave_arc(push, wave) for wave in range(3)]
    assert arcs[0].start == ring.place_of(push.id)
    assert all((first.start + first.length) % SIZE == then.start for first, then in itertools.pairwise(arcs))
    assert sum(arc.length for arc in arcs) == SIZE


def test_a_second_wave_waits_for_its_pause_from_the_release_of_the_first_on() -> None:
    push = _begun(a_push(HALVES))
    assert machine.proceed(push, the_facts(a_tally(parts_left=1)), NOW_S + 1) == Rest(NOW_S + 1 + IN_FLIGHT_BOUND_S)
    paused = _proceeded(push, the_facts(a_tally(sent=5)), 2).push
    assert (paused.state, paused.due_at_s) == (State.WAITING, NOW_S + 600)
    last = _proceeded(paused, the_facts(a_tally(sent=5)), 600)
    assert last.releases == (Release(stage="w2", arc=stages.wave_arc(push, 1)),)
    assert (last.push.state, last.push.closing, last.push.due_at_s) == (State.SENDING, True, None)


def test_a_part_that_was_given_up_does_not_hold_up_the_next_wave_for_good() -> None:
    push = _begun(a_push(HALVES))
    stuck = the_facts(a_tally(parts_left=1))
    assert isinstance(machine.proceed(push, stuck, NOW_S + 60), Rest)
    assert _proceeded(push, stuck, 66).push.state is State.WAITING


def test_a_closing_push_whose_last_part_ended_unseen_is_completed() -> None:
    push = _begun(a_push())
    assert _proceeded(push, the_facts(a_tally(sent=1)), 5).push.state is State.COMPLETED
    assert machine.proceed(push, the_facts(a_tally(parts_left=1)), NOW_S + 5) == Rest(None)


def test_waves_that_make_no_work_for_anybody_are_passed_without_waiting_for_parts() -> None:
    """The one user is in the second half, or in the first: the other half has no parts."""
    push = a_push({"waves": [{"percent": 50}, {"percent": 100}]}, cover=(topics.user("ann"),))
    step = machine.begin(push, NOW_S)
    released = [release for release in step.releases if stages.has_parts(push, release.arc)]
    assert len(released) == 1
    done = _proceeded(step.push, the_facts(a_tally(released[0].stage, sent=1)), 1)
    assert done.push.state is State.COMPLETED


# Halts.


@pytest.mark.parametrize(
    ("halt_if", "sent", "gone", "failed", "halts"),
    [
        ({"failed_over": 0.1}, 10, 0, 2, True),
        ({"failed_over": 0.1}, 10, 0, 1, False),
        ({"failed_over": 0.1, "at_least": 11}, 10, 0, 10, False),
        ({"gone_over": 0.1}, 8, 2, 0, True),
        ({"gone_over": 0.1}, 9, 1, 0, False),
        ({"gone_over": 0.1, "at_least": 10}, 0, 10, 0, True),
        ({"failed_over": 0.0}, 0, 0, 0, False),
    ],
)
def test_a_wave_that_went_badly_halts_the_push(
    halt_if: dict[str, object], sent: int, gone: int, failed: int, halts: bool
) -> None:
    push = _begun(a_push({"waves": [{"percent": 50, "then_wait": "10m", "halt_if": halt_if}, {"percent": 100}]}))
    facts = the_facts(a_tally(sent=sent, gone=gone), told={"w1": Counts(failed=failed)})
    assert (_proceeded(push, facts, 2).push.state is State.HALTED) is halts


def test_a_halt_says_which_rate_and_which_limit() -> None:
    push = _begun(a_push({"waves": [{"percent": 50, "halt_if": {"gone_over": 0.1}}, {"percent": 100}]}))
    halted = _proceeded(push, the_facts(a_tally(sent=1, gone=3)), 2).push
    assert (halted.ended_by, halted.due_at_s) == ("halt_if", None)
    assert halted.run.marks[-1].detail == "gone_over 0.1: 3 of 4 in wave 1"


def test_the_rates_of_a_wave_are_taken_over_all_of_its_lanes() -> None:
    strategy = {
        "window": {"timezone": "attr:tz"},
        "waves": [{"percent": 50, "halt_if": {"gone_over": 0.5, "at_least": 4}}, {"percent": 100}],
    }
    push = _begun(a_push(strategy))
    first, second = (stages.stage_id(0, lane.id) for lane in push.run.lanes[:2])
    facts = the_facts(a_tally(first, sent=1, gone=1), a_tally(second, gone=2))
    assert _proceeded(push, facts, 2).push.state is State.HALTED


def test_a_resumed_push_goes_on_with_what_is_left_and_does_not_halt_for_the_same_again() -> None:
    push = _begun(a_push({"waves": [{"percent": 50, "halt_if": {"gone_over": 0.1}}, {"percent": 100}]}))
    facts = the_facts(a_tally(sent=1, gone=3))
    halted = _proceeded(push, facts, 2).push
    assert machine.proceed(halted, facts, NOW_S + 3) == Rest(None)
    resumed = machine.resume(halted, by="pat", now_s=NOW_S + 9).push
    assert (resumed.state, resumed.finished_at_s) == (State.WAITING, None)
    assert [release.stage for release in _proceeded(resumed, facts, 9).releases] == ["w2"]


def test_a_person_halts_a_push_and_nothing_is_released_until_it_is_resumed() -> None:
    paused = _proceeded(_begun(a_push(HALVES)), the_facts(a_tally(sent=5)), 2).push
    halted = machine.halt(paused, by="pat", reason="wrong text", now_s=NOW_S + 3).push
    assert machine.proceed(halted, the_facts(a_tally(sent=5)), NOW_S + 9_000) == Rest(None)
    resumed = machine.resume(halted, by="pat", now_s=NOW_S + 9_000).push
    assert [release.stage for release in _proceeded(resumed, the_facts(a_tally(sent=5)), 9_000).releases] == ["w2"]


def test_a_halted_push_expires_like_any_other() -> None:
    push = _begun(a_push({**HALVES, "expires_in": "1h"}))
    halted = machine.halt(push, by="pat", now_s=NOW_S + 3).push
    assert _proceeded(halted, Facts(), 3_600).push.state is State.EXPIRED


def test_a_push_that_is_released_to_everybody_cannot_be_halted() -> None:
    with pytest.raises(Problem) as refused:
        machine.halt(_begun(a_push()), by="pat", now_s=NOW_S)
    assert (refused.value.status, refused.value.code) == (409, "push_not_haltable")


@pytest.mark.parametrize(
    ("decide", "code"),
    [
        (machine.approve, "push_not_awaiting_approval"),
        (machine.reject, "push_not_awaiting_approval"),
        (machine.halt, "push_not_haltable"),
        (machine.resume, "push_not_halted"),
        (machine.cancel, "push_not_cancellable"),
    ],
)
def test_a_push_that_has_ended_cannot_be_changed(decide: object, code: str) -> None:
    push = replace(a_push(), state=State.EXPIRED)
    assert callable(decide)
    with pytest.raises(Problem) as refused:
        decide(push, by="pat", now_s=NOW_S)
    assert (refused.value.status, refused.value.code) == (409, code)


def test_a_push_expires_before_anything_else_is_done() -> None:
    paused = _proceeded(_begun(a_push({**HALVES, "expires_in": "5m"})), the_facts(a_tally(sent=5)), 2).push
    assert paused.due_at_s == NOW_S + 300
    late = _proceeded(paused, the_facts(a_tally(sent=5)), 700)
    assert (late.push.state, late.releases) == (State.EXPIRED, ())


# Windows.


def test_a_push_whose_window_is_shut_waits_for_it() -> None:
    push = _begun(a_push({"window": {"timezone": "UTC", "from": "09:00", "to": "10:00"}}))
    assert (push.state, push.due_at_s) == (State.WAITING, NOW_S + 3 * 3_600)


def test_a_timer_that_comes_when_the_window_is_shut_again_waits_for_the_next_day() -> None:
    push = _begun(a_push({"window": {"timezone": "UTC", "from": "09:00", "to": "10:00"}}))
    late = _proceeded(push, Facts(), 5 * 3_600)
    assert (late.releases, late.push.due_at_s) == ((), NOW_S + 27 * 3_600)


def test_a_push_that_drops_outside_of_its_window_reaches_nobody() -> None:
    push = a_push({"window": {"timezone": "UTC", "from": "09:00", "to": "10:00", "outside": "drop"}, **MUST_READ})
    step = machine.begin(push, NOW_S)
    assert (step.push.state, step.releases, step.children) == (State.COMPLETED, (), ())


def test_an_urgent_push_does_not_ask_for_its_window() -> None:
    push = a_push({"window": {"timezone": "UTC", "from": "09:00", "to": "10:00"}, "priority": "urgent"})
    assert len(machine.begin(push, NOW_S).releases) == 1


def test_where_everyones_own_clock_rules_all_who_are_open_go_together_if_nothing_follows() -> None:
    push = a_push({"window": {"timezone": "attr:tz", "from": "09:00", "to": "18:00"}})
    assert len(machine.begin(push, NOW_S).releases) == 1


def test_and_apart_by_when_their_window_shuts_if_something_follows() -> None:
    step = machine.begin(a_push({"window": {"timezone": "attr:tz", "from": "09:00", "to": "18:00"}, **HALVES}), NOW_S)
    assert len(step.releases) > 5
    assert len({release.stage for release in step.releases}) == len(step.releases)


# Acknowledgements.


def _sent(push: Push) -> Push:
    return _proceeded(push, the_facts(a_tally(sent=2)), 1).push


def test_a_push_that_must_be_acknowledged_is_sent_and_waits() -> None:
    push = _sent(_begun(a_push(MUST_READ)))
    assert (push.state, push.due_at_s) == (State.SENT, NOW_S + QUARTER_S)
    assert machine.asks(push, NOW_S + QUARTER_S - 1) == frozenset()
    assert machine.asks(push, NOW_S + QUARTER_S) == {"w1"}


def test_what_all_have_acknowledged_is_completed_at_its_deadline() -> None:
    push = _sent(_begun(a_push(MUST_READ)))
    facts = the_facts(a_tally(sent=2), told={"w1": Counts(read=2)}, w1=0)
    done = _proceeded(push, facts, QUARTER_S)
    assert (done.push.state, done.releases, done.children) == (State.COMPLETED, (), ())


def test_what_some_have_not_acknowledged_is_sent_again_and_then_escalated() -> None:
    push = _sent(_begun(a_push(MUST_READ)))
    facts = the_facts(a_tally(sent=2), told={"w1": Counts(read=1)}, w1=1)
    again = _proceeded(push, facts, QUARTER_S)
    assert again.releases == (Release(stage="w1", arc=stages.wave_arc(push, 0), kind="resend"),)
    assert (again.push.state, again.push.due_at_s) == (State.SENT, NOW_S + 2 * QUARTER_S)
    last = _proceeded(again.push, facts, 2 * QUARTER_S)
    assert last.push.state is State.COMPLETED
    assert [(child.key, child.target, child.message) for child in last.children] == [
        (f"{push.id}/escalation", {"users": ["boss"]}, "!")
    ]


def test_what_reached_nobody_is_escalated_after_the_last_deadline_too() -> None:
    push = _proceeded(_begun(a_push(MUST_READ)), the_facts(a_tally()), 1).push
    again = _proceeded(push, the_facts(a_tally(), w1=0), QUARTER_S)
    assert (again.releases, again.push.state) == ((), State.SENT)
    assert len(_proceeded(again.push, the_facts(a_tally(), w1=0), 2 * QUARTER_S).children) == 1


def test_what_was_escalated_is_not_escalated_again() -> None:
    push = _sent(_begun(a_push({**MUST_READ, "ack": {**MUST_READ["ack"], "resend": 0}})))
    told = replace(push, run=replace(push.run, escalated=True))
    assert _proceeded(told, the_facts(a_tally(sent=2), w1=2), QUARTER_S).children == ()


def test_a_deadline_of_which_nothing_is_known_is_left_for_later() -> None:
    push = _sent(_begun(a_push(MUST_READ)))
    assert machine.proceed(push, the_facts(a_tally(sent=2)), NOW_S + QUARTER_S) == Rest(NOW_S + QUARTER_S + 60)


def test_a_resend_waits_for_the_window() -> None:
    strategy = {"window": {"timezone": "UTC", "from": "05:00", "to": "06:10"}, **MUST_READ}
    push = _begun(a_push(strategy))
    sent = _proceeded(push, the_facts(a_tally("w1/UTC", sent=2)), 1).push
    facts = Facts(the_facts(a_tally("w1/UTC", sent=2)).progress, {"w1/UTC": 2})
    shut = _proceeded(sent, facts, QUARTER_S)
    assert (shut.releases, shut.push.due_at_s) == ((), NOW_S + 23 * 3_600)
    assert [release.kind for release in _proceeded(shut.push, facts, 23 * 3_600).releases] == ["resend"]


# Repeats.


def _repeating(**members: object) -> Push:
    repeat = replace(Repeat(cron="0 * * * *"), **members)  # type: ignore[arg-type]  # as each test names them
    return _begun(a_push(schedule=Schedule(repeat=repeat)))


def test_each_run_is_a_push_of_its_own() -> None:
    push = _repeating()
    assert (push.state, push.due_at_s) == (State.SCHEDULED, NOW_S + 3_600)
    first = _proceeded(push, Facts(), 3_600)
    assert [child.key for child in first.children] == [f"{push.id}/run/1"]
    assert (first.push.state, first.push.due_at_s, first.releases) == (State.SCHEDULED, NOW_S + 7_200, ())


def test_runs_that_were_missed_are_made_up_for_once() -> None:
    late = _proceeded(_repeating(), Facts(), 10 * 3_600 + 5)
    assert len(late.children) == 1
    assert (late.push.run.runs, late.push.due_at_s) == (1, NOW_S + 11 * 3_600)


def test_after_the_last_run_it_is_completed() -> None:
    once = _proceeded(_repeating(times=1), Facts(), 3_600)
    assert (once.push.state, len(once.children), once.push.run.run_at_s) == (State.COMPLETED, 1, None)


def test_a_halted_repetition_runs_again_when_it_is_resumed() -> None:
    halted = machine.halt(_repeating(), by="pat", now_s=NOW_S + 5).push
    resumed = machine.resume(halted, by="pat", now_s=NOW_S + 10 * 3_600).push
    assert resumed.state is State.SCHEDULED
    assert len(_proceeded(resumed, Facts(), 10 * 3_600).children) == 1


# Total.

progresses = st.builds(
    Progress,
    slices=st.lists(
        st.builds(
            a_tally,
            st.sampled_from(["w1", "w2", "w9/x", "", "?"]),
            kind=st.sampled_from(["deliver", "resend", "recall"]),
            sent=st.integers(0, 9),
            gone=st.integers(0, 9),
            parts_left=st.integers(0, 2),
        ),
        max_size=4,
    ),
    told=st.dictionaries(st.sampled_from(["w1", "w7", "?"]), st.builds(Counts, failed=st.integers(0, 9)), max_size=2),
)
runs = st.builds(
    Run,
    ready_at_s=st.none() | st.just(NOW_S),
    ack_waits=st.lists(
        st.builds(AckWait, stage=st.sampled_from(["w1", "w2"]), due_at_s=st.just(NOW_S), resent=st.integers(0, 3)),
        max_size=2,
    ).map(tuple),
    approve_by_s=st.none() | st.just(NOW_S + 9),
    run_at_s=st.none() | st.just(NOW_S + 9),
)


@given(
    st.sampled_from(list(State)),
    st.sampled_from([{}, HALVES, MUST_READ | HALVES, {"window": {"timezone": "attr:tz"}}, {"pace": {"per_second": 1}}]),
    runs,
    st.booleans(),
    progresses,
    st.dictionaries(st.sampled_from(["w1", "w2", "?"]), st.integers(0, 3), max_size=2),
    st.sampled_from([-1e9, 0.0, 5.0, 1e6, 1e10]),
)
def test_whatever_the_state_and_the_facts_there_is_a_step_or_a_rest(  # noqa: PLR0917 - drawn in this order
    state: State,
    strategy: dict[str, object],
    run: Run,
    closing: bool,
    progress: Progress,
    unconfirmed: dict[str, int],
    after_s: float,
) -> None:
    push = replace(a_push(strategy), state=state, run=run, closing=closing, due_at_s=NOW_S)
    decided = machine.proceed(push, Facts(progress, unconfirmed), NOW_S + after_s)
    if isinstance(decided, Step):
        assert decided.push.step == push.step + 1
        assert decided.push.state not in OPEN or decided.push.closing or decided.push.due_at_s is not None
    else:
        assert decided.until_s is None or decided.until_s > NOW_S + after_s

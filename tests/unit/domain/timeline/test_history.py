from __future__ import annotations

from dataclasses import replace

from services.domain.pushes import Counts, Profile, Progress, Push, SliceTally, State
from services.domain.timeline import history, machine
from services.domain.timeline.machine import Facts
from services.domain.timeline.picture import Picture, thinned
from services.domain.timeline.step import Step
from tests.unit.domain.timeline.makers import NOW_S, a_push, a_tally

HALVES = {"waves": [{"percent": 50, "then_wait": "10m"}, {"percent": 100}]}
MUST_READ = {"ack": {"need": "read", "within": "15m", "resend": 1}}


def _kinds(picture: Picture, lane: int = 0) -> list[tuple[str, float, float]]:
    return [(span.kind, span.from_s - NOW_S, span.to_s - NOW_S) for span in picture.lanes[lane].spans]


def _proceeded(push: Push, *tallies: SliceTally, after_s: float, **unconfirmed: int) -> Push:
    decided = machine.proceed(push, Facts(Progress(slices=tallies), unconfirmed), NOW_S + after_s)
    assert isinstance(decided, Step)
    return decided.push


def test_a_plain_push_is_one_lane_from_its_release_until_its_last_part() -> None:
    push = machine.begin(a_push(), NOW_S).push
    done = push.moved(State.COMPLETED, at_s=NOW_S + 2)
    progress = Progress(slices=[a_tally(sent=3, moved_at_s=NOW_S + 2)])
    picture = history.actual(done, progress, NOW_S + 900)
    assert [(lane.id, lane.wave, lane.terminals) for lane in picture.lanes] == [("w1", 1, 3)]
    assert _kinds(picture) == [("send", 0, 2)]
    assert (picture.from_s, picture.to_s, picture.reach) == (NOW_S, NOW_S + 2, ((NOW_S, 3),))
    assert [(mark.kind, mark.at_s - NOW_S) for mark in picture.marks] == [("start", 0), ("done", 2)]


def test_what_is_under_way_lasts_until_now() -> None:
    push = machine.begin(a_push(), NOW_S).push
    picture = history.actual(push, Progress(slices=[a_tally(sent=1, parts_left=2)]), NOW_S + 7)
    assert _kinds(picture) == [("send", 0, 7)]


def test_a_pause_that_lasts_is_drawn_until_now() -> None:
    push = _proceeded(machine.begin(a_push(HALVES), NOW_S).push, a_tally(sent=1), after_s=1)
    picture = history.actual(push, Progress(slices=[a_tally(sent=1)]), NOW_S + 100)
    assert _kinds(picture) == [("send", 0, 0), ("pause", 0, 100)]


def test_a_push_that_waits_for_its_window_shows_since_when() -> None:
    push = machine.begin(a_push({"window": {"timezone": "UTC", "from": "09:00", "to": "10:00"}}), NOW_S).push
    picture = history.actual(push, Progress(), NOW_S + 50)
    assert [(lane.id, lane.timezone) for lane in picture.lanes] == [("w1/UTC", "UTC")]
    assert _kinds(picture) == [("window", 0, 50)]


def test_a_push_that_waits_for_approval_shows_it() -> None:
    push = machine.begin(a_push(), NOW_S, needs_approval=True).push
    assert _kinds(history.actual(push, Progress(), NOW_S + 50)) == [("approval", 0, 50)]


def test_a_halt_lasts_until_it_is_resumed() -> None:
    push = _proceeded(machine.begin(a_push(HALVES), NOW_S).push, a_tally(sent=1), after_s=1)
    halted = machine.halt(push, by="pat", now_s=NOW_S + 20).push
    resumed = machine.resume(halted, by="pat", now_s=NOW_S + 30).push
    progress = Progress(slices=[a_tally(sent=1)])
    assert ("halted", 20, 25) in _kinds(history.actual(halted, progress, NOW_S + 25))
    assert ("halted", 20, 30) in _kinds(history.actual(resumed, progress, NOW_S + 40))


def test_what_is_sent_again_is_a_span_of_its_own_and_adds_nothing_to_the_reach() -> None:
    push = _proceeded(machine.begin(a_push(MUST_READ), NOW_S).push, a_tally(sent=3), after_s=1)
    again = _proceeded(push, a_tally(sent=3), after_s=900, w1=2)
    slices = [a_tally(sent=3), a_tally(kind="resend", sent=2, at_s=NOW_S + 900)]
    picture = history.actual(again, Progress(slices=slices), NOW_S + 1_000)
    assert _kinds(picture) == [
        ("send", 0, 0),
        ("ack_wait", 0, 900),
        ("resend", 900, 900),
        ("ack_wait", 900, 1_000),
    ]
    assert picture.reach == ((NOW_S, 3),)


def test_a_recall_is_not_drawn_as_sent() -> None:
    push = machine.cancel(machine.begin(a_push(), NOW_S).push, by="pat", now_s=NOW_S + 5).push
    progress = Progress(slices=[a_tally(sent=3), a_tally(kind="recall", sent=3, at_s=NOW_S + 5)])
    picture = history.actual(push, progress, NOW_S + 900)
    assert (picture.to_s, picture.reach[-1][1]) == (NOW_S + 5, 3)
    assert [mark.kind for mark in picture.marks] == ["start", "cancelled"]


def test_a_push_of_which_nothing_is_kept_but_itself_can_be_drawn() -> None:
    for state in State:
        push = replace(a_push(HALVES), state=state)
        picture = history.actual(push, Progress(told={"w1": Counts(read=1)}), NOW_S + 5)
        assert [lane.id for lane in picture.lanes] == ["w1", "w2"]


def test_a_long_curve_is_thinned_and_keeps_its_ends() -> None:
    curve = [(float(at_s), at_s) for at_s in range(10_000)]
    found = thinned(curve)
    assert (len(found), found[0], found[-1]) == (500, curve[0], curve[-1])
    assert thinned(curve[:3]) == tuple(curve[:3])


def test_all_waves_together_are_for_all_who_were_counted_however_many_the_first_found() -> None:
    push = _proceeded(machine.begin(a_push(HALVES, terminals=34), NOW_S).push, a_tally(sent=11), after_s=1)
    picture = history.actual(push, Progress(slices=[a_tally(sent=11)]), NOW_S + 100)
    assert [(lane.id, lane.terminals) for lane in picture.lanes] == [("w1", 11), ("w2", 23)]
    more = history.actual(push, Progress(slices=[a_tally(sent=40)]), NOW_S + 100)
    assert [lane.terminals for lane in more.lanes] == [40, 0]


def test_waves_are_for_all_who_were_counted_also_before_the_push_is_approved() -> None:
    push = machine.begin(a_push(HALVES, terminals=34), NOW_S, needs_approval=True).push
    assert [lane.terminals for lane in history.actual(push, Progress(), NOW_S + 9).lanes] == [17, 17]
    rejected = machine.reject(push, by="pat", now_s=NOW_S + 9).push
    assert [lane.terminals for lane in history.actual(rejected, Progress(), NOW_S + 9).lanes] == [0, 0]


def test_an_audience_that_was_not_counted_is_shared_out_by_the_waves_alone() -> None:
    begun = machine.begin(replace(a_push(HALVES), profile=Profile(terminals=34)), NOW_S).push
    push = _proceeded(begun, a_tally(sent=3), after_s=1)
    picture = history.actual(push, Progress(slices=[a_tally(sent=3)]), NOW_S + 100)
    assert [lane.terminals for lane in picture.lanes] == [3, 17]


def test_nothing_pauses_and_nobody_is_waited_for_while_a_wave_is_being_sent() -> None:
    push = machine.begin(a_push({**HALVES, **MUST_READ, "pace": {"per_second": 1}}, terminals=60), NOW_S).push
    picture = history.actual(push, Progress(slices=[a_tally(sent=5)]), NOW_S + 7)
    assert _kinds(picture) == [("send", 0, 0)]

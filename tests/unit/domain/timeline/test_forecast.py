"""What is foreseen is what then happens: in the virtual world, with terminals spread evenly over the ring."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.domain import ring
from services.domain.pushes import Push, State
from services.domain.ring import SIZE
from services.domain.timeline import history, pace, stages
from services.domain.timeline.forecast import forecast
from services.domain.timeline.picture import MOST_POINTS, Lane, Picture, Span, to_json
from services.domain.timeline.schedule import Repeat, Schedule
from tests.unit.domain.timeline.makers import NOW_S, a_push
from tests.unit.domain.timeline.moments_of import utc
from tests.unit.domain.timeline.virtual_world import Chaos, Terminal, World

ZONES = ("Asia/Tokyo", "Europe/Berlin", "America/New_York")
HOURS = {"timezone": "attr:tz", "from": "09:00", "to": "18:00"}
DELIVERY_S = 0.05
"""How long a slice is under way in the virtual world."""


def _spread(push: Push, zones: Mapping[str, int]) -> list[Terminal]:
    """So many terminals in each zone, each zone's at even distances round the ring."""
    start = ring.place_of(push.id)
    return [
        Terminal(
            terminal_id=f"{zone}{number}",
            user="ann",
            zone=zone,
            at_place=(start + (2 * number + 1) * SIZE // (2 * size)) % SIZE,
        )
        for zone, size in zones.items()
        for number in range(size)
    ]


def _happened(push: Push, terminals: Sequence[Terminal]) -> Picture:
    world = World(push=push, terminals=terminals, chaos=Chaos(()), now_s=NOW_S)
    world.play(until_s=NOW_S + 400 * 86_400)
    assert world.push.state is State.COMPLETED
    return history.actual(world.push, world.progress(), world.now_s)


def _spans(lane: Lane, kind: str) -> list[Span]:
    return [span for span in lane.spans if span.kind == kind]


strategies = st.fixed_dictionaries(
    {},
    optional={
        "window": st.just(HOURS) | st.just({"timezone": "UTC", "from": "05:50", "to": "06:20"}),
        "pace": st.sampled_from([{"per_second": 0.2}, {"per_second": 2}, {"per_second": 50}]),
        "waves": st.sampled_from(
            [
                [{"percent": 10, "then_wait": "10m"}, {"percent": 100}],
                [{"percent": 5, "then_wait": "1h"}, {"percent": 50, "then_wait": "8h"}, {"percent": 100}],
            ]
        ),
        "ack": st.just(
            {
                "need": "read",
                "within": "15m",
                "resend": 2,
                "escalate": {"target": "user:boss", "message": "look"},
            }
        ),
    },
)


@settings(max_examples=20, suppress_health_check=list(HealthCheck))
@given(strategies, st.dictionaries(st.sampled_from(ZONES), st.integers(1, 40), min_size=1), st.booleans())
def test_what_is_foreseen_happens(strategy: dict[str, object], zones: dict[str, int], later: bool) -> None:
    """Sizes are exact but for the rounding of a wave to whole terminals in each zone. Without a pace the moments are
    too, but for the moment that delivering takes; with one they are to a slice for each wave before, that is to 5
    seconds' worth or one terminal."""
    schedule = Schedule(send_at_s=NOW_S + 4_000) if later else Schedule()
    push = a_push(strategy, terminals=sum(zones.values()), by_timezone=zones, schedule=schedule)
    foreseen, happened = forecast(push, now_s=NOW_S), _happened(push, _spread(push, zones))
    per_second = push.strategy.pace.per_second if push.strategy.pace is not None else None
    slice_s = 0.0 if per_second is None else max(pace.LONGEST_SLICE_S, 1 / per_second)
    by_id = {lane.id: lane for lane in happened.lanes}
    assert {lane.id for lane in foreseen.lanes if lane.terminals > len(zones)} <= set(by_id)
    passed = 0
    for lane in foreseen.lanes:
        then = by_id.get(lane.id)
        if then is None:
            continue
        passed += 1
        rounding = len(zones)
        assert abs(lane.terminals - then.terminals) <= rounding
        if per_second is not None and push.strategy.window is not None and lane.wave > 1:
            # A slice earlier or later may be on the other side of a window's edge, and then it is a day.
            continue
        lag_s = 1.0 if per_second is None else (rounding * 3 / per_second + slice_s + 2) * passed
        for kind in ("send",) if push.strategy.window is not None else ("send", "ack_wait", "resend"):
            planned, seen = _spans(lane, kind), _spans(then, kind)
            if planned and seen:
                assert abs(planned[0].from_s - seen[0].from_s) <= lag_s, (kind, lane, then)
    assert foreseen.reach[-1][1] == happened.reach[-1][1] == sum(zones.values())
    escalations = [[mark.kind for mark in drawn.marks].count("escalated") for drawn in (foreseen, happened)]
    assert escalations[0] == escalations[1]


@pytest.mark.parametrize(("per_second", "lasts_s"), [(200, 5_000), (1, 1_000_000), (0.1, 10_000_000)])
def test_a_million_at_a_pace_is_foreseen_at_once(per_second: float, lasts_s: float) -> None:
    push = a_push({"pace": {"per_second": per_second}}, terminals=1_000_000)
    began_s = time.process_time()
    picture = forecast(push, now_s=NOW_S)
    assert time.process_time() - began_s < 0.3
    assert len(picture.reach) <= MOST_POINTS
    assert picture.reach[-1][1] == 1_000_000
    assert picture.to_s - NOW_S == pytest.approx(lasts_s, rel=0.001)


def test_a_ramp_is_foreseen_in_its_closed_form() -> None:
    ramp = {"from_per_second": 10, "multiply_by": 2, "each": 1_000}
    push = a_push({"pace": {"per_second": 40, "ramp": ramp}}, terminals=10_000)
    assert forecast(push, now_s=NOW_S).to_s - NOW_S == pytest.approx(1_000 / 10 + 1_000 / 20 + 8_000 / 40, abs=15)


def test_a_window_that_shuts_in_the_middle_breaks_what_is_sent() -> None:
    strategy = {"window": {"timezone": "UTC", "from": "05:00", "to": "07:00"}, "pace": {"per_second": 1}}
    (lane,) = forecast(a_push(strategy, terminals=5_000), now_s=NOW_S).lanes
    sent = _spans(lane, "send")
    assert [span.from_s - NOW_S for span in sent] == pytest.approx([0, 23 * 3_600], abs=6)
    assert [span.terminals for span in sent] == pytest.approx([3_600, 1_400], abs=6)
    (waits,) = _spans(lane, "window")
    assert (waits.from_s - NOW_S, waits.to_s - NOW_S) == pytest.approx((3_600, 23 * 3_600), abs=6)


def test_the_next_runs_of_a_repetition_are_marked() -> None:
    push = a_push(terminals=3, schedule=Schedule(repeat=Repeat(cron="0 9 * * *", times=3)))
    picture = forecast(push, now_s=NOW_S)
    runs = [mark.at_s for mark in picture.marks if mark.kind == "run"]
    assert runs == [utc(f"2026-11-{day}T09:00") for day in (24, 25, 26)]
    assert picture.lanes[0].spans[0].from_s == runs[0]


def test_a_push_that_is_never_sent_has_no_lanes() -> None:
    push = a_push(schedule=Schedule(repeat=Repeat(cron="* * * * *", until_s=NOW_S - 1)))
    assert forecast(push, now_s=NOW_S).lanes == ()


def test_how_far_a_push_has_come_does_not_change_what_was_foreseen() -> None:
    push = a_push({"waves": [{"percent": 50, "then_wait": "10m"}, {"percent": 100}]}, terminals=10)
    world = World(push=push, terminals=_spread(push, {"Asia/Tokyo": 10}), chaos=Chaos(()), now_s=NOW_S)
    world.play(until_s=NOW_S + 100)
    assert forecast(world.push, now_s=NOW_S) == forecast(push, now_s=NOW_S)


def test_an_expiry_before_the_end_is_marked() -> None:
    strategy = {"waves": [{"percent": 50, "then_wait": "10m"}, {"percent": 100}], "expires_in": "5m"}
    picture = forecast(a_push(strategy, terminals=10), now_s=NOW_S)
    assert [(mark.kind, mark.at_s) for mark in picture.marks if mark.kind == "expires"] == [("expires", NOW_S + 300)]
    assert picture.reach[-1][1] == 5


def test_lanes_by_the_terminals_own_clocks_are_shown_where_there_is_anybody() -> None:
    zones = {"Asia/Tokyo": 10, "America/New_York": 5}
    picture = forecast(a_push({"window": HOURS}, terminals=15, by_timezone=zones), now_s=NOW_S)
    assert {lane.timezone: lane.terminals for lane in picture.lanes} == zones
    new_york = next(lane for lane in picture.lanes if lane.timezone == "America/New_York")
    assert [(span.kind, span.from_s) for span in new_york.spans] == [
        ("window", NOW_S),
        ("send", utc("2026-11-24T14:00")),
    ]


def test_a_picture_in_json_has_the_shape_of_the_api() -> None:
    push = a_push({"waves": [{"percent": 50, "then_wait": "10m"}, {"percent": 100}]}, terminals=10)
    written = to_json(forecast(push, now_s=NOW_S))
    assert written == {
        "from": "2026-11-24T06:00:00.000Z",
        "to": "2026-11-24T06:10:00.000Z",
        "lanes": [
            {
                "id": "w1",
                "wave": 1,
                "timezone": None,
                "terminals": 5,
                "spans": [
                    {
                        "kind": "send",
                        "from": "2026-11-24T06:00:00.000Z",
                        "to": "2026-11-24T06:00:00.000Z",
                        "terminals": 5,
                    },
                    {"kind": "pause", "from": "2026-11-24T06:00:00.000Z", "to": "2026-11-24T06:10:00.000Z"},
                ],
            },
            {
                "id": "w2",
                "wave": 2,
                "timezone": None,
                "terminals": 5,
                "spans": [
                    {
                        "kind": "send",
                        "from": "2026-11-24T06:10:00.000Z",
                        "to": "2026-11-24T06:10:00.000Z",
                        "terminals": 5,
                    }
                ],
            },
        ],
        "reach": [["2026-11-24T06:00:00.000Z", 5], ["2026-11-24T06:10:00.000Z", 10]],
        "marks": [
            {"at": "2026-11-24T06:00:00.000Z", "kind": "start", "lane": None},
            {"at": "2026-11-24T06:10:00.000Z", "kind": "done", "lane": None},
        ],
    }


def test_stages_of_what_happened_are_those_that_were_foreseen() -> None:
    push = a_push({"waves": [{"percent": 50, "then_wait": "10m"}, {"percent": 100}]}, terminals=10)
    picture = _happened(push, _spread(push, {"Asia/Tokyo": 10}))
    assert [(lane.id, lane.terminals) for lane in picture.lanes] == [("w1", 5), ("w2", 5)]
    assert stages.parse(picture.lanes[1].id) == (1, "")
    assert picture.marks[-1].kind == "done"

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.domain import ring, topics
from services.domain.problems import Problem
from services.domain.pushes import Push
from services.domain.ring import NOWHERE, SIZE, WHOLE, Arc
from services.domain.strategies.strategy import Pace as StrategyPace
from services.domain.strategies.strategy import Ramp, Window
from services.domain.targets import algebra, cover, json_form, text_form
from services.domain.targets.expression import KEPT, All, Every, Not, Opening, Target, Users
from services.domain.targets.row_filter import matches
from services.domain.timeline import machine, pace, stages
from tests.unit.domain.timeline.makers import NOW_S, a_push
from tests.unit.domain.timeline.virtual_world import Terminal

HALVES = {"waves": [{"percent": 50, "then_wait": "10m"}, {"percent": 100}]}
HOURS = {"timezone": "attr:tz", "from": "09:00", "to": "18:00"}
WINDOW = Window(attribute="tz", timezone="UTC", from_minute=540, to_minute=1_080)
ZONES = ["Asia/Tokyo", "Europe/Berlin", "America/New_York", "Pacific/Apia", None, "Mars/Olympus"]


def _terminal(zone: str | None = None, terminal_id: str = "t") -> Terminal:
    return Terminal(terminal_id=terminal_id, user="ann", zone=zone)


@pytest.mark.parametrize(("wave", "lane", "stage"), [(0, "", "w1"), (11, "Asia/Tokyo", "w12/Asia/Tokyo")])
def test_a_stage_is_named_after_its_wave_and_lane(wave: int, lane: str, stage: str) -> None:
    assert stages.stage_id(wave, lane) == stage
    assert stages.parse(stage) == (wave, lane)


@pytest.mark.parametrize("text", ["", "w", "w0", "wx", "1", "w1/", "W1"])
def test_what_names_no_stage_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a stage"):
        stages.parse(text)


def test_a_log_of_ones_own_is_released_as_a_whole_or_not_at_all() -> None:
    place = ring.place_of("ann")
    on, off = Arc(place, 1), Arc((place + 1) % SIZE, SIZE - 1)
    assert (stages.arc_under(topics.user("ann"), on), stages.arc_under(topics.user("ann"), off)) == (WHOLE, NOWHERE)
    assert stages.arc_under(topics.group("ops"), on) == on


def test_a_push_that_is_sent_at_once_is_the_whole_circle() -> None:
    assert stages.wave_arc(a_push(), 0) == WHOLE


@given(st.sampled_from([{}, HALVES, {"window": HOURS}, {"window": HOURS, **HALVES}]), st.sampled_from(ZONES), st.text())
def test_every_terminal_is_in_just_one_stage(strategy: dict[str, object], zone: str | None, terminal_id: str) -> None:
    push = machine.begin(a_push(strategy), NOW_S).push
    row = _terminal(zone, terminal_id)
    waves = range(len(push.strategy.stages))
    lanes = push.run.lanes or (None,)
    found = [
        stage
        for wave in waves
        for lane in lanes
        if row.place in stages.wave_arc(push, wave)
        for stage in [stages.stage_id(wave, "" if lane is None else lane.id)]
        if (among := stages.filter_of(push, stage)) is None or matches(among, row)
    ]
    assert found == [stages.stage_of(push, row)]


def test_who_is_not_meant_is_in_no_stage() -> None:
    push = replace(a_push(), cover=cover.Cover(Users(("bob",)), (topics.user("bob"),)))
    assert stages.stage_of(push, _terminal()) is None


def test_who_is_dropped_is_in_no_stage() -> None:
    push = machine.begin(a_push({"window": {**HOURS, "outside": "drop"}}), NOW_S).push
    assert stages.stage_of(push, _terminal("Europe/Berlin")) is None
    assert stages.stage_of(push, _terminal("Asia/Tokyo")) is not None


def _lane_of(push: Push, zone: str) -> str | None:
    stage = stages.stage_of(push, _terminal(zone))
    lane = None if stage is None else stages.lane_of(push, stage)
    return None if lane is None else lane.timezone


def test_a_lane_is_spoken_for_by_the_zone_that_most_of_it_have() -> None:
    push = a_push({"window": HOURS}, terminals=3, by_timezone={"Africa/Lagos": 3})
    assert _lane_of(machine.begin(push, NOW_S).push, "Europe/Berlin") == "Africa/Lagos"


# The target that tells lanes apart.

OPENING = Opening(WINDOW, NOW_S, NOW_S + 7_200)


def test_an_opening_means_those_whose_window_opens_then() -> None:
    found = {zone for zone in ZONES if matches(OPENING, _terminal(zone))}
    assert found == {"Europe/Berlin"}


def test_an_opening_since_before_means_all_who_are_open() -> None:
    asked = Opening(WINDOW, NOW_S, NOW_S, since_before=True)
    assert {zone for zone in ZONES if matches(asked, _terminal(zone))} == {"Asia/Tokyo"}


def test_who_has_no_zone_that_is_known_goes_by_the_windows_own() -> None:
    asked = Opening(WINDOW, NOW_S, NOW_S + 3 * 3_600)
    assert {zone for zone in ZONES if matches(asked, _terminal(zone))} == {None, "Mars/Olympus"}


@pytest.mark.parametrize(
    "target", [OPENING, Every((Users(("ann",)), Not(OPENING))), replace(OPENING, since_before=True)]
)
def test_an_opening_is_kept_in_json_and_read_with_the_bounds_of_what_is_kept(target: Target) -> None:
    written = json.loads(json.dumps(json_form.to_json(target)))
    assert json_form.from_json(written, bounds=KEPT) == target


def test_an_opening_of_a_caller_is_refused_like_anything_unknown() -> None:
    with pytest.raises(Problem, match="unknown member"):
        json_form.from_json(json_form.to_json(OPENING))


@pytest.mark.parametrize("inside", [None, {}, [], {"timezone": "UTC"}])
def test_an_opening_that_the_service_did_not_write_is_refused(inside: object) -> None:
    with pytest.raises(Problem) as refused:
        json_form.from_json({"opening": inside}, bounds=KEPT)
    assert refused.value.extra["pointer"] == "/opening"


def test_an_opening_is_not_written_as_text() -> None:
    with pytest.raises(ValueError, match="not written as text"):
        text_form.print_text(OPENING)


def test_no_topic_says_anything_about_an_opening() -> None:
    assert algebra.within(OPENING, topics.user("ann")) is OPENING
    assert algebra.simplify(Every((All(), OPENING, OPENING))) == OPENING
    assert cover.plan(OPENING, lambda _: 1).topics == (topics.ALL,)


# Paces.


def test_a_ramp_rises_up_to_the_pace_and_no_further() -> None:
    asked = StrategyPace(per_second=100, ramp=Ramp(from_per_second=10, multiply_by=3, each=50))
    rates = [pace.per_second_at(asked, reached) for reached in (0, 49, 50, 100, 150, 10**12)]
    assert rates == [10, 10, 30, 90, 100, 100]
    assert [pace.to_rise(asked, reached) for reached in (0, 49, 100, 150)] == [50, 1, 50, None]


@given(
    st.floats(0.1, 100_000),
    st.integers(0, 10_000_000),
    st.integers(1, SIZE),
    st.integers(0, SIZE),
    st.integers(0, 10_000_000),
)
def test_a_slice_is_never_nothing_and_never_more_than_is_left(
    per_second: float, expected: int, left: int, walked: int, found: int
) -> None:
    density = pace.density(expected, found=found, walked=walked)
    assert 1 <= pace.slice_places(per_second, density, left=left, walked=walked) <= left


@given(st.floats(0.1, 100_000), st.integers(1, 10_000_000))
def test_a_slice_is_worth_five_seconds_or_one_terminal_at_most(per_second: float, expected: int) -> None:
    density = pace.density(expected, found=expected, walked=SIZE)
    places = pace.slice_places(per_second, density, left=SIZE, walked=SIZE)
    assert places * density <= max(1, 5 * per_second) + density


@pytest.mark.parametrize("expected", [0, 10, 1_000_000])
def test_an_unwalked_ring_is_cut_finely_whatever_is_expected(expected: int) -> None:
    density = pace.density(expected, found=0, walked=0)
    assert pace.slice_places(100_000, density, left=SIZE, walked=0) <= pace.FEW_PLACES

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.domain.problems import Problem
from services.domain.timeline import cron
from services.domain.timeline.schedule import Repeat
from tests.unit.domain.timeline.moments_of import local, shown, utc

BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"


def _shown(text: str, zone: str, after: str, number: int) -> list[str]:
    repeat = Repeat(cron=text, timezone=zone)
    return [shown(at_s, zone) for at_s in cron.next_runs(repeat, local(after, zone), number)]


@pytest.mark.parametrize(
    ("text", "zone", "after", "runs"),
    [
        ("0 9 * * mon-fri", BERLIN, "2026-11-20T10:00", ["2026-11-23T09:00+01:00", "2026-11-24T09:00+01:00"]),
        # The moment itself is not after it.
        ("0 9 * * *", "Asia/Tokyo", "2026-11-20T09:00", ["2026-11-21T09:00+09:00"]),
        # The clock skips it: right after the gap, and the next day as ever.
        ("30 2 * * *", BERLIN, "2026-03-28T12:00", ["2026-03-29T03:00+02:00", "2026-03-30T02:30+02:00"]),
        ("30 2 * * *", NEW_YORK, "2026-03-07T12:00", ["2026-03-08T03:00-04:00", "2026-03-09T02:30-04:00"]),
        # Two runs within the gap are one.
        ("15,45 2 * * *", BERLIN, "2026-03-28T12:00", ["2026-03-29T03:00+02:00", "2026-03-30T02:15+02:00"]),
        # The clock shows it twice: the first time.
        ("30 2 * * *", BERLIN, "2026-10-24T12:00", ["2026-10-25T02:30+02:00", "2026-10-26T02:30+01:00"]),
        ("0 9 * * *", BERLIN, "2026-10-24T12:00", ["2026-10-25T09:00+01:00"]),
        # Every hour is every hour that passes.
        ("0 * * * *", BERLIN, "2026-03-29T00:30", ["2026-03-29T01:00+01:00", "2026-03-29T03:00+02:00"]),
        (
            "0 * * * *",
            BERLIN,
            "2026-10-25T01:30",
            ["2026-10-25T02:00+02:00", "2026-10-25T02:00+01:00", "2026-10-25T03:00+01:00"],
        ),
        # Leap days.
        ("0 0 29 2 *", "UTC", "2026-01-01T00:00", ["2028-02-29T00:00+00:00", "2032-02-29T00:00+00:00"]),
        ("0 12 L * *", "UTC", "2028-02-01T00:00", ["2028-02-29T12:00+00:00"]),
        # A quarter of an hour off.
        ("0 9 * * *", "Asia/Kathmandu", "2026-06-01T00:00", ["2026-06-01T09:00+05:45"]),
        # A day that a zone did not have.
        ("0 9 * * *", "Pacific/Apia", "2011-12-29T12:00", ["2011-12-31T00:00+14:00", "2011-12-31T09:00+14:00"]),
    ],
)
def test_runs_are_by_the_clock_on_the_wall(text: str, zone: str, after: str, runs: list[str]) -> None:
    assert _shown(text, zone, after, len(runs)) == runs


def test_a_run_is_not_made_again_when_the_clock_shows_its_time_a_second_time() -> None:
    repeat = Repeat(cron="30 2 * * *", timezone=BERLIN)
    found = cron.next_runs(repeat, local("2026-10-25T02:10", BERLIN, fold=1), 1)
    assert [shown(at_s, BERLIN) for at_s in found] == ["2026-10-26T02:30+01:00"]


def test_runs_end_with_the_number_of_times() -> None:
    repeat = Repeat(cron="* * * * *", times=3)
    assert [len(cron.next_runs(repeat, 0, 10, runs=runs)) for runs in range(5)] == [3, 2, 1, 0, 0]


def test_runs_end_with_a_moment_which_is_one_of_them() -> None:
    repeat = Repeat(cron="0 * * * *", until_s=utc("2026-01-01T03:00"))
    assert len(cron.next_runs(repeat, utc("2026-01-01T00:00"), 10)) == 3


def test_no_runs_are_found_where_time_ends() -> None:
    assert cron.next_runs(Repeat(cron="* * * * *"), 1e15, 3) == ()


def test_spaces_do_not_matter() -> None:
    assert cron.checked("  0  9 * *   mon ", "repeat.cron") == "0 9 * * mon"


@pytest.mark.parametrize(
    "text",
    [
        *(None, 5, "", "* * * *", "* * * * * *", "61 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 9"),
        *("0 0 30 2 *", "a b c d e", "*/0 * * * *", "5-1 * * * *", "@daily", "0 9 * * mon" + " " * 200, "1,,2 * * * *"),
    ],
)
def test_what_is_no_cron_expression_is_refused_with_the_name_of_the_member(text: object) -> None:
    with pytest.raises(Problem) as refused:
        cron.checked(text, "repeat.cron")
    assert (refused.value.status, refused.value.extra["field"]) == (422, "repeat.cron")


@settings(max_examples=50)
@given(
    st.sampled_from(["* * * * *", "*/7 2 * * *", "30 2 * * *", "0 */6 * * *", "15,45 1-3 * * sun", "0 0 1 * *"]),
    st.sampled_from([BERLIN, NEW_YORK, "Australia/Lord_Howe", "UTC", "Asia/Kathmandu"]),
    st.integers(int(utc("2020-01-01T00:00")), int(utc("2035-01-01T00:00"))),
)
def test_runs_go_forward_and_none_is_missed_by_asking_from_one_to_the_next(text: str, zone: str, after_s: int) -> None:
    repeat = Repeat(cron=text, timezone=zone)
    together = cron.next_runs(repeat, after_s, 5)
    assert all(before < after for before, after in itertools.pairwise((after_s, *together)))
    one_by_one: list[float] = []
    for _ in range(5):
        one_by_one += cron.next_runs(repeat, one_by_one[-1] if one_by_one else after_s, 1)
    assert tuple(one_by_one) == together


@given(st.text(max_size=30))
def test_any_text_is_either_taken_or_refused(text: str) -> None:
    try:
        taken = cron.checked(text, "repeat.cron")
    except Problem:
        return
    assert cron.next_runs(Repeat(cron=taken, timezone=BERLIN), 0, 1)

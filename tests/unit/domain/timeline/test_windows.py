from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.domain.strategies.strategy import Window
from services.domain.timeline import windows
from tests.unit.domain.timeline.moments_of import local, shown, utc

BERLIN, NEW_YORK, LORD_HOWE = "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"
APIA, KATHMANDU, TOKYO = "Pacific/Apia", "Asia/Kathmandu", "Asia/Tokyo"
WEEKDAYS = frozenset(range(5))
FRIDAY, SUNDAY = frozenset([4]), frozenset([6])


def _window(opens: str, closes: str, days: frozenset[int] = frozenset(range(7))) -> Window:
    def minute(text: str) -> int:
        return int(text[:2]) * 60 + int(text[3:])

    return Window(from_minute=minute(opens), to_minute=minute(closes), days=days)


@pytest.mark.parametrize(
    ("window", "zone", "asked", "opens"),
    [
        # Open already, at both of its edges, and just outside of them.
        (_window("09:00", "18:00"), TOKYO, "2026-03-03T12:00", "2026-03-03T12:00+09:00"),
        (_window("09:00", "18:00"), TOKYO, "2026-03-03T09:00", "2026-03-03T09:00+09:00"),
        (_window("09:00", "18:00"), TOKYO, "2026-03-03T18:00", "2026-03-04T09:00+09:00"),
        (_window("09:00", "18:00"), TOKYO, "2026-03-03T08:59", "2026-03-03T09:00+09:00"),
        # Only on some days: from Friday evening to Monday.
        (_window("09:00", "18:00", WEEKDAYS), BERLIN, "2026-11-20T18:30", "2026-11-23T09:00+01:00"),
        # Over midnight: it belongs to the day on which it opens.
        (_window("22:00", "06:00", FRIDAY), BERLIN, "2026-11-21T03:00", "2026-11-21T03:00+01:00"),
        (_window("22:00", "06:00", FRIDAY), BERLIN, "2026-11-21T22:30", "2026-11-27T22:00+01:00"),
        # The whole day, and from a time to the same of the next day.
        (_window("00:00", "24:00", SUNDAY), BERLIN, "2026-11-24T10:00", "2026-11-29T00:00+01:00"),
        (_window("08:00", "08:00", FRIDAY), BERLIN, "2026-11-21T07:59", "2026-11-21T07:59+01:00"),
        # In the gap of spring it opens at the first moment after it.
        (_window("02:30", "05:00"), BERLIN, "2026-03-29T01:00", "2026-03-29T03:00+02:00"),
        (_window("02:30", "05:00"), NEW_YORK, "2026-03-08T01:59", "2026-03-08T03:00-04:00"),
        (_window("02:10", "05:00"), LORD_HOWE, "2026-10-04T01:00", "2026-10-04T02:30+11:00"),
        # Both edges in the gap: not on that day.
        (_window("02:10", "02:50"), BERLIN, "2026-03-29T01:00", "2026-03-30T02:10+02:00"),
        # In the fold of autumn it opens once, the first time.
        (_window("02:30", "05:00"), BERLIN, "2026-10-25T00:00", "2026-10-25T02:30+02:00"),
        (_window("01:30", "01:45"), NEW_YORK, "2026-11-01T00:00", "2026-11-01T01:30-04:00"),
        (_window("01:40", "01:50"), LORD_HOWE, "2026-04-05T00:00", "2026-04-05T01:40+11:00"),
        (_window("09:00", "18:00"), BERLIN, "2026-10-25T00:30", "2026-10-25T09:00+01:00"),
        # Apia had no 30 December 2011: what would open on it opens when the next day begins, if it is open then.
        (_window("20:00", "06:00"), APIA, "2011-12-31T00:00", "2011-12-31T00:00+14:00"),
        (_window("09:00", "18:00", FRIDAY), APIA, "2011-12-29T10:00", "2012-01-06T09:00+14:00"),
        # An offset of a quarter of an hour.
        (_window("09:00", "18:00"), KATHMANDU, "2026-06-01T05:00", "2026-06-01T09:00+05:45"),
        # A leap day.
        (_window("09:00", "18:00"), TOKYO, "2028-02-28T19:00", "2028-02-29T09:00+09:00"),
        (_window("23:00", "01:00"), TOKYO, "2028-02-29T02:00", "2028-02-29T23:00+09:00"),
    ],
)
def test_a_window_opens_by_the_clock_on_the_wall(window: Window, zone: str, asked: str, opens: str) -> None:
    assert shown(windows.next_open(window, zone, local(asked, zone)), zone) == opens


def test_a_window_does_not_open_again_when_the_clock_shows_its_time_a_second_time() -> None:
    window = _window("02:15", "02:45")
    after = local("2026-10-25T02:20", BERLIN, fold=1)
    assert shown(windows.next_open(window, BERLIN, after), BERLIN) == "2026-10-26T02:15+01:00"


@pytest.mark.parametrize(
    ("window", "zone", "asked", "closing"),
    [
        (_window("09:00", "18:00"), TOKYO, "2026-03-03T12:00", "2026-03-03T18:00+09:00"),
        (_window("22:00", "06:00"), TOKYO, "2026-03-03T23:00", "2026-03-04T06:00+09:00"),
        (_window("22:00", "02:30"), BERLIN, "2026-10-25T01:00", "2026-10-25T02:30+02:00"),
        (_window("22:00", "02:30"), BERLIN, "2026-03-28T23:00", "2026-03-29T03:00+02:00"),
        # Days that follow one upon the other are one opening.
        (_window("00:00", "24:00", WEEKDAYS), BERLIN, "2026-11-24T12:00", "2026-11-28T00:00+01:00"),
    ],
)
def test_an_open_window_closes_by_the_clock_on_the_wall(window: Window, zone: str, asked: str, closing: str) -> None:
    found = windows.closes(window, zone, local(asked, zone))
    assert found is not None
    assert shown(found, zone) == closing


@pytest.mark.parametrize("window", [_window("00:00", "24:00"), _window("09:00", "09:00")])
def test_a_window_that_is_always_open_never_closes(window: Window) -> None:
    assert windows.closes(window, BERLIN, local("2026-03-28T23:00", BERLIN)) is None


def test_a_window_that_is_shut_has_no_closing() -> None:
    assert windows.closes(_window("09:00", "18:00"), TOKYO, local("2026-03-03T08:00", TOKYO)) is None


def test_on_a_day_with_a_gap_a_window_is_open_for_less_long_and_on_one_with_a_fold_for_longer() -> None:
    window = _window("00:00", "12:00")

    def hours(day: str) -> float:
        opens = windows.next_open(window, BERLIN, local(f"{day}T00:00", BERLIN))
        closing = windows.closes(window, BERLIN, opens)
        assert closing is not None
        return (closing - opens) / 3_600

    assert (hours("2026-03-29"), hours("2026-03-30"), hours("2026-10-25")) == (11, 12, 13)


def test_a_terminal_without_a_known_zone_goes_by_the_windows_own() -> None:
    window = Window(timezone=BERLIN, attribute="tz")
    values = ["Asia/Tokyo", "Mars/Olympus", None, 9, True]
    assert [windows.zone_of(window, value) for value in values] == [TOKYO, BERLIN, BERLIN, BERLIN, BERLIN]
    assert windows.zone_of(Window(timezone=BERLIN), TOKYO) == BERLIN


ZONES = [BERLIN, NEW_YORK, LORD_HOWE, APIA, KATHMANDU, TOKYO, "UTC", "Africa/Casablanca", "Asia/Kolkata", "Etc/GMT+12"]


@given(
    st.builds(
        Window,
        days=st.frozensets(st.integers(0, 6), min_size=1),
        from_minute=st.integers(0, 1_439),
        to_minute=st.integers(1, 1_440),
    ),
    st.sampled_from(ZONES),
    st.integers(int(utc("2011-12-20T00:00")), int(utc("2033-01-01T00:00"))),
)
def test_it_opens_and_closes_when_a_walk_by_the_minute_says_so(window: Window, zone: str, at_s: int) -> None:
    """Away from changes of the clock, the window is open just where the wall shows a minute within it."""
    at_s -= at_s % 60
    opens_s = windows.next_open(window, zone, at_s)
    assert opens_s >= at_s
    assert windows.next_open(window, zone, opens_s) == opens_s
    edges = (opens_s - 60, opens_s, opens_s + 60)
    for edge_s in edges:
        if at_s <= edge_s and _is_steady(zone, edge_s):
            assert windows.is_open(window, zone, edge_s) == _wall_is_within(window, zone, edge_s)
    closes_s = windows.closes(window, zone, opens_s)
    if closes_s is not None:
        assert closes_s > opens_s
        assert windows.is_open(window, zone, closes_s - 1)
        assert not windows.is_open(window, zone, closes_s)


def _is_steady(zone: str, at_s: float) -> bool:
    """Whether the clock is not changed within two days of a moment."""
    day_s = 86_400
    offsets = {datetime.fromtimestamp(at_s + days * day_s / 2, ZoneInfo(zone)).utcoffset() for days in range(-4, 5)}
    return len(offsets) == 1


def _wall_is_within(window: Window, zone: str, at_s: float) -> bool:
    wall = datetime.fromtimestamp(at_s, UTC).astimezone(ZoneInfo(zone))
    minute = wall.hour * 60 + wall.minute
    today, yesterday = wall.weekday() in window.days, (wall - timedelta(days=1)).weekday() in window.days
    if window.to_minute > window.from_minute:
        return today and window.from_minute <= minute < window.to_minute
    return (today and minute >= window.from_minute) or (yesterday and minute < window.to_minute)

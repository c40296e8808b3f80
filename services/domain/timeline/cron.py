"""Cron expressions by the clock of a time zone: when a push that repeats runs next.

Five fields, as in Debian's cron, which the library follows through changes of the clock: a run at a fixed time that the
clock skips is made right after the gap, and one that it shows twice is made the first time; runs every so many minutes
or every hour go by the time that passes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from cronsim import CronSim, CronSimError

from services.domain import time_zones
from services.domain.problems import Problem
from services.domain.timeline.schedule import Repeat

MAX_TEXT: Final = 128
"""Longest expression, in characters."""
_FIELDS: Final = 5
_LATEST_S: Final = datetime(9900, 1, 1, tzinfo=UTC).timestamp()
_A_LEAP_YEAR: Final = datetime(2024, 1, 1, tzinfo=UTC)


def checked(text: object, field: str) -> str:
    """A cron expression of five fields, with single spaces.

    Raises `Problem("invalid_schedule", 422)` naming `field` if it is none, or one that no day ever matches.
    """
    written = " ".join(text.split()) if isinstance(text, str) and len(text) <= MAX_TEXT else ""
    if len(written.split()) != _FIELDS:
        raise _refusal(field, 'must be a cron expression of five fields such as "0 9 * * mon-fri"')
    try:
        next(CronSim(written, _A_LEAP_YEAR))
    except CronSimError as error:
        fault = str(error).removeprefix("Bad ")
        raise _refusal(field, f"has a wrong {fault}; the fields are minute, hour, day, month and weekday") from error
    except StopIteration:
        raise _refusal(field, "never comes: no month has such a day") from None
    return written


def next_runs(repeat: Repeat, after_s: float, number: int, *, runs: int = 0) -> tuple[float, ...]:
    """The next runs after a moment, in epoch seconds: at most `number`, fewer where `until_s` or `times` ends them.

    `runs` is how many there were already.
    """
    if repeat.times is not None:
        number = min(number, repeat.times - runs)
    found: list[float] = []
    for at_s in _runs(repeat, after_s):
        if len(found) >= number or (repeat.until_s is not None and at_s > repeat.until_s):
            break
        found.append(at_s)
    return tuple(found)


def _runs(repeat: Repeat, after_s: float) -> Iterator[float]:
    """All runs after a moment, each once."""
    last_s = after_s
    if not 0 <= after_s < _LATEST_S:
        return
    try:
        for run in CronSim(repeat.cron, datetime.fromtimestamp(after_s, time_zones.zone(repeat.timezone))):
            # Two runs that the clock skips fall on one moment, and the second showing of an hour counts no more.
            if run.timestamp() > last_s:
                last_s = run.timestamp()
                yield last_s
    except OverflowError:
        return


def _refusal(field: str, fault: str) -> Problem:
    return Problem("invalid_schedule", 422, f"{field} {fault}", field=field)

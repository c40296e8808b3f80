"""When a push is to be sent, as callers write it: `send_at`, or `repeat`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from services.domain import moments, time_zones
from services.domain.problems import Problem
from services.domain.pushes import OPEN, Push
from services.domain.strategies.strategy import DAY_S
from services.domain.timeline import cron
from services.domain.timeline.schedule import AT_ONCE, Repeat, Schedule

MAX_AHEAD_S: Final = 366 * DAY_S
"""How far ahead `send_at` may lie."""
RUNS_SHOWN: Final = 5
"""How many of the next runs are shown."""
MAX_TIMES: Final = 10_000
"""Most runs of a push that repeats, where `times` is given."""
_REPEAT_MEMBERS: Final = ("cron", "timezone", "until", "times")


def read(send_at: object, repeat: object, *, now_s: float) -> Schedule:
    """The schedule in these JSON values, None: absent. A moment in the past is now.

    Raises Problem (422): `invalid_schedule` or `invalid_time`, with the `field`: `send_at`, `repeat`, `repeat.cron`,
    `repeat.timezone`, `repeat.until` or `repeat.times`.
    """
    if send_at is None and repeat is None:
        return AT_ONCE
    if send_at is not None and repeat is not None:
        raise _refusal("repeat", "cannot stand beside send_at: its cron expression says when it is first sent")
    if repeat is not None:
        return Schedule(repeat=_repeat(repeat, now_s))
    send_at_s = moments.parse_s(send_at, "send_at")
    if send_at_s > now_s + MAX_AHEAD_S:
        raise _refusal("send_at", "lies more than 366 days ahead")
    return Schedule(send_at_s=send_at_s)


def to_json(schedule: Schedule) -> dict[str, object]:
    """The members of a request that say this schedule; none for at once. `read` reads them back."""
    written: dict[str, object] = {}
    if schedule.send_at_s is not None:
        written["send_at"] = moments.text(schedule.send_at_s)
    repeat = schedule.repeat
    if repeat is not None:
        said: dict[str, object] = {"cron": repeat.cron, "timezone": repeat.timezone}
        if repeat.until_s is not None:
            said["until"] = moments.text(repeat.until_s)
        if repeat.times is not None:
            said["times"] = repeat.times
        written["repeat"] = said
    return written


def runs_after(schedule: Schedule, now_s: float, *, runs: int = 0) -> tuple[float, ...]:
    """The next runs of what repeats, of which there were `runs`, at most `RUNS_SHOWN`; none of what does not."""
    if schedule.repeat is None:
        return ()
    return cron.next_runs(schedule.repeat, now_s, RUNS_SHOWN, runs=runs)


def next_runs(push: Push, now_s: float) -> tuple[float, ...]:
    """The next runs of a push that repeats; none once it has ended."""
    return runs_after(push.schedule, now_s, runs=push.run.runs) if push.state in OPEN else ()


def _repeat(value: object, now_s: float) -> Repeat:
    if not isinstance(value, Mapping):
        raise _refusal("repeat", 'must be an object such as {"cron": "0 9 * * mon-fri", "timezone": "Asia/Tokyo"}')
    for member in value:
        if member not in _REPEAT_MEMBERS:
            shown = str(member)[:64].encode("utf-8", "replace").decode()
            raise _refusal(f"repeat.{shown}", f"is unknown; repeat has {', '.join(_REPEAT_MEMBERS)}")
    if "cron" not in value:
        raise _refusal("repeat.cron", "is missing")
    timezone, until = value.get("timezone", "UTC"), value.get("until")
    if not isinstance(timezone, str) or not time_zones.is_known(timezone):
        raise _refusal("repeat.timezone", 'must be an IANA time zone such as "Asia/Tokyo"')
    repeat = Repeat(
        cron=cron.checked(value["cron"], "repeat.cron"),
        timezone=timezone,
        until_s=None if until is None else moments.parse_s(until, "repeat.until"),
        times=_times(value.get("times")),
    )
    if not cron.next_runs(repeat, now_s, 1):
        raise _refusal("repeat.until", "is before the first run: the push would never be sent")
    return repeat


def _times(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_TIMES:
        raise _refusal("repeat.times", f"must be a whole number from 1 to {MAX_TIMES}")
    return value


def _refusal(field: str, fault: str) -> Problem:
    return Problem("invalid_schedule", 422, f"{field} {fault}", field=field)

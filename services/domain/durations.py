"""Lengths of time as people write them: `90s`, `15m`, `24h`, `2d`. Inside, they are whole seconds."""

from __future__ import annotations

import re

from services.domain.problems import Problem

_SECONDS_OF = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_WRITTEN = re.compile(r"(\d{1,9})([smhd])")


def parse_s(value: object, field: str, *, most_s: int, least_s: int = 0) -> int:
    """The seconds of a duration such as `"15m"`; a whole number is taken as seconds.

    Raises `Problem("invalid_duration", 422)` naming `field` if it is none or lies outside the bounds.
    """
    seconds: int | None = None
    if isinstance(value, int) and not isinstance(value, bool):
        seconds = value
    elif isinstance(value, str) and (match := _WRITTEN.fullmatch(value)):
        seconds = int(match[1]) * _SECONDS_OF[match[2]]
    if seconds is None:
        raise Problem(
            "invalid_duration",
            422,
            f'{field} must be a duration such as "90s", "15m", "24h" or "2d"',
            field=field,
        )
    if not least_s <= seconds <= most_s:
        raise Problem("invalid_duration", 422, f"{field} must be from {text(least_s)} to {text(most_s)}", field=field)
    return seconds


def text(seconds: int) -> str:
    """The shortest exact way to write `seconds`."""
    for unit in ("d", "h", "m"):
        if seconds and seconds % _SECONDS_OF[unit] == 0:
            return f"{seconds // _SECONDS_OF[unit]}{unit}"
    return f"{seconds}s"

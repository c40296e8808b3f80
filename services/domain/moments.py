"""Moments on the wire: RFC 3339 in UTC with milliseconds. Inside, they are epoch seconds."""

from __future__ import annotations

from datetime import UTC, datetime

from services.domain.problems import Problem

EARLIEST_S = 0
LATEST_S = 253_402_300_799
"""The end of the year 9999. With an offset a time can lie behind it, where `text` cannot write it any more."""


def text(at_s: float) -> str:
    """`2026-11-24T07:38:19.250Z` for a moment in epoch seconds."""
    written = datetime.fromtimestamp(at_s, UTC).isoformat(timespec="milliseconds")
    return f"{written.removesuffix('+00:00')}Z"


def parse_s(value: object, field: str) -> float:
    """The epoch seconds of an RFC 3339 time with an offset, from 1970 to 9999.

    Raises `Problem("invalid_time", 422)` if it is none.
    """
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            moment = None
        if moment is not None and moment.tzinfo is not None and EARLIEST_S <= moment.timestamp() <= LATEST_S:
            return moment.timestamp()
    raise Problem(
        "invalid_time",
        422,
        f'{field} must be a time with its offset, such as "2026-11-24T09:00:00Z"',
        field=field,
    )

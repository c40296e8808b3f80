"""Moments on the wire: RFC 3339 in UTC with milliseconds. Inside, they are epoch seconds."""

from __future__ import annotations

from datetime import UTC, datetime

from services.domain.problems import Problem


def text(at_s: float) -> str:
    """`2026-11-24T07:38:19.250Z` for a moment in epoch seconds."""
    moment = datetime.fromtimestamp(at_s, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def parse_s(value: object, field: str) -> float:
    """The epoch seconds of an RFC 3339 time with an offset. Raises `Problem("invalid_time", 422)` if it is none."""
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            moment = None
        if moment is not None and moment.tzinfo is not None:
            return moment.timestamp()
    raise Problem(
        "invalid_time",
        422,
        f'{field} must be a time with its offset, such as "2026-11-24T09:00:00Z"',
        field=field,
    )

"""Lengths of time on the command line: `90s`, `15m`, `8h`, `2d`."""

from __future__ import annotations

import re

import click

_SECONDS_OF = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_WRITTEN = re.compile(r"([0-9]{1,9})([smhd])")


def duration(text: str) -> int:
    """The seconds of a duration, as the type of a click option. Raises click.BadParameter."""
    match = _WRITTEN.fullmatch(text)
    if match is None:
        raise click.BadParameter(f'{text!r} is not a duration such as "90s", "15m", "8h" or "2d"')
    return int(match[1]) * _SECONDS_OF[match[2]]

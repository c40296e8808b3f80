"""What the service answers, in columns: values as people read them."""

from __future__ import annotations

from collections.abc import Sequence

from fanfare.cli.printable import in_a_line
from fanfare.frames import JsonValue


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as lines with aligned columns."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def shown(value: JsonValue) -> str:
    """A JSON value in a cell; null is empty."""
    match value:
        case None:
            return ""
        case list():
            return ",".join(map(shown, value))
        case dict():
            return ",".join(f"{in_a_line(name)}={shown(inner)}" for name, inner in value.items())
        case bool():
            return "true" if value else "false"
        case _:
            return in_a_line(str(value))


def moment(value: JsonValue) -> str:
    """A moment to the second: `2026-11-24T07:38:19.250Z` as `2026-11-24 07:38:19Z`."""
    text = shown(value)
    return f"{text[:19].replace('T', ' ')}Z" if text.endswith("Z") else text

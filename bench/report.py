"""Figures as tables: medians of the rounds, and ratios that are taken within a round before their median."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Table:
    """A Markdown table with a heading and what must be said beside it."""

    heading: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        cells = [self.columns, *self.rows]
        widths = [max(len(row[i]) for row in cells) for i in range(len(self.columns))]

        def line(row: Sequence[str]) -> str:
            first, *others = [
                cell.ljust(width) if i == 0 else cell.rjust(width)
                for i, (cell, width) in enumerate(zip(row, widths, strict=True))
            ]
            return "| " + " | ".join([first, *others]) + " |"

        rule = "|" + "|".join("-" * (width + 1) + (":" if i else "-") for i, width in enumerate(widths)) + "|"
        parts = [f"### {self.heading}", "", line(self.columns), rule, *map(line, self.rows)]
        if self.remarks:
            parts += ["", *(f"- {remark}" for remark in self.remarks)]
        return "\n".join(parts) + "\n"


def median(values: Iterable[float]) -> float:
    return statistics.median(values)


def median_ratio(of: Sequence[float], to: Sequence[float]) -> float:
    """The median over the rounds of one figure divided by another of the same round: slow drift cancels."""
    return statistics.median(a / b for a, b in zip(of, to, strict=True))


def spread(values: Sequence[float]) -> str:
    """From the least to the most of the rounds, relative to the median, in percent."""
    middle = statistics.median(values)
    return f"{(min(values) / middle - 1) * 100:+.0f}…{(max(values) / middle - 1) * 100:+.0f} %"


def thousands(value: float) -> str:
    return f"{value:,.0f}"

"""What happened in each minute: who came and went, what was delivered and what terminals told of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Final

from services.domain.pushes import Counts

MINUTE_S: Final = 60
MINUTES_KEPT_S: Final = 48 * 3_600
"""How long the figures of a minute are kept."""
SAMPLE_EVERY_S: Final = 300
"""How often the sizes of groups are taken down."""
SAMPLES_KEPT_S: Final = 24 * 3_600
"""How long they are kept."""
GROUPS_SAMPLED: Final = 1_000
"""Of how many groups, the largest, the size is taken down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How often each thing happened. Connections come and go; the others are deliveries, as they were noted.

    `sent` and `gone` are counted when a page of deliveries is noted, `sent` also when one is replayed to a terminal
    that is back; `received`, `read` and `failed` when a terminal tells it.
    """

    connects: int = 0
    disconnects: int = 0
    sent: int = 0
    received: int = 0
    read: int = 0
    failed: int = 0
    gone: int = 0

    def __add__(self, other: Figures) -> Figures:
        return Figures(**{name: getattr(self, name) + getattr(other, name) for name in NAMES})


NAMES: Final = tuple(field.name for field in fields(Figures))
"""The names of the figures, in their order."""
NOTHING: Final = Figures()


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """What happened in a step that began at `at_s`, and how many connections were open at its end."""

    at_s: float
    connections: int
    figures: Figures


def minute_of(at_s: float) -> int:
    """The minute of a moment (epoch seconds), counted from the epoch."""
    return int(at_s // MINUTE_S)


def delivered(counts: Counts) -> Figures:
    """What a page of deliveries, or what terminals told, adds to the figures of its minute.

    A count that is taken back, as `gone` is where the terminal came back and got it after all, did happen then.
    """
    return Figures(
        sent=max(0, counts.sent),
        received=max(0, counts.received),
        read=max(0, counts.read),
        failed=max(0, counts.failed),
        gone=max(0, counts.gone),
    )


def points(minutes: Mapping[int, Figures], steps: Iterable[range], *, connections: int) -> list[Point]:
    """The steps, each of some minutes, in order. A minute that is not there had nothing.

    `connections` are open at the end of the last step. How many were before follows from who came and went since; never
    less than none, where the two were not counted at the same moment.
    """
    found: list[Point] = []
    open_then = connections
    for step in reversed(list(steps)):
        figures = sum((minutes.get(minute, NOTHING) for minute in step), NOTHING)
        found.append(Point(at_s=float(step.start * MINUTE_S), connections=max(0, open_then), figures=figures))
        open_then += figures.disconnects - figures.connects
    found.reverse()
    return found

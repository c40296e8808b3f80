"""One picture of a push in three tenses: what is forecast, what is happening, what happened (all in one shape)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from services.domain import moments
from services.domain.timeline.run import MarkKind

MOST_POINTS: Final = 500
"""Most points of the reach curve; it is thinned to them."""

SpanKind = Literal["approval", "window", "send", "pause", "ack_wait", "resend", "escalate", "halted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """What a lane does for a while. `terminals` and `per_second` are of what is sent; None where nothing is."""

    kind: SpanKind
    from_s: float
    to_s: float
    terminals: int | None = None
    per_second: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A stage: one wave (counted from 1) of those whose window opens together; how many they are, and its spans."""

    id: str
    wave: int
    timezone: str | None
    terminals: int
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A moment; `lane` is the id of the lane it is about, None: of the whole push."""

    at_s: float
    kind: MarkKind
    lane: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A timeline. `reach` is a step curve: from each moment on, so many terminals were reached."""

    from_s: float
    to_s: float
    lanes: tuple[Lane, ...] = ()
    reach: tuple[tuple[float, int], ...] = ()
    marks: tuple[Mark, ...] = ()


def to_json(picture: Picture) -> dict[str, object]:
    """The shape that the API answers: `from`, `to`, `lanes`, `reach`, `marks`; times in UTC."""
    return {
        "from": moments.text(picture.from_s),
        "to": moments.text(picture.to_s),
        "lanes": [_lane_json(lane) for lane in picture.lanes],
        "reach": [[moments.text(at_s), terminals] for at_s, terminals in picture.reach],
        "marks": [_mark_json(mark) for mark in picture.marks],
    }


def thinned(reach: Sequence[tuple[float, int]], most: int = MOST_POINTS) -> tuple[tuple[float, int], ...]:
    """At most so many points of a step curve, the first and the last among them, evenly chosen."""
    if len(reach) <= most:
        return tuple(reach)
    return tuple(reach[index * (len(reach) - 1) // (most - 1)] for index in range(most))


def _lane_json(lane: Lane) -> dict[str, object]:
    return {
        "id": lane.id,
        "wave": lane.wave,
        "timezone": lane.timezone,
        "terminals": lane.terminals,
        "spans": [_span_json(span) for span in lane.spans],
    }


def _span_json(span: Span) -> dict[str, object]:
    written: dict[str, object] = {"kind": span.kind, "from": moments.text(span.from_s), "to": moments.text(span.to_s)}
    if span.terminals is not None:
        written["terminals"] = span.terminals
    if span.per_second is not None:
        written["per_second"] = span.per_second
    return written


def _mark_json(mark: Mark) -> dict[str, object]:
    written: dict[str, object] = {"at": moments.text(mark.at_s), "kind": mark.kind, "lane": mark.lane}
    if mark.detail is not None:
        written["detail"] = mark.detail
    return written

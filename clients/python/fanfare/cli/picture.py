"""The picture of a push in text: its waves, and what is done with each from when to when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from fanfare.cli.table import moment, shown, table
from fanfare.frames import JsonValue

DOING = {
    "approval": "waits for approval",
    "window": "waits for its window",
    "send": "sends",
    "pause": "pauses",
    "ack_wait": "waits for acks",
    "resend": "sends again",
    "escalate": "escalates",
    "halted": "is halted",
}
"""What a lane does in a span of each kind."""
HAPPENING = {
    "start": "begins",
    "approved": "approved",
    "rejected": "rejected",
    "window_opens": "window opens",
    "window_closes": "window closes",
    "resend": "sent again",
    "escalated": "escalated",
    "ack_due": "acks are due",
    "halted": "halted",
    "resumed": "goes on",
    "cancelled": "cancelled",
    "expires": "expires",
    "run": "runs",
    "done": "done",
}
"""What a mark of each kind says."""
MOST_MARKS = 20
"""Most marks that are listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """What a lane does from a moment (RFC 3339) to another; None: not known yet."""

    kind: str
    begin: str | None
    end: str | None
    terminals: int
    per_second: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A wave, or those of a wave whose window opens at the same moment. `wave` counts from 1."""

    id: str
    wave: int
    terminals: int
    spans: tuple[Span, ...]


def lanes_of(timeline: JsonValue) -> list[Lane]:
    """The lanes of a timeline in JSON; what is missing in it is empty, none or 0."""
    return [
        Lane(
            id=shown(lane.get("id")),
            wave=number(lane.get("wave")) or 1,
            terminals=number(lane.get("terminals")),
            spans=tuple(map(_span, objects(lane.get("spans")))),
        )
        for lane in objects(members_of(timeline).get("lanes"))
    ]


def lane_lines(timeline: JsonValue) -> list[str]:
    """A table of what each lane does, without the lanes that hold nobody."""
    lanes = lanes_of(timeline)
    shown_lanes = [lane for lane in lanes if lane.terminals] or lanes[:1]
    rows = [("WAVE", "TERMINALS", "ACTION", "FROM", "TO", "PER SECOND")]
    for lane in shown_lanes:
        for place, span in enumerate(lane.spans):
            first = (lane.id, str(lane.terminals)) if place == 0 else ("", "")
            rate = "" if span.per_second is None else f"{span.per_second:g}"
            rows.append((*first, DOING.get(span.kind, span.kind), moment(span.begin), moment(span.end), rate))
    lines = table(rows)
    if hidden := len(lanes) - len(shown_lanes):
        lines.append(f"(and {hidden} more without a terminal now)")
    return lines


def mark_lines(timeline: JsonValue) -> list[str]:
    """What happens at which moment."""
    marks = objects(members_of(timeline).get("marks"))
    lines = []
    for mark in marks[:MOST_MARKS]:
        what = HAPPENING.get(shown(mark.get("kind")), shown(mark.get("kind")).replace("_", " "))
        where = shown(mark.get("lane"))
        why = shown(mark.get("detail"))
        lines.append(f"{moment(mark.get('at'))}  {what}{f' ({where})' if where else ''}{f': {why}' if why else ''}")
    if len(marks) > MOST_MARKS:
        lines.append(f"(and {len(marks) - MOST_MARKS} more)")
    return lines


def members_of(value: JsonValue) -> Mapping[str, JsonValue]:
    """A JSON object's members; none if it is no object."""
    return value if isinstance(value, dict) else {}


def objects(value: JsonValue) -> list[Mapping[str, JsonValue]]:
    """The objects in a JSON list; none if it is no list."""
    return list(_objects(value))


def number(value: JsonValue) -> int:
    """A whole number; 0 if it is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _objects(value: JsonValue) -> Iterator[Mapping[str, JsonValue]]:
    for item in value if isinstance(value, list) else []:
        if isinstance(item, dict):
            yield item


def _span(span: Mapping[str, JsonValue]) -> Span:
    begin, end, rate = span.get("from"), span.get("to"), span.get("per_second")
    return Span(
        kind=shown(span.get("kind")),
        begin=begin if isinstance(begin, str) else None,
        end=end if isinstance(end, str) else None,
        terminals=number(span.get("terminals")),
        per_second=float(rate) if isinstance(rate, int | float) else None,
    )

"""How far a push is: its state in a sentence, and figures that fill up, wave by wave and ack by ack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from fanfare.cli.picture import Lane, lanes_of, members_of, number
from fanfare.cli.table import moment, shown
from fanfare.frames import JsonValue

ENDED = frozenset({"completed", "rejected", "cancelled", "expired", "halted"})
"""States in which nothing more happens by itself."""
GOOD = frozenset({"completed"})
"""Those of them that mean success."""
_LATEST: Final = datetime.max.replace(tzinfo=UTC)
_WAITING = frozenset({"window", "pause", "ack_wait"})
"""Kinds of spans in which a lane waits for something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauge:
    """So many of so many."""

    label: str
    done: int
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a push is."""

    state: str
    sentence: str
    gauges: tuple[Gauge, ...]

    @property
    def ended(self) -> bool:
        return self.state in ENDED

    @property
    def well(self) -> bool:
        return self.state in GOOD


def progress_of(push: Mapping[str, JsonValue], timeline: Mapping[str, JsonValue]) -> Progress:
    """What `GET /v1/pushes/{id}` and its `…/timeline` say together."""
    state = shown(push.get("state"))
    counts = members_of(push.get("counts"))
    waves = _waves(lanes_of(timeline.get("forecast")), lanes_of(timeline.get("actual")))
    need = shown(members_of(members_of(push.get("strategy")).get("ack")).get("need"))
    return Progress(
        state=state,
        sentence=_sentence(state, push, counts, waves, timeline),
        gauges=(*waves, *_acks(counts, need)),
    )


def _waves(forecast: Sequence[Lane], actual: Sequence[Lane]) -> list[Gauge]:
    """One gauge a wave: those reached, of those it was meant for, or who came to be more than that."""
    numbers = sorted({lane.wave for lane in (*forecast, *actual)})
    gauges = []
    for wave in numbers:
        reached = sum(
            span.terminals for lane in actual if lane.wave == wave for span in lane.spans if span.kind == "send"
        )
        expected = sum(lane.terminals for lane in forecast if lane.wave == wave)
        gauges.append(Gauge(label=f"wave {wave}", done=reached, of=max(expected, reached)))
    return gauges


def _acks(counts: Mapping[str, JsonValue], need: str) -> list[Gauge]:
    """Who has it, and who has read it, of those it was sent to; nothing where nobody was asked."""
    sent = number(counts.get("sent"))
    gauges = []
    for kind in ("received", "read"):
        told = number(counts.get(kind))
        if kind == need or told:
            gauges.append(Gauge(label=kind, done=told, of=max(sent, told)))
    return gauges


def _sentence(
    state: str,
    push: Mapping[str, JsonValue],
    counts: Mapping[str, JsonValue],
    waves: Sequence[Gauge],
    timeline: Mapping[str, JsonValue],
) -> str:
    push_id = shown(push.get("id"))
    sent = number(counts.get("sent"))
    match state:
        case "awaiting_approval":
            return f"Waits until {moment(push.get('approve_by'))} for another person: fanfare approve {push_id}"
        case "scheduled":
            return _scheduled(push)
        case "waiting":
            return _waiting(waiting_in(timeline), len(waves))
        case "sending":
            begun = [place for place, wave in enumerate(waves, start=1) if wave.done]
            return f"Wave {max(begun, default=1)} of {max(len(waves), 1)} is being sent"
        case "sent":
            wait = waiting_in(timeline)
            return f"All is sent; waits for acks{_until(wait)}"
        case "halted":
            stopped = f"Halted by {shown(push.get('ended_by'))} after {sent} terminals"
            return f"{stopped}; fanfare resume {push_id} goes on, fanfare cancel recalls it"
        case _:
            by = push.get("ended_by")
            return f"{state.capitalize()}{f' by {shown(by)}' if by else ''}: {_came_to(counts)}"


def _scheduled(push: Mapping[str, JsonValue]) -> str:
    runs = push.get("next_runs")
    if isinstance(runs, list) and runs:
        return f"Runs next at {moment(runs[0])}"
    send_at = push.get("send_at")
    return f"Is sent at {moment(send_at)}" if send_at else "Has its time still to come"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What a wave waits for, and until when, as far as that was foreseen."""

    wave: int
    kind: str
    until: datetime | None


def waiting_in(timeline: Mapping[str, JsonValue]) -> Waiting | None:
    """What is waited for now: of several lanes, that which goes on first. None if none of them waits.

    What happened ends now; how long it will go on is in the forecast, whose span of the same kind was as long.
    """
    # Both in the same form, so that they compare as text.
    now = shown(members_of(timeline.get("actual")).get("to"))
    foreseen = {lane.id: lane for lane in lanes_of(timeline.get("forecast"))}
    found = [
        Waiting(wave=lane.wave, kind=lane.spans[-1].kind, until=_end(lane, foreseen.get(lane.id)))
        for lane in lanes_of(timeline.get("actual"))
        if lane.spans and lane.spans[-1].kind in _WAITING and (lane.spans[-1].end or now) >= now
    ]
    return min(found, key=lambda wait: (wait.until is None, wait.until or _LATEST), default=None)


def _end(lane: Lane, foreseen: Lane | None) -> datetime | None:
    """When the last span of a lane will end."""
    now = lane.spans[-1]
    alike = [span for span in (foreseen.spans if foreseen else ()) if span.kind == now.kind]
    number_of_it = sum(span.kind == now.kind for span in lane.spans)
    if number_of_it > len(alike) or now.begin is None:
        return None
    planned = alike[number_of_it - 1]
    if planned.begin is None or planned.end is None:
        return None
    # A window opens when it opens, however late the push is.
    end = datetime.fromisoformat(planned.end)
    return (
        end
        if now.kind == "window"
        else datetime.fromisoformat(now.begin) + (end - datetime.fromisoformat(planned.begin))
    )


def _waiting(wait: Waiting | None, waves: int) -> str:
    if wait is None:
        return "Waits"
    wave = f"Wave {wait.wave} of {max(waves, wait.wave)}"
    if wait.kind == "pause":
        return f"{wave} is sent; pauses{_until(wait)}"
    what = "its window" if wait.kind == "window" else "acks"
    return f"{wave} waits for {what}{_until(wait)}"


def _until(wait: Waiting | None) -> str:
    return "" if wait is None or wait.until is None else f" until {wait.until:%Y-%m-%d %H:%M:%SZ}"


def _came_to(counts: Mapping[str, JsonValue]) -> str:
    figures = [f"{number(value)} {name}" for name, value in counts.items() if number(value) or name == "sent"]
    return ", ".join(figures)

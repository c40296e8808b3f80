"""How far a push is: its state in a sentence, and figures that fill up, wave by wave and ack by ack."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from fanfare.cli.picture import Lane, lanes_of, members_of, number
from fanfare.cli.table import moment, shown
from fanfare.frames import JsonValue

ENDED = frozenset({"completed", "rejected", "cancelled", "expired", "halted"})
"""States in which nothing more happens by itself."""
GOOD = frozenset({"completed"})
"""Those of them that mean success."""
_WAITING_FOR = {
    "window": "waits for its window",
    "pause": "pauses",
    "ack_wait": "waits for acks",
    "approval": "waits for approval",
}


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
        reached = _terminals(actual, wave)
        gauges.append(Gauge(label=f"wave {wave}", done=reached, of=max(_terminals(forecast, wave), reached)))
    return gauges


def _terminals(lanes: Iterable[Lane], wave: int) -> int:
    return sum(lane.terminals for lane in lanes if lane.wave == wave)


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
            return f"{_where(waves)} {_waits(timeline) or 'waits'}"
        case "sending":
            return f"{_where(waves)} is being sent"
        case "sent":
            return f"All is sent; {_waits(timeline) or 'waits for acks'}"
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


def _where(waves: Sequence[Gauge]) -> str:
    begun = [place for place, wave in enumerate(waves, start=1) if wave.done]
    unfinished = [place for place in begun if waves[place - 1].done < waves[place - 1].of]
    now = unfinished[0] if unfinished else min(len(begun) + 1, max(len(waves), 1))
    return f"Wave {now} of {max(len(waves), 1)}"


def _waits(timeline: Mapping[str, JsonValue]) -> str:
    """What the next lane waits for, by the span that is under way now, which is the last one of what has happened."""
    under_way = [
        lane.spans[-1]
        for lane in lanes_of(timeline.get("actual"))
        if lane.spans and lane.spans[-1].kind in _WAITING_FOR
    ]
    if not under_way:
        return ""
    span = min(under_way, key=lambda span: span.end or "~")
    return _WAITING_FOR[span.kind] + (f", until {moment(span.end)}" if span.end else "")


def _came_to(counts: Mapping[str, JsonValue]) -> str:
    figures = [f"{number(value)} {name}" for name, value in counts.items() if number(value) or name == "sent"]
    return ", ".join(figures)

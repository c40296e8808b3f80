"""How the picture of a push is drawn: from its run, and from what was sent when, foreseen or done."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.domain.pushes import JobKind, Push, State
from services.domain.timeline import picture, stages
from services.domain.timeline.picture import Lane, Picture, Span, SpanKind
from services.domain.timeline.run import Mark

_POINTS_OF_A_SLICE = 50
"""A slice that a forecast makes of many is drawn as a slope of so many steps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A slice: what it found, when it was released, and until when it was under way (or will be)."""

    stage: str
    kind: JobKind
    from_s: float
    to_s: float
    terminals: int
    is_slope: bool = False


def drawn(push: Push, sent: Sequence[Sent], *, from_s: float, to_s: float, expected: dict[str, int]) -> Picture:
    """The picture of a push as it is at `to_s`; `expected` are the terminals of stages that are known beforehand."""
    names = _stages_shown(push, sent, expected)
    lanes = tuple(_lane(push, name, sent, from_s=from_s, to_s=to_s, expected=expected) for name in names)
    marks = [
        picture.Mark(at_s=mark.at_s, kind=mark.kind, lane=mark.stage, detail=mark.detail)
        for mark in push.run.marks
        if mark.stage is None or mark.stage in names
    ]
    return Picture(
        from_s=from_s,
        to_s=to_s,
        lanes=lanes,
        reach=picture.thinned(_reach(sent, from_s)),
        marks=tuple(sorted(marks, key=lambda mark: mark.at_s)),
    )


def _stages_shown(push: Push, sent: Sequence[Sent], expected: dict[str, int]) -> list[str]:
    """Every wave of the lanes that anybody is in, by lane and wave; where nobody is known, those of the first lane."""
    inhabited = {stages.parse(piece.stage)[1] for piece in sent if piece.terminals}
    inhabited |= {stages.parse(name)[1] for name, terminals in expected.items() if terminals}
    lane_ids = [lane.id for lane in push.run.lanes] or [""]
    shown = [lane_id for lane_id in lane_ids if lane_id in inhabited] or lane_ids[:1]
    return [stages.stage_id(wave, lane_id) for lane_id in shown for wave in range(len(push.strategy.stages))]


def _lane(push: Push, name: str, sent: Sequence[Sent], *, from_s: float, to_s: float, expected: dict[str, int]) -> Lane:
    wave, _ = stages.parse(name)
    lane = stages.lane_of(push, name)
    own = [piece for piece in sent if piece.stage == name]
    delivered = [piece for piece in own if piece.kind == "deliver"]
    marks = [mark for mark in push.run.marks if mark.stage in {None, name}]
    # What follows is counted from its last slice, which is not known before.
    is_sent = lane is not None and (lane.wave > wave or lane.phase in {"pause", "done"})
    spans = [
        *_approval(push, marks, from_s, to_s),
        *_waiting(push, name, marks, delivered, to_s),
        *_sending(push, delivered, marks),
        *(_pausing(push, wave, delivered, to_s) if is_sent else []),
        *(_for_acks(push, name, own, to_s) if is_sent else []),
        *_between(marks, "halted", "halted", {"resumed", "cancelled", "expires"}, to_s),
        *(Span(kind="escalate", from_s=mark.at_s, to_s=mark.at_s) for mark in marks if mark.kind == "escalated"),
    ]
    return Lane(
        id=name,
        wave=wave + 1,
        timezone=None if lane is None else lane.timezone,
        terminals=max(sum(piece.terminals for piece in delivered), 0 if delivered else expected.get(name, 0)),
        spans=tuple(sorted(spans, key=lambda span: span.from_s)),
    )


def _approval(push: Push, marks: Iterable[Mark], from_s: float, to_s: float) -> list[Span]:
    if push.run.approve_by_s is None:
        return []
    until_s = next((mark.at_s for mark in marks if mark.kind in {"approved", "rejected", "cancelled", "expires"}), to_s)
    return [Span(kind="approval", from_s=from_s, to_s=until_s)]


def _waiting(push: Push, name: str, marks: Sequence[Mark], delivered: Sequence[Sent], to_s: float) -> list[Span]:
    """Where a stage waits for its window: until its first slice, and from each closing on."""
    lane = stages.lane_of(push, name)
    if push.strategy.open_window is None or lane is None or push.run.ready_at_s is None:
        return []
    wave, lane_id = stages.parse(name)
    since_s: float | None = push.run.ready_at_s if wave == 0 else None
    if wave > 0 and lane.wave >= wave:
        opened = [mark.at_s for mark in push.run.marks if mark.stage == name and mark.kind == "window_opens"]
        since_s = None if not opened and delivered else lane.since_s if lane.wave == wave else None
    until_s = delivered[0].from_s if delivered else to_s
    if not delivered and (lane.phase != "window" or lane.wave != wave):
        since_s = None
    found = [] if since_s is None or since_s >= until_s else [Span(kind="window", from_s=since_s, to_s=until_s)]
    own = [mark for mark in marks if mark.stage == stages.stage_id(wave, lane_id)]
    return found + _between(own, "window", "window_closes", {"window_opens"}, to_s)


def _sending(push: Push, delivered: Sequence[Sent], marks: Sequence[Mark]) -> list[Span]:
    """One bar for what is sent without a break: a window that shuts, or a halt, ends it."""
    breaks = [mark.at_s for mark in marks if mark.kind in {"window_closes", "halted"}]
    found: list[list[Sent]] = []
    for piece in delivered:
        if not found or any(found[-1][-1].from_s < at_s <= piece.from_s for at_s in breaks):
            found.append([])
        found[-1].append(piece)
    pace = push.strategy.pace
    return [
        Span(
            kind="send",
            from_s=together[0].from_s,
            to_s=max(piece.to_s for piece in together),
            terminals=sum(piece.terminals for piece in together),
            per_second=None if pace is None else pace.per_second,
        )
        for together in found
    ]


def _pausing(push: Push, wave: int, delivered: Sequence[Sent], to_s: float) -> list[Span]:
    then_wait_s = push.strategy.stages[wave].then_wait_s
    if not then_wait_s or not delivered or wave + 1 == len(push.strategy.stages):
        return []
    from_s = delivered[-1].from_s
    return [Span(kind="pause", from_s=from_s, to_s=min(from_s + then_wait_s, max(from_s, to_s)))]


def _for_acks(push: Push, name: str, own: Sequence[Sent], to_s: float) -> list[Span]:
    """From each time a stage was sent until the next, or until its time to acknowledge is over."""
    ack = push.strategy.ack
    if ack is None or ack.within_s is None:
        return []
    found: list[Span] = []
    again = [mark.at_s for mark in push.run.marks if mark.kind == "resend" and mark.stage == name]
    rounds = _rounds(own, again)
    waiting = next((wait for wait in push.run.ack_waits if wait.stage == name), None)
    for number, together in enumerate(rounds):
        if number:
            found.append(
                Span(
                    kind="resend",
                    from_s=together[0].from_s,
                    to_s=max(piece.to_s for piece in together),
                    terminals=sum(piece.terminals for piece in together),
                )
            )
        from_s = together[-1].from_s
        until_s = rounds[number + 1][0].from_s if number + 1 < len(rounds) else from_s + ack.within_s
        if number + 1 == len(rounds) and waiting is not None:
            until_s = max(until_s, waiting.due_at_s)
        if push.state is not State.COMPLETED or number + 1 < len(rounds):
            until_s = min(until_s, max(to_s, from_s))
        found.append(Span(kind="ack_wait", from_s=from_s, to_s=until_s))
    return found


def _rounds(own: Sequence[Sent], again: Sequence[float]) -> list[list[Sent]]:
    """The slices of a stage, each time that it was sent by itself; `again` is when it was begun once more."""
    found: dict[int, list[Sent]] = {}
    for piece in own:
        # A position is of the millisecond.
        number = sum(at_s <= piece.from_s + 0.001 for at_s in again) if piece.kind == "resend" else 0
        found.setdefault(number, []).append(piece)
    return [found[number] for number in sorted(found)]


def _between(marks: Iterable[Mark], kind: SpanKind, begins: str, ends: set[str], to_s: float) -> list[Span]:
    found: list[Span] = []
    since_s: float | None = None
    for mark in marks:
        if mark.kind == begins and since_s is None:
            since_s = mark.at_s
        elif mark.kind in ends and since_s is not None:
            found.append(Span(kind=kind, from_s=since_s, to_s=mark.at_s))
            since_s = None
    if since_s is not None and since_s <= to_s:
        found.append(Span(kind=kind, from_s=since_s, to_s=to_s))
    return found


def _reach(sent: Sequence[Sent], from_s: float) -> list[tuple[float, int]]:
    """How many were reached by when; those who are sent it again count no more."""
    points: list[tuple[float, int]] = []
    for piece in sent:
        if piece.kind != "deliver" or not piece.terminals:
            continue
        steps = min(_POINTS_OF_A_SLICE, piece.terminals) if piece.is_slope else 1
        for step in range(steps):
            at_s = piece.from_s + (piece.to_s - piece.from_s) * step / steps
            points.append((at_s, piece.terminals * (step + 1) // steps - piece.terminals * step // steps))
    reach, total = [(from_s, 0)], 0
    for at_s, more in sorted(points):
        total += more
        if reach[-1][0] == at_s:
            reach[-1] = (at_s, total)
        else:
            reach.append((at_s, total))
    return reach

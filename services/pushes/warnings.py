"""What a caller should know before a push is sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from services.domain import moments
from services.domain.pushes import MAX_FRAME_BYTES, Push
from services.domain.strategies.strategy import Window
from services.domain.timeline import windows
from services.domain.timeline.picture import Picture
from services.pushes.audience import Audience
from services.senders.limits import Judged

NEAR_LIMIT: Final = 0.9
"""From this share of the frame limit on, the size is warned of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Warning:
    """Something to know before sending; `code` is documented in docs/errors.md.

    Where it is about some terminals or a moment, they are in `terminals` and `until_s`.
    """

    code: str
    detail: str
    terminals: int | None = None
    until_s: float | None = None


def of(
    push: Push, judged: Judged, counted: Audience, timeline: Picture, *, frame_bytes: int, now_s: float
) -> list[Warning]:
    """The warnings about a push that was not sent, whose audience was counted and whose timeline is forecast."""
    return [
        *_of_the_audience(push, counted),
        *_of_the_sender(judged),
        *_of_the_window(push, counted, now_s),
        *_of_its_end(push, timeline),
        *_of_its_size(frame_bytes),
    ]


def _of_the_audience(push: Push, counted: Audience) -> Iterator[Warning]:
    if not push.cover.topics:
        yield Warning(code="nobody_matches", detail="the target means nobody, whoever comes; nothing will be sent")
    elif counted.connections == 0:
        kept = push.strategy.keeps_log
        outcome = "those who come back in time will get it" if kept else "and nothing is kept for those who come later"
        yield Warning(code="nobody_connected", detail=f"nobody who is meant is connected now; {outcome}")


def _of_the_sender(judged: Judged) -> Iterator[Warning]:
    if judged.over_max_terminals is not None:
        yield Warning(
            code="over_sender_limit",
            detail=f"more terminals are meant than the {judged.over_max_terminals} that you may reach with one push:"
            " it will be refused",
        )
    elif judged.over_approve_over is not None:
        yield Warning(
            code="needs_approval",
            detail=f"more than {judged.over_approve_over} terminals are meant: it waits until another person approves",
        )


def _of_the_window(push: Push, counted: Audience, now_s: float) -> Iterator[Warning]:
    window = push.strategy.open_window
    if window is None:
        return
    ready_at_s = max(now_s, push.schedule.send_at_s or now_s)
    shut = _shut(window, counted, ready_at_s)
    if not shut:
        return
    terminals = sum(number for number, _ in shut)
    opens_s = [opens_at_s for _, opens_at_s in shut]
    if window.outside == "drop":
        yield Warning(
            code="window_drops",
            detail=f"the window is closed for {terminals} terminals when it is to be sent: they will not get it",
            terminals=terminals,
        )
        return
    first, last = moments.text(min(opens_s)), moments.text(max(opens_s))
    until = first if first == last else f"{first} to {last}"
    yield Warning(
        code="window_closed",
        detail=f"the window is closed for {terminals} terminals when it is to be sent: they wait until {until}",
        terminals=terminals,
        until_s=max(opens_s),
    )


def _shut(window: Window, counted: Audience, ready_at_s: float) -> list[tuple[int, float]]:
    """How many terminals wait, and until when, for each zone whose window is closed at that moment."""
    if window.attribute is None:
        zones = {window.timezone: counted.terminals}
    else:
        zones = {windows.zone_of(window, zone): number for zone, number in counted.by_timezone.items() if zone}
        others = counted.by_timezone.get("", 0)
        if others:
            zones[window.timezone] = zones.get(window.timezone, 0) + others
    opens = [(number, windows.next_open(window, zone, ready_at_s)) for zone, number in zones.items()]
    return [(number, opens_at_s) for number, opens_at_s in opens if opens_at_s > ready_at_s]


def _of_its_end(push: Push, timeline: Picture) -> Iterator[Warning]:
    expires_at_s = push.expires_at_s
    if expires_at_s is None:
        return
    last_s = max((span.to_s for lane in timeline.lanes for span in lane.spans if span.kind != "ack_wait"), default=0.0)
    if last_s > expires_at_s or all(mark.kind != "done" for mark in timeline.marks):
        reached = timeline.reach[-1][1] if timeline.reach else 0
        yield Warning(
            code="expires_before_done",
            detail=f"it ends at {moments.text(expires_at_s)}, before all have had their turn; {reached} will have",
            terminals=reached,
            until_s=expires_at_s,
        )


def _of_its_size(frame_bytes: int) -> Iterator[Warning]:
    if frame_bytes > NEAR_LIMIT * MAX_FRAME_BYTES:
        yield Warning(code="near_size_limit", detail=f"the frame has {frame_bytes} of {MAX_FRAME_BYTES} bytes")

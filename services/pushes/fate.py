"""What became of a push at a terminal once its turn came: released, delivered, acknowledged, replayed, or why not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from services.domain import durations, moments, positions
from services.domain.pushes import DELIVERABLE, FIRST_STAGE, IN_FLIGHT_BOUND_S, SliceTally, State
from services.domain.ring import SIZE
from services.domain.timeline import stages
from services.pushes.case import Answer, Case, Step

_NOT_SENT: Final[Mapping[State, Answer]] = {
    State.AWAITING_APPROVAL: "awaiting_approval",
    State.REJECTED: "rejected",
    State.CANCELLED: "cancelled",
    State.EXPIRED: "expired",
    State.HALTED: "halted",
    State.SCHEDULED: "scheduled",
}
_RECEIPT_WORDS: Final[Mapping[str, str]] = {
    "sent": "it was handed to the terminal's socket",
    "received": "the terminal's client has it",
    "read": "a person confirmed it there",
    "failed": "the terminal's client could not act on it",
    "recalled": "the terminal took it off the screen",
    "gone": "the terminal's socket was closed when its turn came",
    "expired": "the push had ended before its turn came",
    "skipped": "it was left out: its socket could not take it",
}


def released_between(case: Case) -> tuple[float, float] | None:
    """When its slice was released, as far as that is kept: between two moments. None: not yet, or never."""
    slices = _slices(case, "deliver")
    if not slices:
        return None
    moments_s = [positions.time_of_s(each.position) for each in slices]
    lane = stages.lane_of(case.push, case.stage or FIRST_STAGE)
    if case.stage is not None and lane is not None and not case.push.strategy.is_immediate:
        wave, _ = stages.parse(case.stage)
        serving = case.push.cover.serving(case.row)
        if lane.wave == wave and serving is not None:
            place = stages.place_under(case.push.cover.topics[serving], case.row)
            if (place - stages.wave_arc(case.push, wave).start) % SIZE >= lane.released:
                return None
        elif lane.wave < wave:
            return None
    return min(moments_s), max(moments_s)


def release(case: Case, released: tuple[float, float] | None) -> Step:
    """Whether its part of the push was released, and when."""
    if released is None:
        return Step(
            step="release",
            outcome="not_released",
            text=f"its part of the push was not released; the push is {case.push.state.value}",
            data={"state": case.push.state.value},
        )
    first, last = map(moments.text, released)
    when = f"at {first}" if first == last else f"between {first} and {last}, at the pace of the strategy"
    return Step(
        step="release", outcome="released", text=f"its part was released {when}", data={"from": first, "to": last}
    )


def presence(case: Case) -> Step:
    """Whether the terminal is here, and since when it is or is not."""
    where = case.where
    if where.connected_since_s is not None:
        at = moments.text(where.connected_since_s)
        return Step(
            step="presence",
            outcome="connected",
            text=f"the terminal is connected since {at}",
            data={"connected_since": at},
        )
    if where.last_seen_s is not None:
        at = moments.text(where.last_seen_s)
        return Step(
            step="presence",
            outcome="away",
            text=f"the terminal is not connected; it was last seen at {at}",
            data={"last_seen": at},
        )
    return Step(step="presence", outcome="unknown", text="the terminal is not connected, and not known to have been")


def delivery(case: Case, steps: list[Step], released: tuple[float, float] | None) -> Answer:
    """What came of it at the terminal; adds the steps that say so."""
    receipt = case.receipt
    if receipt is not None:
        at = moments.text(receipt.at_s)
        said = "" if receipt.detail is None else f": {receipt.detail}"
        data = {"at": at, "kind": receipt.kind, "connection_id": receipt.connection_id, "detail": receipt.detail}
        text = f"{_RECEIPT_WORDS[receipt.kind]}, at {at}{said}"
        steps.append(Step(step="delivery", outcome=receipt.kind, text=text, data=data))
        if receipt.kind in ("gone", "expired", "skipped"):
            steps.extend(_replay(case, released))
            is_away = receipt.kind == "gone" and case.where.connected_since_s is None
            return "away" if is_away and _is_kept(case, released) else receipt.kind
        return receipt.kind
    if released is None:
        return _NOT_SENT.get(case.push.state, "waits")
    since_s = case.where.connected_since_s
    if since_s is not None and since_s <= released[1]:
        return _to_one_who_was_here(case, steps)
    steps.extend(_replay(case, released))
    if since_s is not None:
        text = "it came after that, and gets it when it asks for what it missed; the strategy keeps no receipt of it"
        steps.append(Step(step="delivery", outcome="replayed", text=text))
        return "sent" if _is_kept(case, released) else _over(case)
    return "away" if _is_kept(case, released) else _over(case)


def acknowledgements(case: Case, released: tuple[float, float] | None) -> Iterator[Step]:
    """Whether it acknowledged, and what was done where terminals did not."""
    ack, receipt = case.push.strategy.ack, case.receipt
    if ack is None or released is None:
        return
    is_confirmed = receipt is not None and receipt.kind in ((ack.need, "read") if ack.need == "received" else ("read",))
    within = "" if ack.within_s is None else f" within {durations.text(ack.within_s)}"
    yield Step(
        step="acknowledgement",
        outcome="confirmed" if is_confirmed else "unconfirmed",
        text=f"it is to acknowledge {ack.need}{within}, and {'has' if is_confirmed else 'has not'}",
        data={"need": ack.need, "within": None if ack.within_s is None else durations.text(ack.within_s)},
    )
    again = [moments.text(positions.time_of_s(each.position)) for each in _slices(case, "resend")]
    if again:
        yield Step(
            step="resend",
            outcome="resent",
            text=f"it was sent again to those who had not, at {', '.join(again)}",
            data={"at": again},
        )
    for mark in case.push.run.marks:
        if mark.kind == "escalated":
            at = moments.text(mark.at_s)
            yield Step(step="escalation", outcome="escalated", text=f"it was escalated at {at}", data={"at": at})


def end(case: Case) -> Iterator[Step]:
    """How the push ended, if it did not run its course."""
    push = case.push
    if push.state not in (State.REJECTED, State.CANCELLED, State.EXPIRED, State.HALTED):
        return
    at = None if push.finished_at_s is None else moments.text(push.finished_at_s)
    by = "" if push.ended_by is None else f" by {push.ended_by}"
    yield Step(
        step="end",
        outcome=push.state.value,
        text=f"the push was {push.state.value}{by}" + ("" if at is None else f" at {at}"),
        data={"at": at, "by": push.ended_by},
    )


def _over(case: Case) -> Answer:
    """Why it does not get it any more."""
    return _NOT_SENT[case.push.state] if case.push.state in (State.CANCELLED, State.EXPIRED) else "missed"


def _to_one_who_was_here(case: Case, steps: list[Step]) -> Answer:
    keeps_receipts = case.push.strategy.ack_need is not None
    is_under_way = any(each.parts_left for each in _slices(case, "deliver"))
    if is_under_way:
        steps.append(Step(step="delivery", outcome="under_way", text="its part is being delivered now"))
        return "under_way"
    if keeps_receipts:
        text = "it was connected when its part was delivered, and has no receipt: it was not among those found"
        steps.append(Step(step="delivery", outcome="missed", text=text))
        return "missed"
    text = "it was connected when its part was delivered; the strategy keeps no receipts that would prove it"
    steps.append(Step(step="delivery", outcome="sent", text=text))
    return "sent"


def _slices(case: Case, kind: str) -> list[SliceTally]:
    stage = case.stage or FIRST_STAGE
    return [each for each in case.progress.slices if each.stage == stage and each.kind == kind]


def _is_kept(case: Case, released: tuple[float, float] | None) -> bool:
    """Whether it gets the push when it comes back now."""
    push = case.push
    return (
        released is not None
        and case.push.strategy.keeps_log
        and push.state in DELIVERABLE
        and not push.expired_at(case.now_s)
        and case.now_s < _retained_until_s(case, released)
    )


def _retained_until_s(case: Case, released: tuple[float, float]) -> float:
    return released[1] + max(case.push.strategy.retain_s, IN_FLIGHT_BOUND_S)


def _replay(case: Case, released: tuple[float, float] | None) -> Iterator[Step]:
    if released is None:
        return
    if not case.push.strategy.keeps_log:
        yield Step(step="replay", outcome="none", text="the strategy keeps nothing for those who come back")
        return
    until_s = _retained_until_s(case, released)
    if case.push.expires_at_s is not None:
        until_s = min(until_s, case.push.expires_at_s)
    until = moments.text(until_s)
    if not _is_kept(case, released):
        text = f"it was kept for those who come back until {until}, or until it ended; that is over"
        yield Step(step="replay", outcome="over", text=text, data={"until": until})
        return
    key = case.push.strategy.replay_key
    newest = "" if key is None else "; of those with the same key only the newest"
    yield Step(
        step="replay",
        outcome="kept",
        text=f"it gets it when it comes back, until {until}{newest}",
        data={"until": until, "replay": case.push.strategy.replay, "collapse_key": case.push.strategy.collapse_key},
    )

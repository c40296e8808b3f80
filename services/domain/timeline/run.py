"""How far a push has come along its timeline: what is kept of it from step to step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, cast, get_args

MAX_MARKS: Final = 200
"""Most marks kept of a push; later ones are not."""

Phase = Literal["window", "send", "pause", "done"]
MarkKind = Literal[
    "start",
    "approved",
    "rejected",
    "window_opens",
    "window_closes",
    "resend",
    "escalated",
    "ack_due",
    "halted",
    "resumed",
    "cancelled",
    "expires",
    "run",
    "done",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """The terminals whose window opens at the same moment; they go through the waves together.

    `id` is "" without a window, the time zone of a window that has one, and the moment of opening where each terminal's
    own clock rules. `timezone` is the one that says when the window is open later on.
    `wave` is the index of the wave it is at, `released` how many places of that wave's arc are released.
    `since_s` is when the phase began, `due_at_s` when the next thing is to be done; None: when its parts are done.
    """

    id: str = ""
    timezone: str | None = None
    opens_at_s: float
    wave: int = 0
    released: int = 0
    phase: Phase = "window"
    since_s: float
    due_at_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AckWait:
    """The terminals of one stage are waited for: until when, and how often they were sent it again."""

    stage: str
    due_at_s: float
    resent: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Something that happened, for the picture: when, what, in which lane (a stage's id), by whom or why."""

    at_s: float
    kind: MarkKind
    stage: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """`ready_at_s` is when the windows were asked first: from then on the lanes are fixed. None: not begun.

    `approve_by_s` is until when a second person may approve. `runs` counts those of a push that repeats, `run_at_s` is
    when the next one is due. `escalated` says that whoever is next was told.
    """

    ready_at_s: float | None = None
    lanes: tuple[Lane, ...] = ()
    ack_waits: tuple[AckWait, ...] = ()
    marks: tuple[Mark, ...] = ()
    approve_by_s: float | None = None
    runs: int = 0
    run_at_s: float | None = None
    escalated: bool = False


NOT_BEGUN: Final = Run()


def to_json(run: Run) -> dict[str, object]:
    """A run as it is kept; what is at its default is left out."""
    written = {
        "ready_at_s": run.ready_at_s,
        "lanes": [_lane_json(lane) for lane in run.lanes],
        "ack_waits": [[wait.stage, wait.due_at_s, wait.resent] for wait in run.ack_waits],
        "marks": [[mark.at_s, mark.kind, mark.stage, mark.detail] for mark in run.marks],
        "approve_by_s": run.approve_by_s,
        "runs": run.runs,
        "run_at_s": run.run_at_s,
        "escalated": run.escalated,
    }
    return {name: value for name, value in written.items() if value}


def from_json(value: Mapping[str, object]) -> Run:
    """The run that `to_json` wrote."""
    return Run(
        ready_at_s=_optional_s(value.get("ready_at_s")),
        lanes=tuple(_lane(*lane) for lane in _lists(value.get("lanes"))),
        ack_waits=tuple(
            AckWait(stage=str(stage), due_at_s=_seconds(due_at_s), resent=int(str(resent)))
            for stage, due_at_s, resent in _lists(value.get("ack_waits"))
        ),
        marks=tuple(_mark(*mark) for mark in _lists(value.get("marks"))),
        approve_by_s=_optional_s(value.get("approve_by_s")),
        runs=int(str(value.get("runs", 0))),
        run_at_s=_optional_s(value.get("run_at_s")),
        escalated=value.get("escalated") is True,
    )


def _lane(*written: object) -> Lane:
    lane_id, timezone, opens_at_s, wave, released, phase, since_s, due_at_s = written
    assert phase in get_args(Phase)
    return Lane(
        id=str(lane_id),
        timezone=None if timezone is None else str(timezone),
        opens_at_s=_seconds(opens_at_s),
        wave=int(str(wave)),
        released=int(str(released)),
        phase=cast("Phase", phase),
        since_s=_seconds(since_s),
        due_at_s=_optional_s(due_at_s),
    )


def _mark(*written: object) -> Mark:
    at_s, kind, stage, detail = written
    assert kind in get_args(MarkKind)
    return Mark(
        at_s=_seconds(at_s),
        kind=cast("MarkKind", kind),
        stage=None if stage is None else str(stage),
        detail=None if detail is None else str(detail),
    )


def _lists(value: object) -> Sequence[Sequence[object]]:
    return value if isinstance(value, list) else []


def _seconds(value: object) -> float:
    assert isinstance(value, int | float)
    return float(value)


def _optional_s(value: object) -> float | None:
    return None if value is None else _seconds(value)


def _lane_json(lane: Lane) -> list[object]:
    return [
        lane.id,
        lane.timezone,
        lane.opens_at_s,
        lane.wave,
        lane.released,
        lane.phase,
        lane.since_s,
        lane.due_at_s,
    ]

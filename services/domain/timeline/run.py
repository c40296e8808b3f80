"""How far a push has come along its timeline: what is kept of it from step to step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, cast, get_args

MAX_MARKS: Final = 200
"""Most marks kept of a push; of what happens to each lane later ones are not, of what happens to all twice as many."""

MAX_CHILDREN: Final = 20
"""Most of the pushes that came of one are kept with it, the newest."""

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


_OFTEN: Final = frozenset({"window_opens", "window_closes", "resend", "ack_due"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """The terminals whose window opens at the same moment; they go through the waves together.

    `id` is "" without a window, the time zone of a window that has one, and the moment of opening where each terminal's
    own clock rules. `timezone` is the one that says when the window is open later on.
    `wave` is the index of the wave it is at, `released` how many places of that wave's arc are released.
    `since_s` is when the phase began, and in `send` when a slice was released last. `due_at_s` is when the next thing
    is to be done; None: when its parts are done, or the pace allows. One that is done before all of its last wave is
    released was dropped, as its window was shut.
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
    """The terminals of one stage are waited for: until when, and how often they were sent it again.

    While a pace spreads that over time, `released` are the places of the stage that are released again already, and
    `unconfirmed` how many were to get it when that began; else both are None.
    """

    stage: str
    due_at_s: float
    resent: int = 0
    released: int | None = None
    unconfirmed: int | None = None


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

    `paced_at_s` is the moment from which the last slice under a pace counts, `paced_found` how many terminals the
    slices before it had found, `free_at_s` when the next one may go if it finds as many as expected.
    `children` are the ids of the pushes that came of it, the newest last: its last runs, or its escalation.
    `halted_by` is the index of the wave that halted the push by its failures, until it is resumed; `waved_through` are
    those that a person let go on since.
    """

    ready_at_s: float | None = None
    lanes: tuple[Lane, ...] = ()
    ack_waits: tuple[AckWait, ...] = ()
    marks: tuple[Mark, ...] = ()
    approve_by_s: float | None = None
    runs: int = 0
    run_at_s: float | None = None
    escalated: bool = False
    children: tuple[str, ...] = ()
    paced_at_s: float | None = None
    paced_found: int = 0
    free_at_s: float | None = None
    halted_by: int | None = None
    waved_through: tuple[int, ...] = ()

    def marked(self, at_s: float, kind: MarkKind, *, stage: str | None = None, detail: str | None = None) -> Run:
        """The run with one mark more, if there is room."""
        room = MAX_MARKS if kind in _OFTEN else 2 * MAX_MARKS
        if len(self.marks) >= room:
            return self
        return replace(self, marks=(*self.marks, Mark(at_s=at_s, kind=kind, stage=stage, detail=detail)))

    def with_children(self, push_ids: Sequence[str]) -> Run:
        """The run when these came of it too."""
        return replace(self, children=(*self.children, *push_ids)[-MAX_CHILDREN:])


NOT_BEGUN: Final = Run()
_SEQUENCES: Final = ("lanes", "ack_waits", "marks", "children", "waved_through")


def to_json(run: Run) -> dict[str, object]:
    """A run as it is kept; what is at its default is left out."""
    written = {
        "ready_at_s": run.ready_at_s,
        "lanes": [_lane_json(lane) for lane in run.lanes],
        "ack_waits": [
            [wait.stage, wait.due_at_s, wait.resent, wait.released, wait.unconfirmed] for wait in run.ack_waits
        ],
        "marks": [[mark.at_s, mark.kind, mark.stage, mark.detail] for mark in run.marks],
        "approve_by_s": run.approve_by_s,
        "runs": run.runs,
        "run_at_s": run.run_at_s,
        "escalated": run.escalated,
        "children": list(run.children),
        "paced": None if run.paced_at_s is None else [run.paced_at_s, run.paced_found, run.free_at_s],
        "halted_by": run.halted_by,
        "waved_through": list(run.waved_through),
    }
    at_default: dict[str, object] = {"runs": 0, "escalated": False} | {name: [] for name in _SEQUENCES}
    return {name: value for name, value in written.items() if value != at_default.get(name)}


def from_json(value: Mapping[str, object]) -> Run:
    """The run that `to_json` wrote."""
    paced, halted_by = value.get("paced"), value.get("halted_by")
    children, waved_through = value.get("children"), value.get("waved_through")
    paced_at_s, paced_found, free_at_s = paced if isinstance(paced, list) else (None, 0, None)
    return Run(
        ready_at_s=_optional_s(value.get("ready_at_s")),
        lanes=tuple(_lane(*lane) for lane in _lists(value.get("lanes"))),
        ack_waits=tuple(_ack_wait(*wait) for wait in _lists(value.get("ack_waits"))),
        marks=tuple(_mark(*mark) for mark in _lists(value.get("marks"))),
        approve_by_s=_optional_s(value.get("approve_by_s")),
        runs=int(str(value.get("runs", 0))),
        run_at_s=_optional_s(value.get("run_at_s")),
        escalated=value.get("escalated") is True,
        children=tuple(str(child) for child in children) if isinstance(children, list) else (),
        paced_at_s=_optional_s(paced_at_s),
        paced_found=int(str(paced_found)),
        free_at_s=_optional_s(free_at_s),
        halted_by=_optional_number(halted_by),
        waved_through=tuple(int(str(wave)) for wave in waved_through) if isinstance(waved_through, list) else (),
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


def _ack_wait(*written: object) -> AckWait:
    stage, due_at_s, resent, released, unconfirmed = written
    return AckWait(
        stage=str(stage),
        due_at_s=_seconds(due_at_s),
        resent=int(str(resent)),
        released=_optional_number(released),
        unconfirmed=_optional_number(unconfirmed),
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


def _optional_number(value: object) -> int | None:
    return None if value is None else int(str(value))


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

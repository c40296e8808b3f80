"""How a push's turn comes at a terminal: who is meant, what it waits for, and in which wave it goes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from services.domain import moments
from services.domain.pushes import Push, State
from services.domain.targets import json_form
from services.domain.targets.expression import KEPT, Target
from services.domain.timeline import stages, windows
from services.domain.timeline.run import MarkKind
from services.ports import Sender
from services.pushes.case import Case, Step, StepName
from services.pushes.clauses import Clause, deciding


def targets(case: Case) -> Iterator[tuple[Step, bool]]:
    """By which clauses the terminal is meant, or is not, each with whether it is."""
    target = json_form.from_json(case.push.target, bounds=KEPT)
    if case.push.test:
        clause = deciding(target, case.row)
        yield _of_clause("test", clause, "a test, for the sender's own terminals only"), clause.matched
        return
    limit, rest = _split(case.push.target, case.sender)
    if limit is not None:
        clause = deciding(limit, case.row)
        yield _of_clause("sender", clause, f"{case.push.sender} may reach only some"), clause.matched
    clause = deciding(target if rest is None else rest, case.row)
    yield _of_clause("target", clause, "the target"), clause.matched


def approval(case: Case) -> Iterator[Step]:
    """Whether a second person was asked, and what they said."""
    push = case.push
    if push.state is State.AWAITING_APPROVAL:
        until = None if push.run.approve_by_s is None else moments.text(push.run.approve_by_s)
        yield Step(
            step="approval",
            outcome="waits",
            text="it waits for a second person to approve it" + ("" if until is None else f", until {until}"),
            data={"until": until},
        )
    kinds: tuple[MarkKind, ...] = ("approved", "rejected")
    for mark in push.run.marks:
        if mark.kind in kinds:
            by = "" if mark.detail is None else f" ({mark.detail})"
            at = moments.text(mark.at_s)
            yield Step(
                step="approval",
                outcome=mark.kind,
                text=f"it was {mark.kind} at {at}{by}",
                data={"at": at, "detail": mark.detail},
            )


def schedule(case: Case) -> Iterator[Step]:
    """What made it, and when it was to be sent."""
    push = case.push
    if push.parent is not None:
        yield Step(
            step="schedule",
            outcome="made",
            text=f"it was made by the push {push.parent}, as a run of it or its escalation",
            data={"parent": push.parent},
        )
    send_at_s = push.schedule.send_at_s
    if send_at_s is not None:
        at = moments.text(send_at_s)
        is_due = send_at_s <= case.now_s
        yield Step(
            step="schedule",
            outcome="due" if is_due else "waits",
            text=f"it was to be sent at {at}" if is_due else f"it is not sent before {at}",
            data={"send_at": at},
        )


def window_of(case: Case) -> Iterator[Step]:
    """What the window says, by the clock that rules here."""
    window, ready_at_s = case.push.strategy.window, case.push.run.ready_at_s
    if window is None:
        return
    if case.push.strategy.open_window is None:
        yield Step(step="window", outcome="passed", text="it is urgent, so its window was not asked for")
        return
    if ready_at_s is None:
        return
    value = None if window.attribute is None else case.row.attributes.get(window.attribute)
    zone = windows.zone_of(window, value)
    whose = f"by the clock of {zone}" if window.attribute is None else f"by the terminal's own clock, {zone}"
    opens_at_s = windows.next_open(window, zone, ready_at_s)
    data = {"timezone": zone, "asked_at": moments.text(ready_at_s), "opens_at": moments.text(opens_at_s)}
    if opens_at_s <= ready_at_s:
        yield Step(step="window", outcome="open", text=f"its window was open {whose}", data=data)
    elif window.outside == "drop":
        text = f"its window was closed {whose}, and the strategy leaves out whoever is outside of it"
        yield Step(step="window", outcome="dropped", text=text, data=data)
    else:
        text = f"its window was closed {whose}; it opens at {data['opens_at']}"
        yield Step(step="window", outcome="waits", text=text, data=data)


def is_dropped(case: Case) -> bool:
    """Whether its window is closed and the strategy leaves out whoever is outside of it."""
    window = case.push.strategy.open_window
    return (
        window is not None and window.outside == "drop" and case.push.run.ready_at_s is not None and case.stage is None
    )


def wave(case: Case) -> Iterator[Step]:
    """In which wave, and with whom, it has its turn; nothing where everybody goes at once."""
    waves = len(case.push.strategy.stages)
    if case.stage is None or (waves == 1 and case.push.strategy.open_window is None):
        return
    wave, lane = stages.parse(case.stage)
    yield Step(
        step="stage",
        outcome=case.stage,
        text=f"its turn is in wave {wave + 1} of {waves}" + (f", with those of {lane}" if lane else ""),
        data={"stage": case.stage, "wave": wave + 1, "waves": waves, "lane": lane or None},
    )


def repeats(push: Push) -> Step:
    """That the push reaches nobody itself."""
    repeat = push.schedule.repeat
    assert repeat is not None
    return Step(
        step="schedule",
        outcome="repeats",
        text=f"it repeats ({repeat.cron}, {repeat.timezone}) and reaches nobody itself: each run is a push of its own",
        data={"cron": repeat.cron, "timezone": repeat.timezone, "runs": push.run.runs},
    )


def _of_clause(step: StepName, clause: Clause, what: str) -> Step:
    verb = "means it by" if clause.matched else "does not mean it, by"
    return Step(
        step=step,
        outcome="matched" if clause.matched else "not_matched",
        text=f"{what}: {verb} {clause.text}" if step != "target" else f"{what} {verb} {clause.text}",
        data={"clause": json_form.to_json(clause.part)},
    )


def _split(target: Mapping[str, object], sender: Sender | None) -> tuple[Target | None, Target | None]:
    """What the sender may reach, and the rest of the target, where the two can still be told apart."""
    parts = target.get("every")
    if sender is None or sender.targets is None or not isinstance(parts, list) or len(parts) != 2:
        return None, None
    if parts[0] != dict(sender.targets):
        return None, None
    limit, rest = (json_form.from_json(part, bounds=KEPT) for part in parts)
    return limit, rest

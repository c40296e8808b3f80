"""Why a terminal got a push or did not, step by step, from what is kept of both. Pure: it asks nobody."""

from __future__ import annotations

from services.pushes import fate, turn
from services.pushes.case import Answer, Case, Step, Trace


def traced(case: Case) -> Trace:
    """Follow a push to one terminal, as far as it goes."""
    steps: list[Step] = []
    answer = _follow(case, steps)
    return Trace(answer=answer, steps=steps)


def _follow(case: Case, steps: list[Step]) -> Answer:
    meant = list(turn.targets(case))
    steps.extend(step for step, _ in meant)
    if not all(matched for _, matched in meant):
        return "not_meant"
    steps.extend(turn.approval(case))
    if case.push.schedule.repeat is not None:
        steps.append(turn.repeats(case.push))
        return "repeats"
    steps.extend(turn.schedule(case))
    steps.extend(turn.window_of(case))
    if turn.is_dropped(case):
        return "dropped"
    steps.extend(turn.wave(case))
    released = fate.released_between(case)
    steps.append(fate.release(case, released))
    steps.append(fate.presence(case))
    answer = fate.delivery(case, steps, released)
    steps.extend(fate.acknowledgements(case, released))
    steps.extend(fate.end(case))
    return answer

"""Carrying out a step that the machine decided: its timer, the pushes that it makes, and what it releases."""

from __future__ import annotations

from dataclasses import replace

from services.domain.audit import AuditEntry
from services.domain.pushes import Push
from services.domain.timeline.step import Step
from services.ports import Ports
from services.pushes.release import released
from services.pushes.submit import step_timer, submit_child


async def apply(
    ports: Ports, before: Push, step: Step, *, now_s: float, audit: AuditEntry | None = None
) -> Push | None:
    """Move a push on from exactly `before`; the push as it then is, or None if another step came first.

    Whoever dies half-way leaves nothing that has to be undone. The timer comes first: of a step that was not taken it
    finds nothing to do. So do the pushes that this one makes, each of which is made once, however often it is tried.
    """
    timer = step_timer(step.push)
    if timer is not None:
        await ports.timers.set(timer)
    after = step.push
    if step.children:
        made = [(await submit_child(ports, step.push, child)).id for child in step.children]
        after = replace(after, run=after.run.with_children(made))
    entries, jobs = await released(ports.registry, step.push, step.releases, released_at_s=now_s)
    return await ports.pushes.transition(before, after, at_s=now_s, audit=audit, entries=entries, jobs=jobs)

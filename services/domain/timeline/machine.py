"""The timeline's machine: how a push goes on, step by step. Every decision is a pure function of what is kept of it.

`begin` a push that was just submitted; after that `proceed` says what is to be done now, until it says `Rest`. What
people do to it are steps as well. A step is the push one step on with what goes with it; applied on the condition that
the push is still as it was decided on, a step that is decided twice, late or by two at once acts once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.domain.pushes import Progress, Push
from services.domain.timeline.step import Rest, Step


@dataclass(frozen=True, slots=True)
class Facts:
    """What became of a push so far, and of the stages that `asks` named: how many are unconfirmed."""

    progress: Progress = field(default_factory=Progress)
    unconfirmed: Mapping[str, int] = field(default_factory=dict)


def begin(push: Push, now_s: float, *, needs_approval: bool = False) -> Step:
    """The first step of a push that is just being submitted; it stays at step 0, as nobody has seen it before.

    One whose cover is empty is completed. `needs_approval`: it waits for another person first, a day at most.
    """
    raise NotImplementedError


def proceed(push: Push, facts: Facts, now_s: float) -> Step | Rest:
    """What is to be done with a push now. It never raises; a push that is ended or halted rests."""
    raise NotImplementedError


def asks(push: Push, now_s: float) -> frozenset[str]:
    """The stages whose deadline has come: `proceed` needs to know how many of them are unconfirmed."""
    raise NotImplementedError


def approve(push: Push, *, by: str, reason: str | None = None, now_s: float) -> Step:
    """Let a push go that waits for a second person.

    Raises Problem: 403 `approval_by_sender` if `by` sent it, 409 `push_not_awaiting_approval`.
    """
    raise NotImplementedError


def reject(push: Push, *, by: str, reason: str | None = None, now_s: float) -> Step:
    """End a push that waits for a second person. Raises as `approve` does."""
    raise NotImplementedError


def halt(push: Push, *, by: str, reason: str | None = None, now_s: float) -> Step:
    """Release no more of a push until it is resumed. Raises Problem: 409 `push_not_haltable`."""
    raise NotImplementedError


def resume(push: Push, *, by: str, reason: str | None = None, now_s: float) -> Step:
    """Let a halted push go on. A wave that had halted it by its failures does not halt it again.

    Raises Problem: 409 `push_not_halted`.
    """
    raise NotImplementedError


def cancel(push: Push, *, by: str, reason: str | None = None, now_s: float) -> Step:
    """Stop a push for good. That it is recalled is not said by the step. Raises Problem: 409 `push_not_cancellable`."""
    raise NotImplementedError


def expire(push: Push, *, now_s: float) -> Step:
    """End a push whose time is over. Raises Problem: 409 `push_not_open` if it has ended already."""
    raise NotImplementedError

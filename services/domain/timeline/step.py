"""What a decision comes to: the push one step on, and what is to be done with that step, all or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from services.domain.pushes import JobKind, Push
from services.domain.ring import Arc
from services.domain.strategies.strategy import Strategy


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """An arc of a stage that is released now, as a slice of its own."""

    stage: str
    arc: Arc
    kind: JobKind = "deliver"


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A push that this one makes: a run of one that repeats, or its escalation. `key` is the same for the same one."""

    key: str
    target: Mapping[str, object]
    message: object
    strategy: Strategy


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """`push` is as it is after the step; `releases` and `children` go with it."""

    push: Push
    releases: tuple[Release, ...] = ()
    children: tuple[Child, ...] = ()


@dataclass(frozen=True, slots=True)
class Rest:
    """There is nothing to do before `until_s`; None: before its parts, or somebody, have something to tell."""

    until_s: float | None

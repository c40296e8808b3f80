"""Moments to come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """Something to do at a moment. `name` identifies it: set again, it moves."""

    name: str
    at_s: float
    body: Mapping[str, object] = field(default_factory=dict)


class Timers(Protocol):
    """Moments to come. A timer fires at least once, at or after its time, also after a crash."""

    async def set(self, timer: Timer) -> None:
        """Durable when this returns."""

    async def cancel(self, name: str) -> None:
        """Forget it; it may just be firing."""

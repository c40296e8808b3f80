"""The time of day."""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    """The time of day; injected, so that tests decide it."""

    def now_s(self) -> float:
        """Epoch seconds."""

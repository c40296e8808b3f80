"""The time of day, from the operating system."""

from __future__ import annotations

import time


class SystemClock:
    """Implements `services.ports.Clock`."""

    def now_s(self) -> float:
        """Epoch seconds."""
        return time.time()

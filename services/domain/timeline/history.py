"""What a push has done so far: its timeline as it happened, from its run and from what its slices came to."""

from __future__ import annotations

from services.domain.pushes import Progress, Push
from services.domain.timeline.picture import Picture


def actual(push: Push, progress: Progress, now_s: float) -> Picture:
    """The timeline of a push until `now_s`, or until it ended."""
    raise NotImplementedError

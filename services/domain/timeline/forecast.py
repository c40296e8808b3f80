"""What a push will do: its timeline in virtual time, over the audience that its profile tells of."""

from __future__ import annotations

from services.domain.pushes import Push
from services.domain.timeline.picture import Picture


def forecast(push: Push, *, now_s: float) -> Picture:
    """The timeline of a push that was not begun, or of one as it was submitted, from `now_s` on.

    Only its target, strategy, schedule and profile count, not how far it has come: pass `created_at_s` as `now_s` for
    what was foreseen. Nobody acknowledges in it, so every resend and the escalation are shown; nothing halts.
    Of a push that repeats it shows the next runs as marks.
    """
    raise NotImplementedError

"""Making good for timers that were lost: pushes whose time has come, and that nobody has looked at."""

from __future__ import annotations

import logging

from services.ports import Ports
from services.timeline.proceed import proceed

log = logging.getLogger(__name__)

SLACK_S = 30
"""How long after its time a timer may still be about to fire: a push is left to it until then."""
SWEPT_AT_MOST = 1_000
"""Most pushes that one sweep takes on, those that are due longest first."""


async def sweep(ports: Ports) -> int:
    """Go on with the pushes that are overdue; how many that were. To be called every minute or so.

    What cannot be done now is left to the next sweep. Raises OSError if nothing can.
    """
    overdue = await ports.pushes.overdue(ports.clock.now_s() - SLACK_S, limit=SWEPT_AT_MOST)
    failure: OSError | None = None
    taken_on = 0
    for push in overdue:
        try:
            await proceed(ports, push.id)
            taken_on += 1
        except OSError as error:
            failure = error
            log.warning("a push is left to the next sweep", extra={"push_id": push.id, "error": str(error)})
    if failure is not None and taken_on == 0:
        raise failure
    if overdue:
        log.info("overdue pushes", extra={"pushes": len(overdue), "taken_on": taken_on})
    return taken_on

"""What is done again and again: sessions that have ended are closed, and pushes that stand still are taken up.

Each minute only pushes that are overdue, and the sizes of groups if it is time for that, which takes two small reads
where there is nothing to do; the rest by `SweepRate`.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping

from infra.aws import adapters
from infra.aws.metrics import metered
from infra.aws.process import Process
from infra.aws.settings import from_environment
from services.connections import activity, sessions
from services.timeline import sweep

log = logging.getLogger(__name__)

process = Process(os.environ)
built = adapters.build(from_environment(os.environ), halted=process.meter.halted)
ports = metered(built.ports, process.meter)


async def _handle(event: Mapping[str, object]) -> None:
    if event.get("only") == "overdue":
        process.meter.count("PushesOverdue", await sweep.sweep(ports))
        await activity.sample(ports)
        return
    # First what needs no terminal: where none can be reached, the sweep fails.
    sent_again = await built.rescue.run(ports.clock.now_s())
    process.meter.count("JobsSentAgain", sent_again)
    closed = await sessions.sweep(ports)
    process.meter.count("SessionsEnded", closed)
    log.info("swept", extra={"sessions_closed": closed, "jobs_sent_again": sent_again})


handler = process.handler(_handle)

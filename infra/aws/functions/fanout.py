"""The jobs queue: up to ten jobs of fan-out at a time, at the same time, for as long as the invocation may go on."""

from __future__ import annotations

import os
from collections.abc import Mapping

from infra.aws import adapters, records
from infra.aws.log_lines import about
from infra.aws.metrics import metered
from infra.aws.process import Process
from infra.aws.settings import from_environment
from services.domain import jobs, positions
from services.fanout.delivery import Budget, deliver

process = Process(os.environ)
built = adapters.build(from_environment(os.environ), halted=process.meter.halted)
ports = metered(built.ports, process.meter)
budget = Budget(remaining_s=process.remaining_s)


async def _deliver(body: str) -> None:
    """Do one job as it stands now: its message may be an old one, and the job have been released again since."""
    job = jobs.from_json(body)
    about(push_id=job.push_id, part=job.part, lane=job.lane)
    current = await built.pushes.current(job)
    if current is None:
        return
    await deliver(ports, current, budget)
    released_at_s = positions.time_of_s(current.position)
    process.meter.milliseconds("FanOutLatency", (ports.clock.now_s() - released_at_s) * 1000)


async def _handle(event: Mapping[str, object]) -> dict[str, object]:
    return await records.each(event, _deliver)


handler = process.handler(_handle)

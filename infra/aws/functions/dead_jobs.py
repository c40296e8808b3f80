"""The queue of jobs that failed too often: each is noted at its push, where `explain` and the API show it."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from typing import Final

from infra.aws import adapters, records
from infra.aws.process import Process
from infra.aws.settings import from_environment
from services.domain import jobs

log = logging.getLogger(__name__)

REASON: Final = "the worker failed at it time and again; its log says why"

process = Process(os.environ)
built = adapters.build(from_environment(os.environ))


async def _set_aside(body: str) -> None:
    job = jobs.from_json(body)
    current = await built.pushes.current(job)
    if current is None:
        return
    if await built.pushes.set_aside(current, reason=REASON, at_s=built.ports.clock.now_s()):
        process.meter.count("DeadJobs")
        log.error("job set aside", extra={"push_id": job.push_id, "part": job.part, "lane": job.lane})


async def _handle(event: Mapping[str, object]) -> dict[str, object]:
    return await records.each(event, _set_aside)


handler = process.handler(_handle)

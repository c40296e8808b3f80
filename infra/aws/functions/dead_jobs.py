"""The queue of jobs that failed too often: each is noted at its push, where the API shows it."""

from __future__ import annotations

import os
from collections.abc import Mapping

from infra.aws import adapters, dead_letters, records
from infra.aws.process import Process
from infra.aws.settings import from_environment

process = Process(os.environ)
built = adapters.build(from_environment(os.environ))


async def _set_aside(body: str) -> None:
    if await dead_letters.set_aside(built.pushes, body, at_s=built.ports.clock.now_s()):
        process.meter.count("DeadJobs")


async def _handle(event: Mapping[str, object]) -> dict[str, object]:
    return await records.each(event, _set_aside)


handler = process.handler(_handle)

"""The timers queue: moments that have come."""

from __future__ import annotations

import os
from collections.abc import Mapping

from infra.aws import adapters, records
from infra.aws.metrics import metered
from infra.aws.process import Process
from infra.aws.settings import from_environment
from services.timeline.handler import build

process = Process(os.environ)
built = adapters.build(from_environment(os.environ), halted=process.meter.halted)
act = build(metered(built.ports, process.meter))


async def _fire(message: str) -> None:
    await built.timers.fire(message, act)


async def _handle(event: Mapping[str, object]) -> dict[str, object]:
    return await records.each(event, _fire)


handler = process.handler(_handle)

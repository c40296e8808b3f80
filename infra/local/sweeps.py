"""What is looked for again and again: sessions that are over, pushes whose timers were lost, and how large
groups are."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

from services.connections import activity, sessions
from services.ports import Ports
from services.timeline import sweep as timeline

log = logging.getLogger(__name__)

Sweep = Callable[[Ports], Awaitable[object]]

SWEEPS: Mapping[Sweep, float] = {sessions.sweep: 1.0, timeline.sweep: 60.0, activity.sample: 60.0}
"""Every sweep, and how many seconds it rests after it."""


@asynccontextmanager
async def sweeping(ports: Ports, sweeps: Mapping[Sweep, float] = SWEEPS) -> AsyncIterator[None]:
    """Sweep now and again while the context is open; what is being swept when it ends is cut short."""
    tasks = [asyncio.create_task(_sweep(ports, sweep, rest_s), name="sweep") for sweep, rest_s in sweeps.items()]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def _sweep(ports: Ports, sweep: Sweep, rest_s: float) -> None:
    while True:
        try:
            await sweep(ports)
        except Exception:
            # The disk may be full for a while, or a single push be at fault: what others need goes on.
            log.exception("sweep failed")
        await asyncio.sleep(rest_s)

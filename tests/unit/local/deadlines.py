"""Waiting for a condition, with a deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

WITHIN_S = 10.0


async def eventually(holds: Callable[[], object]) -> None:
    """Return when `holds()` is true. Fails if it is not within `WITHIN_S`."""
    async with asyncio.timeout(WITHIN_S):
        while not holds():
            await asyncio.sleep(0.002)

"""Waiting for what must happen, at most so long; never for time to pass."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

WITHIN_S = 30.0
"""How long anything may take that happens at once on a machine at rest; a function of an emulator starts in seconds."""
LOOK_EVERY_S = 0.02

T = TypeVar("T")


async def eventually(look: Callable[[], Awaitable[T]], until: Callable[[T], bool], *, within_s: float = WITHIN_S) -> T:
    """What `look` gives once `until` holds of it. Fails with what was seen last when the deadline passes."""
    deadline_s = asyncio.get_running_loop().time() + within_s
    while True:
        seen = await look()
        if until(seen):
            return seen
        if asyncio.get_running_loop().time() > deadline_s:
            raise AssertionError(f"not so within {within_s:g} s; last seen: {seen!r}")
        await asyncio.sleep(LOOK_EVERY_S)

"""Running until done, or until somebody wants it to end: Ctrl-C and SIGTERM."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Coroutine


def run(
    work: Coroutine[None, None, None], *, loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None
) -> None:
    """Run `work`; an interruption cancels it, and this returns as if it were done."""
    with (
        contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError),
        asyncio.Runner(loop_factory=loop_factory) as runner,
    ):
        runner.run(_interruptible(work))


async def _interruptible(work: Coroutine[None, None, None]) -> None:
    task = asyncio.ensure_future(work)
    # asyncio itself turns Ctrl-C into a cancellation. Windows has no SIGTERM to handle, nor has a thread.
    with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    await task

"""Runs commands of `fanfare` in the test's own process, beside the fake service."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import threading
from pathlib import Path

from click.testing import CliRunner, Result

from fanfare.cli import main


async def fanfare(*arguments: str, stdin: str | None = None, **environment: str | None) -> Result:
    """What a command printed, and how it ended. The variables that it reads are unset unless given."""
    unset = dict.fromkeys(("FANFARE_TOKEN", "FANFARE_URL", "FANFARE_API_URL", "FANFARE_DATA"))
    runner = CliRunner(env={**unset, **environment})
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[Result] = loop.create_future()

    def settle(result: Result) -> None:
        if not ended.done():
            ended.set_result(result)

    def run() -> None:
        result = runner.invoke(main, list(arguments), stdin)
        with contextlib.suppress(RuntimeError):  # the loop is closed: the test has given up on the command
            loop.call_soon_threadsafe(settle, result)

    # A daemon: a command that never ends fails its test, and keeps nobody from leaving.
    threading.Thread(target=run, daemon=True).start()
    return await ended


def announce(data_dir: Path, *, http: str, ws: str, process_id: int | None = None) -> None:
    """Say in a data directory where the service is, as `fanfare serve` does."""
    running = {"pid": os.getpid() if process_id is None else process_id, "http": http, "ws": ws}
    (data_dir / "server.json").write_text(json.dumps(running))

"""The REST API on uvicorn, in the event loop that everything else runs in."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI

BACKLOG = 2_048


class _Uvicorn(uvicorn.Server):
    """Leaves the signals to this process, and says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()


class HttpServer:
    """Serves an app on one socket. `trusted_proxies` are networks whose forwarded headers are believed."""

    def __init__(
        self,
        app: FastAPI,
        tls_cert: Path | None,
        tls_key: Path | None,
        *,
        trusted_proxies: Sequence[str],
        drain_s: float,
    ) -> None:
        self._server = _Uvicorn(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                lifespan="off",
                http="httptools",
                ws="none",
                backlog=BACKLOG,
                proxy_headers=bool(trusted_proxies),
                forwarded_allow_ips=list(trusted_proxies),
                ssl_certfile=tls_cert,
                ssl_keyfile=tls_key,
                timeout_graceful_shutdown=int(drain_s),
                server_header=False,
            )
        )
        self._task: asyncio.Task[None] | None = None

    async def start(self, bound: socket.socket) -> None:
        """Listen on the socket; returns when it does."""
        self._task = asyncio.create_task(self._server.serve([bound]))
        listening = asyncio.create_task(self._server.listening.wait())
        await asyncio.wait({self._task, listening}, return_when=asyncio.FIRST_COMPLETED)
        if self._task.done():
            listening.cancel()
            self._task.result()

    async def stop(self) -> None:
        """Finish what is under way, then stop."""
        self._server.should_exit = True
        if self._task is not None:
            await self._task

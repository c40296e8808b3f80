"""A client written as docs/protocol.md says, but for its waits: it misses nothing and shows nothing twice."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage

from tests.e2e.deadlines import eventually
from tests.e2e.targets.target import Target
from tests.e2e.terminal import Frame, Terminal, open_socket

QUIET_S = 60.0
"""Longer than any test goes without a frame."""
BETWEEN_TRIES_S = 0.05


class Follower:
    """Stays connected until it is stopped. `shown` are the ids of the pushes on its screen, in their order."""

    def __init__(self, target: Target, token: str, *, user: str, calls_itself: str = "desk") -> None:
        self._target = target
        self._token = token
        self._calls_itself = calls_itself
        self.user = user
        self.shown: list[str] = []
        self.recalled: set[str] = set()
        self.since: str | None = None
        self.byes: list[Frame] = []
        self.connections = 0
        self._seen: set[str] = set()
        self._terminal: Terminal | None = None
        self._caught_up = asyncio.Event()
        self._task = asyncio.create_task(self._run())

    async def caught_up(self, *, within_s: float = 20.0) -> None:
        """Return when it is connected and has resumed."""
        async with asyncio.timeout(within_s):
            await self._caught_up.wait()

    async def shows(self, push_ids: Collection[str], *, within_s: float = 20.0) -> None:
        """Return when all of these were shown."""

        async def missing() -> set[str]:
            if self._task.done():
                self._task.result()
            return set(push_ids).difference(self.shown)

        await eventually(missing, lambda none: not none, within_s=within_s)

    def drop(self) -> None:
        """Lose the network for a moment; it comes back by itself."""
        self._caught_up.clear()
        if self._terminal is not None:
            self._terminal.cut()

    async def stop(self) -> None:
        """Leave for good. Raises what went wrong with it."""
        self._task.cancel()
        await asyncio.wait({self._task})
        if self._terminal is not None:
            self._terminal.cut()
        if not self._task.cancelled():
            self._task.result()

    async def _run(self) -> None:
        while True:
            try:
                self._terminal = await open_socket(
                    self._target.ws_url, self._token, user=self.user, calls_itself=self._calls_itself
                )
                self.connections += 1
                await self._follow(self._terminal)
            except (ConnectionClosed, InvalidHandshake, InvalidMessage, OSError, EOFError):
                # The network or the service went away; that is what this client is for.
                self._caught_up.clear()
                await asyncio.sleep(BETWEEN_TRIES_S)

    async def _follow(self, terminal: Terminal) -> None:
        replaying = True
        await terminal.send("resume", since=self.since)
        while True:
            frame = await terminal.frame(within_s=QUIET_S)
            match frame["type"]:
                case "push":
                    self._show(str(frame["id"]))
                    if frame.get("replayed") or not replaying:
                        self._advance(str(frame["position"]))
                case "cancel":
                    self._recall(str(frame["id"]))
                case "resumed" if frame["more"]:
                    self.since = str(frame["upto"])
                    await terminal.send("resume", since=self.since)
                case "resumed":
                    self._advance(str(frame["upto"]))
                    replaying = False
                    self._caught_up.set()
                case "bye":
                    self.byes.append(frame)
                case other:
                    raise AssertionError(f"{other}: {frame}")

    def _show(self, push_id: str) -> None:
        if push_id not in self._seen:
            self._seen.add(push_id)
            self.shown.append(push_id)

    def _recall(self, push_id: str) -> None:
        self._seen.add(push_id)
        self.recalled.add(push_id)

    def _advance(self, position: str) -> None:
        self.since = position if self.since is None else max(self.since, position)

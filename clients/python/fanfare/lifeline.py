"""Keeps a terminal connected: connects, replaces a connection before it grows too old, comes back after losses.

Where no WebSocket gets through, the inbox takes its place, until one does.
"""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from fanfare.backoff import Backoff
from fanfare.connection import Connection, Ended, Surroundings
from fanfare.frames import Bye, Connected, Disconnected
from fanfare.handshake import ABOUT_THE_TOKEN, Address, Refused, Unreachable, open_connection
from fanfare.inbox import Inbox

BLOCKED_AFTER = 2
"""Upgrades that fail in a row, as a proxy would make them, before the inbox is tried."""


class _Served(NamedTuple):
    connection: Connection | Inbox
    serving: asyncio.Task[Ended]


class Lifeline:
    """The connections of one terminal, one after the other."""

    def __init__(self, address: Address, surroundings: Surroundings) -> None:
        self._address = address
        self._with = surroundings
        self._backoff = self._new_backoff()
        self._served: set[asyncio.Task[Ended]] = set()
        self._blocked = 0
        self.connection: Connection | Inbox | None = None

    async def run(self) -> None:
        """Stay connected until cancelled, which closes what is open. Raises `Refused` when it is of no use to go on."""
        try:
            while True:
                ended = await self._live(await self._connected())
                if ended.lasted_s >= self._with.timing.stable_after_s:
                    self._backoff.reset()
                if ended.bye is not None:
                    self._heed(ended.bye)
                await self._pause(ended.reason, ended.retry_after_s)
        finally:
            self.connection = None
            for serving in self._served:
                serving.cancel()
            await asyncio.gather(*self._served, return_exceptions=True)

    def _heed(self, bye: Bye) -> None:
        credentials = self._with.credentials
        # With a provider, a session that ended with its token goes on with the next one.
        if bye.code in ABOUT_THE_TOKEN and credentials.renewable:
            credentials.distrust()
        elif not bye.reconnect:
            raise Refused(bye.code, bye.reason)

    async def _connected(self) -> _Served:
        """A new connection, however long that takes."""
        mended = False
        while True:
            try:
                served = await self._open_some_way()
            except Unreachable as error:
                if error.at_once and not mended:
                    mended = True
                    continue
                await self._pause(error.detail, error.retry_after_s)
            else:
                self._tell(Connected(by=served.connection.by))
                return served

    async def _open_some_way(self) -> _Served:
        """A WebSocket, or the inbox if that was blocked again and again."""
        try:
            return await self._open()
        except Unreachable as error:
            if self._blocked < BLOCKED_AFTER:
                raise
            inbox = Inbox(self._address, self._with)
            try:
                await inbox.open()
            except Unreachable as worse:
                detail = f"no WebSocket: {error.detail}; no inbox: {worse.detail}"
                raise Unreachable(detail, retry_after_s=worse.retry_after_s, at_once=worse.at_once) from worse
            return self._serve(inbox)

    async def _live(self, current: _Served) -> Ended:
        """Wait for a connection, or the last of those that take its place, to end."""
        while True:
            self.connection = current.connection
            by_inbox = isinstance(current.connection, Inbox)
            renewing = asyncio.create_task(self._websocket_again() if by_inbox else self._replacement())
            try:
                await asyncio.wait({current.serving, renewing}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                self.connection = None
                renewing.cancel()
            if not renewing.done():
                return current.serving.result()
            # Only now, with the new one resumed: whatever comes meanwhile comes by one of the two.
            current.serving.cancel()
            current = renewing.result()
            self._tell(Connected(renewed=True))

    async def _replacement(self) -> _Served:
        """The connection that takes over when this one is old, open and resumed."""
        await self._with.clock.sleep(self._with.rng.uniform(*self._with.timing.renew_after_s))
        backoff = self._new_backoff()
        while True:
            try:
                return await self._open_resumed()
            except Unreachable as error:
                await self._with.clock.sleep(backoff.next_s(error.retry_after_s))
            except Refused:
                # The old connection is still good; what refuses now is asked again when that one has ended.
                await self._with.clock.sleep(backoff.cap_s)

    async def _websocket_again(self) -> _Served:
        """The WebSocket that takes over from the inbox as soon as one gets through, open and resumed."""
        while True:
            await self._with.clock.sleep(self._with.rng.uniform(*self._with.timing.websocket_again_s))
            try:
                return await self._open_resumed()
            except (Unreachable, Refused):
                # The inbox goes on; if it is the terminal that is refused, it will hear so itself.
                continue

    async def _open_resumed(self) -> _Served:
        """A WebSocket that has resumed. Raises `Refused`, or `Unreachable` also if it ended before that."""
        served = await self._open()
        assert isinstance(served.connection, Connection)
        resumed = asyncio.create_task(served.connection.resumed.wait())
        try:
            await asyncio.wait({served.serving, resumed}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            served.serving.cancel()
            raise
        finally:
            resumed.cancel()
        if served.serving.done():
            raise Unreachable(served.serving.result().reason)
        return served

    async def _open(self) -> _Served:
        """A WebSocket, open. Notes whether it may be that none gets through."""
        try:
            socket, token = await open_connection(self._address, self._with.credentials)
        except Unreachable as error:
            self._blocked = self._blocked + 1 if error.blocked else 0
            raise
        self._blocked = 0
        return self._serve(Connection(socket, token, self._with))

    def _serve(self, connection: Connection | Inbox) -> _Served:
        serving = asyncio.create_task(connection.run())
        self._served.add(serving)
        serving.add_done_callback(self._served.discard)
        return _Served(connection, serving)

    async def _pause(self, reason: str, retry_after_s: float | None) -> None:
        wait_s = self._backoff.next_s(retry_after_s)
        self._tell(Disconnected(reason=reason, retry_in_s=wait_s))
        await self._with.clock.sleep(wait_s)

    def _tell(self, event: Connected | Disconnected) -> None:
        self._with.session.tell(event)
        self._with.told()

    def _new_backoff(self) -> Backoff:
        timing = self._with.timing
        return Backoff(timing.backoff_base_s, timing.backoff_cap_s, self._with.rng)

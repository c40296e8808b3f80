"""Keeps a terminal connected: connects, replaces a connection before it grows too old, comes back after losses."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from fanfare.backoff import Backoff
from fanfare.connection import Connection, Ended, Surroundings
from fanfare.frames import Bye, Connected, Disconnected
from fanfare.handshake import ABOUT_THE_TOKEN, Address, Refused, Unreachable, open_connection


class _Served(NamedTuple):
    connection: Connection
    serving: asyncio.Task[Ended]


class Lifeline:
    """The connections of one terminal, one after the other."""

    def __init__(self, address: Address, surroundings: Surroundings) -> None:
        self._address = address
        self._with = surroundings
        self._backoff = self._new_backoff()
        self._served: set[asyncio.Task[Ended]] = set()
        self.connection: Connection | None = None

    async def run(self) -> None:
        """Stay connected until cancelled, which closes what is open. Raises `Refused` when it is of no use to go on."""
        try:
            while True:
                ended = await self._live(await self._connected())
                if ended.lasted_s >= self._with.timing.stable_after_s:
                    self._backoff.reset()
                bye = ended.bye
                if bye is not None:
                    self._heed(bye)
                await self._pause(ended.reason, None if bye is None else bye.retry_after_s)
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
                served = await self._open()
            except Unreachable as error:
                if error.at_once and not mended:
                    mended = True
                    continue
                await self._pause(error.detail, error.retry_after_s)
            else:
                self._tell(Connected())
                return served

    async def _live(self, current: _Served) -> Ended:
        """Wait for a connection, or the last of those that take its place, to end."""
        while True:
            self.connection = current.connection
            renewing = asyncio.create_task(self._replacement())
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
                served = await self._open()
            except Unreachable as error:
                await self._with.clock.sleep(backoff.next_s(error.retry_after_s))
                continue
            except Refused:
                # The old connection is still good; what refuses now is asked again when that one has ended.
                await self._with.clock.sleep(backoff.cap_s)
                continue
            resumed = asyncio.create_task(served.connection.resumed.wait())
            try:
                await asyncio.wait({served.serving, resumed}, return_when=asyncio.FIRST_COMPLETED)
            except asyncio.CancelledError:
                served.serving.cancel()
                raise
            finally:
                resumed.cancel()
            if not served.serving.done():
                return served
            await self._with.clock.sleep(backoff.next_s())

    async def _open(self) -> _Served:
        socket, token = await open_connection(self._address, self._with.credentials)
        connection = Connection(socket, token, self._with)
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

"""One open connection of a terminal: reads, acks, keeps alive, and refreshes its token until it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from random import Random

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from fanfare import frames
from fanfare.clock import Clock
from fanfare.credentials import Credentials, TokenUnavailable, expires_at_s_of, refresh_in_s
from fanfare.frames import Bye, Error, Way
from fanfare.handshake import CLOSE_TIMEOUT_S
from fanfare.session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long a terminal waits for what, in seconds.

    `ping_interval_s` must stay under API Gateway's 10 minutes of idleness, `renew_after_s` (a range that the moment is
    drawn from) under its 2 hours of connection life (WebSocket quotas). `ack_delay_s` lets acks share a frame.
    A connection that held for `stable_after_s` ends the backoff.

    On the inbox, a poll waits for `inbox_wait_s`, and polls that bring nothing begin at least `inbox_pause_s` apart;
    the WebSocket is tried again after `websocket_again_s` (a range), and after as long once more when that fails.
    """

    ping_interval_s: float = 300.0
    pong_timeout_s: float = 15.0
    resume_timeout_s: float = 45.0
    renew_after_s: tuple[float, float] = (90 * 60.0, 115 * 60.0)
    backoff_base_s: float = 1.0
    backoff_cap_s: float = 60.0
    stable_after_s: float = 60.0
    ack_delay_s: float = 0.05
    save_interval_s: float = 1.0
    inbox_wait_s: int = 25
    inbox_pause_s: float = 2.0
    websocket_again_s: tuple[float, float] = (120.0, 300.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the connections of one terminal share.

    `told` is called when there are new events; `room` waits until the application has space for one more, and says
    whether it had to wait.
    """

    session: Session
    credentials: Credentials
    clock: Clock
    timing: Timing
    rng: Random
    told: Callable[[], None]
    room: Callable[[], Coroutine[None, None, bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """Why a connection is over, in words; `bye` if the service said so itself; `lasted_s` how long it was open.

    `retry_after_s` is how long the service asked to be left alone.
    """

    reason: str
    lasted_s: float
    bye: Bye | None = None
    retry_after_s: float | None = None


class Connection:
    """An open socket and its part of the session. Made when the handshake is done; `run` once, to the end."""

    by: Way = "websocket"

    def __init__(self, socket: ClientConnection, token: str, surroundings: Surroundings) -> None:
        self._socket = socket
        self._token = token
        self._with = surroundings
        self._conversation = surroundings.session.conversation()
        self._opened_at_s = self._heard_at_s = surroundings.clock.monotonic_s()
        self._acks_due = asyncio.Event()
        self._reading_paused = False
        self._dead = False
        self.resumed = asyncio.Event()

    async def run(self) -> Ended:
        """Serve the connection until it ends. Cancelled, it closes the socket."""
        tasks = [
            asyncio.create_task(part)
            for part in (self._read(), self._send_acks(), self._keep_alive(), self._watch_resume(), self._keep_fresh())
        ]
        reason = "cancelled"
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            reason = next(iter(done)).result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._close()
        bye = self._conversation.bye
        return Ended(
            reason=reason,
            lasted_s=self._with.clock.monotonic_s() - self._opened_at_s,
            bye=bye,
            retry_after_s=None if bye is None else bye.retry_after_s,
        )

    async def say(self, message: str) -> None:
        """Send a chat message. Raises ConnectionError if the connection is just ending."""
        try:
            await self._socket.send(frames.on_message(message))
        except ConnectionClosed as closed:
            raise ConnectionError(_in_words(closed)) from closed

    def flush(self) -> None:
        """Send the acks that are due, soon."""
        self._acks_due.set()

    async def _close(self) -> None:
        if self._dead:
            # A closing handshake with nobody would take up its whole time limit.
            self._socket.transport.abort()
        else:
            await self._send_last_acks()
        await self._socket.close()
        # What was sent just before the other side began to close may not have been read there.
        closed_from_here = not self._socket.protocol.close_rcvd_then_sent
        self._conversation.closed(clean=closed_from_here and self._socket.close_code in (1000, 1001))

    async def _send_last_acks(self) -> None:
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                for frame in self._conversation.acks():
                    await self._socket.send(frame)
        except (ConnectionClosed, TimeoutError):
            # They are unconfirmed, and go with the next connection.
            return

    async def _read(self) -> str:
        try:
            for frame in self._conversation.opened():
                await self._socket.send(frame)
            while True:
                self._reading_paused = True
                if await self._with.room():
                    self._heard_at_s = self._with.clock.monotonic_s()
                self._reading_paused = False
                data = await self._socket.recv()
                self._heard_at_s = self._with.clock.monotonic_s()
                # The service sends text only; anything else would be shown as a frame of no known type.
                text = data if isinstance(data, str) else data.decode("utf-8", "replace")
                answers = self._conversation.received(text)
                self._with.told()
                if self._conversation.bye is not None:
                    return f"the service said bye: {self._conversation.bye.reason or self._conversation.bye.code}"
                if self._conversation.acks_due:
                    self._acks_due.set()
                if not self._conversation.resuming:
                    self.resumed.set()
                for frame in answers:
                    await self._socket.send(frame)
        except ConnectionClosed as closed:
            return _in_words(closed)

    async def _send_acks(self) -> str:
        try:
            if self._conversation.acks_due:
                self._acks_due.set()
            while True:
                await self._acks_due.wait()
                if self._with.timing.ack_delay_s:
                    await self._with.clock.sleep(self._with.timing.ack_delay_s)
                self._acks_due.clear()
                for frame in self._conversation.acks():
                    await self._socket.send(frame)
        except ConnectionClosed as closed:
            return _in_words(closed)

    async def _keep_alive(self) -> str:
        """Ping when nothing was heard for an interval; ends when nothing comes back."""
        timing, clock = self._with.timing, self._with.clock
        try:
            while True:
                silent_s = self._silent_s()
                if silent_s < timing.ping_interval_s:
                    await clock.sleep(timing.ping_interval_s - silent_s)
                    continue
                pinged_at_s = clock.monotonic_s()
                await self._socket.send(self._conversation.ping())
                await clock.sleep(timing.pong_timeout_s)
                if self._heard_at_s < pinged_at_s and not self._reading_paused:
                    self._dead = True
                    return f"nothing came back within {timing.pong_timeout_s:g} s of a ping"
        except ConnectionClosed as closed:
            return _in_words(closed)

    async def _watch_resume(self) -> str:
        """Ends when a resume stays without an answer, as when the function that does it failed."""
        timeout_s = self._with.timing.resume_timeout_s
        while not self.resumed.is_set():
            silent_s = self._silent_s()
            if silent_s >= timeout_s and not self._reading_paused:
                self._dead = True
                return f"resume had no answer within {timeout_s:g} s"
            await self._with.clock.sleep(max(timeout_s - silent_s, 1.0))
        return await _forever()

    async def _keep_fresh(self) -> str:
        """Replace the token before it ends, if there is a provider and the token says when."""
        credentials, clock = self._with.credentials, self._with.clock
        while credentials.renewable and (expires_at_s := expires_at_s_of(self._token)) is not None:
            wait_s = refresh_in_s(expires_at_s - clock.now_s(), self._with.rng)
            if wait_s is None:
                break
            await clock.sleep(wait_s)
            try:
                newer = await credentials.fresh()
            except TokenUnavailable as error:
                self._with.session.tell(Error(code="token_unavailable", detail=f"{error}: {error.__cause__}"))
                self._with.told()
                continue
            if (expires_at_s_of(newer) or 0.0) > expires_at_s:
                self._token = newer
                try:
                    await self._socket.send(frames.refresh(newer))
                except ConnectionClosed as closed:
                    return _in_words(closed)
        return await _forever()

    def _silent_s(self) -> float:
        return self._with.clock.monotonic_s() - self._heard_at_s


async def _forever() -> str:
    await asyncio.get_running_loop().create_future()
    raise AssertionError("this future is never done")


def _in_words(closed: ConnectionClosed) -> str:
    if closed.rcvd is not None:
        reason = f" ({closed.rcvd.reason})" if closed.rcvd.reason else ""
        return f"closed by the service with code {closed.rcvd.code}{reason}"
    return "closed from this side" if closed.sent is not None else "the network connection was lost"

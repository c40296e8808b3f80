"""A terminal of Fanfare: stays connected, gets every push once, and tells the service what became of it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from random import Random
from types import TracebackType
from typing import Literal, Self

from fanfare.acknowledgements import Ack
from fanfare.clock import Clock, SystemClock
from fanfare.connection import Surroundings, Timing
from fanfare.credentials import Credentials, TokenProvider
from fanfare.frames import (
    BEGINNING,
    AckKind,
    Bye,
    Cancel,
    Connected,
    Disconnected,
    Error,
    Event,
    JsonValue,
    Other,
    Push,
    Reminder,
    Resumed,
)
from fanfare.handshake import Address, Refused, SendToken
from fanfare.lifeline import Lifeline
from fanfare.session import Session
from fanfare.state import JsonFile, Snapshot, State

__all__ = [
    "BEGINNING",
    "Bye",
    "Cancel",
    "Connected",
    "Disconnected",
    "Error",
    "Event",
    "JsonFile",
    "JsonValue",
    "Other",
    "Push",
    "Refused",
    "Reminder",
    "Resumed",
    "SendToken",
    "Snapshot",
    "State",
    "Terminal",
    "Timing",
    "TokenProvider",
]

MAX_WAITING = 1_000
"""Most events that wait for the application; then reading pauses, and the service keeps the rest."""
MAX_DETAIL_CHARACTERS = 500
"""Longest detail of a `failed`."""


class Terminal:
    """One terminal's place in the service, for as long as the `async with` lasts.

    It connects, asks for what it missed, pings, renews its connection and its token, and comes back after every
    loss, with growing random pauses. Each push is handed over once, also if it arrives several times. What a sender
    wants acknowledged as `received` is acknowledged by itself; `read`, `failed` and `recalled` are for the
    application to say. One that must be read, and was not, may be sent again: that is told by a `Reminder`, since the
    push itself was shown.

    Where a proxy lets no WebSocket through, so that the upgrade fails twice in a row, pushes are fetched over HTTP from
    the inbox of the REST API, and a WebSocket is tried again every few minutes. To the application it is all the same.

    Iterating gives the pushes; every other event goes to `on_event`. `events()` gives all of them in order. One task
    may iterate at a time. The iteration raises `Refused` if the service will not have this terminal any more.

    >>> async def show(url: str, token: str) -> None:
    ...     async with Terminal(url, token=token) as terminal:
    ...         async for push in terminal:
    ...             print(push.topic, push.message)
    ...             if push.ack == "read":
    ...                 terminal.read(push)

    `token` is a JWT, or a function (plain or async) that returns a fresh one whenever it is needed.
    `api_url` is the base of the REST API; with it a refused terminal can say why, and `send_token="ticket"` works. The
    inbox is there too; without an `api_url` it is looked for on the WebSocket's own host and port.
    `name` is what this installation calls itself within its user: with it the service knows the terminal again.
    `since` is where to begin if `state` holds nothing: `BEGINNING` for all that is kept, None for "from now on".
    """

    def __init__(
        self,
        url: str,
        *,
        token: str | TokenProvider,
        send_token: SendToken = "header",  # noqa: S107 - names a way, not a token
        api_url: str | None = None,
        name: str | None = None,
        since: str | None = None,
        state: State | None = None,
        on_event: Callable[[Event], None] | None = None,
        tls: ssl.SSLContext | None = None,
        proxy: str | Literal[True] | None = True,
        timing: Timing = Timing(),  # noqa: B008 - immutable
        clock: Clock | None = None,
        rng: Random | None = None,
    ) -> None:
        self._address = Address(url=url, api_url=api_url, send_token=send_token, terminal=name, tls=tls, proxy=proxy)
        self._timing = timing
        self._clock = clock or SystemClock()
        self._rng = rng or Random()  # noqa: S311 - spreads load, guards nothing
        self._credentials = Credentials(token, self._clock)
        self._since = since
        self._state = state
        self._on_event = on_event
        self._session = Session(Snapshot(since))
        self._ready = asyncio.Event()
        self._taken = asyncio.Event()
        self._unsaved = asyncio.Event()
        self._lifeline: Lifeline | None = None
        self._running: asyncio.Task[None] | None = None
        self._saving: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Load the state and begin to connect; does not wait for the connection."""
        if self._running is not None:
            raise RuntimeError("a Terminal is used once; make another")
        if self._state is not None:
            snapshot = await asyncio.to_thread(self._state.load) or Snapshot()
            self._session = Session(Snapshot(snapshot.since or self._since, snapshot.seen, snapshot.unread))
            self._saving = asyncio.create_task(self._save())
            self._saving.add_done_callback(lambda _: self._ready.set())
        self._lifeline = Lifeline(
            self._address,
            Surroundings(
                session=self._session,
                credentials=self._credentials,
                clock=self._clock,
                timing=self._timing,
                rng=self._rng,
                told=self._ready.set,
                room=self._room,
            ),
        )
        self._running = asyncio.create_task(self._lifeline.run())
        self._running.add_done_callback(lambda _: self._ready.set())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close, and save the state. A push that the body failed on comes again next time."""
        if kind is None:
            self._session.handled()
        await self.close()

    async def close(self) -> None:
        """Leave: a running iteration ends. The connection is closed politely, acks that are due are sent first."""
        tasks = [task for task in (self._running, self._saving) if task is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        if self._state is not None:
            await asyncio.to_thread(self._state.save, self._session.snapshot())
        for task in tasks:
            # A refusal has been, or would have been, raised by the iteration; anything else is a fault.
            if not task.cancelled() and (fault := task.exception()) is not None and not isinstance(fault, Refused):
                raise fault

    @property
    def connected(self) -> bool:
        """Whether there is an open connection now."""
        return self._lifeline is not None and self._lifeline.connection is not None

    @property
    def since(self) -> str | None:
        """The position up to which nothing can be missing; None before the first connection."""
        return self._session.since

    def __aiter__(self) -> AsyncIterator[Push]:
        return self._pushes()

    async def events(self) -> AsyncIterator[Event]:
        """All events in order, until the terminal is closed. Raises `Refused`."""
        while True:
            event = self._session.take()
            self._unsaved.set()
            if event is not None:
                self._taken.set()
                yield event
            elif self._running is None:
                raise RuntimeError("use the terminal in `async with` before iterating over it")
            elif over := [task for task in (self._running, self._saving) if task is not None and task.done()]:
                for task in over:
                    if not task.cancelled():
                        task.result()
                return
            else:
                self._ready.clear()
                await self._ready.wait()

    async def _pushes(self) -> AsyncIterator[Push]:
        async for event in self.events():
            if isinstance(event, Push):
                yield event
            elif self._on_event is not None:
                self._on_event(event)

    def read(self, push: Push | str) -> None:
        """A person has confirmed a push (given as such, or by its id). Sent soon, also after a reconnect."""
        self._ack(push, "read")

    def failed(self, push: Push | str, detail: str | None = None) -> None:
        """The application could not act on a push; `detail` says why, in at most 500 characters."""
        if detail is not None and len(detail) > MAX_DETAIL_CHARACTERS:
            raise ValueError(f"detail has {len(detail)} characters, the most is {MAX_DETAIL_CHARACTERS}")
        self._ack(push, "failed", detail)

    def recalled(self, push: Push | str) -> None:
        """A push that was called back is off the screen."""
        self._ack(push, "recalled")

    async def say(self, message: str) -> None:
        """Say something to everyone connected; needs the scope `chat`.

        Raises ConnectionError when not connected by a WebSocket.
        """
        connection = None if self._lifeline is None else self._lifeline.connection
        if connection is None:
            raise ConnectionError("the terminal is not connected")
        await connection.say(message)

    def _ack(self, push: Push | str, kind: AckKind, detail: str | None = None) -> None:
        self._session.acknowledge(Ack(push if isinstance(push, str) else push.id, kind, detail))
        if self._lifeline is not None and self._lifeline.connection is not None:
            self._lifeline.connection.flush()

    async def _room(self) -> bool:
        waited = False
        while self._session.waiting >= MAX_WAITING:
            waited = True
            self._taken.clear()
            await self._taken.wait()
        return waited

    async def _save(self) -> None:
        """Keep the state up to date, at most once in `save_interval_s`."""
        assert self._state is not None
        saved: Snapshot | None = None
        while True:
            await self._unsaved.wait()
            self._unsaved.clear()
            snapshot = self._session.snapshot()
            if snapshot == saved:
                continue
            saving = asyncio.create_task(asyncio.to_thread(self._state.save, snapshot))
            try:
                await asyncio.shield(saving)
                saved = snapshot
            except asyncio.CancelledError:
                # The thread goes on; the last save of all must come after it.
                await asyncio.wait({saving})
                raise
            except OSError as error:
                self._session.tell(Error(code="state_not_saved", detail=f"the state could not be saved: {error}"))
                self._ready.set()
            await self._clock.sleep(self._timing.save_interval_s)

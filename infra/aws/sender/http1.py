"""An HTTP/1.1 client connection that has one request under way at a time (RFC 9112), over TLS or not."""

from __future__ import annotations

import asyncio
import select
import time
from typing import Final, Generic, Protocol, TypeVar, cast

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

T = TypeVar("T")

LONGEST_ANSWER_BYTES: Final = 65_536
"""What @connections answers has a few hundred bytes; a server that goes on sending is cut off."""


class Owner(Protocol[T]):
    """Who is told what becomes of the requests on a connection."""

    def answered(self, connection: Connection[T], task: T, status: int) -> None:
        """The request of `task` has its final answer. `connection` is free unless it `is_spent`."""

    def lost(self, connection: Connection[T], task: T | None, status: int) -> None:
        """The connection has ended; with a request under way, whose status may have been read (else it is 0)."""


class Connection(asyncio.Protocol, Generic[T]):
    """One connection. Its requests are whole and are written at once; the next one only after the answer.

    `task` is the owner's word for the request under way, None when there is none.
    """

    __slots__ = (
        "_has_answer",
        "_is_surplus",
        "_owner",
        "_parser",
        "_status",
        "_transport",
        "answers",
        "deadline_s",
        "has_timed_out",
        "idle_since_s",
        "is_spent",
        "raw",
        "task",
    )

    def __init__(self, owner: Owner[T]) -> None:
        self._owner = owner
        self._parser = HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._status = 0
        self._has_answer = False
        self._is_surplus = False
        self.task: T | None = None
        self.raw = b""
        """What came for the last request so far."""
        self.answers = 0
        """How many requests were answered on it: a connection with none is fresh."""
        self.deadline_s = 0.0
        """When the request under way is given up, on `time.monotonic`'s clock; the owner sees to it."""
        self.has_timed_out = False
        self.is_spent = False
        """No request may follow: either side has closed it, or what came was more than an answer."""
        self.idle_since_s = time.time()
        """Since when it has been idle, in epoch seconds: that clock also moves while the process is frozen."""

    def send(self, request: bytes, task: T, deadline_s: float) -> None:
        """Send a whole request; the connection must be idle and not spent."""
        assert self._transport is not None
        self.task = task
        self.raw = b""
        self._status = 0
        self.deadline_s = deadline_s
        self._transport.write(request)

    def is_quiet(self) -> bool:
        """Whether nothing has arrived that the event loop has not seen yet: an end, a reset, or stray bytes.

        For a connection that was idle while the loop stood still. What a peer did while no packet could reach us
        does not show; the request that finds it out is sent again by the owner.
        """
        if self._transport is None or self._transport.is_closing():
            return False
        poll = select.poll()
        poll.register(self._transport.get_extra_info("socket").fileno(), select.POLLIN)
        return not poll.poll(0)

    def close(self) -> None:
        """End an idle connection; over TLS the peer is told."""
        self.is_spent = True
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """End it at once. `Owner.lost` follows."""
        self.is_spent = True
        if self._transport is not None:
            self._transport.abort()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        task = self.task
        if task is None:
            # Nobody asked: a server that says why it closes, or one that is out of step.
            self.abort()
            return
        self.raw = self.raw + data if self.raw else data
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade):
            self.is_spent = True
        if not self._has_answer:
            if self.is_spent or len(self.raw) > LONGEST_ANSWER_BYTES:
                self.abort()
            return
        self._has_answer = False
        self.task = None
        self.answers += 1
        # An answer that came before the whole request was written ends the connection: the rest would be in the way.
        if self.is_spent or self._is_surplus or cast("asyncio.Transport", self._transport).get_write_buffer_size():
            self.abort()
        self._owner.answered(self, task, self._status)

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_spent = True
        self._transport = None
        task, self.task = self.task, None
        self._owner.lost(self, task, self._status)

    # httptools

    def on_message_begin(self) -> None:
        if self._has_answer:
            self._is_surplus = True

    def on_headers_complete(self) -> None:
        if not self._is_surplus:
            status = self._parser.get_status_code()
            self._status = status if status >= 200 else 0

    def on_message_complete(self) -> None:
        if self._status and not self._is_surplus:
            self._has_answer = True
            if not self._parser.should_keep_alive():
                self.is_spent = True

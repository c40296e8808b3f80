"""One open WebSocket: bytes in, messages to routes; frames out; how it ends."""

from __future__ import annotations

import asyncio
import codecs
from collections import deque

from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import State

from infra.local.gateway import dispatch
from infra.local.gateway.events import Session
from infra.local.gateway.frames import text_frames
from infra.local.gateway.parser import Parser
from infra.local.gateway.stage import Stage

# A chunk of tiny frames becomes objects of a hundred times its size, so a large one is parsed in slices.
_SLICE_BYTES = 4096
_CLIENT_SET_NO_CODE = "Client-side close frame status not set"
_UTF8 = codecs.getincrementaldecoder("utf-8")


class Connection(asyncio.Protocol):
    """The asyncio protocol of one WebSocket, from the 101 on.

    It is in `stage.open` until its end begins: a close frame sent or received, or the TCP connection lost.
    """

    __slots__ = (
        "_closing",
        "_fragments",
        "_in_flight",
        "_opened_s",
        "_parser",
        "_reading",
        "_unread",
        "_waiting",
        "fd",
        "last_active_s",
        "session",
        "stage",
        "tick",
        "transport",
    )

    def __init__(self, stage: Stage, session: Session, transport: asyncio.Transport) -> None:
        self.stage = stage
        self.session = session
        self.transport = transport
        self.tick: int | None = None
        self.last_active_s = self._opened_s = stage.loop.time()
        self.fd = -1
        """For `delivery` to write to directly; -1 while something is buffered, with TLS, and from the end on."""
        self._closing = False
        self._reading = True
        self._in_flight = 0
        self._parser: Parser | None = None
        self._fragments: _Fragments | None = None
        self._waiting: deque[str] | None = None
        self._unread = b""

    # How it begins and ends

    def open(self) -> None:
        """Take the transport over and count as connected."""
        stage = self.stage
        self.transport.set_protocol(self)
        # 0: to be told as soon as anything is buffered, since direct writes must not overtake it.
        self.transport.set_write_buffer_limits(high=0)
        if not self.transport.get_write_buffer_size():
            self.fd = self._direct_fd()
        stage.open[self.session.connection_id] = self
        stage.counters.connections += 1
        stage.timers.watch(self, self._expires_s())

    def close(self, code: int, reason: str) -> None:
        """Begin the closing handshake; nothing can be posted from here on. No effect if it has begun."""
        if self._closing:
            return
        parser = self._parser or self.stage.take_parser()
        self._parser = parser
        parser.send_close(code, reason)
        self._end(code, reason)
        self._flush(parser)
        unread, self._unread = self._unread, b""
        if unread:
            self._feed(unread)
        self._resume_reading()

    def _end(self, code: int, reason: str) -> None:
        """The connection counts as closed from now on."""
        if self._closing:
            return
        self._closing = True
        # The number will soon be another connection's: nothing may be written to it from here on.
        self.fd = -1
        stage = self.stage
        stage.open.pop(self.session.connection_id, None)
        stage.timers.watch(self, stage.loop.time() + stage.limits.close_timeout_s)
        stage.disconnected(self.session, code, reason)

    def connection_lost(self, exc: Exception | None) -> None:
        """TCP is gone; without a closing handshake before, that is 1006."""
        self._end(CloseCode.ABNORMAL_CLOSURE, "")
        self.stage.timers.forget(self)
        self.stage.left(self.transport)
        self._unread = b""
        self._parser = None
        self._fragments = None

    def expire(self, now_s: float) -> float | None:
        """Idle, too old, or out of patience with a client that does not finish the closing handshake."""
        if self._closing:
            self.transport.abort()
            return None
        at_s = self._expires_s()
        if now_s < at_s:
            return at_s
        self.close(CloseCode.GOING_AWAY, "Going away")
        return now_s + self.stage.limits.close_timeout_s

    def _expires_s(self) -> float:
        limits = self.stage.limits
        return min(self.last_active_s + limits.idle_timeout_s, self._opened_s + limits.max_duration_s)

    # Out

    def send_text(self, text: str) -> None:
        """Send a message, unless the connection is closing."""
        if self._closing:
            return
        # A function may answer with a lone surrogate, which no UTF-8 can hold.
        data = text.encode("utf-8", "replace")
        counters = self.stage.counters
        counters.messages_out += 1
        counters.bytes_out += len(data)
        self.last_active_s = self.stage.loop.time()
        self._write(text_frames(data, self.stage.limits.frame_bytes))

    def queue(self, frames: bytes) -> bool:
        """Send frames behind what is buffered; False if there is no room. For when `fd` cannot be written to."""
        buffered_bytes = self.transport.get_write_buffer_size()
        if buffered_bytes and buffered_bytes + len(frames) > self.stage.limits.write_buffer_bytes:
            return False
        self.transport.write(frames)
        return True

    def pause_writing(self) -> None:
        """Something is buffered."""
        self.fd = -1

    def resume_writing(self) -> None:
        """Nothing is buffered any more."""
        if self._closing:
            self._resume_reading()
        else:
            self.fd = self._direct_fd()
            self._go_on()

    def _direct_fd(self) -> int:
        if self.transport.get_extra_info("sslcontext") is not None:
            return -1
        return int(self.transport.get_extra_info("socket").fileno())

    def _write(self, data: bytes) -> None:
        """Write what the client itself brought about; if it does not read that, it may not bring about more."""
        self.transport.write(data)
        if self._is_full():
            self._pause_reading()

    def _is_full(self) -> bool:
        return self.fd < 0 and self.transport.get_write_buffer_size() > self.stage.limits.write_buffer_bytes

    def _flush(self, parser: Parser) -> None:
        for data in parser.data_to_send():
            if data:
                self._write(data)
            elif self.transport.can_write_eof():
                # Half-close and read on: closing now would reset a client that is still sending, and it would
                # not see why.
                self.transport.write_eof()
            elif parser.close_rcvd is not None:
                self.transport.close()
            # Else it may still be sending, and TLS cannot be half-closed: it has `close_timeout_s` to go.

    # In

    def data_received(self, data: bytes) -> None:
        """Parse what came, unless earlier messages have to be worked off first."""
        self.stage.counters.bytes_in += len(data)
        if not self._closing and (self._unread or self._waiting or not self._reading):
            self._unread += data
        elif len(data) <= _SLICE_BYTES:
            self._feed(data)
        else:
            self._feed_slices(data)

    def _feed_slices(self, data: bytes) -> None:
        for start in range(0, len(data), _SLICE_BYTES):
            if not self._reading and not self._closing:
                self._unread = data[start:]
                return
            self._feed(data[start : start + _SLICE_BYTES])

    def _feed(self, data: bytes) -> None:
        parser = self._parser or self.stage.take_parser()
        for frame in parser.receive(data):
            if self._closing:
                break
            self._receive(parser, frame)
        if parser.writes:
            self._flush(parser)
        if parser.state is State.OPEN:
            if parser.is_between_messages:
                self._parser = None
                self.stage.return_parser(parser)
            else:
                self._parser = parser
        else:
            self._parser = parser
            self._end_as(parser)
            if parser.eof_sent and not self._reading:
                # What comes from here on is thrown away, but the client's end has to be seen.
                self._resume_reading()

    def _receive(self, parser: Parser, frame: Frame) -> None:
        opcode = frame.opcode
        if opcode is Opcode.TEXT or opcode is Opcode.CONT:
            if opcode is Opcode.TEXT and frame.fin:
                try:
                    text = str(frame.data, "utf-8")
                except UnicodeDecodeError:
                    parser.fail(CloseCode.INVALID_DATA, "text is not UTF-8")
                    self._end_as(parser)
                    return
            else:
                whole = self._collect(parser, frame)
                if whole is None:
                    return
                text = whole
            self.last_active_s = self.stage.loop.time()
            self._hand_over(text)
        elif opcode is Opcode.BINARY:
            parser.fail(CloseCode.UNSUPPORTED_DATA, "binary messages are not supported")
            self._end_as(parser)
        elif opcode is Opcode.PING and self.stage.limits.client_pings_keep_open:
            self.last_active_s = self.stage.loop.time()

    def _collect(self, parser: Parser, frame: Frame) -> str | None:
        """Add a fragment; returns the message when it is whole."""
        fragments = self._fragments
        if fragments is None:
            fragments = self._fragments = _Fragments()
        fragments.data += frame.data
        if len(fragments.data) > self.stage.limits.message_bytes:
            parser.fail(CloseCode.MESSAGE_TOO_BIG, f"message exceeds {self.stage.limits.message_bytes} bytes")
            self._end_as(parser)
            return None
        try:
            fragments.decoder.decode(bytes(frame.data), frame.fin)
        except UnicodeDecodeError:
            parser.fail(CloseCode.INVALID_DATA, "text is not UTF-8")
            self._end_as(parser)
            return None
        if not frame.fin:
            return None
        self._fragments = None
        return fragments.data.decode()

    def _end_as(self, parser: Parser) -> None:
        """End with the code that the client sent, or else with the one it was sent."""
        if self._closing:
            return
        received, sent = parser.close_rcvd, parser.close_sent
        if received is not None and sent is not None and parser.close_rcvd_then_sent and sent.code == received.code:
            reason = _CLIENT_SET_NO_CODE if received.code == CloseCode.NO_STATUS_RCVD else received.reason
            self._end(int(received.code), reason)
        elif sent is not None:
            self._end(int(sent.code), sent.reason)
        else:
            self._end(CloseCode.ABNORMAL_CLOSURE, "")

    # Work

    def _hand_over(self, text: str) -> None:
        self.stage.counters.messages_in += 1
        if self._in_flight < self.stage.limits.in_flight:
            dispatch.receive(self, text)
            if self._in_flight < self.stage.limits.in_flight:
                return
        else:
            if self._waiting is None:
                self._waiting = deque()
            self._waiting.append(text)
        self._pause_reading()

    def begin_work(self) -> None:
        """A message of this connection is in work."""
        self._in_flight += 1

    def end_work(self) -> None:
        """A message of this connection is done: read on if that was what held it up."""
        self._in_flight -= 1
        if self._waiting or not self._reading:
            self._go_on()

    def _go_on(self) -> None:
        """Work off what has waited, oldest first, and read again once there is room."""
        limit = self.stage.limits.in_flight
        while self._waiting and self._in_flight < limit:
            dispatch.receive(self, self._waiting.popleft())
        if self._waiting or self._in_flight >= limit or self._is_full() or self._closing:
            return
        self._waiting = None
        self._reading = True
        if self._unread:
            data, self._unread = self._unread, b""
            self._feed_slices(data)
        if self._reading:
            self._resume_reading()

    def _pause_reading(self) -> None:
        if self._reading:
            self._reading = False
            self.transport.pause_reading()

    def _resume_reading(self) -> None:
        self._reading = True
        self.transport.resume_reading()


class _Fragments:
    """A message that has come in part, as bytes: a text for each fragment would be many times their size."""

    __slots__ = ("data", "decoder")

    def __init__(self) -> None:
        self.data = bytearray()
        # Only to fail at the first byte that cannot be UTF-8, not at the end.
        self.decoder = _UTF8()

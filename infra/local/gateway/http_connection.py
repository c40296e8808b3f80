"""The HTTP phase of a TCP connection: WebSocket handshakes, and requests to `@connections`."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import deque
from typing import cast

import httptools

from infra.local.gateway import management
from infra.local.gateway.connection import Connection
from infra.local.gateway.forwarded import Origin, plain_address
from infra.local.gateway.handshake import CLIENT_LEFT, Handshake, Refused, accept_key_of
from infra.local.gateway.http_messages import Headers, HttpRequest, HttpResponse, plain_response, request_head
from infra.local.gateway.stage import Stage

log = logging.getLogger("fanfare.gateway")

# A chunk is parsed in slices, so that an endless header is noticed soon.
_SLICE_BYTES = 16_384
# A body over the limit is still read up to here, so that its sender gets the 413 and not a reset connection.
_DISCARDED_BODY_BYTES = 8_388_608
# What a client sends before it has the 101; it should send nothing.
_EARLY_BYTES = 65_536
_MAX_DELAYED = 16
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_NO_BODY_SHA256 = hashlib.sha256().hexdigest()


class HttpConnection(asyncio.Protocol):
    """The asyncio protocol of a connection until its 101: keep-alive and pipelining, one bounded request at a time."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.tick: int | None = None
        self._transport: asyncio.Transport
        self._parser = httptools.HttpRequestParser(self)
        self._handshake: Handshake | None = None
        self._early = b""
        self._delayed: deque[tuple[HttpRequest, bool]] = deque()
        self._closing = False
        self._deadline_s = stage.loop.time() + stage.limits.request_timeout_s
        self._between_requests = True
        self._head_done = False
        self._raw_bytes = 0
        self._head_bytes = 0
        self._target = b""
        self._headers: Headers = []
        self._body: list[bytes] = []
        self._body_bytes = 0
        self._digest: hashlib._Hash | None = None

    # The TCP connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has connected; one too many is told so and sent away."""
        # uvloop's transports have asyncio's methods but not its base class.
        self._transport = cast("asyncio.Transport", transport)
        stage = self._stage
        stage.arrived(self._transport)
        stage.timers.watch(self, self._deadline_s)
        if len(stage.tcp_connections) > stage.limits.max_connections:
            self._write(HttpResponse(503, b'{"message":"Service Unavailable"}'), close=True)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone, or was sent away."""
        self._closing = True
        self._stage.timers.forget(self)
        self._stage.left(self._transport)
        # It holds on to this object: without that, the two need no garbage collector.
        del self._parser
        if self._handshake is not None:
            self._handshake.gone = True

    def expire(self, now_s: float) -> float | None:
        """A request that does not arrive, or none at all: enough waited.

        Looks again at least every `request_timeout_s`, because a deadline also moves nearer when a request begins.
        """
        if self._handshake is None and now_s >= self._deadline_s:
            self._transport.abort()
            return None
        return min(max(self._deadline_s, now_s), now_s + self._stage.limits.request_timeout_s)

    def pause_writing(self) -> None:
        """The client pipelines requests and reads no answers: take no more."""
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """The client reads again."""
        self._transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        """Parse what came."""
        for start in range(0, len(data), _SLICE_BYTES):
            if self._closing:
                return
            if self._handshake is not None:
                self._keep_early(data[start:])
                return
            self._feed(data[start : start + _SLICE_BYTES])

    def _wait(self, timeout_s: float) -> None:
        self._deadline_s = self._stage.loop.time() + timeout_s

    # Parsing

    def _feed(self, data: bytes) -> None:
        unparsed = data
        while True:
            try:
                self._parser.feed_data(unparsed)
                break
            except httptools.HttpParserUpgrade as upgrade:
                rest = unparsed[upgrade.args[0] :]
                if self._handshake is not None:
                    self._keep_early(rest)
                if self._handshake is not None or self._closing:
                    return
                unparsed = self._without_upgrade() + rest
            except httptools.HttpParserError:
                if not self._closing:
                    self._refuse(plain_response(400, "Bad Request"))
                return
        if not self._between_requests:
            self._raw_bytes += len(data)
            if self._raw_bytes > 2 * self._stage.limits.header_bytes + _SLICE_BYTES and not self._closing:
                self._refuse(plain_response(431, "Request Header Fields Too Large"))

    def _without_upgrade(self) -> bytes:
        """The head again, for a new parser: one stops at any upgrade, which a server may ignore (RFC 9110 §7.8)."""
        method, version = self._parser.get_method(), self._parser.get_http_version()
        self._parser = httptools.HttpRequestParser(self)
        kept = ((name, value) for name, value in self._headers if name.lower() != "upgrade")
        return request_head(method.decode("ascii"), self._target.decode("latin-1"), version, kept)

    def _keep_early(self, data: bytes) -> None:
        self._early += data
        if len(self._early) > _EARLY_BYTES:
            self._transport.abort()

    def on_message_begin(self) -> None:
        """httptools: a request begins."""
        if not self._closing:
            self._wait(self._stage.limits.request_timeout_s)
        self._between_requests = False
        self._head_done = False
        self._raw_bytes = 0
        self._head_bytes = 0
        self._target = b""
        self._headers = []
        self._body = []
        self._body_bytes = 0
        self._digest = None

    def on_url(self, part: bytes) -> None:
        """httptools: the request target, or a part of it."""
        self._target += part
        self._head_bytes += len(part)

    def on_header(self, name: bytes, value: bytes) -> None:
        """httptools: one header, or one field after a chunked body, which nobody here wants."""
        if self._head_done:
            return
        self._head_bytes += len(value)
        self._headers.append((name.decode("latin-1"), value.decode("latin-1").strip()))

    def on_headers_complete(self) -> None:
        """httptools: the head is whole."""
        self._head_done = True
        if self._closing:
            return
        limits = self._stage.limits
        if len(self._target) > limits.url_chars:
            self._refuse(plain_response(414, "URI Too Long"))
        elif self._head_bytes > limits.header_bytes:
            self._refuse(plain_response(431, "Request Header Fields Too Large"))
        elif any(name.lower() == "expect" and value.lower() == "100-continue" for name, value in self._headers):
            self._transport.write(_CONTINUE)

    def on_body(self, part: bytes) -> None:
        """httptools: some of the body."""
        if self._closing:
            return
        if self._digest is None:
            self._digest = hashlib.sha256()
        self._digest.update(part)
        self._raw_bytes = 0
        self._body_bytes += len(part)
        if self._body_bytes <= self._stage.limits.message_bytes:
            self._body.append(part)
        else:
            self._body.clear()
            if self._body_bytes > _DISCARDED_BODY_BYTES:
                self._refuse(management.too_large(self._stage))

    def on_message_complete(self) -> None:
        """httptools: the request is whole."""
        if self._closing:
            return
        parser = self._parser
        too_large = self._body_bytes > self._stage.limits.message_bytes
        request = HttpRequest(
            method=parser.get_method().decode("ascii"),
            target=self._target.decode("latin-1"),
            http_version=parser.get_http_version(),
            headers=self._headers,
            body=None if too_large else b"".join(self._body),
            body_sha256=_NO_BODY_SHA256 if self._digest is None else self._digest.hexdigest(),
        )
        self._between_requests = True
        if parser.should_upgrade():
            if request.method == "CONNECT":
                self._refuse(plain_response(405, "Method Not Allowed"))
            elif self._is_for_the_socket(request) and request.by_name.get("upgrade", "").lower() == "websocket":
                self._begin_handshake(request)
            # Anything else is parsed once more, without its upgrade, and answered then.
        else:
            self._serve(request, keep_alive=parser.should_keep_alive())

    def finish(self) -> None:
        """The gateway closes: so does a connection that waits for its next request."""
        if self._handshake is None and not self._closing:
            self._transport.close()

    # Answering

    def _is_for_the_socket(self, request: HttpRequest) -> bool:
        return request.path == f"/{self._stage.api.stage}"

    def _serve(self, request: HttpRequest, *, keep_alive: bool) -> None:
        if self._stage.mischief is not None:
            self._delay(request, self._stage.mischief.chaos.post_latency_s, keep_alive=keep_alive)
        else:
            self._answer(request, keep_alive=keep_alive)

    def _answer(self, request: HttpRequest, *, keep_alive: bool) -> None:
        if self._is_for_the_socket(request):
            response = plain_response(426, "Upgrade Required", ("Upgrade", "websocket"))
        else:
            response = management.respond(self._stage, request)
        counters = self._stage.counters
        # A handshake for another path is one too.
        counted = counters.handshakes if "sec-websocket-key" in request.by_name else counters.requests
        counted[response.status] += 1
        self._write(response, close=not keep_alive, with_body=request.method != "HEAD")

    def _delay(self, request: HttpRequest, latency_s: float, *, keep_alive: bool) -> None:
        """Answer later, in the order of arrival: equal delays end in the order in which they began."""
        self._delayed.append((request, keep_alive))
        if len(self._delayed) >= _MAX_DELAYED:
            self._transport.pause_reading()
        self._wait(latency_s + self._stage.limits.keep_alive_s)
        self._stage.loop.call_later(latency_s, self._answer_delayed)

    def _answer_delayed(self) -> None:
        request, keep_alive = self._delayed.popleft()
        if len(self._delayed) < _MAX_DELAYED:
            self._transport.resume_reading()
        if not self._closing:
            self._answer(request, keep_alive=keep_alive)

    def _write(self, response: HttpResponse, *, close: bool, with_body: bool = True) -> None:
        """Send a response. To close, half-close and read on for a while: a client that still sends would be reset."""
        self._transport.write(response.serialized(close=close, with_body=with_body))
        if not close:
            self._wait(self._stage.limits.keep_alive_s)
            return
        self._closing = True
        self._wait(self._stage.limits.close_timeout_s)
        self._stage.timers.watch(self, self._deadline_s)
        if self._transport.can_write_eof():
            self._transport.write_eof()
        elif self._between_requests:
            # TLS cannot be half-closed; but this client has no reason to send more.
            self._transport.close()

    def _refuse(self, response: HttpResponse) -> None:
        self._stage.counters.requests[response.status] += 1
        self._write(response, close=True)

    # The opening handshake

    def _begin_handshake(self, request: HttpRequest) -> None:
        stage = self._stage
        try:
            accept_key = accept_key_of(request)
            if stage.draining:
                raise Refused(503, "Service Unavailable")
            if self._delayed:
                # Their answers come first, and the socket would have them in its midst.
                raise Refused(400, "Bad Request")
            if not stage.connects.take() or not stage.requests.take():
                raise Refused(429, "Too Many Requests")
        except Refused as refused:
            stage.counters.handshakes[refused.status] += 1
            self._write(plain_response(refused.status, refused.message), close=True)
            return
        handshake = self._handshake = Handshake(stage, request, self._origin_of(request))
        stage.spawn(self._finish_handshake(handshake, accept_key))

    async def _finish_handshake(self, handshake: Handshake, accept_key: str) -> None:
        stage = self._stage
        status = 500
        try:
            response = await handshake.run(accept_key)
            if handshake.gone:
                status = CLIENT_LEFT
            else:
                self._open(handshake, response)
                status = 101
        except Refused as refused:
            status = CLIENT_LEFT if handshake.gone else refused.status
            if not handshake.gone:
                self._write(handshake.refusal(refused), close=True)
        finally:
            stage.counters.handshakes[status] += 1
            level = logging.DEBUG if status == 101 else logging.INFO
            session = handshake.session
            fields = {"status": status, "connection_id": session.connection_id, "source_ip": session.source_ip}
            log.log(level, "handshake", extra=fields)
            if status != 101:
                self._handshake = None
                if handshake.connect_succeeded:
                    # $connect has let it in, so somebody may have noted it down: say that it is not there.
                    stage.disconnected(handshake.session, 1006, "")
                if not self._closing:
                    self._transport.abort()

    def _open(self, handshake: Handshake, response: bytes) -> None:
        stage = self._stage
        stage.timers.forget(self)
        del self._parser
        self._transport.write(response)
        connection = Connection(stage, handshake.session, self._transport)
        connection.open()
        if self._early:
            connection.data_received(self._early)
        if stage.draining:
            connection.close(1001, "Going away")

    def _origin_of(self, request: HttpRequest) -> Origin:
        peer = self._transport.get_extra_info("peername")
        local = self._transport.get_extra_info("sockname")
        secure = self._transport.get_extra_info("sslcontext") is not None
        return self._stage.trusted_proxies.origin_of(
            plain_address(str(peer[0])) if isinstance(peer, tuple) else "",
            port=str(local[1]) if isinstance(local, tuple) else "",
            proto="https" if secure else "http",
            request=request,
        )

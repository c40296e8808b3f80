"""The bounds a gateway holds its clients to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Defaults are API Gateway's quotas where it publishes one (its WebSocket quotas page); the rest bounds memory.

    Rates of `None` do not limit; API Gateway has 500 new connections a second, and 10,000 requests a second
    with a burst of 5,000 that connects, client messages and posts share.
    """

    idle_timeout_s: float = 600
    """A connection closes (1001) this long after the last message in either direction."""
    max_duration_s: float = 7200
    """A connection closes (1001) at this age, whatever it does."""
    client_pings_keep_open: bool = False
    """Whether a client's ping frames count against idleness. Not known of API Gateway; False is the stricter."""
    message_bytes: int = 131_072
    """Largest message either way; a client's larger one closes 1009, a caller's is answered 413."""
    frame_bytes: int = 32_768
    """Largest frame of a client (1009 over it); longer messages to clients are sent in frames of this size."""
    integration_timeout_s: float = 29
    """How long an authorizer or a route may take; it is cancelled then."""
    authorizer_result_bytes: int = 8_192
    """Largest answer of the authorizer, as JSON."""
    url_chars: int = 4_096
    """Longest request target."""
    header_bytes: int = 10_240
    """Most bytes of request line and header values (documented for HTTP APIs; not known for WebSocket)."""
    request_timeout_s: float = 10
    """How long a client may take to send one HTTP request, so that slow ones hold nothing."""
    keep_alive_s: float = 75
    """How long an HTTP connection may wait for its next request."""
    close_timeout_s: float = 5
    """How long a client may take to answer a close frame, or to read what is before it; then it is cut off."""
    write_buffer_bytes: int = 524_288
    """What may wait for one slow client beyond the kernel's buffer; over it posts are refused, and it is closed."""
    in_flight: int = 16
    """Messages of one connection that may be in work at once; beyond it nothing more is read from it."""
    max_connections: int = 200_000
    """Most TCP connections at once; one more is answered 503."""
    connects_per_s: float | None = None
    connects_burst: int = 500
    requests_per_s: float | None = None
    requests_burst: int = 5_000

    @property
    def timer_resolution_s(self) -> float:
        """How exact the timeouts above are: a second, finer only if one of them is short."""
        shortest = min(
            self.idle_timeout_s,
            self.max_duration_s,
            self.request_timeout_s,
            self.keep_alive_s,
            self.close_timeout_s,
        )
        return min(1.0, max(0.01, shortest / 10))

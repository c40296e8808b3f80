"""What a gateway counts, for whoever exports metrics: plain numbers that only grow."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Counters:
    """Counts since the gateway was made. Bytes are of payloads out, and of TCP payload in."""

    connections: int = 0
    """WebSocket connections that were opened."""
    messages_in: int = 0
    messages_out: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    throttled: int = 0
    """Posts that were refused because of a rate or of a client that does not read."""
    function_errors: int = 0
    """Integrations that raised or timed out."""
    handshakes: Counter[int] = field(default_factory=Counter)
    """WebSocket handshakes by HTTP status."""
    requests: Counter[int] = field(default_factory=Counter)
    """Other HTTP requests by status."""
    closes: Counter[int] = field(default_factory=Counter)
    """Closed WebSocket connections by `disconnectStatusCode`."""

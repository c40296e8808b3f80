"""`@connections` with AWS's throttle: latency, an account's rate and burst, connections that are gone, storms of 429.

Run as a process of its own; what it has seen since the last
report is its answer to GET /report.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import unquote

from bench.scale.crowd import Crowd
from bench.scale.http_server import Answer, Request, serve

RATE_PER_S = 10_000
BURST = 5_000
"""The throttle of an account and Region that HTTP, REST, WebSocket and callback APIs share (API Gateway quotas)."""
LATENCY_S = (0.010, 0.020)
GONE_OF = 100
"""One connection of so many is gone."""
STORM_EVERY_S = 7.0
STORM_S = 0.3
"""While a storm lasts everything is answered 429."""


@dataclass
class Seen:
    """What was seen since the last report was cleared."""

    received: Counter[int] = field(default_factory=Counter)
    gone: int = 0
    throttled: int = 0
    first_s: float | None = None
    last_s: float = 0.0

    def json(self) -> bytes:
        """The report."""
        lasted_s = self.last_s - (self.last_s if self.first_s is None else self.first_s)
        doubled = sum(count - 1 for count in self.received.values())
        return json.dumps(
            {
                "connections": len(self.received),
                "doubled": doubled,
                "gone": self.gone,
                "throttled": self.throttled,
                "lasted_s": lasted_s,
            }
        ).encode()


class ConnectionsApi:
    """Answers posts, and counts what each connection was sent."""

    def __init__(self, *, storms: bool) -> None:
        self._storms = storms
        self._began_s = time.monotonic()
        self._tokens = float(BURST)
        self._filled_s = self._began_s
        self._seen = Seen()

    def handle(self, request: Request, answer: Callable[[Answer], None]) -> None:
        """One request."""
        if request.path == "/report":
            report, self._seen = self._seen.json(), Seen()
            answer((200, report))
            return
        delay_s = random.uniform(*LATENCY_S)  # noqa: S311 - a latency
        number = Crowd.number_of(unquote(request.path.rpartition("/")[2]))
        asyncio.get_running_loop().call_later(delay_s, self._done, number, request.method, answer)

    def _done(self, number: int, method: str, answer: Callable[[Answer], None]) -> None:
        now_s = time.monotonic()
        seen = self._seen
        if not self._allowed(now_s):
            seen.throttled += 1
            answer((429, b'{"message": "Limit exceeded"}'))
        elif is_gone(number):
            seen.gone += 1
            answer((410, b""))
        else:
            if method == "POST":
                seen.first_s = now_s if seen.first_s is None else seen.first_s
                seen.last_s = now_s
                seen.received[number] += 1
            answer((200, b""))

    def _allowed(self, now_s: float) -> bool:
        if self._storms and (now_s - self._began_s) % STORM_EVERY_S > STORM_EVERY_S - STORM_S:
            return False
        self._tokens = min(BURST, self._tokens + (now_s - self._filled_s) * RATE_PER_S)
        self._filled_s = now_s
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


def is_gone(number: int) -> bool:
    """Whether the socket of a connection is gone, though it is registered."""
    return number % GONE_OF == 7


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--calm", action="store_true", help="no storms of 429")
    serve(ConnectionsApi(storms=not arguments.parse_args().calm).handle)

"""Which browser origins may call the API (CORS, Fetch §3.2). Tokens come in a header, so cookies are never allowed."""

from __future__ import annotations

from collections.abc import Collection

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE")
REQUEST_HEADERS = ("Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match")
RESPONSE_HEADERS = ("ETag", "Location", "Idempotency-Replayed", "Retry-After", "WWW-Authenticate")
PREFLIGHT_KEPT_S = 600


def middleware(allowed_origins: Collection[str]) -> list[Middleware]:
    """What answers browsers of these origins; nothing at all for none."""
    if not allowed_origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=list(allowed_origins),
            allow_methods=METHODS,
            allow_headers=REQUEST_HEADERS,
            expose_headers=RESPONSE_HEADERS,
            max_age=PREFLIGHT_KEPT_S,
        )
    ]

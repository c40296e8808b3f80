"""The token a terminal shows: given once as text, or asked of a provider when a fresh one is needed."""

from __future__ import annotations

import asyncio
import base64
import inspect
import json
from collections.abc import Awaitable, Callable
from random import Random
from typing import TypeAlias

from fanfare.clock import Clock

TokenProvider: TypeAlias = Callable[[], str | Awaitable[str]]
"""Returns a fresh token. A plain function is called in a worker thread, so it may block."""

FRESH_FOR_S = 60.0
"""A token of a provider that ends sooner than this is not used for a new connection."""
_LEAST_REFRESH_S = 5.0


class TokenUnavailable(Exception):
    """The provider raised; the cause is attached."""


class Credentials:
    """The token to use now. A provider is asked only when the last token ends soon or was refused."""

    def __init__(self, token: str | TokenProvider, clock: Clock) -> None:
        self._provider = token if callable(token) else None
        self._token: str | None = None if callable(token) else token
        self._clock = clock

    @property
    def renewable(self) -> bool:
        """Whether there is a provider."""
        return self._provider is not None

    async def token(self) -> str:
        """A token for a new connection. Raises TokenUnavailable."""
        if self._provider is not None and self._token is not None:
            expires_at_s = expires_at_s_of(self._token)
            if expires_at_s is not None and expires_at_s - self._clock.now_s() < FRESH_FOR_S:
                return await self.fresh()
        return self._token if self._token is not None else await self.fresh()

    async def fresh(self) -> str:
        """A token asked of the provider now; the same as ever if there is no provider. Raises TokenUnavailable."""
        if self._provider is not None:
            try:
                self._token = await _ask(self._provider)
            except Exception as error:
                raise TokenUnavailable(f"the token provider raised {type(error).__name__}") from error
        assert self._token is not None
        return self._token

    def distrust(self) -> None:
        """The token was refused: ask for another before the next connection, if there is a provider."""
        if self._provider is not None:
            self._token = None


async def _ask(provider: TokenProvider) -> str:
    is_async = inspect.iscoroutinefunction(provider)
    answer = provider() if is_async else await asyncio.to_thread(provider)
    token = answer if isinstance(answer, str) else await answer
    if not isinstance(token, str):
        raise TypeError(f"the token provider returned {type(token).__name__}, not text")
    return token


def expires_at_s_of(token: str) -> float | None:
    """The `exp` of a JWT (RFC 7519 §4.1.4), read without verifying it; None if it cannot be read."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, RecursionError):
        return None
    expires_at = claims.get("exp") if isinstance(claims, dict) else None
    if isinstance(expires_at, bool) or not isinstance(expires_at, int | float):
        return None
    return float(expires_at) if abs(expires_at) < 1e15 else None


def refresh_in_s(remaining_s: float, rng: Random) -> float | None:
    """Seconds until a token that ends in `remaining_s` should be replaced; None when it is too late for that.

    At a random moment in its last fifth, at most 10 minutes and at least 5 seconds before its end: not all
    terminals at once, and time for a second try.
    """
    if remaining_s <= _LEAST_REFRESH_S:
        return None
    margin_s = min(600.0, remaining_s / 5) * rng.uniform(0.5, 1.0)
    return max(0.0, remaining_s - max(margin_s, _LEAST_REFRESH_S))

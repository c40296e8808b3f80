"""Tokens, verified."""

from __future__ import annotations

from typing import Protocol

from services.domain.identity import Identity


class TokenVerifier(Protocol):
    """The authorizer's verifier, for tokens that come by other ways than a handshake."""

    def verify(self, token: str) -> Identity:
        """The identity of a token. Raises Problem (401) with the reason; may fetch keys."""

    def needs_network(self, token: str) -> bool:
        """Whether verifying it may fetch keys, so that an event loop had better do it in a thread."""

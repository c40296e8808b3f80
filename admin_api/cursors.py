"""Cursors: where a listing goes on, as text that callers hand back unread.

A cursor is signed together with the listing and the filters that it belongs to, so that one which was changed, or
is used with other filters, is refused instead of giving a page that belongs to nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import json

from services.authorizer import base64url
from services.connections import presence
from services.domain.problems import Problem
from services.domain.targets import json_form
from services.domain.targets.algebra import simplify
from services.domain.targets.cover import Cover, candidates
from services.domain.targets.expression import Target

MAX_CURSOR_CHARACTERS = 4_096
_MAC_BYTES = 16


class Cursors:
    """Seals and opens cursors. Every process that serves the same callers has the same `key`."""

    def __init__(self, key: bytes) -> None:
        self._key = hmac.digest(key, b"fanfare cursor", hashlib.sha256)

    def seal(self, listing: str, filters: object, state: str) -> str:
        """The cursor that goes on from `state` in a listing with these filters (JSON values)."""
        return base64url.encode(self._mac(listing, filters, state) + state.encode())

    def open(self, listing: str, filters: object, cursor: str) -> str:
        """The state in a cursor. Raises `Problem("invalid_cursor", 422)`."""
        try:
            sealed = base64url.decode(cursor) if len(cursor) <= MAX_CURSOR_CHARACTERS else b""
            state = sealed[_MAC_BYTES:].decode()
        except ValueError:
            raise invalid_cursor() from None
        if not hmac.compare_digest(sealed[:_MAC_BYTES], self._mac(listing, filters, state)):
            raise invalid_cursor()
        return state

    def seal_optional(self, listing: str, filters: object, state: str | None) -> str | None:
        """The `next_cursor` of a page: None at the end."""
        return None if state is None else self.seal(listing, filters, state)

    def open_optional(self, listing: str, filters: object, cursor: str | None) -> str | None:
        """The state in a cursor, None for none. Raises `Problem("invalid_cursor", 422)`."""
        return None if cursor is None else self.open(listing, filters, cursor)

    def _mac(self, listing: str, filters: object, state: str) -> bytes:
        bound = json.dumps([listing, filters, state], sort_keys=True).encode()
        return hmac.digest(self._key, bound, hashlib.sha256)[:_MAC_BYTES]


def invalid_cursor() -> Problem:
    return Problem(
        "invalid_cursor",
        422,
        "the cursor does not belong to this listing with these filters; keep them the same from page to page,"
        " or leave the cursor out to begin again",
        parameter="cursor",
    )


def seal_listing(cursors: Cursors, target: Target, at: presence.Cursor | None) -> str | None:
    """The cursor of a listing of connections.

    A cover can name a thousand topics, but each is one that the target names: a bit for each keeps it short.
    """
    if at is None:
        return None
    read = set(at.cover.topics)
    chosen = sum(1 << place for place, topic in enumerate(candidates(target)) if topic in read)
    state = json.dumps([f"{chosen:x}", at.part, at.after], separators=(",", ":"))
    return cursors.seal("terminals", json_form.to_json(target), state)


def open_listing(cursors: Cursors, target: Target, cursor: str | None) -> presence.Cursor | None:
    """What `seal_listing` wrote. Raises `Problem("invalid_cursor", 422)`."""
    if cursor is None:
        return None
    chosen, part, after = json.loads(cursors.open("terminals", json_form.to_json(target), cursor))
    bits = int(chosen, 16)
    topics = tuple(topic for place, topic in enumerate(candidates(target)) if bits >> place & 1)
    return presence.Cursor(Cover(simplify(target), topics), part, after)

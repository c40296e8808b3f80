"""Answers: JSON made once, from plain values, since a model would be checked a second time on the way out.

That an answer has the form that the OpenAPI document says is held by the tests, which check every one.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from starlette.responses import Response

T = TypeVar("T")

NOT_KEPT = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
"""Headers of every answer: it may name people and is out of date at once."""

ITEMS_AT_A_TIME = 100
"""After so many items of a listing others have their turn: deliveries are made in the same event loop."""


def encoded(value: object) -> bytes:
    """JSON in UTF-8. A lone surrogate, which UTF-8 cannot carry, stays a JSON escape."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")


def answer(value: object, status: int = 200, *, headers: Mapping[str, str] | None = None) -> Response:
    """`value` as JSON."""
    return Response(
        encoded(value),
        status,
        headers=NOT_KEPT if headers is None else {**NOT_KEPT, **headers},
        media_type="application/json",
    )


async def listing(rows: Sequence[T], form: Callable[[T], object], next_cursor: str | None) -> Response:
    """`{items, next_cursor}`, with `form` of each row."""
    written: list[bytes] = []
    for start in range(0, len(rows), ITEMS_AT_A_TIME):
        if written:
            await asyncio.sleep(0)
        written.append(encoded([form(row) for row in rows[start : start + ITEMS_AT_A_TIME]])[1:-1])
    body = b'{"items":[%b],"next_cursor":%b}' % (b",".join(written), encoded(next_cursor))
    return Response(body, headers=NOT_KEPT, media_type="application/json")


def nothing() -> Response:
    """204: it is done, and there is nothing to say about it."""
    return Response(status_code=204, headers=NOT_KEPT)

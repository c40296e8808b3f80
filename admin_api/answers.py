"""Answers: JSON made once, from plain values, since a model would be checked a second time on the way out.

That an answer has the form that the OpenAPI document says is held by the tests, which check every one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from starlette.responses import Response

NOT_KEPT = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
"""Headers of every answer: it may name people and is out of date at once."""


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


def nothing() -> Response:
    """204: it is done, and there is nothing to say about it."""
    return Response(status_code=204, headers=NOT_KEPT)

"""The JSON body of a request: read whole, and without the latitude that Python's reader gives."""

from __future__ import annotations

from starlette.requests import Request

from services.authorizer import strict_json
from services.domain.problems import Problem

MAX_DEPTH = 64
"""Deepest nesting of a body. What is read here is written again by others, whose stacks may be deeper."""


async def read(request: Request, *, may_be_absent: bool = False) -> object:
    """The value in the body, None for one that may be absent and is. Raises Problem: 415 if it is not sent as JSON, 400
    if it is none."""
    body = await request.body()
    if not body and may_be_absent:
        return None
    if not body:
        raise Problem("invalid_json", 400, "the request needs a body, and it has none")
    media_type = request.headers.get("content-type", "").partition(";")[0].strip(" \t").lower()
    if media_type != "application/json":
        raise Problem("unsupported_media_type", 415, "send the body as JSON, with Content-Type: application/json")
    try:
        value = strict_json.value_of(body)
    except ValueError as fault:
        raise Problem("invalid_json", 400, f"the body is not JSON: {_reason(fault)}") from None
    # Only a body with more brackets than levels can be too deep; most have few.
    if body.count(b"{") + body.count(b"[") > MAX_DEPTH and is_deeper(value, MAX_DEPTH):
        raise Problem("invalid_json", 400, f"the body is nested deeper than {MAX_DEPTH} levels; make it flatter")
    return value


def is_deeper(value: object, levels: int) -> bool:
    """Whether a JSON value has more than `levels` arrays and objects within each other."""
    level: list[object] = [value]
    for _ in range(levels):
        below: list[object] = []
        for each in level:
            if isinstance(each, dict):
                below.extend(each.values())
            elif isinstance(each, list):
                below.extend(each)
        if not below:
            return False
        level = below
    return any(isinstance(each, dict | list) for each in level)


def _reason(fault: ValueError) -> str:
    if isinstance(fault, UnicodeDecodeError):
        return "it is not UTF-8"
    text = str(fault)
    return "it holds a number of too many digits" if "int_max_str_digits" in text or "digits" in text else text

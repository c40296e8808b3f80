"""`If-Match` and `If-None-Match` (RFC 9110 §13): what a change expects the version of a thing to be."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Header

from admin_api.problems import invalid_request
from services.strategies.kept import ANY

IfMatch = Annotated[
    str | None,
    Header(
        description="Only if the version is this one: the `ETag` of an answer before. `*`: only if it exists.",
        examples=['"3"'],
    ),
]
IfNoneMatch = Annotated[
    str | None, Header(description="`*`: only if it does not exist, so that nobody's work is replaced.", examples=["*"])
]
_ETAG = re.compile(r'"([1-9]\d{0,9})"')


def etag(version: int) -> str:
    """The strong entity tag of a version (RFC 9110 §8.8.3)."""
    return f'"{version}"'


def expected(if_match: str | None, if_none_match: str | None = None) -> int | None:
    """The version that must be there: 0 for none, ANY for any, None if the request does not say.

    Raises Problem (422) for what is neither `*` nor the `ETag` of a version.
    """
    if if_none_match is not None:
        if if_none_match.strip() != "*" or if_match is not None:
            raise _refused("If-None-Match", "can only be *, and without If-Match")
        return 0
    if if_match is None:
        return None
    if if_match.strip() == "*":
        return ANY
    tag = _ETAG.fullmatch(if_match.strip())
    if tag is None:
        raise _refused("If-Match", 'is not * or the ETag of a version, such as "3"')
    return int(tag[1])


def _refused(header: str, fault: str) -> Exception:
    return invalid_request([{"header": header, "detail": fault}])

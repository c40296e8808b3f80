"""Entity tags of what is read (RFC 9110 §8.8.3): who has it as it is gets 304, and no content (§13.1.2, §15.4.5)."""

from __future__ import annotations

import hashlib
import re

from starlette.requests import Request
from starlette.responses import Response

from admin_api.answers import NOT_KEPT

_TAG = re.compile(r'(?:W/)?("[^"]*")')


def weak(content: bytes) -> str:
    """A weak tag of content, whatever its encoding."""
    return f'W/"{hashlib.blake2b(content, digest_size=15).hexdigest()}"'


def is_had(request: Request, tag: str) -> bool:
    """Whether the caller's `If-None-Match` names a tag, by weak comparison; `*` names any."""
    given = ",".join(request.headers.getlist("If-None-Match"))
    return given.strip() == "*" or tag.removeprefix("W/") in _TAG.findall(given)


def conditional(request: Request, response: Response) -> Response:
    """The answer to a GET, with a tag: its own, or else a weak one of its content; 304 if the caller has that.

    An answer other than 200 stays as it is.
    """
    if response.status_code != 200:
        return response
    tag = response.headers.get("ETag")
    if tag is None:
        tag = weak(bytes(response.body))
        response.headers["ETag"] = tag
    return Response(status_code=304, headers={**NOT_KEPT, "ETag": tag}) if is_had(request, tag) else response

"""Names in paths. A name may hold any character, `/` too, which is then sent as %2F.

Servers give an application the decoded path, in which `a%2Fb` and `a/b` are the same. So the path is taken as it
came, decoded but for the two characters that would be ambiguous, and each name is decoded when it is known where it
begins and ends.
"""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from starlette.types import ASGIApp, Receive, Scope, Send

from admin_api.problems import ProblemDocuments
from services.domain.problems import Problem


class Paths:
    """ASGI middleware: puts the path into the form that `name_of` reads."""

    def __init__(self, app: ASGIApp, documents: ProblemDocuments) -> None:
        self._app = app
        self._documents = documents

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        raw_path = scope.get("raw_path")
        if scope["type"] != "http" or not raw_path or b"%" not in raw_path:
            await self._app(scope, receive, send)
            return
        try:
            path = routable(raw_path.partition(b"?")[0])
        except UnicodeDecodeError:
            detail = "the path is not percent-encoded UTF-8 (RFC 3986 §2.5)"
            await self._documents.response(Problem("invalid_path", 400, detail))(scope, receive, send)
            return
        await self._app({**scope, "path": path}, receive, send)


def routable(raw_path: bytes) -> str:
    """A path as it came, decoded, but `/` and `%` within a segment stay encoded. Raises UnicodeDecodeError."""
    return "/".join(
        unquote_to_bytes(segment).decode().replace("%", "%25").replace("/", "%2F") for segment in raw_path.split(b"/")
    )


def name_of(segment: str) -> str:
    """The name in a segment of a routable path."""
    return segment.replace("%2F", "/").replace("%25", "%") if "%" in segment else segment

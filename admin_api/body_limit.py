"""How large a request body may be, held while it arrives: a length that is announced need not be true."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from admin_api.problems import ProblemDocuments
from services.domain.problems import Problem


class BodyLimit:
    """ASGI middleware: a body over `limit_bytes` is refused with 413, before it is read where its length is known."""

    def __init__(self, app: ASGIApp, *, limit_bytes: int, documents: ProblemDocuments) -> None:
        self._app = app
        self._limit_bytes = limit_bytes
        self._documents = documents

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        if announced.isdecimal() and int(announced[:20]) > self._limit_bytes:
            await self._documents.response(self._too_large())(scope, receive, send)
            return
        received_bytes = 0

        async def counting() -> Message:
            nonlocal received_bytes
            message = await receive()
            if message["type"] == "http.request":
                received_bytes += len(message.get("body", b""))
                if received_bytes > self._limit_bytes:
                    raise self._too_large()
            return message

        await self._app(scope, counting, send)

    def _too_large(self) -> Problem:
        return Problem(
            "body_too_large",
            413,
            f"the body is over the limit of {self._limit_bytes} bytes; send a link to what is large",
            limit_bytes=self._limit_bytes,
        )

"""HTTP/1.1 requests as the gateway reads them, and responses as it writes them."""

from __future__ import annotations

import email.utils
import http
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

Headers = list[tuple[str, str]]
"""Names as they were spelled, values decoded as latin-1, in the order of the wire."""


@dataclass(slots=True, kw_only=True)
class HttpRequest:
    """One request: `target` is as it was sent, `body_sha256` the digest of the whole body in hex.

    `body` is None if the body was larger than is kept.
    """

    method: str
    target: str
    http_version: str
    headers: Headers
    body: bytes | None = b""
    body_sha256: str = ""
    by_name: dict[str, str] = field(init=False, repr=False)
    """The last value of each header, by lower-case name."""

    def __post_init__(self) -> None:
        self.by_name = {name.lower(): value for name, value in self.headers}

    @property
    def path(self) -> str:
        """The target without its query, still percent-encoded."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> dict[str, list[str]]:
        """Query parameters, decoded, in order of appearance."""
        values: dict[str, list[str]] = {}
        for name, value in parse_qsl(self.target.partition("?")[2], keep_blank_values=True, errors="replace"):
            values.setdefault(name, []).append(value)
        return values


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """One response; `Date`, `Content-Length` and, to close, `Connection` are added when it is written."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()

    def serialized(self, *, close: bool, with_body: bool = True) -> bytes:
        """The response on the wire; to a HEAD request it has no body, but the headers of one (RFC 9110 §9.3.2)."""
        headers = [("Date", http_date()), *self.headers]
        if self.status not in (204, 304):
            headers.append(("Content-Length", str(len(self.body))))
        if close:
            headers.append(("Connection", "close"))
        return head(self.status, headers) + (self.body if with_body else b"")


def plain_response(status: int, message: str, *headers: tuple[str, str]) -> HttpResponse:
    """A response that says one thing, in the JSON shape of API Gateway's front end."""
    body = f'{{"message":"{message}"}}'.encode()
    return HttpResponse(status, body, (("Content-Type", "application/json"), *headers))


def head(status: int, headers: Iterable[tuple[str, str]]) -> bytes:
    """Status line and headers. Raises UnicodeEncodeError for what latin-1 cannot hold."""
    return _lines(f"HTTP/1.1 {status} {_phrase(status)}", headers)


def request_head(method: str, target: str, http_version: str, headers: Iterable[tuple[str, str]]) -> bytes:
    """Request line and headers."""
    return _lines(f"{method} {target} HTTP/{http_version}", headers)


def _lines(start: str, headers: Iterable[tuple[str, str]]) -> bytes:
    lines = [start, *(f"{name}: {value}" for name, value in headers), "\r\n"]
    return "\r\n".join(lines).encode("latin-1")


def _phrase(status: int) -> str:
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


class _DateLine:
    """The current HTTP date, made once a second."""

    second = 0
    text = ""


def http_date() -> str:
    """Now, as an IMF-fixdate (RFC 9110 §5.6.7)."""
    second = int(time.time())
    if second != _DateLine.second:
        _DateLine.text = email.utils.formatdate(second, usegmt=True)
        _DateLine.second = second
    return _DateLine.text

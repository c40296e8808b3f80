"""One HTTP request with the standard library: what the terminal library and the command line ask the service."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Literal
from urllib.parse import urljoin, urlsplit

from fanfare.frames import JsonValue

MAX_BODY_BYTES = 8 * 1024 * 1024
"""Largest answer that is read."""
_SUCCESS = range(200, 300)


class Unanswered(Exception):
    """No HTTP answer came: the name, the network, TLS or the answer itself failed; the text says which."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said."""

    status: int
    headers: Message
    body: bytes
    url: str
    """What was asked; links in the answer may be relative to it."""

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return self.status in _SUCCESS

    def json(self) -> JsonValue:
        """The body as JSON; None if it is none."""
        try:
            value: JsonValue = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a request was refused, from a problem document (RFC 9457) or, without one, from the status alone.

    `document` is the problem as it came, with what it says beside.
    """

    status: int
    code: str
    title: str = ""
    detail: str = ""
    docs: str | None = None
    retry_after_s: float | None = None
    document: Mapping[str, JsonValue] = field(default_factory=dict)


class Line:
    """What a call goes over, so that somebody else can break the call off while its thread waits for the answer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._broken = False

    def opened(self, on: socket.socket) -> None:
        """The call is connected. Raises ConnectionAbortedError if it was broken off before."""
        with self._lock:
            self._socket = on
            if self._broken:
                raise ConnectionAbortedError("the call was broken off")

    def break_off(self) -> None:
        """The call ends with `Unanswered`, at once if it is connected, else when it is."""
        with self._lock:
            self._broken = True
            if self._socket is not None:
                # Past TLS, whose own shutdown would wait for the other side; a call that is over has closed its socket.
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


async def ask(
    method: str,
    url: str,
    *,
    token: str | None = None,
    body: JsonValue = None,
    timeout_s: float = 30.0,
    tls: ssl.SSLContext | None = None,
    proxy: str | Literal[True] | None = True,
) -> Answer:
    """`call`, in a thread of its own. Cancelled, it breaks the call off."""
    line = Line()
    try:
        return await asyncio.to_thread(
            call, method, url, token=token, body=body, timeout_s=timeout_s, tls=tls, proxy=proxy, line=line
        )
    except asyncio.CancelledError:
        line.break_off()
        raise


def call(
    method: str,
    url: str,
    *,
    token: str | None = None,
    body: JsonValue = None,
    headers: Mapping[str, str] | None = None,
    timeout_s: float = 30.0,
    tls: ssl.SSLContext | None = None,
    proxy: str | Literal[True] | None = True,
    line: Line | None = None,
) -> Answer:
    """Ask, and wait for the answer, whatever its status.

    `proxy` True uses those of the environment, None none. Redirects are not followed: a token goes only where it was
    sent. `timeout_s` is for each step: connecting, and each wait for more of the answer.
    Raises ValueError if `url` is not http or https, `Unanswered` if no answer came.
    """
    scheme = urlsplit(url).scheme
    if scheme not in ("http", "https"):
        raise ValueError(f"{url} is not an http or https URL")
    sent = {"Accept": "application/json", "User-Agent": "fanfare-python", **(headers or {})}
    if token is not None:
        sent["Authorization"] = f"Bearer {token}"
    data = None
    if body is not None:
        data = json.dumps(body, ensure_ascii=False).encode()
        sent["Content-Type"] = "application/json"
    request = urllib.request.Request(url, data=data, headers=sent, method=method)  # noqa: S310 - scheme is checked above
    try:
        with _opener(tls, proxy, line or Line()).open(request, timeout=timeout_s) as response:
            assert isinstance(response, HTTPResponse)
            content = response.read(MAX_BODY_BYTES + 1)
    except urllib.error.URLError as error:
        raise Unanswered(_reason(error.reason)) from error
    except (OSError, HTTPException) as error:
        raise Unanswered(_reason(error)) from error
    if len(content) > MAX_BODY_BYTES:
        raise Unanswered(f"the answer is larger than {MAX_BODY_BYTES} bytes")
    return Answer(response.status, response.headers, content, url)


def refusal_of(answer: Answer) -> Refusal:
    """Why `answer` is not a success."""
    document = answer.json()
    members = document if isinstance(document, dict) else {}

    def text(member: str) -> str:
        value = members.get(member)
        return value if isinstance(value, str) else ""

    docs = text("type")
    # The code ends the address of its page in the docs, if the document does not name it.
    named = docs.replace("#", "/").rstrip("/").rpartition("/")[2] if docs != "about:blank" else ""
    return Refusal(
        status=answer.status,
        code=text("code") or named or f"http_{answer.status}",
        title=text("title"),
        detail=text("detail") or text("message"),
        docs=urljoin(answer.url, docs) if docs not in ("", "about:blank") else None,
        retry_after_s=retry_after_s(answer.headers.get("Retry-After"), answer.headers.get("Date")),
        document=members,
    )


def retry_after_s(value: str | None, date: str | None = None) -> float | None:
    """The seconds of a `Retry-After` header (RFC 9110 §10.2.3): a number, or a time, read against `date`."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    now = date_of(date) or datetime.now(UTC)
    return max(0.0, (_aware(moment) - now).total_seconds())


def date_of(value: str | None) -> datetime | None:
    """The moment in a `Date` header; None if there is none or it cannot be read."""
    if value is None:
        return None
    try:
        return _aware(parsedate_to_datetime(value))
    except ValueError:
        return None


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _reason(error: object) -> str:
    return str(error) or type(error).__name__


def _opener(tls: ssl.SSLContext | None, proxy: str | Literal[True] | None, line: Line) -> urllib.request.OpenerDirector:
    # Only these handlers: no redirects, no error handling by status, no other schemes.
    opener = urllib.request.OpenerDirector()
    proxies = None if proxy is True else {} if proxy is None else {"http": proxy, "https": proxy}
    opener.add_handler(urllib.request.ProxyHandler(proxies))
    opener.add_handler(_HttpHandler(line))
    opener.add_handler(_HttpsHandler(line, tls))
    return opener


class _HttpHandler(urllib.request.HTTPHandler):
    def __init__(self, line: Line) -> None:
        super().__init__()
        self._line = line

    def http_open(self, req: urllib.request.Request) -> HTTPResponse:
        return self.do_open(partial(_Http, self._line), req)


class _HttpsHandler(urllib.request.HTTPSHandler):
    def __init__(self, line: Line, tls: ssl.SSLContext | None) -> None:
        super().__init__(context=tls)
        self._line = line
        self._tls = tls

    def https_open(self, req: urllib.request.Request) -> HTTPResponse:
        return self.do_open(partial(_Https, self._line, self._tls), req)


class _Http(HTTPConnection):
    """Tells its line when it is connected. urllib gives the host and the timeout."""

    def __init__(
        self,
        line: Line,
        host: str,
        *,
        port: int | None = None,
        timeout: float | None = None,
        source_address: tuple[str, int] | None = None,
        blocksize: int = 8_192,
    ) -> None:
        super().__init__(host, port, timeout=timeout, source_address=source_address, blocksize=blocksize)
        self._line = line

    def connect(self) -> None:
        super().connect()
        self._line.opened(self.sock)


class _Https(HTTPSConnection):
    """The same over TLS."""

    def __init__(
        self,
        line: Line,
        tls: ssl.SSLContext | None,
        host: str,
        *,
        port: int | None = None,
        timeout: float | None = None,
        source_address: tuple[str, int] | None = None,
        blocksize: int = 8_192,
    ) -> None:
        super().__init__(host, port, timeout=timeout, source_address=source_address, blocksize=blocksize, context=tls)
        self._line = line

    def connect(self) -> None:
        super().connect()
        self._line.opened(self.sock)

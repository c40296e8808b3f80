"""What the answers of `@connections` mean, and what they say.

Statuses: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import Final

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

_LONGEST_MESSAGE: Final = 200


class Verdict(Enum):
    """What an answer says of the connection that was asked for, or of who asked."""

    DONE = "done"
    GONE = "gone"
    AGAIN = "again"
    """Too much at once, or a fault on the other side: the same request may work later."""
    NEVER = "never"
    """This request will not work, whoever sends it: a malformed id, a message too large."""
    DENIED = "denied"
    """Nothing will work from here: credentials, permission or address are wrong. That is for the operator."""


_REFUSALS: Final = frozenset({400, 413})


def verdict_of(status: int) -> Verdict:
    """The meaning of a final status (200 or more).

    403 never is about one connection: a malformed id is 400, an unknown one 410. It means that the signature, the
    permission or the stage in the path is wrong, so whatever else is neither an answer nor a pause is taken for that.
    """
    if status < 300:
        return Verdict.DONE
    if status == 410:
        return Verdict.GONE
    if status in (408, 429) or status >= 500:
        return Verdict.AGAIN
    return Verdict.NEVER if status in _REFUSALS else Verdict.DENIED


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole response: names of headers in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def error_type(self) -> str:
        """AWS's name of the error, empty if there is none."""
        return self.headers.get("x-amzn-errortype", "").partition(":")[0]

    @property
    def error_message(self) -> str:
        """The first line of the error's message, cut to fit a log line.

        Below it, a refused signature's message repeats the request, session token included.
        """
        try:
            document = json.loads(self.body)
        except ValueError:
            return ""
        if not isinstance(document, dict):
            return ""
        message = str(document.get("message") or document.get("Message") or "")
        return message.partition("\n")[0][:_LONGEST_MESSAGE]


def parsed(raw: bytes) -> Answer:
    """The first final response in what was received; interim ones (1xx) before it are passed over.

    The fast path asks for no more than the status; this is for the few answers that must be read.
    """
    reader = _Reader()
    parser = HttpResponseParser(reader)
    reader.parser = parser
    # Where it is at fault, what was read before is what there is to tell.
    with suppress(HttpParserError, HttpParserUpgrade):
        parser.feed_data(raw)
    return Answer(status=reader.status, headers=reader.headers, body=b"".join(reader.body))


class _Reader:
    """Collects what the parser finds, up to the end of the first final response."""

    parser: HttpResponseParser

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body: list[bytes] = []
        self._is_over = False

    def on_message_begin(self) -> None:
        if not self._is_over:
            self.headers = {}
            self.body = []

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._is_over:
            self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        if not self._is_over:
            self.status = self.parser.get_status_code()

    def on_body(self, part: bytes) -> None:
        if not self._is_over:
            self.body.append(part)

    def on_message_complete(self) -> None:
        self._is_over = self.status >= 200

"""The opening handshake: authorizer, then `$connect`, and only then the 101."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Mapping

from websockets.datastructures import Headers as HandshakeHeaders
from websockets.exceptions import InvalidHandshake, InvalidMethod, InvalidProtocol, InvalidUpgrade
from websockets.http11 import Request
from websockets.server import ServerProtocol

from infra.local.gateway.api import CONNECT
from infra.local.gateway.events import Session, authorizer_event, connect_event, handshake_headers
from infra.local.gateway.forwarded import Origin
from infra.local.gateway.frames import FORBIDDEN, INTERNAL_SERVER_ERROR, TIMED_OUT, error_text
from infra.local.gateway.http_messages import Headers, HttpRequest, HttpResponse, head, http_date
from infra.local.gateway.invocation import FunctionError, FunctionTimedOut, invoke, log_failure
from infra.local.gateway.policy import MalformedAuthorization, grant_of
from infra.local.gateway.stage import Stage

log = logging.getLogger("fanfare.gateway")

CLIENT_LEFT = 499
"""The status under which a client is counted that left before it was answered."""
UNAUTHORIZED = "Unauthorized"
"""What an authorizer raises, word for word, to have a client refused with 401."""

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# It only checks requests here, which leaves nothing behind in it: no extensions or subprotocols are configured.
_checker = ServerProtocol()


class Refused(Exception):
    """The client is refused with this HTTP status; `message` goes into the body."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def accept_key_of(request: HttpRequest) -> str:
    """`Sec-WebSocket-Accept` for a handshake request (RFC 6455 §4.2). Raises Refused if it is not a proper one."""
    try:
        accept, _, _ = _checker.process_request(
            Request(
                request.target,
                HandshakeHeaders(request.headers),
                request.method,
                f"HTTP/{request.http_version}",
            )
        )
    except InvalidUpgrade as fault:
        raise Refused(426, "Upgrade Required") from fault
    except InvalidMethod as fault:
        raise Refused(405, "Method Not Allowed") from fault
    except InvalidProtocol as fault:
        raise Refused(505, "HTTP Version Not Supported") from fault
    except InvalidHandshake as fault:
        raise Refused(400, "Bad Request") from fault
    has_body = request.by_name.get("content-length", "0") != "0" or "transfer-encoding" in request.by_name
    if has_body or "host" not in request.by_name:
        raise Refused(400, "Bad Request")
    return accept


class Handshake:
    """One client on its way in. `gone` is set when it leaves before it is let in."""

    def __init__(self, stage: Stage, request: HttpRequest, origin: Origin) -> None:
        self.stage = stage
        self.request = request
        self.gone = False
        self.connect_succeeded = False
        self._request_id = stage.ids.of_request()
        self._headers: Headers = handshake_headers(request, origin)
        user_agent = request.by_name.get("user-agent")
        self.session = Session(
            connection_id=stage.ids.of_connection(),
            connected_at_ms=time.time_ns() // 1_000_000,
            host=stage.share(request.by_name["host"]),
            source_ip=stage.share(origin.source_ip),
            user_agent=None if user_agent is None else stage.share(user_agent),
        )

    async def run(self, accept_key: str) -> bytes:
        """Ask the authorizer and `$connect`; returns the 101 response. Raises Refused."""
        authorizer = await self._authorize()
        if self.gone:
            raise Refused(CLIENT_LEFT, "Client Closed Request")
        subprotocol = await self._connect(authorizer)
        headers = [
            ("Date", http_date()),
            ("Connection", "upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-accept", accept_key),
        ]
        if subprotocol is not None:
            headers.append(("sec-websocket-protocol", subprotocol))
        return head(101, headers)

    def refusal(self, refused: Refused) -> HttpResponse:
        """The response to a refused client, in the shape of API Gateway's error frames."""
        text = error_text(refused.message, self.session.connection_id, self._request_id)
        return HttpResponse(refused.status, text.encode(), (("Content-Type", "application/json"),))

    async def _authorize(self) -> dict[str, object] | None:
        """`requestContext.authorizer` of `$connect`; None without an authorizer."""
        stage = self.stage
        authorizer = stage.api.authorizer
        if authorizer is None:
            return None
        if stage.api.lacks_identity(self.request.by_name, self.request.query):
            raise Refused(401, UNAUTHORIZED)
        event = authorizer_event(stage.api, self.session, self.request, self._headers, self._request_id)
        began_s = time.perf_counter()
        try:
            answer = await invoke(authorizer, event, stage.limits.integration_timeout_s)
            grant = grant_of(answer, stage.api.method_arn, limit_bytes=stage.limits.authorizer_result_bytes)
        except (FunctionError, FunctionTimedOut) as error:
            if isinstance(error, FunctionError) and error.message == UNAUTHORIZED:
                raise Refused(401, UNAUTHORIZED) from error
            self._failed("authorizer", error)
            raise Refused(500, INTERNAL_SERVER_ERROR) from error
        except MalformedAuthorization as fault:
            log.error("authorizer answer refused: %s", fault, extra=self._log_fields("authorizer"))
            raise Refused(500, INTERNAL_SERVER_ERROR) from fault
        if grant is None:
            raise Refused(403, FORBIDDEN)
        # Many connections have the same issuer, groups and scopes.
        self.session.authorizer = {stage.share(key): stage.share(value) for key, value in grant.authorizer.items()}
        return grant.on_connect(int((time.perf_counter() - began_s) * 1000))

    async def _connect(self, authorizer: dict[str, object] | None) -> str | None:
        """Invoke `$connect`; returns the subprotocol it chose. Without such a route everyone is let in."""
        stage = self.stage
        handler = stage.api.handler_of(CONNECT)
        if handler is None:
            self.connect_succeeded = True
            return None
        event = connect_event(
            stage.api,
            self.session,
            self.request,
            self._headers,
            request_id=self._request_id,
            authorizer=authorizer,
        )
        try:
            response = await invoke(handler, event, stage.limits.integration_timeout_s)
        except FunctionError as error:
            self._failed(CONNECT, error)
            raise Refused(502, INTERNAL_SERVER_ERROR) from error
        except FunctionTimedOut as error:
            self._failed(CONNECT, error)
            raise Refused(504, TIMED_OUT) from error
        status = _status_of(response)
        if status is None:
            log.error("$connect answered without a statusCode", extra=self._log_fields(CONNECT))
            raise Refused(502, INTERNAL_SERVER_ERROR)
        if not 200 <= status < 300:
            raise Refused(status, FORBIDDEN if status in (401, 403) else INTERNAL_SERVER_ERROR)
        self.connect_succeeded = True
        return _subprotocol_of(response)

    def _failed(self, what: str, error: FunctionError | FunctionTimedOut) -> None:
        self.stage.counters.function_errors += 1
        log_failure(what, error, self.session.connection_id, self._request_id)

    def _log_fields(self, what: str) -> dict[str, str]:
        return {
            "route": what,
            "connection_id": self.session.connection_id,
            "request_id": self._request_id,
        }


def _status_of(response: Mapping[str, object] | None) -> int | None:
    """`statusCode` of a proxy response, also as digits; None if there is none that HTTP could answer with."""
    status = response.get("statusCode") if isinstance(response, Mapping) else None
    if isinstance(status, str) and status.isascii() and status.isdigit():
        status = int(status)
    if isinstance(status, int) and not isinstance(status, bool) and 200 <= status <= 599:
        return status
    return None


def _subprotocol_of(response: Mapping[str, object] | None) -> str | None:
    """`Sec-WebSocket-Protocol` of the response, the only header passed on. Raises Refused if it is no token."""
    headers = response.get("headers") if response is not None else None
    if not isinstance(headers, Mapping):
        return None
    for name, value in headers.items():
        if isinstance(name, str) and name.lower() == "sec-websocket-protocol":
            if not isinstance(value, str) or not _TOKEN.fullmatch(value):
                raise Refused(502, INTERNAL_SERVER_ERROR)
            return value
    return None

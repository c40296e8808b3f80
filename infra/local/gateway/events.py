"""The events that API Gateway invokes functions with: which members exist, in which order, spelled how.

Members are written in the order in which API Gateway serialises them (`requestContext`: a Java HashMap, 32 buckets).
A function gets an event of its own each time and may change it.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterable
from dataclasses import dataclass

from infra.local.gateway.api import CONNECT, DISCONNECT, Event, WebSocketApi
from infra.local.gateway.forwarded import Origin
from infra.local.gateway.http_messages import Headers, HttpRequest

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# The front end of API Gateway rewrites these for the authorizer and takes them out for $connect.
_HOP_HEADERS = frozenset({"connection", "upgrade", "content-length", "keep-alive", "transfer-encoding"})
_FORWARDED_HEADERS = frozenset({"x-forwarded-for", "x-forwarded-port", "x-forwarded-proto"})
_AUTHORIZER_HEADERS: Headers = [("Connection", "upgrade"), ("content-length", "0"), ("Upgrade", "websocket")]


@dataclass(slots=True)
class Session:
    """What every event of one connection says about it."""

    connection_id: str
    connected_at_ms: int
    host: str
    source_ip: str
    user_agent: str | None
    authorizer: dict[str, str] | None = None

    def identity(self) -> dict[str, object]:
        """`requestContext.identity`; a client without a User-Agent has no such member."""
        if self.user_agent is None:
            return {"sourceIp": self.source_ip}
        return {"userAgent": self.user_agent, "sourceIp": self.source_ip}

    def authorizer_copy(self) -> dict[str, object] | None:
        """`requestContext.authorizer` for one event; a copy, since the function may change it."""
        return None if self.authorizer is None else dict(self.authorizer)


class _RequestTime:
    """Formats `requestTime`, once for each second."""

    __slots__ = ("_second", "_text")

    def __init__(self) -> None:
        self._second = -1
        self._text = ""

    def of(self, epoch_s: int) -> str:
        """Common log format in UTC: `11/Nov/2024:11:35:24 +0000`."""
        if epoch_s != self._second:
            at = time.gmtime(epoch_s)
            self._text = (
                f"{at.tm_mday:02}/{_MONTHS[at.tm_mon - 1]}/{at.tm_year}:"
                f"{at.tm_hour:02}:{at.tm_min:02}:{at.tm_sec:02} +0000"
            )
            self._second = epoch_s
        return self._text


_request_time = _RequestTime()


def handshake_headers(request: HttpRequest, origin: Origin) -> Headers:
    """The client's headers as functions see them, with those that API Gateway's front end adds."""
    headers = [
        (name, value)
        for name, value in request.headers
        if name.lower() not in _HOP_HEADERS and name.lower() not in _FORWARDED_HEADERS
    ]
    if "x-amzn-trace-id" not in request.by_name:
        headers.append(("X-Amzn-Trace-Id", _trace_id()))
    headers.append(("X-Forwarded-For", origin.forwarded_for))
    headers.append(("X-Forwarded-Port", origin.port))
    headers.append(("X-Forwarded-Proto", origin.proto))
    return headers


def authorizer_event(
    api: WebSocketApi, session: Session, request: HttpRequest, headers: Headers, request_id: str
) -> Event:
    """What a REQUEST authorizer is invoked with. Without a query string, the two query members are absent."""
    return {
        "type": "REQUEST",
        "methodArn": api.method_arn,
        **_header_members([*headers, *_AUTHORIZER_HEADERS]),
        **_query_members(request),
        "stageVariables": {},
        "requestContext": _context(api, session, CONNECT, "CONNECT", request_id=request_id),
    }


def connect_event(
    api: WebSocketApi,
    session: Session,
    request: HttpRequest,
    headers: Headers,
    *,
    request_id: str,
    authorizer: dict[str, object] | None,
) -> Event:
    """What `$connect` is invoked with; `authorizer` is this event's, with the authorizer's latency."""
    return {
        **_header_members(headers),
        **_query_members(request),
        "requestContext": _context(api, session, CONNECT, "CONNECT", request_id=request_id, authorizer=authorizer),
        "isBase64Encoded": False,
    }


def message_event(
    api: WebSocketApi, session: Session, *, route_key: str, text: str, message_id: str, request_id: str
) -> Event:
    """What a message route is invoked with."""
    context = _context(
        api,
        session,
        route_key,
        "MESSAGE",
        request_id=request_id,
        authorizer=session.authorizer_copy(),
        message_id=message_id,
    )
    return {"requestContext": context, "body": text, "isBase64Encoded": False}


def disconnect_event(api: WebSocketApi, session: Session, code: int, reason: str, request_id: str) -> Event:
    """What `$disconnect` is invoked with: close code and reason, and of the headers only these four."""
    host = session.host
    return {
        "headers": {"Host": host, "x-api-key": "", "X-Forwarded-For": "", "x-restapi": ""},
        "multiValueHeaders": {"Host": [host], "x-api-key": [""], "X-Forwarded-For": [""], "x-restapi": [""]},
        "requestContext": _context(
            api,
            session,
            DISCONNECT,
            "DISCONNECT",
            request_id=request_id,
            authorizer=session.authorizer_copy(),
            closed=(code, reason),
        ),
        "isBase64Encoded": False,
    }


def _context(
    api: WebSocketApi,
    session: Session,
    route_key: str,
    event_type: str,
    *,
    request_id: str,
    authorizer: dict[str, object] | None = None,
    message_id: str | None = None,
    closed: tuple[int, str] | None = None,
) -> dict[str, object]:
    """`requestContext`. Runs for every message, so it is written out in its final order."""
    now_ms = time.time_ns() // 1_000_000
    context: dict[str, object] = {"routeKey": route_key}
    if closed is not None:
        context["disconnectStatusCode"] = closed[0]
    if authorizer is not None:
        context["authorizer"] = authorizer
    if message_id is not None:
        context["messageId"] = message_id
    context["eventType"] = event_type
    context["extendedRequestId"] = request_id
    context["requestTime"] = _request_time.of(now_ms // 1000)
    context["messageDirection"] = "IN"
    if closed is not None:
        context["disconnectReason"] = closed[1]
    context["stage"] = api.stage
    context["connectedAt"] = session.connected_at_ms
    context["requestTimeEpoch"] = now_ms
    context["identity"] = session.identity()
    context["requestId"] = request_id
    context["domainName"] = session.host
    context["connectionId"] = session.connection_id
    context["apiId"] = api.api_id
    return context


def _header_members(headers: Iterable[tuple[str, str]]) -> Event:
    """`headers` (last value) and `multiValueHeaders`: names as first spelled, in case-insensitive order."""
    spelled: dict[str, str] = {}
    values: dict[str, list[str]] = {}
    for name, value in headers:
        key = name.lower()
        spelled.setdefault(key, name)
        values.setdefault(key, []).append(value)
    order = sorted(values)
    return {
        "headers": {spelled[key]: values[key][-1] for key in order},
        "multiValueHeaders": {spelled[key]: values[key] for key in order},
    }


def _query_members(request: HttpRequest) -> Event:
    query = request.query
    if not query:
        return {}
    return {
        "queryStringParameters": {name: values[-1] for name, values in query.items()},
        "multiValueQueryStringParameters": query,
    }


def _trace_id() -> str:
    return f"Root=1-{int(time.time()):08x}-{random.getrandbits(96):024x}"

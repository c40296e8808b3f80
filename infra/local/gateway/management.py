"""The `@connections` API: POST, GET and DELETE of one connection, as AWS clients call it.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import unquote

from infra.local.gateway.delivery import Outcome, post
from infra.local.gateway.http_messages import HttpRequest, HttpResponse
from infra.local.gateway.ids import is_well_formed
from infra.local.gateway.sigv4 import SignatureRefused
from infra.local.gateway.stage import Stage

NORMAL_CLOSURE = 1000
CLOSED_NORMALLY = "Connection Closed Normally"

# Its body is empty on AWS too, which some clients trip over.
GONE = HttpResponse(410, b"", (("x-amzn-ErrorType", "GoneException"),))


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionInfo:
    """What is known of an open connection. Times are epoch milliseconds."""

    connected_at_ms: int
    last_active_at_ms: int
    source_ip: str
    user_agent: str | None


def error(status: int, error_type: str, message: str) -> HttpResponse:
    """An AWS error response: the type in a header, the message in the body."""
    body = json.dumps({"message": message}, separators=(",", ":")).encode()
    return HttpResponse(status, body, (("Content-Type", "application/json"), ("x-amzn-ErrorType", error_type)))


LIMIT_EXCEEDED = error(429, "LimitExceededException", "Too Many Requests")


def too_large(stage: Stage) -> HttpResponse:
    """The answer to a message over the limit."""
    limit_bytes = stage.limits.message_bytes
    return error(413, "PayloadTooLargeException", f"Data is larger than {limit_bytes} bytes")


def respond(stage: Stage, request: HttpRequest) -> HttpResponse:
    """Answer a request that is not for the WebSocket itself."""
    connection_id = _connection_id_of(stage, request)
    if connection_id is None or request.method not in ("POST", "GET", "DELETE"):
        return error(403, "ForbiddenException", "Forbidden")
    if stage.verifier is None:
        return error(403, "AccessDeniedException", "This gateway has no credentials that could sign a request.")
    try:
        stage.verifier.verify(request)
    except SignatureRefused as refused:
        return error(403, refused.error_type, refused.message)
    # A post takes its token where it is delivered, as those from within the process do.
    if request.method != "POST" and not stage.requests.take():
        return LIMIT_EXCEEDED
    if request.body is None:
        return too_large(stage)
    if not is_well_formed(connection_id):
        return error(400, "BadRequestException", f"Invalid connectionId: {connection_id}")
    match request.method:
        case "POST":
            return _post(stage, connection_id, request.body)
        case "GET":
            return _get(stage, connection_id)
        case _:
            return HttpResponse(204) if disconnect(stage, connection_id) else GONE


def disconnect(stage: Stage, connection_id: str) -> bool:
    """Close a connection as DELETE does; False if it is gone."""
    connection = stage.open.get(connection_id)
    if connection is None:
        return False
    connection.close(NORMAL_CLOSURE, CLOSED_NORMALLY)
    return True


def describe(stage: Stage, connection_id: str) -> ConnectionInfo | None:
    """What GET tells; None if it is gone."""
    connection = stage.open.get(connection_id)
    if connection is None:
        return None
    session = connection.session
    quiet_s = stage.loop.time() - connection.last_active_s
    now_ms = datetime.now(UTC).timestamp() * 1000
    return ConnectionInfo(
        connected_at_ms=session.connected_at_ms,
        last_active_at_ms=max(session.connected_at_ms, int(now_ms - quiet_s * 1000)),
        source_ip=session.source_ip,
        user_agent=session.user_agent,
    )


def _post(stage: Stage, connection_id: str, body: bytes) -> HttpResponse:
    try:
        outcome = post(stage, connection_id, body)
    except ValueError:
        # Not known of API Gateway; sent on, every client would have to drop the connection.
        return error(400, "BadRequestException", "Data is not UTF-8; encode binary data, for example as base64")
    match outcome:
        case Outcome.SENT:
            return HttpResponse(200)
        case Outcome.GONE:
            return GONE
        case Outcome.THROTTLED:
            return LIMIT_EXCEEDED


def _get(stage: Stage, connection_id: str) -> HttpResponse:
    info = describe(stage, connection_id)
    if info is None:
        return GONE
    document = {
        "connectedAt": _iso8601(info.connected_at_ms),
        "identity": {"sourceIp": info.source_ip, "userAgent": info.user_agent},
        "lastActiveAt": _iso8601(info.last_active_at_ms),
    }
    body = json.dumps(document, separators=(",", ":")).encode()
    return HttpResponse(200, body, (("Content-Type", "application/json"),))


def _connection_id_of(stage: Stage, request: HttpRequest) -> str | None:
    """The id in `/{stage}/@connections/{id}`, percent-encoded or not; None for any other path."""
    parts = request.path.split("/")
    if len(parts) != 4 or parts[0] or parts[1] != stage.api.stage or unquote(parts[2]) != "@connections":
        return None
    return unquote(parts[3]) or None


def _iso8601(epoch_ms: int) -> str:
    at = datetime.fromtimestamp(epoch_ms / 1000, UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{epoch_ms % 1000:03}Z"

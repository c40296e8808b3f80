"""Entry of `$connect` and `$disconnect`: reads the API Gateway event, calls, answers a status."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping

from services.connections.admission import Admission
from services.domain import frames, names
from services.domain.identity import from_context
from services.domain.problems import Problem
from services.ports import Ports

log = logging.getLogger(__name__)

Event = Mapping[str, object]
Handler = Callable[[Event], Awaitable[dict[str, object]]]

SUBPROTOCOL = "fanfare.v1"
"""What the service answers to a client that offers it in `Sec-WebSocket-Protocol`."""


def build(ports: Ports, admission: Admission) -> Handler:
    """The handler of both routes over these ports."""

    async def handle(event: Event) -> dict[str, object]:
        context = _map(event, "requestContext")
        connection_id = str(context["connectionId"])
        match context.get("eventType"):
            case "CONNECT":
                return await _connect(event, context, admission)
            case "DISCONNECT":
                await ports.registry.remove([connection_id])
                log.debug(
                    "disconnected",
                    extra={"connection_id": connection_id, "status_code": context.get("disconnectStatusCode")},
                )
            case _:
                # A message can name any route in its `action`, these two among them; it must not act as one.
                await ports.gateway.post([connection_id], _refusal_of(str(event.get("body", ""))))
        return {"statusCode": 200}

    return handle


async def _connect(event: Event, context: Mapping[str, object], admission: Admission) -> dict[str, object]:
    authorizer = _map(context, "authorizer")
    source = _map(context, "identity")
    connection_id = str(context["connectionId"])
    try:
        identity = from_context(authorizer)
        ticket = authorizer.get("ticket")
        connection = await admission.admit(
            identity,
            connection_id=connection_id,
            calls_itself=_calls_itself(event),
            source_ip=str(source.get("sourceIp", "")),
            user_agent=str(source.get("userAgent", ""))[:256],
            ticket_id=None if ticket is None else str(ticket),
        )
    except Problem as problem:
        log.info("refused", extra={"connection_id": connection_id, "code": problem.code, "status": problem.status})
        return {"statusCode": problem.status}
    log.debug("connected", extra={"connection_id": connection_id, "user": connection.user})
    if SUBPROTOCOL in _offered_subprotocols(event):
        return {"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": SUBPROTOCOL}}
    return {"statusCode": 200}


def _refusal_of(body: str) -> bytes:
    """The error frame for a message that only a route of the gateway's own could take."""
    try:
        frames.parse_action(body)
    except Problem as problem:
        return frames.error(problem.code, problem.detail)
    return frames.error("unknown_action", "$connect and $disconnect are not for terminals to send")


def _calls_itself(event: Event) -> str | None:
    """What the client calls itself: parameter or header `terminal`. Raises Problem (400) if it cannot be a name."""
    given = _map(event, "queryStringParameters").get("terminal") or _header(event, "terminal")
    if given is None:
        return None
    fault = names.fault_of_terminal(given)
    if fault is not None:
        raise Problem("invalid_name", 400, f"terminal {fault}")
    return str(given)


def _offered_subprotocols(event: Event) -> list[str]:
    offered = _header(event, "sec-websocket-protocol")
    return [] if offered is None else [part.strip() for part in offered.split(",")]


def _header(event: Event, name: str) -> str | None:
    """A header by its lower-case name: API Gateway keeps the client's spelling, other gateways do not."""
    for key, value in _map(event, "headers").items():
        if key.lower() == name:
            return str(value)
    return None


def _map(event: Mapping[str, object], member: str) -> Mapping[str, object]:
    value = event.get(member)
    return value if isinstance(value, Mapping) else {}

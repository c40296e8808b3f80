"""From a client's message to its route, and from the route's answer back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from infra.local.gateway.api import MockRoute, Route
from infra.local.gateway.events import message_event
from infra.local.gateway.frames import FORBIDDEN, INTERNAL_SERVER_ERROR, TIMED_OUT, error_text
from infra.local.gateway.invocation import FunctionError, FunctionTimedOut, invoke, log_failure

if TYPE_CHECKING:
    from infra.local.gateway.connection import Connection


def receive(connection: Connection, text: str) -> None:
    """Hand a message to its route. Messages of one connection are in work at once: their order is not kept."""
    stage = connection.stage
    # A message uses up the rate that posts and connects share. What becomes of one beyond it is not known: it passes.
    stage.requests.take()
    found = stage.api.route_of(text)
    if found is None:
        _send_error(connection, FORBIDDEN, stage.ids.of_request())
        return
    key, route = found
    if isinstance(route, MockRoute):
        connection.send_text(route.response)
        return
    connection.begin_work()
    stage.spawn(_work(connection, key, route, text))


async def _work(connection: Connection, key: str, route: Route, text: str) -> None:
    stage = connection.stage
    request_id = stage.ids.of_request()
    event = message_event(
        stage.api,
        connection.session,
        route_key=key,
        text=text,
        message_id=stage.ids.of_message(),
        request_id=request_id,
    )
    try:
        response = await invoke(route.integration, event, stage.limits.integration_timeout_s)
        if route.two_way:
            _send_body(connection, response, request_id)
    except (FunctionError, FunctionTimedOut) as error:
        stage.counters.function_errors += 1
        log_failure(key, error, connection.session.connection_id, request_id)
        timed_out = isinstance(error, FunctionTimedOut)
        _send_error(connection, TIMED_OUT if timed_out else INTERNAL_SERVER_ERROR, request_id)
    finally:
        connection.end_work()


def _send_body(connection: Connection, response: Mapping[str, object] | None, request_id: str) -> None:
    """The RouteResponse: `body` as it is. A response that is not one is answered like a function error."""
    body = response.get("body") if isinstance(response, Mapping) else None
    match body:
        case None | "":
            return
        case str() if len(body.encode("utf-8", "replace")) <= connection.stage.limits.message_bytes:
            connection.send_text(body)
        case _:
            _send_error(connection, INTERNAL_SERVER_ERROR, request_id)


def _send_error(connection: Connection, message: str, request_id: str) -> None:
    connection.send_text(error_text(message, connection.session.connection_id, request_id))

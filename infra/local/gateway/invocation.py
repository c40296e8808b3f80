"""Invoking an integration, as Lambda is invoked: it answers, fails or runs out of time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

from infra.local.gateway.api import Event, Integration

log = logging.getLogger("fanfare.gateway")


class FunctionError(Exception):
    """The integration raised. `message` is the text of its exception; the exception itself is the cause."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class FunctionTimedOut(Exception):
    """The integration took longer than the integration timeout, and was cancelled."""


async def invoke(integration: Integration, event: Event, timeout_s: float) -> Mapping[str, object] | None:
    """The integration's response. Raises FunctionError or FunctionTimedOut."""
    try:
        async with asyncio.timeout(timeout_s) as deadline:
            return await integration(event)
    except TimeoutError as error:
        if deadline.expired():
            raise FunctionTimedOut from error
        raise FunctionError(str(error)) from error
    except Exception as error:
        raise FunctionError(str(error)) from error


def log_failure(what: str, error: FunctionError | FunctionTimedOut, connection_id: str, request_id: str) -> None:
    """Say which function failed, and how; never with the event, which holds what the client sent."""
    fields = {"route": what, "connection_id": connection_id, "request_id": request_id}
    if isinstance(error, FunctionTimedOut):
        log.warning("integration timed out", extra=fields)
    else:
        log.error("integration failed", extra=fields, exc_info=error.__cause__)

"""A process of a Lambda function: one event loop for all of its invocations, its log and its metrics.

Lambda runs one invocation at a time in a process and freezes it in between. So what the adapters keep open (sockets,
threads, caches) belongs to one loop, which stands still with the process and goes on with it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, TypeVar

from aws_lambda_powertools.utilities.typing import LambdaContext

from infra.aws import log_lines
from infra.aws.metrics import Meter
from infra.aws.settings import Variables

if TYPE_CHECKING:
    from aws_lambda_powertools import Tracer

R = TypeVar("R")
Event = Mapping[str, object]


class Process:
    """Runs handlers. To be made once, when the function's module is imported. Raises SettingsError.

    Where traces are made, each invocation has a subsegment in them, which can be found by its connection.
    """

    def __init__(self, variables: Mapping[str, str]) -> None:
        read = Variables(variables)
        service = read.text("POWERTOOLS_SERVICE_NAME")
        self.meter = Meter(service)
        self._formatter = log_lines.set_up(service=service, level=read.optional_text("POWERTOOLS_LOG_LEVEL") or "INFO")
        self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)  # Mangum asks for the current one
        self._is_cold = True
        self._ends_at_s = float("inf")
        self._tracer = _tracer(service) if read.optional_text("FANFARE_TRACING") == "Active" else None

    def remaining_s(self) -> float:
        """How long the invocation that is running may go on."""
        return self._ends_at_s - time.monotonic()

    def handler(self, handle: Callable[[Event], Awaitable[R]]) -> Callable[[Event, LambdaContext], R]:
        """The Lambda function that answers an event with what `handle` comes to."""

        def run(event: Event, _context: LambdaContext) -> R:
            return self._loop.run_until_complete(_awaited(handle(event)))

        return self.around(run)

    def around(self, run: Callable[[Event, LambdaContext], R]) -> Callable[[Event, LambdaContext], R]:
        """The Lambda function that calls `run`, which may use the event loop."""

        def handler(event: Event, context: LambdaContext) -> R:
            self._ends_at_s = time.monotonic() + context.get_remaining_time_in_millis() / 1000
            subjects = log_lines.subjects(event)
            self._formatter.append_keys(
                function_request_id=context.aws_request_id, cold_start=self._is_cold, **subjects
            )
            if self._tracer is not None:
                for name, value in subjects.items():
                    self._tracer.put_annotation(name, value)
            try:
                return run(event, context)
            finally:
                self._is_cold = False
                self._formatter.clear_state()
                self.meter.write()

        if self._tracer is None:
            return handler
        return self._tracer.capture_lambda_handler(handler, capture_response=False)


def _tracer(service: str) -> Tracer:
    """Powertools' tracer. AWS's clients are not patched: calls are made in threads, where the X-Ray SDK is lost."""
    # The X-Ray SDK takes as long to load as all else here together, so it is loaded where it is used only.
    from aws_lambda_powertools import Tracer  # noqa: PLC0415

    return Tracer(service=service, auto_patch=False)


async def _awaited(result: Awaitable[R]) -> R:
    return await result

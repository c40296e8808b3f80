"""Log lines as JSON on standard output, which Lambda sends to CloudWatch: Powertools' format for every logger.

What a line is about is in its `extra`: the services name the push and the connection there, and nothing that is secret.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from typing import Final

from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter, set_context_keys

ORDER: Final = ["level", "message", "timestamp", "service", "location"]
TOO_TALKATIVE: Final = ("botocore", "boto3", "urllib3", "mangum", "asyncio")
"""Loggers that say at INFO and DEBUG what was sent, or what the access log says too."""


def set_up(*, service: str, level: str) -> LambdaPowertoolsFormatter:
    """Make every line JSON, from `level` on; whose formatter takes keys for the lines of one invocation.

    Raises ValueError for a level that Python does not know.
    """
    formatter = LambdaPowertoolsFormatter(log_record_order=[*ORDER], use_rfc3339=True, utc=True, service=service)
    formatter.serialize_stacktrace = False  # the traceback is in `exception` already
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    # Lambda puts a handler of its own there, which would write each line a second time, as text.
    root.handlers = [handler]
    root.setLevel(level)
    for name in TOO_TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    return formatter


def about(**keys: object) -> None:
    """Put these into every further line of this task, and of those that it starts."""
    set_context_keys(**keys)  # type: ignore[arg-type]  # declared as dictionaries, meant as any value


def subjects(event: Mapping[str, object]) -> dict[str, str]:
    """What the lines of an invocation are about: the connection of a WebSocket event."""
    context = event.get("requestContext")
    connection_id = context.get("connectionId") if isinstance(context, Mapping) else None
    return {} if connection_id is None else {"connection_id": str(connection_id)}

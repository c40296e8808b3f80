"""How much of what AWS allows an account the template takes, and what that is enough for."""

from __future__ import annotations

import math
from typing import Final

from infra.aws.shards import lanes
from tests.cost import deployment
from tests.cost.counted import COUNTED
from tests.cost.estimates import CALL_S, INVOCATION_S, PING_EVERY_S

ACCOUNT_REQUESTS_PER_S: Final = 10_000
"""API Gateway's throttle of an account in a Region; deliveries, frames from terminals and REST requests share it."""
CONNECTS_PER_S: Final = 500
"""New WebSocket connections of an account in a Region."""
TABLE_WRITES_PER_S: Final = 40_000
"""DynamoDB's write units a second of a table."""
NEW_TABLE_WRITES_PER_S: Final = 4_000
"""Those that a new table on demand takes at once."""


def deliveries_per_s() -> int:
    """What all workers deliver together, at most."""
    return deployment.parameter("FanOutConcurrency") * deployment.parameter("PostsPerSecondPerWorker")


def broadcast_s(audience: int) -> tuple[float, float]:
    """How long a broadcast takes: with a worker for each of its lanes, and with as many lanes in one as can be set."""
    cut = lanes(audience, deployment.parameter("Shards"))
    workers = deployment.parameter("FanOutConcurrency")
    fewest = math.ceil(cut / deployment.most_jobs_at_once())
    rate = deployment.parameter("PostsPerSecondPerWorker")
    return audience / (rate * min(cut, workers)), audience / (rate * min(fewest, workers))


def all_back_s(terminals: int) -> float:
    """How long it takes until so many have reconnected."""
    return terminals / CONNECTS_PER_S


def writes_per_s() -> float:
    """What the table takes while as many come and go as the account allows, the stream in full batches."""
    each = (
        COUNTED["connect"]
        + COUNTED["connect_counted_with_others"]
        + COUNTED["disconnect"]
        + COUNTED["disconnect_counted_with_others"]
    )
    return CONNECTS_PER_S * each.write_units


def handshakes_at_once() -> float:
    """How many invocations run at the same time while as many connect, and resume, as the account allows."""
    invocations = ("connect", "resume")
    waits = sum(COUNTED[each].table_calls + COUNTED[each].gateway_calls for each in invocations)
    authorizer_and_both = 1 + len(invocations)
    return CONNECTS_PER_S * (authorizer_and_both * INVOCATION_S + waits * CALL_S)


def pinging_terminals() -> int:
    """How many terminals may send nothing but pings before `MessagesPerSecond` throttles them."""
    return deployment.parameter("MessagesPerSecond") * PING_EVERY_S

"""What a terminal costs a month and what deliveries cost, from what was counted, the template, and the list prices.

Two things are assumed, and said so in docs/operations-aws.md, since they were not measured on AWS: how long a function
waits for a call, and how much it logs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Final, get_args

from infra.aws.metrics import Count, Duration
from services.domain.activity import SAMPLE_EVERY_S
from services.fanout.delivery import NO_LIMIT, NOTED_EVERY
from tests.cost import deployment, prices
from tests.cost.counted import COUNTED
from tests.cost.spending import Spent

INVOCATION_S: Final = 0.010
"""Assumed: what an invocation takes beside what it waits for."""
CALL_S: Final = 0.008
"""Assumed: how long a call of DynamoDB, SQS or `@connections` takes, its processor time included."""
INVOCATION_LOG_BYTES: Final = 1_000
"""Assumed: Lambda's own three lines for an invocation, and one of metrics."""
LOG_EVENT_BYTES: Final = 26
"""What CloudWatch Logs adds to each line."""

HOURS_A_DAY: Final = 8
DAYS_A_MONTH: Final = 22
CONNECTS_A_DAY: Final = 5
"""The first, and a renewal every 90 to 115 minutes."""
PING_EVERY_S: Final = 300
POLLS_AT_ONCE: Final = 5
"""Long polls that Lambda has under way at a queue whose jobs' concurrency is limited."""
POLL_S: Final = 20
MONTH_S: Final = 30 * 86_400
OWN_METRICS: Final = len(get_args(Count)) + len(get_args(Duration))
REASONS: Final = 10
"""Assumed: for how many reasons terminals are refused; each is a metric of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usd:
    """Dollars, by what they are for."""

    messages: float = 0.0
    minutes: float = 0.0
    requests: float = 0.0
    functions: float = 0.0
    table: float = 0.0
    queue: float = 0.0
    logs: float = 0.0

    @property
    def total(self) -> float:
        return float(sum(astuple(self)))

    def __add__(self, other: Usd) -> Usd:
        return _usd([one + another for one, another in zip(astuple(self), astuple(other), strict=True)])

    def times(self, number: float) -> Usd:
        """So many times as much."""
        return _usd([number * one for one in astuple(self)])


def invocation(function: str, waits: float) -> Usd:
    """One invocation that waits for so many calls, one behind the other."""
    return _invocation(function, INVOCATION_S + CALL_S * waits)


def stored(spent: Spent) -> Usd:
    """What DynamoDB, SQS and `@connections` charge."""
    return Usd(
        messages=prices.MESSAGE.each_usd * spent.connection_requests,
        table=prices.WRITE_UNIT.each_usd * spent.write_units + prices.READ_UNIT.each_usd * spent.read_units,
        queue=prices.SQS_REQUEST.each_usd * spent.sqs_requests,
    )


def called(function: str, operation: str) -> Usd:
    """An operation that is one invocation of a function."""
    spent = COUNTED[operation]
    return invocation(function, spent.table_calls + spent.gateway_calls) + stored(spent)


def received(operation: str) -> Usd:
    """A frame from a terminal that the messages function answers."""
    return Usd(messages=prices.MESSAGE.each_usd) + access_line() + called("Messages", operation)


def access_line() -> Usd:
    """A line in the terminals' access log: one for each handshake, disconnect and frame from a terminal."""
    return _logged(deployment.access_line_bytes())


def come_and_go(*, alone: bool) -> Usd:
    """From a handshake to its disconnect, `resume` included; counted alone, or in a full batch of the stream."""
    share = 1.0 if alone else 1.0 / deployment.records_at_once()
    how = "alone" if alone else "with_others"
    parts = [
        invocation("Authorizer", 0),
        called("Connections", "connect"),
        called("Connections", "disconnect"),
        access_line().times(2),
        received("resume"),
    ]
    for operation in (f"connect_counted_{how}", f"disconnect_counted_{how}"):
        spent = COUNTED[operation]
        parts += [invocation("Stream", spent.table_calls / share).times(share), stored(spent)]
    return _sum(parts)


def pings(design: str) -> Usd:
    """The pings of a month: `mock` is answered by API Gateway, `function` by the messages function."""
    number = HOURS_A_DAY * 3_600 / PING_EVERY_S * DAYS_A_MONTH
    match design:
        case "mock":
            # The ping, and the pong.
            return (Usd(messages=2 * prices.MESSAGE.each_usd) + access_line()).times(number)
        case "function":
            return received("ping").times(number)
    raise ValueError(f"no design of pings: {design}")


def terminal_month(design: str) -> Usd:
    """A terminal that is on for the working hours of a month and gets nothing."""
    minutes = HOURS_A_DAY * 60 * DAYS_A_MONTH
    return (
        Usd(minutes=minutes * prices.CONNECTION_MINUTE.each_usd)
        + come_and_go(alone=True).times(CONNECTS_A_DAY * DAYS_A_MONTH)
        + pings(design)
    )


def push(operation: str) -> Usd:
    """A push by the REST API with all of its deliveries, in two invocations; its waits are those of the dearer one.

    A third one, of the stream's function, counts its page.
    """
    spent = COUNTED[operation]
    request = COUNTED["request"]
    return (
        Usd(requests=prices.REST_REQUEST.each_usd)
        + invocation("Api", request.table_calls)
        + stored(request)
        + invocation("FanOut", spent.table_calls + spent.gateway_calls + 1)
        + stored(spent)
        + counted("push_counted_alone")
    )


def counted(operation: str) -> Usd:
    """What the stream's function counts of a single record."""
    return called("Stream", operation)


def acknowledgement() -> Usd:
    """A terminal confirms a push that asks for it."""
    return received("acknowledge") + counted("acknowledgement_counted_alone")


def broadcast(audience: int) -> Usd:
    """A push to so many: the workers deliver at their rate, for as long as an invocation may last."""
    deliveries = COUNTED["deliveries"].times(audience / 1_000)
    working_s = audience / deployment.parameter("PostsPerSecondPerWorker")
    handovers = working_s // (deployment.timeout_s("FanOut") - NO_LIMIT.reserve_s)
    return (
        push("broadcast")
        + stored(deliveries)
        + _invocation("FanOut", working_s)
        + counted("push_counted_alone").times(audience / NOTED_EVERY)
        + (invocation("FanOut", COUNTED["handover"].table_calls) + stored(COUNTED["handover"])).times(handovers)
    )


def standing() -> Usd:
    """A month in which nobody connects: polling of queues, a look a minute, and what watches over it (`logs`)."""
    polls = deployment.queues_with_a_poller() * POLLS_AT_ONCE * MONTH_S / POLL_S
    watching = (
        deployment.alarm_metrics() * prices.ALARM_METRIC.each_usd
        + (OWN_METRICS + REASONS) * prices.CUSTOM_METRIC.each_usd
        + prices.SECRET.each_usd
    )
    look = COUNTED["overdue"] + COUNTED["sample_not_due"]
    looks = (invocation("Sweeper", look.table_calls) + stored(look)).times(MONTH_S / 60)
    samples = stored(COUNTED["sample"]).times(MONTH_S / SAMPLE_EVERY_S)
    return Usd(queue=polls * prices.SQS_REQUEST.each_usd, logs=watching) + looks + samples


def _invocation(function: str, lasts_s: float) -> Usd:
    seconds = deployment.memory_gb(function) * lasts_s
    return Usd(functions=prices.INVOCATION.each_usd + seconds * prices.GB_SECOND.each_usd) + _logged(
        INVOCATION_LOG_BYTES
    )


def _logged(size_bytes: int) -> Usd:
    return Usd(logs=(size_bytes + LOG_EVENT_BYTES) / 1_000_000_000 * prices.LOG_GB.each_usd)


def _sum(parts: Sequence[Usd]) -> Usd:
    total = Usd()
    for part in parts:
        total += part
    return total


def _usd(figures: Sequence[float]) -> Usd:
    messages, minutes, requests, functions, table, queue, logs = figures
    return Usd(
        messages=messages,
        minutes=minutes,
        requests=requests,
        functions=functions,
        table=table,
        queue=queue,
        logs=logs,
    )

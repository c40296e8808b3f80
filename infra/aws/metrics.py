"""What the functions tell CloudWatch, in its embedded metric format: a line of the log each, no call.

The namespace is `Fanfare`, the dimension `service` the name of the stack. Metrics are made here, around the ports and
at what handlers answer; the services know nothing of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Literal

from aws_lambda_powertools.metrics import Metrics, MetricUnit, single_metric

from services.connections.admission import Admission
from services.domain.connection import Connection
from services.domain.identity import Identity
from services.domain.problems import Problem
from services.ports import Gateway, Ports, PostResult, SocketInfo

NAMESPACE: Final = "Fanfare"

Count = Literal[
    "Connects",
    "Refusals",
    "Deliveries",
    "Gone",
    "Throttled",
    "DeadJobs",
    "JobsSentAgain",
    "SessionsEnded",
    "PushesHalted",
    "PushesOverdue",
    "WebhooksTold",
    "WebhooksFailed",
]
"""What is counted: `Refusals` also by `reason`; `Throttled` are posts that got 429 or 5xx, to be tried again."""
Duration = Literal["FanOutLatency"]
"""What is timed: from the release of a slice until a worker is done with a job of it."""


class Meter:
    """The metrics of one process; they are written when an invocation ends."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._metrics = Metrics(namespace=NAMESPACE, service=service)

    def count(self, name: Count, number: int = 1) -> None:
        """Add to a count; nothing is told of 0."""
        if number:
            self._metrics.add_metric(name, MetricUnit.Count, number)

    def halted(self) -> None:
        """Count a push that was halted, by a wave that went badly or by somebody."""
        self.count("PushesHalted")

    def milliseconds(self, name: Duration, duration_ms: float) -> None:
        """Note how long something took."""
        self._metrics.add_metric(name, MetricUnit.Milliseconds, duration_ms)

    def refused(self, reason: str) -> None:
        """Count a connection that was refused, in all and by the code of the reason."""
        self.count("Refusals")
        with single_metric("Refusals", MetricUnit.Count, 1, namespace=NAMESPACE) as metric:
            metric.add_dimension("service", self._service)
            metric.add_dimension("reason", reason)

    def write(self) -> None:
        """Write out what was counted."""
        if self._metrics.metric_set:
            self._metrics.flush_metrics()


class MeteredGateway:
    """Implements `services.ports.Gateway` over another: `Deliveries`, `Gone` and `Throttled` count its posts.

    Every frame counts, whatever it says.
    """

    def __init__(self, gateway: Gateway, meter: Meter) -> None:
        self._gateway = gateway
        self._meter = meter

    async def post(self, connection_ids: Sequence[str], data: bytes) -> PostResult:
        result = await self._gateway.post(connection_ids, data)
        self._meter.count("Deliveries", len(result.sent))
        self._meter.count("Gone", len(result.gone))
        self._meter.count("Throttled", len(result.throttled))
        return result

    async def close(self, connection_id: str) -> bool:
        return await self._gateway.close(connection_id)

    async def describe(self, connection_id: str) -> SocketInfo | None:
        return await self._gateway.describe(connection_id)


def metered(ports: Ports, meter: Meter) -> Ports:
    """The same ports, with what is posted counted."""
    return replace(ports, gateway=MeteredGateway(ports.gateway, meter))


class MeteredAdmission(Admission):
    """Counts who is let in as `Connects`, and who is not as `Refusals`."""

    def __init__(self, ports: Ports, meter: Meter, *, connections_per_user: int) -> None:
        super().__init__(ports, connections_per_user=connections_per_user)
        self._meter = meter

    async def admit(
        self,
        identity: Identity,
        *,
        connection_id: str,
        calls_itself: str | None,
        source_ip: str,
        user_agent: str,
        ticket_id: str | None,
    ) -> Connection:
        """As `Admission.admit`."""
        try:
            connection = await super().admit(
                identity,
                connection_id=connection_id,
                calls_itself=calls_itself,
                source_ip=source_ip,
                user_agent=user_agent,
                ticket_id=ticket_id,
            )
        except Problem as problem:
            self._meter.refused(problem.code)
            raise
        self._meter.count("Connects")
        return connection

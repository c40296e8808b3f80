"""What something takes of AWS, in the units that AWS charges: counted while it is done, over moto."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from types import TracebackType
from typing import TYPE_CHECKING

from botocore.model import OperationModel

from services.ports import PostResult, SocketInfo
from tests.unit.aws.meter import Meter
from tests.unit.services.sockets import ScriptedSockets

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sqs import SQSClient


@dataclass(frozen=True, slots=True)
class Spent:
    """DynamoDB's units and calls, requests to SQS, requests to `@connections`, and calls of the gateway port.

    A call of the port posts to many connections at the same time: that is how often a function waits.
    """

    write_units: float = 0
    read_units: float = 0
    table_calls: float = 0
    sqs_requests: float = 0
    connection_requests: float = 0
    gateway_calls: float = 0

    def __add__(self, other: Spent) -> Spent:
        return Spent(*(one + another for one, another in zip(astuple(self), astuple(other), strict=True)))

    def __sub__(self, other: Spent) -> Spent:
        return self + other.times(-1)

    def times(self, number: float) -> Spent:
        """So many times as much."""
        return Spent(*(one * number for one in astuple(self)))


class CountingSockets(ScriptedSockets):
    """Counts requests to `@connections`: one for each connection that is posted to, closed or asked about."""

    def __init__(self) -> None:
        super().__init__()
        self.requests = 0
        self.calls = 0

    async def post(self, connection_ids: Sequence[str], data: bytes) -> PostResult:
        self.requests += len(connection_ids)
        self.calls += 1
        return await super().post(connection_ids, data)

    async def close(self, connection_id: str) -> bool:
        self.requests += 1
        self.calls += 1
        return await super().close(connection_id)

    async def describe(self, connection_id: str) -> SocketInfo | None:
        self.requests += 1
        self.calls += 1
        return await super().describe(connection_id)


class Ledger:
    """Keeps count from when it is opened. Its `meter` also tells how many items were read."""

    def __init__(self, dynamodb: DynamoDBClient, sqs: SQSClient, sockets: CountingSockets) -> None:
        self.meter = Meter(dynamodb)
        self._sqs = sqs.meta.events
        self._sockets = sockets
        self._sqs_requests = 0

    def __enter__(self) -> Ledger:
        self.meter.__enter__()
        self._sqs.register("after-call.sqs", self._count)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._sqs.unregister("after-call.sqs", self._count)
        self.meter.__exit__(kind, error, traceback)

    def reset(self) -> None:
        """Begin to count anew."""
        self.meter.reset()
        self._sockets.requests = self._sockets.calls = self._sqs_requests = 0

    def spent(self) -> Spent:
        """What was spent since the count began."""
        return Spent(
            write_units=self.meter.write_units,
            read_units=self.meter.read_units,
            table_calls=self.meter.calls.total(),
            sqs_requests=self._sqs_requests,
            connection_requests=self._sockets.requests,
            gateway_calls=self._sockets.calls,
        )

    def message_received_and_deleted(self) -> None:
        """A message has come of a queue that moto does not hand out of, and is done with."""
        self._sqs_requests += 2

    def _count(self, model: OperationModel, parsed: Mapping[str, object], **_: object) -> None:
        # A receive that finds nothing is what polling costs an idle queue, whatever happens here.
        if model.name != "ReceiveMessage" or parsed.get("Messages"):
            self._sqs_requests += 1

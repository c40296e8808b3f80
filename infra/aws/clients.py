"""boto3's clients as the adapters use them: from threads, and impatient, for each call is within some time-out."""

from __future__ import annotations

from concurrent.futures import Executor, ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_scheduler import EventBridgeSchedulerClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

CALLS_AT_ONCE: Final = 32
"""Calls of one process that are under way at the same time: threads, and connections of each client."""

_CONFIG: Final = Config(
    max_pool_connections=CALLS_AT_ONCE,
    connect_timeout=2,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 3},
    tcp_keepalive=True,
)


class Clients:
    """The clients of one process, for one Region; each is made when it is first asked for."""

    def __init__(self, region: str) -> None:
        self._session = boto3.session.Session(region_name=region)
        self.executor: Executor = ThreadPoolExecutor(CALLS_AT_ONCE, thread_name_prefix="aws")

    def dynamodb(self) -> DynamoDBClient:
        """DynamoDB."""
        return self._session.client("dynamodb", config=_CONFIG)

    def sqs(self) -> SQSClient:
        """SQS."""
        return self._session.client("sqs", config=_CONFIG)

    def scheduler(self) -> EventBridgeSchedulerClient:
        """EventBridge Scheduler."""
        return self._session.client("scheduler", config=_CONFIG)

    def events(self) -> EventBridgeClient:
        """EventBridge."""
        return self._session.client("events", config=_CONFIG)

    def secrets(self) -> SecretsManagerClient:
        """Secrets Manager."""
        return self._session.client("secretsmanager", config=_CONFIG)

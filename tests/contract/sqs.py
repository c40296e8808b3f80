"""SQS as moto plays it inside the process: queues to test on."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import boto3

from infra.aws.queues import Queue
from tests.contract.dynamodb import CONFIG

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@cache
def client() -> SQSClient:
    """A client that talks to moto. It is made once, which takes a tenth of a second."""
    session = boto3.Session(region_name="eu-central-1", aws_access_key_id="test", aws_secret_access_key="test")
    return session.client("sqs", config=CONFIG)


def queue(name: str) -> Queue:
    """A new queue, while moto plays."""
    return Queue(client(), client().create_queue(QueueName=name)["QueueUrl"])

"""DynamoDB as moto plays it inside the process: a table to test on, and its stream, followed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.config import Config
from moto import mock_aws

from infra.aws.headcount import StreamRecord
from infra.aws.table import Table
from tests.contract.moto_transactions import fast_transactions

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import CreateTableInputTypeDef

NAME: Final = "fanfare"
CONFIG: Final = Config(retries={"mode": "standard", "total_max_attempts": 1}, account_id_endpoint_mode="disabled")
DEFINITION: Final[CreateTableInputTypeDef] = {
    "TableName": NAME,
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    "AttributeDefinitions": [
        {"AttributeName": "pk", "AttributeType": "S"},
        {"AttributeName": "sk", "AttributeType": "S"},
    ],
    "BillingMode": "PAY_PER_REQUEST",
    "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
}


@cache
def client() -> DynamoDBClient:
    """A client that talks to moto. It is made once, which takes a tenth of a second."""
    return _session().client("dynamodb", config=CONFIG)


@cache
def _streams() -> Any:
    return _session().client("dynamodbstreams", config=CONFIG)


def _session() -> boto3.Session:
    return boto3.Session(region_name="eu-central-1", aws_access_key_id="test", aws_secret_access_key="test")


@contextmanager
def table() -> Iterator[Table]:
    """An empty table, which waits for a moment only. Moto is not thread-safe, so one thread makes every call."""
    with mock_aws(), fast_transactions(), ThreadPoolExecutor(max_workers=1) as executor:
        client().create_table(**DEFINITION)
        yield Table(client(), NAME, executor, waits_s=(0.001,) * 7)


class Stream:
    """The stream of the table, as the function that follows it is given what is new."""

    def __init__(self) -> None:
        self._last: str | None = None

    def records(self, *, at_s: float | None = None) -> Sequence[StreamRecord]:
        """The records since the last call, at most 1,000. Only while nothing else calls moto.

        `at_s` is when they say that it happened (epoch seconds), as moto goes by a clock of its own.
        """
        (stream,) = _streams().list_streams(TableName=NAME)["Streams"]
        (shard,) = _streams().describe_stream(StreamArn=stream["StreamArn"])["StreamDescription"]["Shards"]
        where = {"ShardIteratorType": "TRIM_HORIZON"}
        if self._last is not None:
            where = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": self._last}
        # A new iterator each time: moto forgets what a transaction that failed has changed by putting a copy of the
        # table in its place, and an old one would follow the one that was.
        iterator = _streams().get_shard_iterator(StreamArn=stream["StreamArn"], ShardId=shard["ShardId"], **where)[
            "ShardIterator"
        ]
        records = _streams().get_records(ShardIterator=iterator)["Records"]
        if records:
            self._last = records[-1]["dynamodb"]["SequenceNumber"]
        said: list[StreamRecord] = [{"dynamodb": record["dynamodb"]} for record in records]
        if at_s is not None:
            for each in said:
                each["dynamodb"]["ApproximateCreationDateTime"] = at_s
        return said

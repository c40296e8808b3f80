"""DynamoDB as moto plays it inside the process: a table to test on, and its stream, followed."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.config import Config
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID as ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends

from infra.aws.headcount import StreamRecord
from infra.aws.table import Table
from tests.contract.moto_transactions import fast_transactions

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import CreateTableInputTypeDef

NAME: Final = "fanfare"
REGION: Final = "eu-central-1"
MOST_AT_ONCE: Final = 1_000
"""Most records that GetRecords answers with."""
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


def _session() -> boto3.Session:
    return boto3.Session(region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test")


@contextmanager
def table() -> Iterator[Table]:
    """An empty table, which waits for a moment only. Moto is not thread-safe, so one thread makes every call."""
    with mock_aws(), fast_transactions(), ThreadPoolExecutor(max_workers=1) as executor:
        client().create_table(**DEFINITION)
        yield Table(client(), NAME, executor, waits_s=(0.001,) * 7)


class Stream:
    """The stream of the table, as the function that follows it is given what is new.

    It is taken from where moto keeps it: moto's answer to GetRecords costs a millisecond for each attribute.
    """

    def __init__(self) -> None:
        self._read = 0

    def records(self, *, at_s: float | None = None) -> Sequence[StreamRecord]:
        """The records since the last call, at most 1,000. Only while nothing else calls moto.

        `at_s` is when they say that it happened (epoch seconds), as moto goes by a clock of its own.
        """
        shard = dynamodb_backends[ACCOUNT_ID][REGION].tables[NAME].stream_shard
        assert shard is not None
        new = shard.items[self._read : self._read + MOST_AT_ONCE]
        self._read += len(new)
        return [_as_lambda_has_it(record.record["dynamodb"], at_s) for record in new]


def _as_lambda_has_it(view: Mapping[str, Any], at_s: float | None) -> StreamRecord:
    made_at: datetime = view["ApproximateCreationDateTime"]
    happened_at_s = made_at.replace(tzinfo=UTC).timestamp() if at_s is None else at_s
    return {"dynamodb": {**copy.deepcopy(view), "ApproximateCreationDateTime": happened_at_s}}  # type: ignore[typeddict-item]

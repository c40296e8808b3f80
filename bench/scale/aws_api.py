"""DynamoDB and SQS in a process of their own: moto's, but the rows of a crowd of connections are generated.

It counts capacity units by DynamoDB's rules (4 KB a read unit, half of it if eventually consistent; 1 KB a write unit,
twice that in a transaction), which moto does not, and calls by name; GET /report answers and clears them.
"""

from __future__ import annotations

import argparse
import base64
import json
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

import boto3
from botocore import xform_name
from moto import mock_aws

from bench.scale.crowd import Crowd
from bench.scale.http_server import Answer, Request, serve
from infra.aws.shards import Sharding
from services.domain import topics
from services.domain.connection import connection_id_of, place_of
from services.domain.topics import Topic

PAGE_BYTES = 1_000_000
READ_UNIT_BYTES = 4_096
WRITE_UNIT_BYTES = 1_024
REGION = "us-east-1"

# Requests and answers are the SDK's own nested JSON.
Json = dict[str, Any]


class AwsApi:
    """Answers what boto3 asks of DynamoDB and SQS."""

    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd
        self._removed: set[int] = set()
        self._clients: dict[str, Any] = {
            "DynamoDB": boto3.client("dynamodb", region_name=REGION),
            "AmazonSQS": boto3.client("sqs", region_name=REGION),
        }
        self._calls: Counter[str] = Counter()
        self._units: dict[str, float] = defaultdict(float)
        self._members = [number for number in range(crowd.size) if crowd.is_member(number)]

    def handle(self, request: Request, answer: Callable[[Answer], None]) -> None:
        """One request."""
        if request.path == "/report":
            report = {"calls": dict(self._calls), "units": dict(self._units)}
            self._calls.clear()
            self._units.clear()
            answer((200, json.dumps(report).encode()))
            return
        service, _, operation = request.headers["x-amz-target"].partition(".")
        service = service.partition("_")[0]
        asked: Json = json.loads(request.body)
        self._calls[operation] += 1
        try:
            answered = self._answer(service, operation, asked)
        except self._clients["DynamoDB"].exceptions.ClientError as error:
            body = {"__type": error.response["Error"]["Code"], "message": str(error), **_reasons(error.response)}
            answer((400, json.dumps(body).encode()))
            return
        answer((200, json.dumps(answered, default=_plain).encode()))

    def _answer(self, service: str, operation: str, asked: Json) -> Json:
        if operation == "Query":
            pk = asked["ExpressionAttributeValues"][":pk"]["S"]
            filed = self._crowd.topic_of(pk)
            if filed is not None:
                return self._page(*filed, asked)
            if pk.startswith("CONN#"):
                return self._record(pk, asked)
        if operation == "DeleteItem" and asked["Key"]["pk"]["S"].startswith("CONN#"):
            return self._delete_record(asked["Key"]["pk"]["S"])
        if operation == "BatchWriteItem":
            self._delete_rows(asked)
            if not any(asked["RequestItems"].values()):
                return {"UnprocessedItems": {}}
        if service == "DynamoDB":
            self._count(operation, asked)
        answered: Json = getattr(self._clients[service], xform_name(operation))(**asked)
        answered.pop("ResponseMetadata", None)
        if operation in {"Query", "GetItem", "BatchGetItem"}:
            self._count_read(operation, asked, answered)
        return answered

    def _page(self, topic: Topic, shard: int, asked: Json) -> Json:
        items: list[Json] = []
        size = 0
        last: str | None = None
        limit = asked.get("Limit", math.inf)
        for number in self._from(topic, shard, asked):
            item = self._crowd.row(topic, number)
            items.append(item)
            size += _size(item)
            if len(items) >= limit or size > PAGE_BYTES:
                last = item["sk"]["S"]
                break
        self._units["read"] += _read_units(size, asked.get("ConsistentRead", False))
        counted: Json = {"Count": len(items), "ScannedCount": len(items)}
        if last is not None:
            counted["LastEvaluatedKey"] = {"pk": asked["ExpressionAttributeValues"][":pk"], "sk": {"S": last}}
        return counted if asked.get("Select") == "COUNT" else {"Items": items, **counted}

    def _from(self, topic: Topic, shard: int, asked: Json) -> Iterator[int]:
        """The connections of a shard from where the query begins to where it ends."""
        values = asked["ExpressionAttributeValues"]
        start = asked.get("ExclusiveStartKey")
        if start is not None:
            first = Crowd.number_of(connection_id_of(start["sk"]["S"])) + 1
        else:
            first = self._crowd.first_from(int(values[":first"]["S"][:8], 16)) if ":first" in values else 0
        last_place = int(values[":last"]["S"][:8], 16) if ":last" in values else place_of("ffffffff#")
        everyone = range(first, self._crowd.size)
        for number in everyone if topic == topics.ALL else self._members:
            if self._crowd.place_of(number) > last_place:
                return
            if number >= first and number not in self._removed and self._crowd.is_in(topic, shard, number):
                yield number

    def _record(self, pk: str, asked: Json) -> Json:
        number = Crowd.number_of(pk.partition("#")[2])
        items = [] if number in self._removed else [self._crowd.record(number)]
        self._units["read"] += _read_units(sum(map(_size, items)), asked.get("ConsistentRead", False))
        return {"Items": items, "Count": len(items), "ScannedCount": len(items)}

    def _delete_record(self, pk: str) -> Json:
        number = Crowd.number_of(pk.partition("#")[2])
        self._units["write"] += 1
        if number in self._removed:
            return {}
        self._removed.add(number)
        return {"Attributes": self._crowd.record(number)}

    def _delete_rows(self, asked: Json) -> None:
        """Count and take out of a batch the deletion of the crowd's rows, which went with their records."""
        for table, requests in asked["RequestItems"].items():
            deletions = [request for request in requests if "DeleteRequest" in request]
            rows = [request for request in deletions if request["DeleteRequest"]["Key"]["pk"]["S"].startswith("TOPIC#")]
            self._units["write"] += len(rows)
            asked["RequestItems"][table] = [request for request in requests if request not in rows]

    def _count(self, operation: str, asked: Json) -> None:
        match operation:
            case "PutItem":
                self._units["write"] += _write_units(asked["Item"])
            case "UpdateItem" | "DeleteItem":
                self._units["write"] += 1
            case "BatchWriteItem":
                for requests in asked["RequestItems"].values():
                    for request in requests:
                        self._units["write"] += _write_units(request.get("PutRequest", {}).get("Item", {}))
            case "TransactWriteItems":
                for action in asked["TransactItems"]:
                    self._units["write"] += 2 * _write_units(action.get("Put", {}).get("Item", {}))

    def _count_read(self, operation: str, asked: Json, answered: Json) -> None:
        if operation == "BatchGetItem":
            for table, items in answered["Responses"].items():
                consistent = asked["RequestItems"][table].get("ConsistentRead", False)
                self._units["read"] += sum(_read_units(_size(item), consistent) for item in items)
            return
        items = answered.get("Items", [answered.get("Item", {})])
        self._units["read"] += _read_units(sum(map(_size, items)), asked.get("ConsistentRead", False))


def _size(item: Json) -> int:
    """The size of an item: its names and values (DynamoDB: "Item sizes and formats"), numbers taken as text."""
    return sum(len(name) + _value_size(value) for name, value in item.items())


def _value_size(value: Json) -> int:
    match value:
        case {"S": str(text)} | {"N": str(text)}:
            return len(text)
        case {"SS": list(texts)}:
            return 3 + sum(map(len, texts))
    return 1


def _read_units(size_bytes: int, consistent: bool) -> float:
    units = max(1, math.ceil(size_bytes / READ_UNIT_BYTES))
    return units if consistent else units / 2


def _write_units(item: Json) -> int:
    return max(1, math.ceil(_size(item) / WRITE_UNIT_BYTES))


def _reasons(response: Mapping[str, Any]) -> Json:
    return {"CancellationReasons": response["CancellationReasons"]} if "CancellationReasons" in response else {}


def _plain(value: object) -> object:
    """What JSON has no word for: moments and bytes."""
    if isinstance(value, datetime):
        return value.timestamp()
    assert isinstance(value, bytes)
    return base64.b64encode(value).decode()


def main() -> None:
    """Serve until killed."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--connections", type=int, required=True)
    arguments.add_argument("--members", type=int, required=True)
    given = arguments.parse_args()
    with mock_aws():
        serve(AwsApi(Crowd(given.connections, given.members, Sharding())).handle)


if __name__ == "__main__":
    main()

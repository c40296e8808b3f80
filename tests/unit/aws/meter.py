"""What requests cost: DynamoDB's units by its own rule, from the sizes of items (moto's figures are not theirs).

A write takes one unit for each KB of the item, twice that in a transaction; a delete as many as the item had. A read
takes one for each 4 KB, of all items of a query together and of each item that is got by its key, and half that if it
is eventually consistent (DynamoDB developer guide, "Read and write operations").
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KB = 1_024
_Attributes = Mapping[str, Mapping[str, Any]]


class Meter:
    """Counts calls and units of a client from when it is made; it has to see items written to know their size.

    Calls must be made one after the other, as those of one thread are.
    """

    def __init__(self, client: DynamoDBClient) -> None:
        self._events = client.meta.events
        self._sizes: dict[tuple[str, str], int] = {}
        self._asked: Mapping[str, Any] = {}
        self.calls: Counter[str] = Counter()
        self.write_units = 0.0
        self.read_units = 0.0
        self.items_read = 0

    def __enter__(self) -> Meter:
        self._events.register("provide-client-params.dynamodb", self._ask)
        self._events.register("after-call.dynamodb", self._count)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._events.unregister("provide-client-params.dynamodb", self._ask)
        self._events.unregister("after-call.dynamodb", self._count)

    def reset(self) -> None:
        """Begin to count anew; the sizes of items stay known."""
        self.calls.clear()
        self.write_units = self.read_units = 0.0
        self.items_read = 0

    def _ask(self, params: Mapping[str, Any], **_: object) -> None:
        self._asked = params

    def _count(self, model: Any, parsed: Mapping[str, Any], **_: object) -> None:
        self.calls[model.name] += 1
        if model.name in {"GetItem", "BatchGetItem", "Query"}:
            self._count_read(model.name, self._asked, parsed)
        else:
            self._count_write(model.name, self._asked, parsed)

    def _count_read(self, name: str, asked: Mapping[str, Any], parsed: Mapping[str, Any]) -> None:
        match name:
            case "GetItem":
                self._read([parsed.get("Item", {})], asked)
            case "BatchGetItem":
                wanted = _only(asked["RequestItems"])
                found = _only(parsed["Responses"])
                for item in [*found, *[{}] * (len(wanted["Keys"]) - len(found))]:
                    self._read([item], wanted)
            case "Query":
                # What a filter left out was read too; such items are taken to be as large as those that came.
                items = parsed.get("Items") or [{}]
                scanned = parsed["ScannedCount"]
                self._read(items, asked, times=max(1.0, scanned / len(items)))
                self.items_read += scanned

    def _count_write(self, name: str, asked: Mapping[str, Any], parsed: Mapping[str, Any]) -> None:
        match name:
            case "PutItem":
                self._put(asked["Item"])
            case "DeleteItem":
                self._delete(asked["Key"])
            case "UpdateItem":
                self._put(parsed["Attributes"])
            case "BatchWriteItem":
                for request in _only(asked["RequestItems"]):
                    if "PutRequest" in request:
                        self._put(request["PutRequest"]["Item"])
                    else:
                        self._delete(request["DeleteRequest"]["Key"])
            case "TransactWriteItems":
                for action in asked["TransactItems"]:
                    self._transact(action)

    def _put(self, item: _Attributes, price: int = 1) -> None:
        before = self._sizes.get(_key(item), 0)
        self._sizes[_key(item)] = size_bytes(item)
        self.write_units += price * _units(max(before, size_bytes(item)), KB)

    def _delete(self, key: _Attributes, price: int = 1) -> None:
        self.write_units += price * _units(self._sizes.pop(_key(key), 0), KB)

    def _transact(self, action: Mapping[str, Any]) -> None:
        match action:
            case {"Put": put}:
                self._put(put["Item"], price=2)
            case {"Delete": delete}:
                self._delete(delete["Key"], price=2)
            case {"Update": update}:
                # Counters: an item of a key, numbers and a moment is far below a KB.
                self._sizes.setdefault(_key(update["Key"]), size_bytes(update["Key"]))
                self.write_units += 2
            case {"ConditionCheck": check}:
                self.write_units += 2 * _units(self._sizes.get(_key(check["Key"]), 0), KB)

    def _read(self, items: list[_Attributes], asked: Mapping[str, Any], *, times: float = 1.0) -> None:
        units = _units(times * sum(map(size_bytes, items)), 4 * KB)
        self.read_units += units if asked.get("ConsistentRead") else units / 2


def size_bytes(item: _Attributes) -> int:
    """The size of an item: its attributes' names and values (guide, "Item sizes and formats")."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def _value_bytes(value: Mapping[str, Any]) -> int:
    match value:
        case {"S": text}:
            return len(text.encode())
        case {"N": number}:
            return len(number.strip("-").replace(".", "")) // 2 + 2
        case {"SS": texts}:
            return 3 + sum(len(text.encode()) + 1 for text in texts)
    return 1


def _units(size: float, each: int) -> int:
    return max(1, math.ceil(size / each))


def _key(item: _Attributes) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["S"]


def _only(by_table: Mapping[str, Any]) -> Any:
    (of_table,) = by_table.values()
    return of_table

"""The table, asynchronously: boto3's calls in threads, its errors told apart, batches carried through.

Every read is strongly consistent unless it says otherwise. boto3 because it is the SDK that AWS keeps; its CPU time
does not matter here, where a call moves a page of rows. (Posting to terminals is another matter: see `sender`.)
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from infra.aws.actions import Action, Condition, Update
from infra.aws.attributes import Item, Value, decoded, decoded_item, encoded_item
from infra.aws.calls import all_of, code_of, in_thread, words_of
from infra.aws.keys import Key
from infra.aws.requests import fill, key_of, key_range, transact_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import (
        BatchGetItemOutputTypeDef,
        BatchWriteItemOutputTypeDef,
        DeleteItemInputTypeDef,
        KeysAndAttributesTypeDef,
        PutItemInputTypeDef,
        QueryInputTypeDef,
        TransactWriteItemsInputTypeDef,
        UpdateItemInputTypeDef,
        WriteRequestUnionTypeDef,
    )

T = TypeVar("T")

BATCH_WRITE_ITEMS: Final = 25
"""Most puts and deletes of one BatchWriteItem (DynamoDB API reference)."""
BATCH_GET_ITEMS: Final = 100
"""Most keys of one BatchGetItem."""
TRANSACT_ITEMS: Final = 100
"""Most actions of one TransactWriteItems."""
WAITS_S: Final = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 2.0)
"""The longest waits between two tries, where DynamoDB left something unprocessed or two writes were in conflict."""


class TableUnavailable(OSError):
    """DynamoDB cannot be reached, is throttling for longer than we wait, or does not let us in."""


class _ConditionFailed(Exception):
    """What was asked for is not so."""


class _Conflict(Exception):
    """Another write of the same items is under way."""


@dataclass(frozen=True, slots=True)
class QueryPage:
    """Items of a partition in the order of their sort keys, and the sort key to go on behind; None at the end."""

    items: Sequence[Mapping[str, Value]]
    last: str | None


class Table:
    """One DynamoDB table with the keys `pk` and `sk`. Every call raises TableUnavailable.

    `executor` runs the calls; None is asyncio's own pool. The client must have as many connections. `waits_s` are the
    longest waits before what was left unprocessed, or a write in conflict, is tried again.
    """

    def __init__(
        self,
        client: DynamoDBClient,
        name: str,
        executor: Executor | None = None,
        *,
        waits_s: Sequence[float] = WAITS_S,
    ) -> None:
        self._client = client
        self._executor = executor
        self._waits_s = waits_s
        self.name = name

    async def get(self, key: Key, *, consistent: bool = True) -> Mapping[str, Value] | None:
        """An item, or None."""
        answer = await self._call(
            lambda: self._client.get_item(TableName=self.name, Key=key_of(key), ConsistentRead=consistent)
        )
        item = answer.get("Item")
        return None if item is None else decoded_item(item)

    async def get_many(self, keys: Sequence[Key], *, consistent: bool = True) -> Sequence[Mapping[str, Value]]:
        """Those items that are there, in no order. Keys must differ."""
        batches = [keys[at : at + BATCH_GET_ITEMS] for at in range(0, len(keys), BATCH_GET_ITEMS)]
        found = await all_of(self._get_batch(batch, consistent) for batch in batches)
        return [item for batch in found for item in batch]

    async def put(self, item: Item, condition: Condition | None = None) -> bool:
        """Write an item; False, and nothing written, if the condition does not hold."""
        request: PutItemInputTypeDef = {"TableName": self.name, "Item": encoded_item(item)}
        if condition is not None:
            request["ConditionExpression"] = condition.expression
            fill(request, condition)
        try:
            await self._write(lambda: self._client.put_item(**request))
        except _ConditionFailed:
            return False
        return True

    async def replaced(self, item: Item) -> Mapping[str, Value] | None:
        """Write an item; the one that was in its place."""
        encoded = encoded_item(item)
        answer = await self._write(
            lambda: self._client.put_item(TableName=self.name, Item=encoded, ReturnValues="ALL_OLD")
        )
        old = answer.get("Attributes")
        return decoded_item(old) if old else None

    async def update(self, update: Update) -> Mapping[str, Value] | None:
        """Change an item; the item as it then is, or None, and nothing changed, if the condition does not hold."""
        request: UpdateItemInputTypeDef = {
            "TableName": self.name,
            "Key": key_of(update.key),
            "UpdateExpression": update.change.expression,
            "ReturnValues": "ALL_NEW",
        }
        if update.condition is not None:
            request["ConditionExpression"] = update.condition.expression
        fill(request, update.change, update.condition)
        try:
            answer = await self._write(lambda: self._client.update_item(**request))
        except _ConditionFailed:
            return None
        return decoded_item(answer["Attributes"])

    async def deleted(self, key: Key, condition: Condition | None = None) -> Mapping[str, Value] | None:
        """Delete an item; what it was, or None if it was not there or the condition does not hold."""
        request: DeleteItemInputTypeDef = {"TableName": self.name, "Key": key_of(key), "ReturnValues": "ALL_OLD"}
        if condition is not None:
            request["ConditionExpression"] = condition.expression
            fill(request, condition)
        try:
            answer = await self._write(lambda: self._client.delete_item(**request))
        except _ConditionFailed:
            return None
        old = answer.get("Attributes")
        return decoded_item(old) if old else None

    async def query(
        self,
        pk: str,
        *,
        first: str | None = None,
        last: str | None = None,
        after: str | None = None,
        limit: int | None = None,
        newest_first: bool = False,
        filtered: Condition | None = None,
        only: Sequence[str] = (),
        consistent: bool = True,
    ) -> QueryPage:
        """One page of a partition: sort keys from `first` to `last`, both included, going on behind `after`.

        At most `limit` items are read, and at most 1 MB (DynamoDB's own limit); `filtered` leaves out some of those
        that were read, `only` all but these attributes. `newest_first` walks backwards.
        """
        request: QueryInputTypeDef = {
            "TableName": self.name,
            "ConsistentRead": consistent,
            "ScanIndexForward": not newest_first,
        }
        request["KeyConditionExpression"], keys = key_range(pk, first, last)
        if limit is not None:
            request["Limit"] = limit
        if after is not None:
            request["ExclusiveStartKey"] = key_of(Key(pk, after))
        if filtered is not None:
            request["FilterExpression"] = filtered.expression
        names = {f"#only{number}": name for number, name in enumerate(only)}
        if names:
            request["ProjectionExpression"] = ", ".join(names)
        fill(request, keys, filtered, Condition(expression="", names=names))
        answer = await self._call(lambda: self._client.query(**request))
        behind = answer.get("LastEvaluatedKey")
        return QueryPage(
            [decoded_item(item) for item in answer["Items"]], None if behind is None else str(decoded(behind["sk"]))
        )

    async def query_all(
        self, pk: str, *, first: str | None = None, last: str | None = None, consistent: bool = True
    ) -> Sequence[Mapping[str, Value]]:
        """A whole range of a partition; for ranges that are known to be small."""
        items: list[Mapping[str, Value]] = []
        after: str | None = None
        while True:
            page = await self.query(pk, first=first, last=last, after=after, consistent=consistent)
            items += page.items
            if page.last is None:
                return items
            after = page.last

    async def count(
        self,
        pk: str,
        *,
        first: str | None = None,
        last: str | None = None,
        filtered: Condition | None = None,
        consistent: bool = True,
    ) -> int:
        """How many items of a partition there are; it reads them all, so for partitions known to be small."""
        condition, keys = key_range(pk, first, last)
        request: QueryInputTypeDef = {
            "TableName": self.name,
            "ConsistentRead": consistent,
            "KeyConditionExpression": condition,
            "Select": "COUNT",
        }
        if filtered is not None:
            request["FilterExpression"] = filtered.expression
        fill(request, keys, filtered)
        total = 0
        while True:
            answer = await self._call(lambda: self._client.query(**request))
            total += answer["Count"]
            behind = answer.get("LastEvaluatedKey")
            if behind is None:
                return total
            request["ExclusiveStartKey"] = behind

    async def write(self, puts: Sequence[Item] = (), deletes: Sequence[Key] = ()) -> None:
        """Put and delete items, each by itself, in batches of 25; what is left unprocessed is tried again.

        No key twice. When this raises, some may have been written.
        """
        requests: list[WriteRequestUnionTypeDef] = [{"PutRequest": {"Item": encoded_item(item)}} for item in puts]
        requests += [{"DeleteRequest": {"Key": key_of(key)}} for key in deletes]
        batches = [requests[at : at + BATCH_WRITE_ITEMS] for at in range(0, len(requests), BATCH_WRITE_ITEMS)]
        await all_of(self._write_batch(batch) for batch in batches)

    async def transact(self, actions: Sequence[Action], *, token: str | None = None) -> bool:
        """All of up to 100 actions or none; False if a condition does not hold. Conflicts are tried again.

        `token` (1 to 36 characters): the same actions under the same token within ten minutes happen once
        (`ClientRequestToken`).
        """
        request: TransactWriteItemsInputTypeDef = {
            "TransactItems": [transact_item(self.name, action) for action in actions]
        }
        if token is not None:
            request["ClientRequestToken"] = token
        try:
            await self._write(lambda: self._client.transact_write_items(**request))
        except _ConditionFailed:
            return False
        return True

    async def _get_batch(self, keys: Sequence[Key], consistent: bool) -> Sequence[Mapping[str, Value]]:
        found: list[Mapping[str, Value]] = []
        wanted: KeysAndAttributesTypeDef = {"Keys": [key_of(key) for key in keys], "ConsistentRead": consistent}
        for wait_s in (0.0, *self._waits_s):
            await _pause(wait_s)
            answer = await self._call(self._batch_get(wanted))
            found += [decoded_item(item) for item in answer["Responses"].get(self.name, ())]
            left = answer["UnprocessedKeys"].get(self.name)
            if left is None:
                return found
            wanted = {"Keys": left["Keys"], "ConsistentRead": consistent}
        raise TableUnavailable(f"table {self.name} throttles: {len(wanted['Keys'])} keys were left unread")

    async def _write_batch(self, batch: Sequence[WriteRequestUnionTypeDef]) -> None:
        waiting: Sequence[WriteRequestUnionTypeDef] = batch
        for wait_s in (0.0, *self._waits_s):
            await _pause(wait_s)
            answer = await self._call(self._batch_write(waiting))
            left = answer["UnprocessedItems"].get(self.name)
            if not left:
                return
            waiting = left
        raise TableUnavailable(f"table {self.name} throttles: {len(waiting)} items were left unwritten")

    def _batch_get(self, wanted: KeysAndAttributesTypeDef) -> Callable[[], BatchGetItemOutputTypeDef]:
        return lambda: self._client.batch_get_item(RequestItems={self.name: wanted})

    def _batch_write(self, batch: Sequence[WriteRequestUnionTypeDef]) -> Callable[[], BatchWriteItemOutputTypeDef]:
        return lambda: self._client.batch_write_item(RequestItems={self.name: batch})

    async def _write(self, call: Callable[[], T]) -> T:
        """A call that writes; one that meets a transaction under way on the same items is made again."""
        for wait_s in (0.0, *self._waits_s):
            await _pause(wait_s)
            try:
                return await self._call(call)
            except _Conflict:
                continue
        raise TableUnavailable(f"a write to table {self.name} met others {len(self._waits_s) + 1} times")

    async def _call(self, call: Callable[[], T]) -> T:
        """Run one call in a thread, and tell its errors apart."""
        return await in_thread(call, self._executor, refused=self._meaning, unreachable=self._unreachable)

    def _unreachable(self, error: BotoCoreError) -> Exception:
        return TableUnavailable(f"table {self.name} cannot be reached: {error}")

    def _meaning(self, error: ClientError) -> Exception:
        code = code_of(error)
        if code == "ConditionalCheckFailedException":
            return _ConditionFailed()
        if code in {"TransactionConflictException", "TransactionInProgressException"}:
            return _Conflict()
        if code == "TransactionCanceledException":
            reasons = {reason.get("Code") for reason in error.response.get("CancellationReasons", ())}
            if "ConditionalCheckFailed" in reasons:
                return _ConditionFailed()
            if reasons & {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}:
                return _Conflict()
        if code in {"ValidationException", "IdempotentParameterMismatchException"}:
            # Our own mistake, not the table's state: it must not look like an outage.
            return error
        return TableUnavailable(f"table {self.name}: {words_of(error)}")


async def _pause(longest_s: float) -> None:
    """Wait, but not as long as others do."""
    if longest_s:
        await asyncio.sleep(longest_s * random.uniform(0.5, 1))  # noqa: S311 - spreads writers, guards nothing

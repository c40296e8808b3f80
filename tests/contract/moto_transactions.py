"""Makes moto's transactions fast: it copies the whole table for each action, to have it back should one fail.

With a table of a thousand items and their stream that is a tenth of a second for each transaction. Here a transaction
copies the partitions that it touches.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table


@contextmanager
def fast_transactions() -> Iterator[None]:
    """While this is open, moto's transactions cost what they write. For one thread."""
    touched: set[DynamoType] = set()
    transact = DynamoDBBackend.transact_write_items

    def transact_and_note(backend: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
        touched.clear()
        for action in transact_items:
            for request in action.values():
                touched.add(DynamoType(request.get("Key", request.get("Item"))["pk"]))
        transact(backend, transact_items)

    def copied(table: Table, memo: object) -> Table:
        kept = copy.copy(table)
        kept.items = defaultdict(dict, table.items)
        for partition in touched & table.items.keys():
            kept.items[partition] = copy.deepcopy(table.items[partition])
        if table.stream_shard is not None:
            kept.stream_shard = copy.copy(table.stream_shard)
            kept.stream_shard.items = list(table.stream_shard.items)
        return kept

    with (
        mock.patch.object(DynamoDBBackend, "transact_write_items", transact_and_note),
        mock.patch.object(Table, "__deepcopy__", copied, create=True),
    ):
        yield

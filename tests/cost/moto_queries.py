"""Makes moto's queries fast: for each it goes through every item of the table, and compares its partition key.

Here a query goes through its own partition. What it answers is the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table


@contextmanager
def fast_queries() -> Iterator[None]:
    """While this is open, moto's queries of a table cost what is in one partition. For one thread."""
    query, all_items = Table.query, Table.all_items
    asked_for: list[DynamoType] = []

    def query_partition(table: Table, hash_key: DynamoType, *arguments: Any, **options: Any) -> Any:
        asked_for.append(hash_key)
        try:
            return query(table, hash_key, *arguments, **options)
        finally:
            asked_for.clear()

    def items_of_partition(table: Table) -> Iterator[Item]:
        if not asked_for:
            yield from all_items(table)
        else:
            yield from table.items.get(asked_for[0], {}).values()

    with (
        mock.patch.object(Table, "query", query_partition),
        mock.patch.object(Table, "all_items", items_of_partition),
    ):
        yield

"""Many small writes of one kind as one: what comes within a turn of the event loop is written together."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from infra.local.database import Database

Item = TypeVar("Item")
Result = TypeVar("Result")


class Batch(Generic[Item, Result]):
    """Hands the items of one turn to `function` on the writer's thread, which gives a result for each, in order."""

    def __init__(
        self,
        database: Database,
        function: Callable[[sqlite3.Connection, Sequence[Item]], Sequence[Result]],
        *,
        durable: bool,
    ) -> None:
        self._database = database
        self._function = function
        self._durable = durable
        self._items: list[Item] = []
        self._futures: list[asyncio.Future[Result]] = []
        self._sending: set[asyncio.Task[None]] = set()

    def put(self, item: Item) -> asyncio.Future[Result]:
        """Add an item; the future of its result, which is there once it is committed. It fails with StorageError."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()
        self._items.append(item)
        self._futures.append(future)
        if len(self._items) == 1:
            loop.call_soon(self._send)
        return future

    def _send(self) -> None:
        items, self._items = self._items, []
        futures, self._futures = self._futures, []
        task = asyncio.ensure_future(self._write(items, futures))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _write(self, items: Sequence[Item], futures: Sequence[asyncio.Future[Result]]) -> None:
        try:
            results = await self._database.write(
                lambda connection: self._function(connection, items), durable=self._durable
            )
        except Exception as error:  # noqa: BLE001 - each of those who wait is told
            for future in futures:
                if not future.done():
                    future.set_exception(error)
            return
        for future, result in zip(futures, results, strict=True):
            if not future.done():
                future.set_result(result)

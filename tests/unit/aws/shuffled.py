"""Calls that are under way at the same time, made in any order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor, Future
from random import Random
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Shuffled(Executor):
    """Runs each call in the event loop itself, some turns later, and in an order that a seed decides."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311 - shuffles, guards nothing
        self._waiting: list[Callable[[], None]] = []

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()

        def run() -> None:
            try:
                future.set_result(fn(*args, **kwargs))
            except Exception as error:  # noqa: BLE001 - it is the caller's, whatever it is
                future.set_exception(error)

        self._waiting.append(run)
        asyncio.get_running_loop().call_soon(self._one, self._random.randrange(4))
        return future

    def _one(self, turns: int) -> None:
        if turns:
            asyncio.get_running_loop().call_soon(self._one, turns - 1)
        else:
            self._waiting.pop(self._random.randrange(len(self._waiting)))()

"""What the Python clients share: their arguments, the ids, the clock and the line they end with.

Imports nothing but the standard library: some clients run in a virtual environment of their own.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

ACCESS_KEY_ID = "AKIDEXAMPLE"
SECRET_ACCESS_KEY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
REGION = "us-east-1"
_IDS = 100_000


@dataclass(frozen=True, slots=True)
class Task:
    """What a client is to do."""

    url: str
    ca_file: str
    concurrency: int
    message: bytes
    warm_up_s: float
    seconds: float


def task_from_arguments() -> Task:
    """The task on the command line, as `bench.posters` writes it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("ca_file")
    parser.add_argument("concurrency", type=int)
    parser.add_argument("message_bytes", type=int)
    parser.add_argument("warm_up_s", type=float)
    parser.add_argument("seconds", type=float)
    found = parser.parse_args()
    return Task(found.url, found.ca_file, found.concurrency, b"x" * found.message_bytes, found.warm_up_s, found.seconds)


def connection_ids() -> Iterator[str]:
    """Ids as API Gateway makes them, again and again."""
    return itertools.cycle([f"R0oXAdfD{number:07x}=" for number in range(_IDS)])


class Count:
    """Posts and the time they took, wall and CPU, from its making on."""

    def __init__(self) -> None:
        self.posts = 0
        self._begun_s = time.perf_counter()
        self._begun_cpu_s = time.process_time()

    def is_over(self, seconds: float) -> bool:
        return time.perf_counter() - self._begun_s >= seconds

    def tell(self) -> None:
        """Print the result, as `bench.posters` reads it."""
        seconds = time.perf_counter() - self._begun_s
        cpu_s = time.process_time() - self._begun_cpu_s
        print(json.dumps({"posts": self.posts, "seconds": seconds, "cpu_s": cpu_s}), flush=True)


async def keep_posting(task: Task, post: Callable[[str], Awaitable[None]]) -> None:
    """So many at a time, each from the end of one to the next: first to warm up, then to be counted."""
    ids = connection_ids()

    async def one_after_another(count: Count, seconds: float) -> None:
        while not count.is_over(seconds):
            await post(next(ids))
            count.posts += 1

    for seconds in (task.warm_up_s, task.seconds):
        count = Count()
        await asyncio.gather(*(one_after_another(count, seconds) for _ in range(task.concurrency)))
    count.tell()

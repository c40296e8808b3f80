"""boto3's calls, made in threads: an event loop must not wait for them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import Executor
from typing import TypeVar

from botocore.exceptions import BotoCoreError, ClientError

T = TypeVar("T")


async def in_thread(
    call: Callable[[], T],
    executor: Executor | None,
    *,
    refused: Callable[[ClientError], Exception],
    unreachable: Callable[[BotoCoreError], Exception],
) -> T:
    """Run one call in a thread; None is asyncio's own pool.

    Raises what `refused` makes of an error that the service answers, and what `unreachable` makes of one that has kept
    the call from being answered at all.
    """
    try:
        return await asyncio.get_running_loop().run_in_executor(executor, call)
    except ClientError as error:
        raise refused(error) from error
    except BotoCoreError as error:
        raise unreachable(error) from error


async def all_of(calls: Iterable[Awaitable[T]]) -> list[T]:
    """What these calls come to, once all of them are over: one that fails leaves no other under way."""
    results = await asyncio.gather(*calls, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return [result for result in results if not isinstance(result, BaseException)]


def code_of(error: ClientError) -> str:
    """The code of an error that a service answers, such as `ConflictException`."""
    return error.response["Error"]["Code"]


def words_of(error: ClientError) -> str:
    """That code and what it says."""
    return f"{code_of(error)}: {error.response['Error'].get('Message', '')}"

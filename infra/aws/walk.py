"""A walk through partitions, one behind the other, as one listing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

from infra.aws.attributes import Value
from infra.aws.table import QueryPage

Part = TypeVar("Part")
Items = Sequence[Mapping[str, Value]]


async def walk(
    parts: Sequence[Part], read: Callable[[Part, int], Awaitable[QueryPage]], *, limit: int
) -> tuple[Items, str | None]:
    """Up to `limit` items of these parts in order, and the sort key to go on behind; None at the end.

    `read` reads one page of a part, of so many items at most. While parts turn out to hold little, more of them are
    read at the same time, twice as many each time, so that a long row of empty ones is soon over. A page that goes on
    ends the walk, so fewer than `limit` items can come with a sort key.
    """
    found: list[Mapping[str, Value]] = []
    left = parts
    at_once = 1
    while left:
        if len(found) == limit:
            return found, str(found[-1]["sk"])
        most = limit - len(found)
        some, left = left[:at_once], left[at_once:]
        for page in await asyncio.gather(*(read(part, most) for part in some)):
            found.extend(page.items)
            if len(found) > limit:
                return found[:limit], str(found[limit - 1]["sk"])
            if page.last is not None:
                return found, page.last
        at_once *= 2
    return found, None

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

    `read` reads one page of a part, of so many items at most. More parts are read at the same time than the time
    before, twice as many, if those before held so little that as many seem to be needed: a long row of empty parts is
    soon over, and little is read to be thrown away. A page that goes on ends the walk, so fewer than `limit` items can
    come with a sort key.
    """
    found: list[Mapping[str, Value]] = []
    done = 0
    at_once = 1
    while done < len(parts):
        most = limit - len(found)
        if most == 0:
            return found, str(found[-1]["sk"])
        some = parts[done : done + at_once]
        for page in await asyncio.gather(*(read(part, most) for part in some)):
            found.extend(page.items)
            if len(found) > limit:
                return found[:limit], str(found[limit - 1]["sk"])
            if page.last is not None:
                return found, page.last
        done += len(some)
        seem_needed = (limit - len(found)) * done // max(len(found), 1)
        at_once = max(1, min(2 * at_once, seem_needed))
    return found, None

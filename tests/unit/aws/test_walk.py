"""A walk through partitions is one listing, however it is cut into pages."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from infra.aws.table import QueryPage
from infra.aws.walk import walk


class Partitions:
    """Partitions of items whose sort keys are numbers; how many of them were read, and how many items."""

    def __init__(self, *sizes: int) -> None:
        numbers = iter(range(sum(sizes)))
        self.parts = [[next(numbers) for _ in range(size)] for size in sizes]
        self.read = 0
        self.items_read = 0
        self.at_once = 0
        self.most_at_once = 0

    def behind(self, after: str | None) -> list[list[int]]:
        """What is left behind a sort key."""
        seen = -1 if after is None else int(after)
        left = [[number for number in part if number > seen] for part in self.parts]
        first = next((at for at, part in enumerate(self.parts) if seen in part), 0)
        return left[first:]

    async def page(self, part: list[int], most: int) -> QueryPage:
        """DynamoDB does not look whether there is more when a page is full."""
        self.read += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0)
        self.at_once -= 1
        some = part[:most]
        self.items_read += len(some)
        return QueryPage([{"sk": str(number)} for number in some], str(some[-1]) if len(some) == most else None)


@given(sizes=st.lists(st.integers(0, 5), max_size=12), limit=st.integers(1, 7))
async def test_pages_together_hold_every_item_once_and_in_order(sizes: list[int], limit: int) -> None:
    partitions = Partitions(*sizes)
    found: list[int] = []
    after: str | None = None
    while True:
        items, after = await walk(partitions.behind(after), partitions.page, limit=limit)
        assert len(items) <= limit
        found += [int(str(item["sk"])) for item in items]
        if after is None:
            break
    assert found == list(range(sum(sizes)))


async def test_a_page_is_read_of_as_few_partitions_as_it_takes() -> None:
    partitions = Partitions(10, 10, 10)
    await walk(partitions.parts, partitions.page, limit=10)
    assert partitions.read == 1


@given(size=st.integers(10, 80), partitions=st.integers(1, 32), limit=st.integers(10, 600))
async def test_of_equal_partitions_no_more_is_read_than_fills_a_page(size: int, partitions: int, limit: int) -> None:
    equal = Partitions(*[size] * partitions)
    items, _ = await walk(equal.parts, equal.page, limit=limit)
    assert len(items) == min(limit, size * partitions)
    assert equal.items_read <= limit


async def test_a_long_row_of_empty_partitions_is_soon_over() -> None:
    empty = Partitions(*[0] * 255)
    await walk(empty.parts, empty.page, limit=500)
    assert (empty.read, empty.most_at_once) == (255, 128)


async def test_a_full_page_at_the_end_of_a_partition_goes_on() -> None:
    partitions = Partitions(1, 2, 5)
    items, after = await walk(partitions.parts, partitions.page, limit=4)
    assert (len(items), after) == (4, "3")


async def test_the_end_of_the_last_partition_is_the_end() -> None:
    partitions = Partitions(1, 0, 2)
    items, after = await walk(partitions.parts, partitions.page, limit=10)
    assert (len(items), after) == (3, None)

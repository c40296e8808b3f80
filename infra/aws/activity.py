"""Figures of each minute and sizes of groups, in DynamoDB.

The stream's function adds the figures. Who comes and goes is added in the transaction that counts it (`headcount`), so
a batch that is delivered again adds nothing. Deliveries are added from what a batch says of pushes (`push_figures`).
"""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Mapping
from typing import Final

from infra.aws import keys
from infra.aws.actions import Update
from infra.aws.attributes import Value
from infra.aws.expressions import change
from infra.aws.table import Table
from infra.aws.values import seconds, to_json, whole
from services.domain.activity import MINUTE_S, MINUTES_KEPT_S, NAMES, SAMPLES_KEPT_S, Figures
from services.ports import Clock, GroupSizes

_LAST_SECOND: Final = "9" * 10


class Activity:
    """Implements `services.ports.Activity`, eventually consistent. Every call raises TableUnavailable.

    An hour of minutes is about one read unit. Sizes are compressed: a thousand groups are about 8 KB.
    """

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    async def minutes(self, first: int, last: int) -> Mapping[int, Figures]:
        items = await self._table.query_all(
            keys.ACTIVITY, first=keys.minute(first).sk, last=keys.minute(last).sk, consistent=False
        )
        return {int(str(item["sk"])): _figures(item) for item in items}

    async def keep_sizes(self, sizes: GroupSizes) -> None:
        await self._table.put(
            {
                **keys.group_sizes(int(sizes.at_s))._asdict(),
                "sizes": zlib.compress(to_json(dict(sizes.sizes)).encode()),
                "expires_at": math.ceil(sizes.at_s) + SAMPLES_KEPT_S,
            }
        )

    async def sizes_at(self, at_s: float) -> GroupSizes | None:
        # What is over TTL may still be there.
        kept_from = keys.group_sizes(int(self._clock.now_s()) - SAMPLES_KEPT_S + 1).sk
        then = keys.group_sizes(int(at_s)).sk
        if kept_from <= then and (newest := await self._one(kept_from, then, newest_first=True)) is not None:
            return newest
        return await self._one(kept_from, _LAST_SECOND, newest_first=False)

    async def _one(self, first: str, last: str, *, newest_first: bool) -> GroupSizes | None:
        page = await self._table.query(
            keys.GROUP_SIZES, first=first, last=last, limit=1, newest_first=newest_first, consistent=False
        )
        return _sizes(page.items[0]) if page.items else None


def added(minute: int, figures: Figures) -> Update:
    """The write that adds figures, of which there must be some, to those of a minute."""
    numbers = {name: getattr(figures, name) for name in NAMES}
    return Update(
        key=keys.minute(minute),
        change=change(to={"expires_at": (minute + 1) * MINUTE_S + MINUTES_KEPT_S}, add=numbers),
    )


def _figures(item: Mapping[str, Value]) -> Figures:
    return Figures(**{name: whole(item.get(name, 0)) for name in NAMES})


def _sizes(item: Mapping[str, Value]) -> GroupSizes:
    sizes = item["sizes"]
    assert isinstance(sizes, bytes)
    return GroupSizes(at_s=seconds(int(str(item["sk"]))), sizes=json.loads(zlib.decompress(sizes)))

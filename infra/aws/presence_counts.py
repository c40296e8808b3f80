"""How many are connected, as `headcount` keeps it; read eventually consistent, since it lags the registry anyway."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Final

from infra.aws import keys
from infra.aws.actions import Condition
from infra.aws.attributes import Value
from infra.aws.keys import Key
from infra.aws.table import Table
from services.domain.topics import Topic
from services.ports import GroupSize, Page, Presence

_NONE: Final[Mapping[str, Value]] = {}


async def sizes(table: Table, topics: Collection[Topic]) -> Mapping[Topic, int]:
    """How many connections were counted under each topic of the kinds all, group, user and terminal."""
    wanted = {_key_of(topic): topic for topic in topics}
    items = await table.get_many([*wanted], consistent=False)
    found = {wanted[Key(str(item["pk"]), str(item["sk"]))]: item for item in items}
    return {topic: _size(topic, found.get(topic, _NONE)) for topic in topics}


async def groups(table: Table, now_s: float, *, limit: int, after: str | None) -> Page[GroupSize]:
    """As `services.ports.Registry.groups`."""
    page = await table.query(keys.GROUPS, after=after, limit=limit, filtered=_not_empty(now_s), consistent=False)
    return Page([GroupSize(str(item["sk"]), _number(item, "n")) for item in page.items], page.last)


async def presence(table: Table, now_s: float) -> Presence:
    """As `services.ports.Registry.presence`. The groups are counted: 0.5 read units for about 60 of them."""
    totals = await table.get(keys.TOTALS, consistent=False) or _NONE
    return Presence(
        connections=_number(totals, "connections"),
        terminals=_number(totals, "terminals"),
        users=_number(totals, "users"),
        groups=await table.count(keys.GROUPS, filtered=_not_empty(now_s), consistent=False),
    )


def _key_of(topic: Topic) -> Key:
    match topic.kind:
        case "all":
            return keys.TOTALS
        case "group":
            return keys.group_count(topic.name)
        case "user":
            return keys.user_count(topic.name)
        case "terminal":
            return keys.terminal_count(topic.name)
    raise ValueError(f"{topic} is not counted")


def _size(topic: Topic, item: Mapping[str, Value]) -> int:
    match topic.kind:
        case "all":
            return _number(item, "connections")
        case "terminal":
            return len(json.loads(str(item.get("connections", "{}"))))
        case _:
            return _number(item, "n")


def _not_empty(now_s: float) -> Condition:
    return Condition(expression="n > :none AND expires_at > :now", values={":none": 0, ":now": now_s})


def _number(item: Mapping[str, Value], name: str) -> int:
    number = item.get(name, 0)
    assert isinstance(number, int)
    return max(0, number)

"""Plans in DynamoDB, each for as long as it can be sent; the names of who was meant are compressed."""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Mapping
from typing import Final

from infra.aws import keys
from infra.aws.attributes import Item, Value
from infra.aws.keys import META
from infra.aws.table import Table
from infra.aws.values import present, seconds, to_json, whole
from services.domain import profile_form
from services.ports import Plan

NAMES_BYTES: Final = 350_000
"""Most bytes of compressed names in one item, which DynamoDB lets be 400 KB; more go into further ones."""


class Plans:
    """Implements `services.ports.Plans`, strongly consistent. Every call raises TableUnavailable."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def put(self, plan: Plan) -> None:
        names = b"" if plan.terminals is None else zlib.compress(to_json(sorted(plan.terminals)).encode())
        pieces = [names[at : at + NAMES_BYTES] for at in range(0, len(names), NAMES_BYTES)]
        expires_at = math.ceil(plan.expires_at_s)
        for number, piece in enumerate(pieces):
            await self._table.put(
                {**keys.plan_names(plan.id, number)._asdict(), "names": piece, "expires_at": expires_at}
            )
        # Last, so that a plan that is there is there as a whole.
        await self._table.put(_item(plan, None if plan.terminals is None else len(pieces)))

    async def get(self, plan_id: str, *, at_s: float) -> Plan | None:
        items = {str(item["sk"]): item for item in await self._table.query_all(keys.plan(plan_id).pk)}
        plan = items.get(META)
        if plan is None or seconds(plan["ends_at_s"]) <= at_s:
            return None
        number = plan.get("pieces")
        if number is None:
            return _plan_of(plan_id, plan, None)
        pieces = [items.get(keys.plan_names(plan_id, piece).sk) for piece in range(whole(number))]
        names = b"".join(_names(piece) for piece in pieces if piece is not None)
        return _plan_of(plan_id, plan, frozenset(json.loads(zlib.decompress(names))))


def _item(plan: Plan, pieces: int | None) -> Item:
    return present(
        {
            **keys.plan(plan.id)._asdict(),
            "sender": plan.sender,
            "request": to_json(plan.request),
            "profile": to_json(profile_form.to_json(plan.profile)),
            "pieces": pieces,
            "created_at_s": plan.created_at_s,
            "ends_at_s": plan.expires_at_s,
            "expires_at": math.ceil(plan.expires_at_s),
        }
    )


def _plan_of(plan_id: str, item: Mapping[str, Value], terminals: frozenset[str] | None) -> Plan:
    return Plan(
        id=plan_id,
        sender=str(item["sender"]),
        request=json.loads(str(item["request"])),
        profile=profile_form.from_json(json.loads(str(item["profile"]))),
        terminals=terminals,
        created_at_s=seconds(item["created_at_s"]),
        expires_at_s=seconds(item["ends_at_s"]),
    )


def _names(item: Mapping[str, Value]) -> bytes:
    names = item["names"]
    assert isinstance(names, bytes)
    return names

"""What callers' idempotency keys stand for, in DynamoDB (G5)."""

from __future__ import annotations

import math
from typing import Final

from infra.aws import keys
from infra.aws.actions import Condition, Put
from infra.aws.table import Table
from infra.aws.values import seconds
from services.ports import IdempotencyConflict, IdempotencyKey

KEPT_S: Final = 86_400
"""How long an idempotency key is remembered."""


async def first_push(table: Table, key: IdempotencyKey, now_s: float) -> str | None:
    """The id of the push that this key made before, None if it made none.

    Raises IdempotencyConflict if it was used for another body.
    """
    item = await table.get(keys.idempotency(key.caller, key.key))
    if item is None or seconds(item["until_s"]) <= now_s:
        return None
    if item["body_digest"] != key.body_digest:
        raise IdempotencyConflict(f"{key.caller} used this key for another body")
    return str(item["push_id"])


def claim(key: IdempotencyKey, push_id: str, now_s: float) -> Put:
    """Make a key stand for a push, in the transaction that makes the push; it fails if another was first."""
    until_s = now_s + KEPT_S
    return Put(
        item={
            **keys.idempotency(key.caller, key.key)._asdict(),
            "body_digest": key.body_digest,
            "push_id": push_id,
            "until_s": until_s,
            "expires_at": math.ceil(until_s),
        },
        condition=Condition(expression="attribute_not_exists(pk) OR until_s <= :now", values={":now": now_s}),
    )

"""What callers of the API are held to, in DynamoDB, and how many pushes each made in the minute that runs."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Final

from infra.aws import keys
from infra.aws.actions import PRESENT, Condition, Delete, Put, Update
from infra.aws.attributes import Value
from infra.aws.audit_trail import RETENTION_DAYS, audit_item
from infra.aws.expressions import change
from infra.aws.keys import Key
from infra.aws.table import Table
from infra.aws.values import present, seconds, to_json, whole
from services.domain.audit import AuditEntry
from services.ports import Page, Sender

MINUTE_S: Final = 60
COUNT_KEPT_S: Final = 3_600
"""How long the count of a minute is kept."""


class Senders:
    """Implements `services.ports.Senders`, strongly consistent. Every call raises TableUnavailable."""

    def __init__(self, table: Table, *, audit_retention_days: int = RETENTION_DAYS) -> None:
        self._table = table
        self._audit_retention_days = audit_retention_days

    async def get(self, sub: str) -> Sender | None:
        item = await self._table.get(Key(keys.SENDERS, sub))
        return None if item is None else _sender_of(item)

    async def put(self, sender: Sender, audit: AuditEntry) -> None:
        item = present(
            {
                **Key(keys.SENDERS, sender.sub)._asdict(),
                "targets": None if sender.targets is None else to_json(sender.targets),
                "per_minute": sender.per_minute,
                "max_terminals": sender.max_terminals,
                "approve_over": sender.approve_over,
                "by": sender.by,
                "at_s": sender.at_s,
            }
        )
        await self._table.transact([Put(item=item), self._audit(audit)])

    async def delete(self, sub: str, audit: AuditEntry) -> bool:
        return await self._table.transact([Delete(key=Key(keys.SENDERS, sub), condition=PRESENT), self._audit(audit)])

    async def list(self, *, limit: int, after: str | None = None) -> Page[Sender]:
        page = await self._table.query(keys.SENDERS, after=after, limit=limit)
        return Page([_sender_of(item) for item in page.items], page.last)

    async def take(self, sub: str, *, per_minute: int, at_s: float) -> float:
        # The SDK repeats a write whose answer did not come: a push may so be counted twice, never too little.
        minute = int(at_s // MINUTE_S)
        ends_at_s = (minute + 1) * MINUTE_S
        is_free = Condition(expression="attribute_not_exists(pk) OR n < :most", values={":most": per_minute})
        counted = Update(
            key=keys.sender_minute(sub, minute),
            change=change({"expires_at": math.ceil(ends_at_s + COUNT_KEPT_S)}, {"n": 1}),
            condition=is_free,
        )
        if per_minute > 0 and await self._table.update(counted) is not None:
            return 0.0
        return ends_at_s - at_s

    def _audit(self, entry: AuditEntry) -> Put:
        return Put(item=audit_item(entry, retention_days=self._audit_retention_days))


def _sender_of(item: Mapping[str, Value]) -> Sender:
    targets = item.get("targets")
    return Sender(
        sub=str(item["sk"]),
        targets=None if targets is None else json.loads(str(targets)),
        per_minute=_limit(item, "per_minute"),
        max_terminals=_limit(item, "max_terminals"),
        approve_over=_limit(item, "approve_over"),
        by=str(item["by"]),
        at_s=seconds(item["at_s"]),
    )


def _limit(item: Mapping[str, Value], name: str) -> int | None:
    value = item.get(name)
    return None if value is None else whole(value)

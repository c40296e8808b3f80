"""The audit trail in DynamoDB: written with what it tells of, a partition for each month, read newest first."""

from __future__ import annotations

import calendar
import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from infra.aws import keys
from infra.aws.actions import Condition
from infra.aws.attributes import Item, Value
from infra.aws.table import QueryPage, Table
from infra.aws.walk import walk
from services.domain import positions
from services.domain.audit import AuditEntry
from services.ports import Clock, Page

RETENTION_DAYS: Final = 400
"""How long an entry is kept, unless a deployment says otherwise."""
CLOCK_SET_BACK_S: Final = 86_400
"""Ids only ever grow: while a clock that was set back, by up to this much, catches up, they are ahead of `at_s`."""
SCANNED_AT_ONCE: Final = 1_000
"""Most entries looked at for one page where a filter leaves some out; it may then hold fewer than asked, and go on."""
_DAY_S: Final = 86_400


class AuditTrail:
    """Implements `services.ports.AuditTrail`. Every call raises TableUnavailable.

    A page costs what it reads (4 KB a read unit), and one read unit for each month that holds nothing of it.
    """

    def __init__(self, table: Table, clock: Clock, *, retention_days: int = RETENTION_DAYS) -> None:
        self._table = table
        self._clock = clock
        self._retention_days = retention_days

    async def add(self, entry: AuditEntry) -> None:
        await self._table.put(audit_item(entry, retention_days=self._retention_days))

    async def list(
        self,
        *,
        limit: int,
        after: str | None = None,
        actor: str | None = None,
        action: str | None = None,
        subject: str | None = None,
        from_s: float | None = None,
        to_s: float | None = None,
    ) -> Page[AuditEntry]:
        now_s = self._clock.now_s()
        lowest_s = max(now_s - (self._retention_days + 1) * _DAY_S, from_s or 0)
        highest_s = CLOCK_SET_BACK_S + (now_s if to_s is None else min(now_s, to_s))
        first, last = positions.lowest_at(lowest_s), positions.lowest_at(highest_s)
        if after is not None and after < first:
            return Page([])
        if after is not None and after >= last:
            after = None
        if after is not None:
            highest_s = positions.time_of_s(after)
        narrowed = _narrowed(now_s, actor=actor, action=action, subject=subject, from_s=from_s, to_s=to_s)
        is_filtered = any(value is not None for value in (actor, action, subject, from_s, to_s))

        async def read(month: str, most: int) -> QueryPage:
            return await self._table.query(
                keys.audit_partition(month),
                first=first,
                last=last,
                after=after if after is not None and month == keys.month_of(positions.time_of_s(after)) else None,
                limit=SCANNED_AT_ONCE if is_filtered else most,
                newest_first=True,
                filtered=narrowed,
            )

        items, following = await walk(_months(highest_s, lowest_s), read, limit=limit + 1)
        found = [_entry_of(item) for item in items]
        if len(found) > limit:
            return Page(found[:limit], found[limit - 1].id)
        return Page(found, following)


def audit_item(entry: AuditEntry, *, retention_days: int = RETENTION_DAYS) -> Item:
    """The item of an entry, to be put in the transaction of what it tells of."""
    return {
        **keys.audit(entry.id)._asdict(),
        "at_s": entry.at_s,
        "actor": entry.actor,
        "action": entry.action,
        "subject": entry.subject,
        "detail": json.dumps(dict(entry.detail), ensure_ascii=False, separators=(",", ":")),
        "expires_at": math.ceil(entry.at_s) + retention_days * _DAY_S,
    }


def _entry_of(item: Mapping[str, Value]) -> AuditEntry:
    at_s = item["at_s"]
    assert isinstance(at_s, int | float)
    return AuditEntry(
        id=str(item["sk"]),
        at_s=at_s,
        actor=str(item["actor"]),
        action=str(item["action"]),
        subject=str(item["subject"]),
        detail=json.loads(str(item["detail"])),
    )


def _narrowed(
    now_s: float,
    *,
    actor: str | None,
    action: str | None,
    subject: str | None,
    from_s: float | None,
    to_s: float | None,
) -> Condition:
    asked: Sequence[tuple[str, str, Value]] = (
        ("actor = :actor", ":actor", actor),
        ("subject = :subject", ":subject", subject),
        ("at_s >= :from", ":from", from_s),
        ("at_s < :to", ":to", to_s),
        ("(#action = :action OR begins_with(#action, :thing))", ":action", action),
    )
    parts = ["expires_at > :now"]
    values: dict[str, Value] = {":now": now_s}
    for expression, name, value in asked:
        if value is not None:
            parts.append(expression)
            values[name] = value
    if action is None:
        return Condition(expression=" AND ".join(parts), values=values)
    values[":thing"] = f"{action}."
    return Condition(expression=" AND ".join(parts), values=values, names={"#action": "action"})


def _months(from_s: float, back_to_s: float) -> Sequence[str]:
    """The months from that of one moment back to that of an earlier one."""
    found: list[str] = []
    at_s = from_s
    while at_s >= back_to_s:
        found.append(keys.month_of(at_s))
        day = datetime.fromtimestamp(at_s, UTC)
        at_s = calendar.timegm((day.year, day.month, 1, 0, 0, 0)) - 1
    return found

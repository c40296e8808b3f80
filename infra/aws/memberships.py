"""Groups given to users at run time, in DynamoDB: each is kept by its user, and by its group."""

from __future__ import annotations

from infra.aws import keys
from infra.aws.actions import ABSENT, PRESENT, Delete, Put
from infra.aws.audit_trail import RETENTION_DAYS, audit_item
from infra.aws.keys import Key
from infra.aws.table import Table
from services.domain.audit import AuditEntry
from services.ports import Page


class Memberships:
    """Implements `services.ports.Memberships`, strongly consistent. Every call raises TableUnavailable."""

    def __init__(self, table: Table, *, audit_retention_days: int = RETENTION_DAYS) -> None:
        self._table = table
        self._audit_retention_days = audit_retention_days

    async def of(self, user: str) -> frozenset[str]:
        return frozenset(str(item["sk"]) for item in await self._table.query_all(keys.given_to(user)))

    async def members(self, group: str, *, limit: int, after: str | None = None) -> Page[str]:
        page = await self._table.query(keys.members(group), after=after, limit=limit)
        return Page([str(item["sk"]) for item in page.items], page.last)

    async def join(self, group: str, user: str, audit: AuditEntry) -> bool:
        by_user, by_group = _keys(group, user)
        return await self._table.transact(
            [
                Put(item=by_user._asdict(), condition=ABSENT),
                Put(item=by_group._asdict()),
                self._audit(audit),
            ]
        )

    async def leave(self, group: str, user: str, audit: AuditEntry) -> bool:
        by_user, by_group = _keys(group, user)
        return await self._table.transact(
            [Delete(key=by_user, condition=PRESENT), Delete(key=by_group), self._audit(audit)]
        )

    def _audit(self, entry: AuditEntry) -> Put:
        return Put(item=audit_item(entry, retention_days=self._audit_retention_days))


def _keys(group: str, user: str) -> tuple[Key, Key]:
    return Key(keys.given_to(user), group), Key(keys.members(group), user)

"""Who is kept out and which tokens are revoked, in DynamoDB.

What is held against a user is one item, so that a connect reads two: this one, and that of its token. It has no TTL:
there are no more of them than users who were ever blocked or whose tokens were revoked.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping

from infra.aws import keys
from infra.aws.actions import Action, Condition, Put, Update
from infra.aws.attributes import Value
from infra.aws.audit_trail import RETENTION_DAYS, audit_item
from infra.aws.expressions import change, holds
from infra.aws.table import Table, TableUnavailable
from services.domain.audit import AuditEntry
from services.domain.standing import CLEAR, Block, Standing
from services.ports import Clock

MOST_TRIES = 8
"""How often in a row others may have revoked tokens of the same user first."""


class Blocks:
    """Implements `services.ports.Blocks`. Every call raises TableUnavailable."""

    def __init__(self, table: Table, clock: Clock, *, audit_retention_days: int = RETENTION_DAYS) -> None:
        self._table = table
        self._clock = clock
        self._audit_retention_days = audit_retention_days

    async def standing(self, user: str, token_id: str | None, issuer: str) -> Standing:
        wanted = [keys.standing(user)]
        if token_id is not None:
            wanted.append(keys.revoked_token(token_id))
        found = {item["pk"]: item for item in await self._table.get_many(wanted)}
        if not found:
            return CLEAR
        now_s = self._clock.now_s()
        held: Mapping[str, Value] = found.get(wanted[0].pk, {})
        token = found.get(wanted[1].pk) if token_id is not None else None
        block = held.get("block")
        return Standing(
            block=None if block is None else _block_of(user, str(block)),
            issued_before_s=_seconds(held, "issued_before") if _seconds(held, "revoked_until") > now_s else None,
            token_revoked=token is not None and _seconds(token, "expires_at") > now_s,
        )

    async def block(self, block: Block, audit: AuditEntry) -> None:
        await self._table.transact(
            [
                Update(key=keys.standing(block.user), change=change(to={"block": _text(block)})),
                self._audit(audit),
            ]
        )

    async def unblock(self, user: str, audit: AuditEntry) -> bool:
        return await self._table.transact(
            [
                Update(
                    key=keys.standing(user),
                    change=change(to={"block": None}),
                    condition=Condition(expression="attribute_exists(#block)", names={"#block": "block"}),
                ),
                self._audit(audit),
            ]
        )

    async def revoke_token(self, token_id: str, *, until_s: float, audit: AuditEntry) -> None:
        expires_at = math.ceil(until_s)
        revoked = Put(
            item={**keys.revoked_token(token_id)._asdict(), "expires_at": expires_at},
            condition=Condition(
                expression="attribute_not_exists(pk) OR expires_at < :until", values={":until": expires_at}
            ),
        )
        if not await self._table.transact([revoked, self._audit(audit)]):
            # It was revoked for as long before.
            await self._table.put(self._audit(audit).item)

    async def revoke_before(self, user: str, issued_before_s: float, *, until_s: float, audit: AuditEntry) -> None:
        for _ in range(MOST_TRIES):
            held = await self._table.get(keys.standing(user))
            if await self._table.transact([_revoked_before(user, held, issued_before_s, until_s), self._audit(audit)]):
                return
        raise TableUnavailable(f"others revoked tokens of user {user} {MOST_TRIES} times meanwhile; try again")

    def _audit(self, entry: AuditEntry) -> Put:
        return Put(item=audit_item(entry, retention_days=self._audit_retention_days))


def _revoked_before(user: str, held: Mapping[str, Value] | None, issued_before_s: float, until_s: float) -> Action:
    """Move both moments forward, from exactly what they were."""
    before = {} if held is None else held
    return Update(
        key=keys.standing(user),
        change=change(
            to={
                "issued_before": max(issued_before_s, _seconds(before, "issued_before")),
                "revoked_until": max(until_s, _seconds(before, "revoked_until")),
            }
        ),
        condition=holds({name: before.get(name) for name in ("issued_before", "revoked_until")}),
    )


def _text(block: Block) -> str:
    return json.dumps([block.reason, block.until_s, block.cidrs, block.by, block.at_s], ensure_ascii=False)


def _block_of(user: str, text: str) -> Block:
    reason, until_s, cidrs, by, at_s = json.loads(text)
    return Block(user=user, reason=reason, until_s=until_s, cidrs=tuple(cidrs), by=by, at_s=at_s)


def _seconds(item: Mapping[str, Value], name: str) -> float:
    """A moment of an item in epoch seconds; 0 if it has none."""
    value = item.get(name, 0)
    assert isinstance(value, int | float)
    return value

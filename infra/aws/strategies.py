"""Strategies under names, in DynamoDB: every version by itself, and the newest of each name in one listing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from infra.aws import keys
from infra.aws.actions import ABSENT, Condition, Put, Update
from infra.aws.attributes import Item, Value
from infra.aws.audit_trail import RETENTION_DAYS, audit_item
from infra.aws.expressions import change, holds
from infra.aws.table import Table, TableUnavailable
from infra.aws.values import present, seconds, to_json, whole
from services.domain.audit import AuditEntry
from services.domain.strategies import json_form
from services.domain.strategies.strategy import Strategy
from services.ports import KeptStrategy, Page

MOST_TRIES: Final = 8
"""How often in a row others may have kept a version under the same name first."""


class Strategies:
    """Implements `services.ports.Strategies`, strongly consistent. Every call raises TableUnavailable.

    The item that lists a name says which version was given last, also once the name is out of use: no number comes
    again.
    """

    def __init__(self, table: Table, *, audit_retention_days: int = RETENTION_DAYS) -> None:
        self._table = table
        self._audit_retention_days = audit_retention_days

    async def get(self, name: str, *, version: int | None = None) -> KeptStrategy | None:
        key = keys.strategy(name) if version is None else keys.strategy_version(name, version)
        item = await self._table.get(key)
        return None if item is None or "strategy" not in item else _kept_of(name, item)

    async def put(
        self, name: str, strategy: Strategy, *, after: int | None, by: str, at_s: float, audit: AuditEntry
    ) -> KeptStrategy | None:
        for _ in range(MOST_TRIES):
            listed = await self._table.get(keys.strategy(name))
            last = 0 if listed is None else whole(listed["version"])
            newest = last if listed is not None and "strategy" in listed else 0
            if after is not None and after != newest:
                return None
            kept = KeptStrategy(name=name, version=last + 1, strategy=strategy, by=by, at_s=at_s)
            written = _written(kept)
            is_unchanged = ABSENT if listed is None else _stands(last, in_use=newest > 0)
            if await self._table.transact(
                [
                    Put(item={**keys.strategy(name)._asdict(), **written}, condition=is_unchanged),
                    Put(item={**keys.strategy_version(name, kept.version)._asdict(), **written}),
                    self._audit(audit),
                ]
            ):
                return kept
        raise TableUnavailable(f"strategy {name} was changed by others {MOST_TRIES} times meanwhile; try again")

    async def delete(self, name: str, audit: AuditEntry) -> bool:
        out_of_use = Update(
            key=keys.strategy(name),
            change=change(to={"strategy": None}),
            condition=Condition(expression="attribute_exists(strategy)"),
        )
        return await self._table.transact([out_of_use, self._audit(audit)])

    async def list(self, *, limit: int, after: str | None = None) -> Page[KeptStrategy]:
        in_use = Condition(expression="attribute_exists(strategy)")
        page = await self._table.query(keys.STRATEGIES, after=after, limit=limit, filtered=in_use)
        return Page([_kept_of(str(item["sk"]), item) for item in page.items], page.last)

    async def versions(self, name: str, *, limit: int, after: int | None = None) -> Page[KeptStrategy]:
        behind = None if after is None else keys.strategy_version(name, after).sk
        page = await self._table.query(keys.strategy_versions(name), after=behind, limit=limit, newest_first=True)
        found = [_kept_of(name, item) for item in page.items]
        return Page(found, None if page.last is None else str(found[-1].version))

    def _audit(self, entry: AuditEntry) -> Put:
        return Put(item=audit_item(entry, retention_days=self._audit_retention_days))


def _stands(version: int, *, in_use: bool) -> Condition:
    """Nobody has kept another version meanwhile, nor taken the name out of use."""
    still = holds({"version": version})
    expression = f"{still.expression} AND {'attribute_exists' if in_use else 'attribute_not_exists'}(strategy)"
    return Condition(expression=expression, values=still.values, names=still.names)


def _written(kept: KeptStrategy) -> Item:
    return present(
        {
            "version": kept.version,
            "strategy": to_json(json_form.to_json(kept.strategy)),
            "by": kept.by,
            "at_s": kept.at_s,
        }
    )


def _kept_of(name: str, item: Mapping[str, Value]) -> KeptStrategy:
    return KeptStrategy(
        name=name,
        version=whole(item["version"]),
        strategy=json_form.from_json(json.loads(str(item["strategy"]))),
        by=str(item["by"]),
        at_s=seconds(item["at_s"]),
    )

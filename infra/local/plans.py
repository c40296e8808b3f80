"""Plans of pushes, each until it expires, in SQLite."""

from __future__ import annotations

import json
import sqlite3

from infra.local.database import Database
from infra.local.push_rows import seconds, to_json
from services.domain import profile_form
from services.ports import Plan

_PUT = """
INSERT OR REPLACE INTO plans (id, sender, request, profile, terminals, created_at_s, until_s)
VALUES (?, ?, ?, ?, ?, ?, ?)
"""
_GET = """
SELECT sender, request, profile, terminals, created_at_s, until_s FROM plans WHERE id = ? AND until_s > ?
"""


class Plans:
    """Implements `services.ports.Plans`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, plan: Plan) -> None:
        row = (
            plan.id,
            plan.sender,
            to_json(dict(plan.request)),
            to_json(profile_form.to_json(plan.profile)),
            None if plan.terminals is None else to_json(sorted(plan.terminals)),
            plan.created_at_s,
            plan.expires_at_s,
        )

        def put(connection: sqlite3.Connection) -> None:
            connection.execute(_PUT, row)

        await self._database.write(put, durable=True)

    async def get(self, plan_id: str, *, at_s: float) -> Plan | None:
        row = self._database.read_one(_GET, (plan_id, at_s))
        if row is None:
            return None
        sender, request, profile, terminals, created_at_s, expires_at_s = row
        return Plan(
            id=plan_id,
            sender=str(sender),
            request=json.loads(str(request)),
            profile=profile_form.from_json(json.loads(str(profile))),
            terminals=None if terminals is None else frozenset(json.loads(str(terminals))),
            created_at_s=seconds(created_at_s),
            expires_at_s=seconds(expires_at_s),
        )

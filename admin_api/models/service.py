"""Figures, the audit trail, health."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from admin_api.models.base import EXAMPLE_PUSH_ID, Model, Moment, NextCursor, PageQuery
from services.domain import moments
from services.domain.audit import AuditEntry as DomainAuditEntry
from services.domain.pushes import State
from services.ports import Presence as DomainPresence


class Presence(Model):
    """How many are connected now."""

    connections: int
    terminals: int
    users: int
    groups: int


class Stats(Model):
    """Figures of now."""

    presence: Presence
    pushes_in_flight: dict[State, int] = Field(description="How many pushes are in each state that is not the last.")
    started_at: Moment = Field(description="When the process that answers started.")
    uptime_s: float


class AuditEntry(Model):
    """One change, or one push. Message bodies are in none."""

    id: str = Field(description="UUIDv7.")
    at: Moment
    actor: str = Field(description="The `sub` of who did it.")
    action: str = Field(description="`<thing>.<verb>`: `push.create`, `user.block`, …")
    subject: str = Field(description="What it was done to.")
    detail: dict[str, object]


class AuditPage(Model):
    """Newest first."""

    items: list[AuditEntry]
    next_cursor: NextCursor


class AuditQuery(PageQuery):
    """Filters; given together, all must hold."""

    actor: str | None = Field(None, description="The `sub` of who did it.")
    action: str | None = Field(None, description="Whole, `user.block`, or the part before the dot, `user`.")
    subject: str | None = Field(None, description="What it was done to: a push id, a user, a group, a `jti`.")
    from_: Moment | None = Field(None, alias="from", description="At this time or later.")
    to: Moment | None = Field(None, description="Before this time.")


class Health(Model):
    """It works."""

    status: Literal["ok"]


def stats_json(
    presence: DomainPresence, in_flight: Mapping[State, int], *, started_at_s: float, now_s: float
) -> dict[str, object]:
    """`Stats`."""
    return {
        "presence": {
            "connections": presence.connections,
            "terminals": presence.terminals,
            "users": presence.users,
            "groups": presence.groups,
        },
        "pushes_in_flight": {state.value: number for state, number in in_flight.items()},
        "started_at": moments.text(started_at_s),
        "uptime_s": round(now_s - started_at_s, 3),
    }


def audit_json(entry: DomainAuditEntry) -> dict[str, object]:
    """An `AuditEntry`."""
    return {
        "id": entry.id,
        "at": moments.text(entry.at_s),
        "actor": entry.actor,
        "action": entry.action,
        "subject": entry.subject,
        "detail": dict(entry.detail),
    }


EXAMPLE_STATS: dict[str, object] = {
    "presence": {"connections": 1347, "terminals": 1346, "users": 1190, "groups": 38},
    "pushes_in_flight": {"sending": 1},
    "started_at": "2026-11-23T22:00:00.000Z",
    "uptime_s": 39600.25,
}
EXAMPLE_AUDIT: dict[str, object] = {
    "items": [
        {
            "id": "019ab9c1-4f5a-7c3e-8a51-0c3f2d9e7b11",
            "at": "2026-11-24T09:02:11.310Z",
            "actor": "alice",
            "action": "push.cancel",
            "subject": EXAMPLE_PUSH_ID,
            "detail": {"was": "sending"},
        }
    ],
    "next_cursor": None,
}

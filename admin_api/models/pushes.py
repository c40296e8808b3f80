"""Pushes and previews."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import Path
from pydantic import Field, SkipValidation

from admin_api.models import targets, terminals
from admin_api.models.base import EXAMPLE_PUSH_ID, Model, Moment, NextCursor, PageQuery
from services.domain import moments
from services.domain.strategies import json_form as strategy_form
from services.domain.pushes import Push as DomainPush
from services.domain.pushes import State
from services.pushes.history import Account
from services.pushes.preview import Preview as DomainPreview

_Duration = Annotated[str | int, Field(examples=["24h"])]


class Strategy(Model):
    """When, how and for how long. Every member is optional: the default is now, to all at once, kept for 24 h."""

    name: str | None = Field(None, description="What the caller calls it.")
    retain: _Duration = Field(
        "24h",
        description='How long a terminal that is away can still get it: `"90s"`, `"15m"`, `"24h"`, `"2d"`, or'
        ' seconds; at most 30 days. `"0s"`: only who is connected now.',
    )
    expires_in: _Duration | None = Field(
        None,
        description="After this long it reaches nobody any more, nor is it replayed. At most 30 days; null: never.",
    )
    receipts: Literal["none", "each"] = Field(
        "none", description="`each` keeps a receipt for every terminal and asks it to acknowledge `received`."
    )
    collapse_key: str | None = Field(
        None, description="Of the pushes with one key only the newest is replayed, and it replaces the older on screen."
    )


PushId = Annotated[str, Path(description="Of the push.", examples=[EXAMPLE_PUSH_ID])]


class NewPush(Model):
    """What to send, to whom, and how."""

    target: SkipValidation[targets.Target]
    message: object = Field(
        description="What they get: any JSON value. With its envelope at most 32 KB.",
        examples=[{"title": "Printer 4 is back", "level": "info"}, "Lunch is served"],
    )
    strategy: SkipValidation[Strategy | None] = Field(None, description="Absent or null: the default strategy.")


class Counts(Model):
    """How many connections are where. Each that was targeted is sent, gone, expired, skipped, or still under way."""

    targeted: int = Field(description="Found to be meant.")
    sent: int = Field(description="Handed to their socket, or replayed to them.")
    received: int = Field(description="Their client has it; told where the strategy asks for it.")
    read: int = Field(description="A person confirmed.")
    failed: int = Field(description="Their client says that it could not act on it.")
    recalled: int = Field(description="Their client took it off the screen after a cancel.")
    gone: int = Field(description="Their socket was closed.")
    expired: int = Field(description="The push had ended before their turn.")
    skipped: int = Field(description="Left out for another reason, such as a message that their socket cannot take.")


class Push(Model):
    """A push as it is now."""

    id: str = Field(description="UUIDv7.", examples=[EXAMPLE_PUSH_ID])
    state: State
    sender: str = Field(description="The `sub` of the caller who sent it.")
    target: SkipValidation[targets.Expression]
    strategy: Strategy
    created_at: Moment
    expires_at: Moment | None = Field(description="When it ends; null: never.")
    finished_at: Moment | None = Field(description="When it came to its last state; null: it has not.")
    ended_by: str | None = Field(description="Who cancelled it.")


class DeadJob(Model):
    """A part of a push that was given up. Its terminals get the push when they come back, while it is retained."""

    topic: str = Field(description="Whose part it was.", examples=["group:ops"])
    kind: Literal["deliver", "recall"] = Field(description="Whether it was to deliver the push, or to recall it.")
    reason: str = Field(examples=["the worker failed at it time and again; its log says why"])
    at: Moment = Field(description="When it was given up.")


class PushDetail(Push):
    """A push with what became of it."""

    message: object
    counts: Counts
    dead_jobs: list[DeadJob] = Field(description="Parts that failed too often and are tried no more; normally none.")


class PushPage(Model):
    """Newest first."""

    items: list[Push]
    next_cursor: NextCursor


class PushQuery(PageQuery):
    """Filters; given together, all must hold."""

    state: list[State] = Field([], description="Repeat it for any of several.")
    sender: str | None = Field(None, description="The `sub` of the caller who sent it.")


class ValueCount(Model):
    """How many connections have this value."""

    value: str | int | float | bool
    connections: int


class Audience(Model):
    """Who is connected now and meant."""

    connections: int
    terminals: int
    users: int
    by_group: dict[str, int] = Field(description="Connections of each group; one may be in several.")
    by_attribute: dict[str, list[ValueCount]] = Field(description="Of each attribute the 20 commonest values.")


class Warning(Model):
    """Something to know before sending."""

    code: str = Field(description="Stable; docs/errors.md explains each.")
    detail: str


class Preview(Model):
    """What the push would do if it were sent now."""

    audience: Audience
    sample: list[terminals.Terminal] = Field(description="Up to 10 of those who are meant.")
    topics: list[str] = Field(description="What would be read to find them, the cheapest that holds them all.")
    frame_bytes: int = Field(description="Size of the largest frame that a terminal would get; the limit is 32,768.")
    warnings: list[Warning]


def push_json(push: DomainPush) -> dict[str, object]:
    """A `Push`."""
    return {
        "id": push.id,
        "state": push.state.value,
        "sender": push.sender,
        "target": push.target,
        "strategy": strategy_form.to_json(push.strategy),
        "created_at": moments.text(push.created_at_s),
        "expires_at": None if push.expires_at_s is None else moments.text(push.expires_at_s),
        "finished_at": None if push.finished_at_s is None else moments.text(push.finished_at_s),
        "ended_by": push.ended_by,
    }


def detail_json(account: Account) -> dict[str, object]:
    """A `PushDetail`."""
    dead_jobs = [
        {"topic": str(dead.job.topic), "kind": dead.job.kind, "reason": dead.reason, "at": moments.text(dead.at_s)}
        for dead in account.dead_jobs
    ]
    push = account.push
    return {**push_json(push), "message": push.message, "counts": asdict(account.counts), "dead_jobs": dead_jobs}


def preview_json(preview: DomainPreview, now_s: float) -> dict[str, object]:
    """A `Preview`. Values of attributes are in lists, since as JSON names 1 and "1" would be the same."""
    audience = preview.audience
    by_attribute: Mapping[str, object] = {
        name: [{"value": value, "connections": number} for value, number in values.items()]
        for name, values in audience.by_attribute.items()
    }
    return {
        "audience": {
            "connections": audience.connections,
            "terminals": audience.terminals,
            "users": audience.users,
            "by_group": dict(audience.by_group),
            "by_attribute": by_attribute,
        },
        "sample": [terminals.terminal_json(row, now_s) for row in preview.sample],
        "topics": list(preview.topics),
        "frame_bytes": preview.frame_bytes,
        "warnings": [{"code": warning.code, "detail": warning.detail} for warning in preview.warnings],
    }


EXAMPLE_NEW = {
    "target": targets.EXAMPLE_TEXT,
    "message": {"title": "Printer 4 is back", "level": "info"},
    "strategy": {"retain": "8h", "receipts": "each"},
}
EXAMPLE: dict[str, object] = {
    "id": EXAMPLE_PUSH_ID,
    "state": "sending",
    "sender": "print-service",
    "target": targets.EXAMPLE,
    "strategy": {"retain": "8h", "receipts": "each"},
    "created_at": "2026-11-24T09:00:00.000Z",
    "expires_at": None,
    "finished_at": None,
    "ended_by": None,
}
EXAMPLE_DETAIL: dict[str, object] = {
    **EXAMPLE,
    "state": "completed",
    "finished_at": "2026-11-24T09:00:00.041Z",
    "message": {"title": "Printer 4 is back", "level": "info"},
    "counts": {
        "targeted": 387,
        "sent": 386,
        "received": 380,
        "read": 0,
        "failed": 0,
        "recalled": 0,
        "gone": 1,
        "expired": 0,
        "skipped": 0,
    },
    "dead_jobs": [],
}
EXAMPLE_CANCELLED: dict[str, object] = {
    **EXAMPLE,
    "state": "cancelled",
    "finished_at": "2026-11-24T09:02:11.310Z",
    "ended_by": "alice",
}
EXAMPLE_PREVIEW: dict[str, object] = {
    "audience": {
        "connections": 387,
        "terminals": 387,
        "users": 351,
        "by_group": {"ops": 387, "oncall": 12},
        "by_attribute": {"os": [{"value": "windows", "connections": 387}]},
    },
    "sample": [terminals.EXAMPLE],
    "topics": ["group:ops"],
    "frame_bytes": 231,
    "warnings": [],
}

"""Pushes."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import Path
from pydantic import ConfigDict, Field, SkipValidation

from admin_api.models import targets
from admin_api.models.audiences import EXAMPLE_PLANNED, PlannedAudience, planned_json
from admin_api.models.base import EXAMPLE_PUSH_ID, Model, Moment, NextCursor, PageQuery
from admin_api.models.strategies import Strategy
from services.domain import moments
from services.domain.pushes import JobKind, State
from services.domain.pushes import Push as DomainPush
from services.domain.strategies import json_form as strategy_form
from services.pushes import schedules
from services.pushes.history import Account
from services.pushes.requests import DEFAULT_TOLERANCE
from services.pushes.schedules import MAX_TIMES, next_runs

PushId = Annotated[str, Path(description="Of the push.", examples=[EXAMPLE_PUSH_ID])]


class Repeat(Model):
    """When it is sent again and again; each run is a push of its own."""

    cron: str = Field(
        description="Minute, hour, day, month, weekday, by the clock of the time zone.", examples=["0 9 * * mon-fri"]
    )
    timezone: str = Field("UTC", description="An IANA time zone.", examples=["Asia/Tokyo"])
    until: Moment | None = Field(None, description="No run after this; null: for ever.")
    times: int | None = Field(None, ge=1, le=MAX_TIMES, description="So many runs; null: no limit.")


class PlanUse(Model):
    """Send what was previewed, as it was shown."""

    id: str = Field(description="The `plan.id` of a preview of yours, at most an hour old.", examples=[EXAMPLE_PUSH_ID])
    if_changed: Literal["reject", "send"] = Field(
        "reject", description="What to do if the audience moved by more than `tolerance` since."
    )
    tolerance: float = Field(
        DEFAULT_TOLERANCE, ge=0, le=1_000, description="The share of the planned terminals that may have come or gone."
    )


class NewPush(Model):
    """What to send, to whom, how and when. With a `plan` the rest may be left out, and else must be as planned."""

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": ["target", "message"]}, {"required": ["plan"]}]}
    )

    target: SkipValidation[targets.Target | None] = None
    message: object = Field(
        None,
        description="What they get: any JSON value. With its envelope at most 32 KB.",
        examples=[{"title": "Printer 4 is back", "level": "info"}, "Lunch is served"],
    )
    strategy: SkipValidation[Strategy | None] = Field(None, description="Absent or null: the default strategy.")
    send_at: Moment | None = Field(
        None, description="Not before this moment, at most 366 days ahead; null, or one that is over: at once."
    )
    repeat: SkipValidation[Repeat | None] = Field(None, description="Sent again and again; not beside `send_at`.")
    plan: PlanUse | None = None
    test: bool = Field(
        False,
        description="To try it out: it reaches only the caller's own terminals, at once, whatever target and schedule"
        " say, and needs no approval.",
    )


class Reason(Model):
    """Why."""

    reason: str | None = Field(
        None, min_length=1, max_length=500, description="It stands in the timeline and in the audit trail."
    )


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
    ended_by: str | None = Field(description="Who cancelled, rejected or halted it; `halt_if`: its strategy did.")
    send_at: Moment | None
    repeat: Repeat | None
    next_runs: list[Moment] = Field(description="The next runs of a push that repeats, at most 5.")
    approve_by: Moment | None = Field(
        description="Until when a second person may approve it; null: it is not waiting for that."
    )
    parent: str | None = Field(description="The push that this is a run of, or the escalation of.")
    test: bool


class DeadJob(Model):
    """A part of a push that was given up. Its terminals get the push when they come back, while it is retained."""

    topic: str = Field(description="Whose part it was.", examples=["group:ops"])
    kind: JobKind = Field(description="Whether it was to deliver the push, to send it again, or to recall it.")
    reason: str = Field(examples=["the worker failed at it time and again; its log says why"])
    at: Moment = Field(description="When it was given up.")


class PushDetail(Push):
    """A push with what became of it."""

    message: object
    audience: PlannedAudience | None = Field(description="Null: it was sent without a plan.")
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


def push_json(push: DomainPush, now_s: float) -> dict[str, object]:
    """A `Push`."""
    waits_for_approval = push.state is State.AWAITING_APPROVAL and push.run.approve_by_s is not None
    return {
        "id": push.id,
        "state": push.state.value,
        "sender": push.sender,
        "target": push.target,
        "strategy": strategy_form.to_json(push.strategy),
        "created_at": moments.text(push.created_at_s),
        "expires_at": _moment(push.expires_at_s),
        "finished_at": _moment(push.finished_at_s),
        "ended_by": push.ended_by,
        "send_at": None,
        "repeat": None,
        **schedules.to_json(push.schedule),
        "next_runs": [moments.text(run_at_s) for run_at_s in next_runs(push, now_s)],
        "approve_by": _moment(push.run.approve_by_s) if waits_for_approval else None,
        "parent": push.parent,
        "test": push.test,
    }


def detail_json(account: Account, now_s: float) -> dict[str, object]:
    """A `PushDetail`."""
    dead_jobs = [
        {"topic": str(dead.job.topic), "kind": dead.job.kind, "reason": dead.reason, "at": moments.text(dead.at_s)}
        for dead in account.dead_jobs
    ]
    push = account.push
    return {
        **push_json(push, now_s),
        "message": push.message,
        "audience": planned_json(push.profile),
        "counts": asdict(account.counts),
        "dead_jobs": dead_jobs,
    }


def _moment(at_s: float | None) -> str | None:
    return None if at_s is None else moments.text(at_s)


EXAMPLE_REASON: dict[str, object] = {"reason": "wrong text"}
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
    "send_at": None,
    "repeat": None,
    "next_runs": [],
    "approve_by": None,
    "parent": None,
    "test": False,
}
EXAMPLE_CHILD: dict[str, object] = {**EXAMPLE, "parent": "019ab9b8-27da-7b6c-9d02-5e1f0a4c8d33"}
EXAMPLE_REJECTED: dict[str, object] = {
    **EXAMPLE,
    "state": "rejected",
    "finished_at": "2026-11-24T09:02:11.310Z",
    "ended_by": "alice",
}
EXAMPLE_HALTED: dict[str, object] = {**EXAMPLE_REJECTED, "state": "halted"}
EXAMPLE_DETAIL: dict[str, object] = {
    **EXAMPLE,
    "state": "completed",
    "finished_at": "2026-11-24T09:00:00.041Z",
    "message": {"title": "Printer 4 is back", "level": "info"},
    "audience": EXAMPLE_PLANNED,
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

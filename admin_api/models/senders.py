"""Senders: what callers of the API are held to."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path
from pydantic import Field, SkipValidation

from admin_api.models.base import Model, Moment, NextCursor
from admin_api.models.targets import Expression, Target
from services.domain import moments
from services.ports import Sender as DomainSender

Sub = Annotated[str, Path(description="The caller's `sub`; percent-encoded.", examples=["print-service"])]
_MOST = 1_000_000_000


class Limits(Model):
    """What a caller is held to. What is absent or null is no limit."""

    targets: SkipValidation[Target | None] = Field(
        None, description="Whom they may reach: and-ed to the target of every push of theirs.", examples=["group:ops"]
    )
    per_minute: int | None = Field(None, ge=1, le=1_000_000, description="Most pushes a minute of the clock.")
    max_terminals: int | None = Field(
        None, ge=0, le=_MOST, description="Most terminals of one push, those away included if it is kept for them."
    )
    approve_over: int | None = Field(
        None, ge=0, le=_MOST, description="A push to more terminals waits until another person approves it."
    )


class Sender(Model):
    """A caller and what it is held to."""

    sub: str
    targets: SkipValidation[Expression | None]
    per_minute: int | None
    max_terminals: int | None
    approve_over: int | None
    by: str = Field(description="The `sub` of who decided that.")
    at: Moment


class SenderPage(Model):
    """By name."""

    items: list[Sender]
    next_cursor: NextCursor


def sender_json(sender: DomainSender) -> dict[str, object]:
    """A `Sender`."""
    return {
        "sub": sender.sub,
        "targets": sender.targets,
        "per_minute": sender.per_minute,
        "max_terminals": sender.max_terminals,
        "approve_over": sender.approve_over,
        "by": sender.by,
        "at": moments.text(sender.at_s),
    }


EXAMPLE_LIMITS: dict[str, object] = {
    "targets": {"groups": ["ops"]},
    "per_minute": 10,
    "max_terminals": 5_000,
    "approve_over": 500,
}
EXAMPLE: dict[str, object] = {
    "sub": "print-service",
    **EXAMPLE_LIMITS,
    "by": "alice",
    "at": "2026-11-24T09:00:00.000Z",
}

"""Strategies: what a push may say about when, how fast, to whom next, and about those who are away."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Path
from pydantic import Field

from admin_api.models import targets
from admin_api.models.base import Model, Moment, NextCursor
from services.domain import moments
from services.domain.strategies import json_form
from services.domain.strategies.json_form import DAYS
from services.domain.strategies.strategy import (
    MAX_PER_SECOND,
    MAX_RESENDS,
    MAX_WAVES,
    MIN_PER_SECOND,
)
from services.domain.strategies.strategy import Strategy as DomainStrategy
from services.ports import KeptStrategy as DomainKeptStrategy
from services.strategies.kept import Listed

Duration = Annotated[str | int, Field(examples=["24h"])]
_PerSecond = Annotated[float, Field(ge=MIN_PER_SECOND, le=MAX_PER_SECOND)]
_Share = Annotated[float, Field(ge=0, le=1)]
StrategyName = Annotated[str, Path(description="Of the strategy; percent-encoded.", examples=["staged-rollout"])]


class Window(Model):
    """The hours of the day in which it may be sent."""

    timezone: str = Field(
        "UTC",
        description="An IANA time zone; or `attr:<name>`: each terminal's own clock, as that attribute says.",
        examples=["Asia/Tokyo", "attr:tz"],
    )
    otherwise: str = Field(
        "UTC", description="With `attr:<name>` only: the time zone of terminals without one, or with one nobody knows."
    )
    days: list[Literal[DAYS]] = Field(  # type: ignore[valid-type]  # the names of the days, said once
        list(DAYS), min_length=1, description="On which days it opens."
    )
    from_: str = Field("00:00", alias="from", pattern="^[0-9]{2}:[0-9]{2}$", examples=["09:00"])
    to: str = Field(
        "24:00",
        pattern="^[0-9]{2}:[0-9]{2}$",
        description="On the next day, if it is not later than `from`.",
        examples=["18:00"],
    )
    outside: Literal["wait", "drop"] = Field(
        "wait", description="`wait` until it opens, or `drop`: those for whom it is closed do not get it."
    )


class Ramp(Model):
    """A slow start: faster by a factor after every so many terminals, up to the pace."""

    from_per_second: _PerSecond
    multiply_by: float = Field(ge=1.01, le=1_000)
    each: int = Field(ge=1, le=10_000_000)


class Pace(Model):
    """At most so many terminals a second, over all waves and time zones together."""

    per_second: _PerSecond
    ramp: Ramp | None = None


class HaltIf(Model):
    """When it halts by itself: a share is over one of these, once so many were tried."""

    failed_over: _Share | None = Field(None, description="Of those it was sent to: who said `failed`.")
    gone_over: _Share | None = Field(None, description="Of those that were tried: whose socket was closed.")
    at_least: int = Field(1, ge=1, le=1_000_000)


class Wave(Model):
    """So far it goes, those of earlier waves included; then it waits, and goes on unless that went badly."""

    percent: float = Field(gt=0, le=100)
    then_wait: Duration = 0
    halt_if: HaltIf | None = None


class Escalation(Model):
    """Whom to tell, and what, if not everybody has acknowledged in the end."""

    target: targets.Target
    message: object


class Ack(Model):
    """What terminals must acknowledge, and what is done about those who do not."""

    need: Literal["received", "read"]
    within: Duration | None = Field(None, description="How long to wait for it, each time. Null: nobody is waited for.")
    resend: int = Field(0, ge=0, le=MAX_RESENDS, description="How often it is sent again to those who have not.")
    once_per_user: bool = Field(
        False, description="Read on one terminal counts for its user, and is taken off their other screens."
    )
    escalate: Escalation | None = None


class Policy(Model):
    """When, how fast, to whom next. Every member is optional: the default is now, to all at once, kept for 24 h."""

    retain: Duration = Field(
        "24h",
        description='How long a terminal that is away can still get it: `"90s"`, `"15m"`, `"24h"`, `"2d"`, or'
        ' seconds; at most 30 days. `"0s"`: only who is connected.',
    )
    expires_in: Duration | None = Field(
        None,
        description="After this long, from its time to be sent on, it reaches nobody any more, nor is it replayed. At"
        " most 30 days; null: never.",
    )
    receipts: Literal["none", "each"] = Field(
        "none", description="`each` keeps a receipt for every terminal and asks it to acknowledge `received`."
    )
    collapse_key: str | None = Field(
        None, description="Of the pushes with one key only the newest is replayed, and it replaces the older on screen."
    )
    priority: Literal["normal", "urgent"] = Field("normal", description="`urgent` does not ask for the window.")
    window: Window | None = None
    pace: Pace | None = None
    waves: list[Wave] | None = Field(
        None, min_length=1, max_length=MAX_WAVES, description="Each goes further than the one before, the last to 100."
    )
    ack: Ack | None = None
    replay: Literal["missed", "latest", "none"] = Field(
        "missed",
        description="What a terminal that comes back gets of pushes under this strategy: all it missed, the latest of"
        " its `collapse_key` or else `name`, or none.",
    )


class Strategy(Policy):
    """How a push is sent: by the name of a strategy, by members of its own, or both: then these override."""

    name: str | None = Field(None, description="Of a strategy that is kept or built in.", examples=["must-read"])
    version: int | None = Field(None, ge=1, description="Of that name; absent or null: the newest.")


class KeptStrategy(Model):
    """A strategy under its name."""

    name: str
    version: int | None = Field(description="Counts from 1; null: it is built in.")
    built_in: bool = Field(description="Built-in strategies cannot be changed or deleted.")
    description: str | None = Field(description="What a built-in strategy does, in a sentence; null: it is kept.")
    strategy: Policy
    by: str | None = Field(description="The `sub` of who made this version; null: it is built in.")
    at: Moment | None = Field(description="When this version was made.")


class StrategyPage(Model):
    """Those built in first, then the newest version of each that is kept, by name."""

    items: list[KeptStrategy]
    next_cursor: NextCursor


class VersionPage(Model):
    """Newest first."""

    items: list[KeptStrategy]
    next_cursor: NextCursor


def policy_json(strategy: DomainStrategy) -> dict[str, object]:
    """A `Policy`."""
    return {name: value for name, value in json_form.to_json(strategy).items() if name not in ("name", "version")}


def listed_json(listed: Listed) -> dict[str, object]:
    """A `KeptStrategy`."""
    if listed.kept is not None:
        return version_json(listed.kept)
    return {
        "name": listed.name,
        "version": None,
        "built_in": True,
        "description": listed.description,
        "strategy": policy_json(listed.strategy),
        "by": None,
        "at": None,
    }


def version_json(kept: DomainKeptStrategy) -> dict[str, object]:
    """A `KeptStrategy` that is kept."""
    return {
        "name": kept.name,
        "version": kept.version,
        "built_in": False,
        "description": None,
        "strategy": policy_json(kept.strategy),
        "by": kept.by,
        "at": moments.text(kept.at_s),
    }


EXAMPLE_POLICY: dict[str, object] = {
    "retain": "24h",
    "window": {
        "timezone": "attr:tz",
        "otherwise": "Asia/Tokyo",
        "days": ["mon", "tue", "wed", "thu", "fri"],
        "from": "09:00",
        "to": "18:00",
        "outside": "wait",
    },
    "waves": [
        {"percent": 5, "then_wait": "10m", "halt_if": {"failed_over": 0.02, "at_least": 50}},
        {"percent": 100},
    ],
    "receipts": "each",
}
EXAMPLE: dict[str, object] = {
    "name": "careful",
    "version": 3,
    "built_in": False,
    "description": None,
    "strategy": EXAMPLE_POLICY,
    "by": "alice",
    "at": "2026-11-24T09:00:00.000Z",
}
EXAMPLE_BUILT_IN: dict[str, object] = {
    "name": "latest-only",
    "version": None,
    "built_in": True,
    "description": "To everyone at once; who comes back gets only the newest push under this strategy.",
    "strategy": {"retain": "1d", "receipts": "none", "replay": "latest"},
    "by": None,
    "at": None,
}

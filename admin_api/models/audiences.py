"""Audiences: who a target means now, counted."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field, SkipValidation

from admin_api.models import targets
from admin_api.models.base import Model
from services.domain.pushes import Profile
from services.domain.targets import flow as domain
from services.domain.targets import json_form, text_form
from services.pushes.audience import Audience as DomainAudience


class ValueCount(Model):
    """How many connections have this value."""

    value: str | int | float | bool
    connections: int


class Flow(Model):
    """How many connections came to one clause of the target, and how many it let through.

    The parts of an `every` narrow one after the other, what connections are filed under first: the `in` of each is the
    `out` of the one before. Each part of an `any` has the `in` of the whole, and those that they let through overlap. A
    `not` has one part, and lets through those whom that does not.
    """

    text: str = Field(description="The clause in the language of targets, cut to 300 characters if it is longer.")
    clause: SkipValidation[targets.Expression]
    op: domain.FlowOp = Field(description="`is`: it asks one thing of a connection, and has no parts.")
    in_: int = Field(alias="in", description="Of the whole target: all who are connected.")
    out: int
    parts: list[Flow]


class Audience(Model):
    """Who is meant: connected now, and away."""

    connections: int
    terminals: int
    users: int
    away: int = Field(description="Terminals that were here lately and are not connected; they may come back in time.")
    by_group: dict[str, int] = Field(description="Connections of each group; one may be in several.")
    by_attribute: dict[str, list[ValueCount]] = Field(description="Of each attribute the 20 commonest values.")
    by_timezone: dict[str, int] = Field(
        description='Terminals of each time zone, where the window goes by their own clocks; `""`: of none known.'
    )
    exact: bool = Field(description="`false`: there are more than are counted one by one; the rest is estimated.")
    flow: Flow | None = Field(description="How the target narrows everybody down to them; null where not exact.")


class PlannedAudience(Model):
    """Who was meant when a push was planned."""

    connections: int
    terminals: int
    users: int
    away: int = Field(description="Terminals that had been there lately and were not connected.")
    exact: bool = Field(description="`false`: there were more than are counted one by one; the rest is estimated.")
    flow: Flow | None = Field(
        description="How the target narrowed everybody down to them; null where not exact, or too long to keep."
    )


class Summary(Model):
    """Who the filters mean, counted."""

    audience: Audience


def audience_json(audience: DomainAudience) -> dict[str, object]:
    """An `Audience`. Values of attributes are in lists, since as JSON names 1 and "1" would be the same."""
    by_attribute: Mapping[str, object] = {
        name: [{"value": value, "connections": number} for value, number in values.items()]
        for name, values in audience.by_attribute.items()
    }
    return {
        "connections": audience.connections,
        "terminals": audience.terminals,
        "users": audience.users,
        "away": audience.away,
        "by_group": dict(audience.by_group),
        "by_attribute": by_attribute,
        "by_timezone": dict(audience.by_timezone),
        "exact": audience.exact,
        "flow": None if audience.flow is None else _flow_json(audience.flow),
    }


def planned_json(profile: Profile | None) -> dict[str, object] | None:
    """A `PlannedAudience`; None of a push that was sent without a plan."""
    if profile is None or profile.planned is None:
        return None
    planned = profile.planned
    return {
        "connections": planned.connections,
        "terminals": profile.terminals,
        "users": planned.users,
        "away": profile.away,
        "exact": profile.exact,
        "flow": None if planned.flow is None else _flow_json(planned.flow),
    }


def _flow_json(flow: domain.Flow) -> dict[str, object]:
    return {
        "text": text_form.print_short(flow.clause),
        "clause": json_form.to_json(flow.clause),
        "op": flow.op,
        "in": flow.into,
        "out": flow.out,
        "parts": [_flow_json(part) for part in flow.parts],
    }


_EXAMPLE_BOB: dict[str, object] = {
    "text": "user:bob",
    "clause": {"users": ["bob"]},
    "op": "is",
    "in": 388,
    "out": 1,
    "parts": [],
}
EXAMPLE: dict[str, object] = {
    "connections": 387,
    "terminals": 387,
    "users": 351,
    "away": 63,
    "by_group": {"ops": 387, "oncall": 12},
    "by_attribute": {"os": [{"value": "windows", "connections": 387}]},
    "by_timezone": {},
    "exact": True,
    "flow": {
        "text": targets.EXAMPLE_TEXT,
        "clause": targets.EXAMPLE,
        "op": "every",
        "in": 1347,
        "out": 387,
        "parts": [
            {"text": "group:ops", "clause": {"groups": ["ops"]}, "op": "is", "in": 1347, "out": 402, "parts": []},
            {
                "text": "os = windows",
                "clause": {"attr": "os", "op": "eq", "value": "windows"},
                "op": "is",
                "in": 402,
                "out": 388,
                "parts": [],
            },
            {
                "text": "not user:bob",
                "clause": {"not": {"users": ["bob"]}},
                "op": "not",
                "in": 388,
                "out": 387,
                "parts": [_EXAMPLE_BOB],
            },
        ],
    },
}
EXAMPLE_PLANNED: dict[str, object] = {
    name: EXAMPLE[name] for name in ("connections", "terminals", "users", "away", "exact", "flow")
}

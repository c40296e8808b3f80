"""What happened lately, minute by minute, and which groups lost connections."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from admin_api.models.base import Model, Moment
from services.connections.activity import MOST_LOSSES, MOST_POINTS, Course, Losses
from services.domain import moments
from services.domain.activity import GROUPS_SAMPLED, MINUTES_KEPT_S, NAMES, SAMPLE_EVERY_S, SAMPLES_KEPT_S
from services.domain.durations import text

Count = Annotated[int, Field(ge=0)]


class ActivityPoint(Model):
    """A step, and what happened in it."""

    at: Moment = Field(description="When it began.")
    connections: Count = Field(description="How many were open at its end; of the last one, how many are now.")
    connects: Count = Field(description="Connections that came.")
    disconnects: Count = Field(description="Connections that went.")
    sent: Count = Field(description="Deliveries that were handed over, counted when their page was noted.")
    received: Count = Field(description="Terminals that told that they have it.")
    read: Count = Field(description="Terminals that told that it was read.")
    failed: Count = Field(description="Terminals that told that they could not show it.")
    gone: Count = Field(description="Deliveries whose connection turned out to be gone.")


class ActivityCourse(Model):
    """Oldest first. A step in which nothing happened is there too. The last one is not over yet."""

    from_: Moment = Field(alias="from", description="When the first step began.")
    to: Moment = Field(description="When the last step ends.")
    step_s: int = Field(description="How long each is, in seconds.")
    points: list[ActivityPoint]


class ActivityQuery(Model):
    """How far back, and how finely."""

    model_config = ConfigDict(strict=False)

    last: str = Field(
        "1h",
        description=f"How far back: a duration, at most {text(MINUTES_KEPT_S)}, which is how long minutes are kept.",
        examples=["1h"],
    )
    step: str = Field(
        "60s",
        description=f"How long a step is: whole minutes. At most {MOST_POINTS} steps are answered.",
        examples=["60s"],
    )


class GroupLoss(Model):
    """A group that has fewer connections than it had."""

    group: str
    connections: int = Field(description="How many it has now.")
    were: int = Field(description="How many it had then.")


class GroupLosses(Model):
    """Those that lost most first."""

    since: Moment = Field(description="When sizes were taken down that those of now are compared with.")
    items: list[GroupLoss] = Field(description=f"At most {MOST_LOSSES}.")


class LossesQuery(Model):
    """Since when."""

    model_config = ConfigDict(strict=False)

    since: str = Field(
        "15m",
        description=f"About how long ago: a duration, at most {text(SAMPLES_KEPT_S)}. The sizes of the {GROUPS_SAMPLED}"
        f" largest groups are taken down every {text(SAMPLE_EVERY_S)}; the newest that are that old are taken, else the"
        " oldest there are.",
        examples=["15m"],
    )


def course_json(course: Course) -> dict[str, object]:
    """An `ActivityCourse`."""
    return {
        "from": moments.text(course.from_s),
        "to": moments.text(course.to_s),
        "step_s": course.step_s,
        "points": [
            {
                "at": moments.text(point.at_s),
                "connections": point.connections,
                **{name: getattr(point.figures, name) for name in NAMES},
            }
            for point in course.points
        ],
    }


def losses_json(losses: Losses) -> dict[str, object]:
    """`GroupLosses`."""
    return {
        "since": moments.text(losses.since_s),
        "items": [{"group": loss.group, "connections": loss.connections, "were": loss.were} for loss in losses.items],
    }


EXAMPLE_COURSE: dict[str, object] = {
    "from": "2026-11-24T08:58:00.000Z",
    "to": "2026-11-24T09:00:00.000Z",
    "step_s": 60,
    "points": [
        {
            "at": "2026-11-24T08:58:00.000Z",
            "connections": 1340,
            "connects": 12,
            "disconnects": 3,
            "sent": 0,
            "received": 0,
            "read": 0,
            "failed": 0,
            "gone": 0,
        },
        {
            "at": "2026-11-24T08:59:00.000Z",
            "connections": 1347,
            "connects": 9,
            "disconnects": 2,
            "sent": 402,
            "received": 398,
            "read": 121,
            "failed": 1,
            "gone": 1,
        },
    ],
}
EXAMPLE_LOSSES: dict[str, object] = {
    "since": "2026-11-24T08:45:02.000Z",
    "items": [{"group": "site-oslo", "connections": 3, "were": 211}, {"group": "ops", "connections": 398, "were": 402}],
}

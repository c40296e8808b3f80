"""The picture of a push: what is foreseen and what happened have one shape."""

from __future__ import annotations

from typing import get_args

from pydantic import Field

from admin_api.models.base import Model, Moment
from services.domain.timeline import picture
from services.domain.timeline.picture import MOST_POINTS, SpanKind
from services.domain.timeline.run import MarkKind
from services.pushes.timelines import Timelines as DomainTimelines


class Span(Model):
    """What a lane does for a while."""

    kind: SpanKind
    from_: Moment = Field(alias="from")
    to: Moment
    terminals: int | None = Field(None, description="Of what is sent in it.")
    per_second: float | None = Field(None, description="Of what is sent in it.")


class Lane(Model):
    """One wave of those whose window opens together."""

    id: str = Field(description="`w<wave>`, or `w<wave>/<lane>` with a window.", examples=["w1/Asia/Tokyo"])
    wave: int = Field(ge=1)
    timezone: str | None
    terminals: int
    spans: list[Span]


class Mark(Model):
    """A moment at which something happens."""

    at: Moment
    kind: MarkKind = Field(description=f"One of {', '.join(get_args(MarkKind))}.")
    lane: str | None = Field(description="The id of its lane; null: of the whole push.")
    detail: str | None = Field(None, description="By whom, or why.")


class Picture(Model):
    """A timeline. Times are in UTC."""

    from_: Moment = Field(alias="from")
    to: Moment
    lanes: list[Lane]
    reach: list[tuple[Moment, int]] = Field(
        description=f"A step curve of at most {MOST_POINTS} points: from each moment on, so many were reached."
    )
    marks: list[Mark]


class Timelines(Model):
    """What was foreseen when the push was submitted, and what happened so far."""

    forecast: Picture
    actual: Picture


def timelines_json(timelines: DomainTimelines) -> dict[str, object]:
    """A `Timelines`."""
    return {"forecast": picture.to_json(timelines.forecast), "actual": picture.to_json(timelines.actual)}


EXAMPLE_PICTURE: dict[str, object] = {
    "from": "2026-11-24T00:00:00.000Z",
    "to": "2026-11-24T00:10:05.000Z",
    "lanes": [
        {
            "id": "w1/Asia/Tokyo",
            "wave": 1,
            "timezone": "Asia/Tokyo",
            "terminals": 20,
            "spans": [
                {"kind": "window", "from": "2026-11-23T22:12:00.000Z", "to": "2026-11-24T00:00:00.000Z"},
                {
                    "kind": "send",
                    "from": "2026-11-24T00:00:00.000Z",
                    "to": "2026-11-24T00:00:02.000Z",
                    "terminals": 20,
                    "per_second": 10.0,
                },
                {"kind": "pause", "from": "2026-11-24T00:00:02.000Z", "to": "2026-11-24T00:10:02.000Z"},
            ],
        }
    ],
    "reach": [["2026-11-24T00:00:00.000Z", 0], ["2026-11-24T00:00:02.000Z", 20]],
    "marks": [
        {"at": "2026-11-24T00:00:00.000Z", "kind": "window_opens", "lane": "w1/Asia/Tokyo"},
        {"at": "2026-11-24T00:10:05.000Z", "kind": "done", "lane": None},
    ],
}
EXAMPLE: dict[str, object] = {"forecast": EXAMPLE_PICTURE, "actual": EXAMPLE_PICTURE}

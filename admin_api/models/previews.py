"""Previews: what a push would do."""

from __future__ import annotations

from pydantic import Field

from admin_api.models import audiences, terminals, timelines
from admin_api.models.base import EXAMPLE_PUSH_ID, Model, Moment
from services.domain import cost, moments
from services.domain.timeline import picture
from services.pushes.preview import Preview as DomainPreview


class PlanShown(Model):
    """What was previewed, kept so that it can be sent as it is."""

    id: str
    expires_at: Moment


class Cost(Model):
    """About what the push costs on AWS, in US dollars."""

    usd: float
    most_usd: float
    assumes: list[str] = Field(description="What both figures go by.")


class Warning(Model):
    """Something to know before sending."""

    code: str = Field(description="Stable; docs/errors.md explains each.")
    detail: str
    terminals: int | None = Field(description="How many it is about.")
    until: Moment | None


class Preview(Model):
    """What the push would do if it were sent now."""

    plan: PlanShown
    audience: audiences.Audience
    sample: list[terminals.Terminal] = Field(description="Up to 10 of those who are connected.")
    topics: list[str] = Field(description="What would be read to find them, the cheapest that holds them all.")
    frame_bytes: int = Field(description="Size of the largest frame that a terminal would get; the limit is 32,768.")
    timeline: timelines.Picture = Field(description="What is foreseen; of a push that repeats, of its next run.")
    next_runs: list[Moment] = Field(description="The next runs of a push that repeats, at most 5.")
    cost: Cost
    warnings: list[Warning]


def preview_json(preview: DomainPreview, now_s: float) -> dict[str, object]:
    """A `Preview`."""
    warnings = [
        {
            "code": warning.code,
            "detail": warning.detail,
            "terminals": warning.terminals,
            "until": None if warning.until_s is None else moments.text(warning.until_s),
        }
        for warning in preview.warnings
    ]
    return {
        "plan": {"id": preview.plan.id, "expires_at": moments.text(preview.plan.expires_at_s)},
        "audience": audiences.audience_json(preview.audience),
        "sample": [terminals.terminal_json(row, now_s) for row in preview.audience.sample],
        "topics": list(preview.topics),
        "frame_bytes": preview.frame_bytes,
        "timeline": picture.to_json(preview.timeline),
        "next_runs": [moments.text(run_at_s) for run_at_s in preview.next_runs],
        "cost": {
            "usd": round(preview.cost.usd, 6),
            "most_usd": round(preview.cost.most_usd, 6),
            "assumes": list(cost.ASSUMES),
        },
        "warnings": warnings,
    }


EXAMPLE: dict[str, object] = {
    "plan": {"id": EXAMPLE_PUSH_ID, "expires_at": "2026-11-24T10:00:00.000Z"},
    "audience": audiences.EXAMPLE,
    "sample": [terminals.EXAMPLE],
    "topics": ["group:ops"],
    "frame_bytes": 231,
    "timeline": timelines.EXAMPLE_PICTURE,
    "next_runs": [],
    "cost": {"usd": 0.000451, "most_usd": 0.000632, "assumes": list(cost.ASSUMES)},
    "warnings": [
        {
            "code": "window_closed",
            "detail": "the window is closed for 387 terminals when it is to be sent: they wait until"
            " 2026-11-25T00:00:00.000Z",
            "terminals": 387,
            "until": "2026-11-25T00:00:00.000Z",
        }
    ],
}

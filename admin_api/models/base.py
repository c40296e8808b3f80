"""What all models have in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from admin_api.cursors import MAX_CURSOR_CHARACTERS
from services.domain.names import MAX_NAME_BYTES


class Model(BaseModel):
    """Unknown members are refused, and values are taken as what they are: `"5"` is no number."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


Moment = Annotated[
    str,
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-24T09:00:00.000Z"]}),
]
"""RFC 3339, in UTC with milliseconds in answers, with any offset in requests."""

Name = Annotated[
    str,
    Field(
        description=f"1 to {MAX_NAME_BYTES} bytes of UTF-8, without control characters and blanks at its ends.",
        examples=["alice"],
    ),
]

Attributes = Annotated[
    dict[str, str | int | float | bool],
    Field(description="From the token: a flat map.", examples=[{"os": "windows", "build": 19045}]),
]

NextCursor = Annotated[
    str | None,
    Field(description="Hand it back as `cursor`, with the same filters, for what follows; null at the end."),
]

EXAMPLE_PUSH_ID = "019ab9c1-4f5a-7c3e-8a51-0c3f2d9e7b10"
EXAMPLE_CONNECTION_ID = "R0oXAdfD0kwCH6w="


class PageQuery(Model):
    """What every listing takes."""

    # Query parameters are text.
    model_config = ConfigDict(strict=False)

    limit: int = Field(100, ge=1, le=500, description="Most items of a page; a page may hold fewer and go on.")
    cursor: str | None = Field(
        None, max_length=MAX_CURSOR_CHARACTERS, description="The `next_cursor` of the page before."
    )

"""The problem document."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Fault(BaseModel):
    """One fault of a request, and where it is: exactly one of `pointer`, `parameter` and `header`."""

    detail: str
    pointer: str | None = Field(None, description="In the body: a JSON pointer (RFC 6901).", examples=["/message"])
    parameter: str | None = Field(None, description="In the path or the query.", examples=["limit"])
    header: str | None = None


class Problem(BaseModel):
    """Why a request was refused (RFC 9457). Some codes come with more members; docs/errors.md has them."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="Where the code is explained.", json_schema_extra={"format": "uri"})
    title: str = Field(description="The code in words.")
    status: int = Field(description="The HTTP status.", ge=400, le=599)
    detail: str = Field(description="What was wrong here and what to do, for people.")
    code: str = Field(description="Stable, for programs.", pattern="^[a-z][a-z0-9_]*$")
    instance: str | None = Field(None, description="With 500 and 503: this occurrence; the service's log has it too.")
    errors: list[Fault] | None = Field(None, description="With `invalid_request`: every fault found.")

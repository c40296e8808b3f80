"""How one instance of the REST API is set up."""

from __future__ import annotations

from dataclasses import dataclass

from services.domain.problems import ERROR_PAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSettings:
    """`allowed_origins` are the browser origins that may call the API (`https://ops.example`), by default none.

    `docs_base_url` is where docs/errors.md is published: the `type` of a problem is its section there.
    A request body over `body_limit_bytes` is refused with 413.
    """

    allowed_origins: tuple[str, ...] = ()
    docs_base_url: str = ERROR_PAGE
    body_limit_bytes: int = 262_144

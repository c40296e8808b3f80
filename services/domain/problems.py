"""Refusals, as values: one code, one status, one sentence that names the thing, the limit and the way out."""

from __future__ import annotations

ERROR_PAGE = "/errors"
"""Where the REST API serves docs/errors.md itself; a problem's `type` is its section there (RFC 9457 §3.1.1)."""


class Problem(Exception):
    """A refusal to a caller or a terminal.

    `code` is stable and documented in docs/errors.md; `status` is the HTTP status a caller gets;
    `detail` says what was wrong and what to do. `extra` holds further members of the problem document
    (RFC 9457 §3.2). Never put a token, a secret or a message body in any of them.
    """

    def __init__(
        self, code: str, status: int, detail: str, *, retry_after_s: int | None = None, **extra: object
    ) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.status = status
        self.detail = detail
        self.retry_after_s = retry_after_s
        self.extra = extra

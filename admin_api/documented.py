"""What the OpenAPI document shows of answers: a real example of each, and the problems that operations end in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from admin_api.problems import MEDIA_TYPE, title_of
from services.authorizer.refusals import REASONS
from services.domain.problems import ERROR_PAGE

Responses = dict[int | str, dict[str, Any]]
"""The `responses` of an operation, in FastAPI's form."""

PROBLEMS: Mapping[str, tuple[int, str]] = {
    "bad_request": (400, "There was an error parsing the body"),
    "invalid_json": (400, "the body is not JSON: Expecting value: line 1 column 1 (char 0)"),
    "invalid_path": (400, "the path is not percent-encoded UTF-8 (RFC 3986 §2.5)"),
    "token_missing": (401, "The request carries no token. Send it in Authorization: Bearer."),
    "token_expired": (401, "Claim exp has passed."),
    "signature_invalid": (401, "The token's signature does not match."),
    "scope_missing": (403, "this needs a token with the scope terminals:manage"),
    "user_blocked": (403, "user alice is blocked until further notice: badge lost"),
    "token_revoked": (403, "this token was revoked; sign in again for a new one"),
    "too_many_connections": (403, "user alice has 20 connections open, the most allowed; close one first"),
    "connect_not_allowed": (
        403,
        "The identity is in none of the groups, and has none of the scopes, that connecting asks for.",
    ),
    "approval_by_sender": (403, "you sent this push: another person has to approve or reject it"),
    "audience_over_limit": (
        403,
        "the push would reach more than 5000 terminals, the most that print-service may reach with one; make its target"
        " smaller, or ask an administrator",
    ),
    "not_found": (404, "there is nothing at this path; docs/rest.md has them all"),
    "push_not_found": (404, "there is no push 019ab9c1-4f5a-7c3e-8a51-0c3f2d9e7b10"),
    "terminal_not_found": (404, "no connection R0oXAdfD0kwCH6w= is open"),
    "plan_not_found": (
        404,
        "there is no plan 019ab9c1-4f5a-7c3e-8a51-0c3f2d9e7b10 of yours; plans are kept for an hour, so preview the"
        " push anew",
    ),
    "no_such_strategy": (404, "there is no strategy careful; GET /v1/strategies lists them"),
    "sender_not_found": (404, "print-service is held to nothing: it may send to everybody, at any rate"),
    "method_not_allowed": (405, "this path answers to GET, HEAD, OPTIONS, POST"),
    "push_not_cancellable": (
        409,
        "push 019ab9c1-4f5a-7c3e-8a51-0c3f2d9e7b10 is expired: there is nothing to cancel",
    ),
    "push_busy": (409, "push 019ab9c1-4f5a-7c3e-8a51-0c3f2d9e7b10 is changing; try again"),
    "push_not_awaiting_approval": (
        409,
        "push 019ab9c1-4f5a-7c3e-8a51-0c3f2d9e7b10 is sending: it does not wait for approval",
    ),
    "push_not_haltable": (
        409,
        "push 019ab9c1-4f5a-7c3e-8a51-0c3f2d9e7b10 is completed: nothing of it can be held back",
    ),
    "push_not_halted": (
        409,
        "push 019ab9c1-4f5a-7c3e-8a51-0c3f2d9e7b10 is sending, not halted: there is nothing to resume",
    ),
    "audience_changed": (
        409,
        "387 terminals were planned, 512 are meant now: more came and went than the tolerance of 0.1; preview the push"
        ' anew, or send it with "if_changed": "send"',
    ),
    "strategy_built_in": (
        409,
        "now is built in and stays as it is; keep yours under another name, or override members in a push",
    ),
    "version_changed": (
        412,
        "the strategy careful is at version 4, which is not what the request expects; read it again, and decide anew",
    ),
    "body_too_large": (413, "the body is over the limit of 262144 bytes; send a link to what is large"),
    "message_too_large": (
        413,
        "the push is 33128 bytes as a frame, 360 over the limit of 32768; send a link to what is large",
    ),
    "unsupported_media_type": (415, "send the body as JSON, with Content-Type: application/json"),
    "invalid_request": (422, "/message: Field required"),
    "invalid_target": (422, 'target/groups is empty; who means nobody writes {"not": {"all": true}}'),
    "invalid_message": (422, "message holds a lone surrogate"),
    "invalid_strategy": (
        422,
        "strategy has no member 'retian'; it has collapse_key, expires_in, name, receipts, retain",
    ),
    "strategy_not_found": (422, "there is no strategy careful; GET /v1/strategies lists them"),
    "invalid_schedule": (422, 'repeat.cron must be a cron expression of five fields such as "0 9 * * mon-fri"'),
    "plan_mismatch": (
        422,
        "message is not what was planned; leave it out to send the plan, or preview the push anew",
    ),
    "invalid_since": (422, "since must be a position that this service gave"),
    "invalid_frame": (422, "kind must be one of received, read, failed, recalled"),
    "invalid_duration": (422, 'strategy.retain must be a duration such as "90s", "15m", "24h" or "2d"'),
    "invalid_name": (422, "user begins or ends with white space"),
    "invalid_time": (422, 'until must be a time with its offset, such as "2026-11-24T09:00:00Z"'),
    "invalid_cidr": (422, "'192.0.2.1/24' is not a network such as \"192.0.2.0/24\""),
    "invalid_cursor": (
        422,
        "the cursor does not belong to this listing with these filters; keep them the same from page to page,"
        " or leave the cursor out to begin again",
    ),
    "invalid_idempotency_key": (422, "Idempotency-Key must be 1 to 255 printable ASCII characters"),
    "idempotency_key_reused": (422, "this Idempotency-Key was used for another push; a new push needs a new key"),
    "ticket_too_large": (422, "The ticket would be longer than 3000 bytes; connect with the token itself."),
    "sender_rate": (429, "print-service may send 10 pushes a minute, and has; try again in 17 s"),
    "internal_error": (500, "the service failed; its log has the reason under this instance"),
    "storage_unavailable": (
        503,
        "storage does not answer; send the same request again, a push with its Idempotency-Key",
    ),
    "keys_unavailable": (503, "The issuer's keys cannot be fetched at the moment."),
}
"""Status and an example of `detail` for the problems that the document shows. docs/errors.md explains every code."""

_MEANINGS = {
    400: "The request cannot be read.",
    401: "No token, or one that is not accepted; `WWW-Authenticate` says which.",
    403: "The caller may not do this.",
    404: "There is no such thing.",
    409: "It is in a state that does not allow this.",
    412: "It is not as the request expects it to be.",
    413: "Too large.",
    415: "The body is not sent as JSON.",
    422: "A member, parameter or header is not as it must be.",
    429: "Too often; `Retry-After` says when to try again.",
    500: "A fault of the service.",
    503: "Something that the service needs does not answer; `Retry-After` says when to try again.",
}


def shown(description: str, example: object) -> dict[str, Any]:
    """A success, with a real example of its JSON."""
    return {"description": description, "content": {"application/json": {"example": example}}}


def body_example(example: object) -> dict[str, Any]:
    """The OpenAPI members of an operation with a real example of its body."""
    return {"requestBody": {"content": {"application/json": {"example": example}}}}


def refusals(*codes: str) -> Responses:
    """The problems that an operation can end in, by status."""
    responses: Responses = {}
    for code in codes:
        status, _ = PROBLEMS[code]
        response = responses.setdefault(
            status,
            {
                "description": _MEANINGS[status],
                "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": {}}},
            },
        )
        response["content"][MEDIA_TYPE]["examples"][code] = {"$ref": f"#/components/examples/{code}"}
    return responses


def problem_examples() -> dict[str, object]:
    """Every problem of `PROBLEMS` as it is sent, in OpenAPI's form of examples."""
    return {
        code: {
            "value": {
                "type": f"{ERROR_PAGE}#{code}",
                "title": title_of(code),
                "status": status,
                "detail": detail,
                "code": code,
            }
        }
        for code, (status, detail) in PROBLEMS.items()
    }


def other_reasons() -> str:
    """The codes of refused tokens, in words for the document."""
    return ", ".join(f"`{code}`" for code in REASONS)

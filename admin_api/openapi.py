"""The OpenAPI 3.1 document. `python -m admin_api.openapi` writes it to docs/openapi.json, held fresh by a test."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from admin_api.authentication import SCHEME, declared_scopes
from admin_api.documented import Responses, other_reasons, problem_examples, refusals
from admin_api.models.problems import Problem
from admin_api.routers import ROUTES
from admin_api.routing import ApiRoute, is_read

FILE = Path(__file__).parent.parent / "docs" / "openapi.json"

SUMMARY = "Send messages to a company's own terminals, see who is there, and what became of them."
DESCRIPTION = f"""
Every request but `GET /healthz` brings a JWT in `Authorization: Bearer`. What it may do is in the token's scopes; each
operation says below which it needs. `POST /v1/tickets` and the inbox take any good token.

Refusals are `application/problem+json` (RFC 9457). `code` is stable and for programs, `detail` is for people, and
`type` links to the section of docs/errors.md that says what to do. A token is refused with 401 and one of
{other_reasons()}; blocks and revocations are 403.

Listings answer `{{items, next_cursor}}`. Hand `next_cursor` back as `cursor`, with the same filters, until it is null.
What is read has an `ETag`; with it in `If-None-Match` the answer is 304 where nothing has changed. Times are RFC 3339.
Unknown members and parameters are refused. Names in paths are percent-encoded, `/` as `%2F`.
"""
ETAG: dict[str, Any] = {
    "description": "Of the answer. Hand it back in `If-None-Match`: 304 if it is still the same.",
    "schema": {"type": "string", "examples": ['W/"9f86d081884c7d659a2feaa0c55ad0"']},
}
IF_NONE_MATCH: dict[str, Any] = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "Only if it is not as it was: the `ETag` of an answer before, or several with commas between them.",
    "schema": {"type": "string"},
}
TAGS = [
    {"name": "pushes", "description": "Send, preview, look at, explain; approve, halt, resume, cancel."},
    {"name": "strategies", "description": "When, how fast, to whom next: under names, with all of their versions."},
    {"name": "senders", "description": "What callers of the API are held to."},
    {"name": "terminals", "description": "Who is connected now, and who was lately."},
    {"name": "users", "description": "One user: what is open, what was given, and keeping them out."},
    {"name": "groups", "description": "Groups, and membership given at run time beside that of tokens."},
    {"name": "revocations", "description": "Tokens that are not good any more."},
    {"name": "tickets", "description": "For terminals: a ticket to connect with, or the reason why not."},
    {"name": "inbox", "description": "For terminals whose proxies let no WebSocket through."},
    {"name": "service", "description": "Figures, the audit trail, health."},
]


@functools.cache
def document() -> dict[str, Any]:
    """The whole document."""
    written = get_openapi(
        title="Fanfare",
        version=version("fanfare"),
        summary=SUMMARY,
        description=DESCRIPTION.strip(),
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        tags=TAGS,
        servers=[{"url": "/"}],
        separate_input_output_schemas=False,
        routes=ROUTES,
    )
    components = written["components"]
    components["securitySchemes"] = {
        SCHEME: {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "From an issuer that the service is configured with. Scopes are in the token.",
        }
    }
    components["examples"] = problem_examples()
    components["headers"] = {"ETag": ETAG}
    components["parameters"] = {"IfNoneMatch": IF_NONE_MATCH}
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    components["schemas"].update(problem.pop("$defs"))
    components["schemas"]["Problem"] = problem
    for unused in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(unused, None)
    for route in ROUTES:
        assert isinstance(route, ApiRoute)
        for method in route.methods or ():
            _complete(written["paths"][route.path][method.lower()], route)
    return written


def install(app: FastAPI) -> None:
    """Have the app serve the document."""
    app.openapi = document  # type: ignore[method-assign] # FastAPI's own way to change the document


def _complete(operation: dict[str, Any], route: ApiRoute) -> None:
    """Add the problems that every operation can end in, and the examples as they were written.

    FastAPI leaves out every null on its way, also those in examples, where they are meant.
    """
    operation["operationId"] = route.name
    # FastAPI's own form of validation errors, which this API does not have.
    if operation["responses"].get("422", {}).get("content", {}).keys() == {"application/json"}:
        del operation["responses"]["422"]
    operation["responses"].get("422", {}).get("content", {}).pop("application/json", None)
    common: list[str] = ["internal_error", "storage_unavailable"]
    scopes = declared_scopes(route.openapi_extra)
    if scopes is not None:
        common += ["token_missing", "token_expired", "signature_invalid", "user_blocked", "token_revoked"]
        common += ["keys_unavailable", *(["scope_missing"] if scopes else [])]
    if route.body_field is not None:
        common += ["invalid_json", "body_too_large", "unsupported_media_type"]
        content = operation["requestBody"]["content"]["application/json"]
        content["example"] = (route.openapi_extra or {})["requestBody"]["content"]["application/json"]["example"]
    if route.body_field is not None or any(given["in"] == "query" for given in operation.get("parameters", ())):
        common.append("invalid_request")
    if "{" in route.path:
        common.append("invalid_path")
    for responses in (route.responses, refusals(*common)):
        _merge(operation["responses"], responses)
    if is_read(route):
        operation.setdefault("parameters", []).append({"$ref": "#/components/parameters/IfNoneMatch"})
        tagged = {"headers": {"ETag": {"$ref": "#/components/headers/ETag"}}}
        operation["responses"]["200"] = tagged | operation["responses"]["200"]
        operation["responses"]["304"] = {"description": "It is as the caller has it."} | tagged
    operation["responses"] = dict(sorted(operation["responses"].items()))


def _merge(written: dict[str, Any], responses: Responses | Mapping[int | str, dict[str, Any]]) -> None:
    for status, response in responses.items():
        into = written.setdefault(str(status), {"description": response["description"]})
        into["description"] = response["description"]
        for media_type, content in response.get("content", {}).items():
            kept = into.setdefault("content", {}).setdefault(media_type, {})
            for member, value in content.items():
                kept[member] = {**kept.get(member, {}), **value} if member == "examples" else value


def text() -> str:
    """The document as it stands in docs/openapi.json."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")

"""Holds every answer against the OpenAPI document, so that no test can pass on an answer that it does not promise."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Any

import httpx
from jsonschema import Draft202012Validator

from admin_api.openapi import document
from admin_api.paths import routable
from admin_api.problems import MEDIA_TYPE

METHODS = ("get", "put", "post", "delete")


def validator_of(schema: Mapping[str, Any]) -> Draft202012Validator:
    """A validator of a schema that may refer to others of the document."""
    return Draft202012Validator(
        {**schema, "components": document()["components"]}, format_checker=Draft202012Validator.FORMAT_CHECKER
    )


@functools.cache
def validator(reference: str) -> Draft202012Validator:
    """A validator of the schema at a reference within the document."""
    return validator_of({"$ref": reference})


@functools.cache
def _patterns() -> list[tuple[re.Pattern[str], dict[str, Any]]]:
    return [
        (re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))), operations)
        for path, operations in document()["paths"].items()
    ]


def operation_of(method: str, raw_path: str) -> dict[str, Any] | None:
    """The operation that a request is, None if the document has no such."""
    try:
        path = routable(raw_path.encode())
    except UnicodeDecodeError:
        return None
    for pattern, operations in _patterns():
        if pattern.fullmatch(path) and method.lower() in operations:
            operation: dict[str, Any] = operations[method.lower()]
            return operation
    return None


def check(method: str, raw_path: str, response: httpx.Response) -> None:
    """Fail if the document does not have this answer to this request."""
    if not raw_path.startswith(("/v1/", "/healthz")) or method in ("HEAD", "OPTIONS"):
        return
    where = f"{method} {raw_path} → {response.status_code}"
    media_type = response.headers.get("content-type", "").partition(";")[0]
    if response.status_code >= 400:
        assert media_type == MEDIA_TYPE, f"{where} is {media_type}"
        validator("#/components/schemas/Problem").validate(response.json())
        assert response.json()["status"] == response.status_code
    operation = operation_of(method, raw_path)
    if operation is None:
        assert response.status_code in (400, 404, 405), where
        return
    documented = operation["responses"].get(str(response.status_code))
    assert documented is not None, f"{where} is not documented"
    content = documented.get("content")
    if content is None:
        assert response.content == b"", f"{where} has content, and should have none"
        return
    assert media_type in content, f"{where} is {media_type}"
    validator(content[media_type]["schema"]["$ref"]).validate(response.json())


class Conforming(httpx.AsyncBaseTransport):
    """A transport that checks what comes through it."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        await response.aread()
        check(request.method, request.url.raw_path.decode().partition("?")[0], response)
        return response

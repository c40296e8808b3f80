"""API Gateway's REST API in front of an ASGI application: its event as a scope, with the path as it came.

Mangum decodes the path, in which the group `a/b` and the path a/b are the same, and joins headers that came twice into
one. A REST API hands over both as they came, so both are taken from the event.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote

from mangum.handlers import APIGateway
from mangum.types import Scope


class RestApiEvent(APIGateway):
    """An event of a REST API's proxy integration, for `Mangum(custom_handlers=[...])`."""

    @property
    def scope(self) -> Scope:
        """The ASGI scope. `root_path` is the stage, or the path that a custom domain maps to it, if there is one."""
        path = self.event["path"]
        whole_path = self.event["requestContext"].get("path") or path
        root_path = whole_path.removesuffix(path) if whole_path.endswith(path) else ""
        return {
            **super().scope,
            "raw_path": (root_path + path).encode("ascii", "backslashreplace"),
            "path": root_path + unquote(path),
            "root_path": root_path,
            "headers": _headers(self.event.get("multiValueHeaders") or {}),
        }


def _headers(headers: Mapping[str, list[str]]) -> list[list[bytes]]:
    return [
        [name.lower().encode("latin-1", "replace"), value.encode("latin-1", "replace")]
        for name, values in headers.items()
        for value in values
    ]

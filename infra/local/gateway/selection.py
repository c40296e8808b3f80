"""Route selection: which route key a message names.

https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-routes.html
"""

from __future__ import annotations

import json
import re

_VARIABLE = re.compile(r"\$\{request\.body\.([A-Za-z0-9_.-]+)\}|\$request\.body\.([A-Za-z0-9_.-]+)")


class RouteSelection:
    """A route selection expression: `$request.body.action`, or parts: `${request.body.service}/${request.body.action}`.

    Raises ValueError for an expression without a variable, or with one that is not of the body.
    """

    __slots__ = ("_literals", "_paths")

    def __init__(self, expression: str) -> None:
        self._paths: list[list[str]] = []
        self._literals: list[str] = []
        end = 0
        for variable in _VARIABLE.finditer(expression):
            self._literals.append(expression[end : variable.start()])
            self._paths.append((variable[1] or variable[2]).split("."))
            end = variable.end()
        self._literals.append(expression[end:])
        if not self._paths or "$" in "".join(self._literals):
            raise ValueError(
                f"route selection expression {expression!r}: write $request.body.NAME, "
                "or ${request.body.NAME} for each part"
            )

    def key_of(self, text: str) -> str:
        """The key that a message names; empty if it names none (no such member, or not JSON)."""
        try:
            body: object = json.loads(text)
            found = [_at(body, path) for path in self._paths]
        except (ValueError, RecursionError):
            return ""
        if len(found) == 1 and not any(self._literals):
            return found[0]
        return self._literals[0] + "".join(
            value + literal for value, literal in zip(found, self._literals[1:], strict=True)
        )


def _at(body: object, path: list[str]) -> str:
    """The text at a path; empty if nothing is there, as API Gateway resolves it."""
    for name in path:
        if not isinstance(body, dict):
            return ""
        body = body.get(name)
    return _text_of(body)


def _text_of(value: object) -> str:
    """Java's text of a JSON value: `[item1, item2]` for a list, `{name=value}` for an object."""
    match value:
        case str():
            return value
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case list():
            return f"[{', '.join(map(_text_of, value))}]"
        case dict():
            return f"{{{', '.join(f'{name}={_text_of(item)}' for name, item in value.items())}}}"
        case _:
            return str(value)

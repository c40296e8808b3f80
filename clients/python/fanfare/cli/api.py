"""Calls of the REST API for the command line: JSON in, JSON out, problems as errors that say what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote, urlencode

import click

from fanfare import http
from fanfare.cli.service import Service
from fanfare.cli.table import shown
from fanfare.frames import JsonValue

MOST_NAMES = 20
"""Most names in one line of a refusal."""


def segment(name: str) -> str:
    """A name as one segment of a path."""
    return quote(name, safe="")


class ApiError(click.ClickException):
    """The API refused, or could not be reached. Exits with 1."""


class Api:
    """The REST API of a service, called with the token given or one that has `scopes`."""

    def __init__(self, service: Service, scopes: Sequence[str]) -> None:
        self._base_url = service.api()
        self._service = service
        self._scopes = scopes
        self._tls = service.tls()

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: JsonValue = None,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, JsonValue]:
        """The JSON object that answers a call; empty where there is no content. Raises ApiError."""
        url = self._base_url + path
        if query:
            url += f"?{urlencode(query, quote_via=quote)}"
        try:
            # Asked for anew each time: whoever watches a push for hours needs more than one.
            token = self._service.caller_token(self._scopes)
            answer = http.call(method, url, token=token, body=body, headers=headers, tls=self._tls)
        except http.Unanswered as error:
            raise ApiError(
                f"no answer from {self._base_url}: {error}\nTry `fanfare doctor`, which looks for the step that fails."
            ) from None
        except ValueError as error:
            raise ApiError(str(error)) from None
        if not answer.ok:
            raise ApiError(in_words(http.refusal_of(answer)))
        document = answer.json() if answer.status != 204 else {}
        if not isinstance(document, dict):
            raise ApiError(f"{url} answered something that is no JSON object; is --api-url right?")
        return document

    def items(self, path: str, query: Mapping[str, str], *, most: int | None) -> Iterator[dict[str, JsonValue]]:
        """The items of a listing, page by page, at most `most` of them. Raises ApiError."""
        left = most
        cursor: str | None = None
        while left is None or left > 0:
            page = dict(query)
            if left is not None:
                page["limit"] = str(min(left, 100))
            if cursor is not None:
                page["cursor"] = cursor
            document = self.call("GET", path, query=page)
            items = document.get("items")
            for item in items if isinstance(items, list) else []:
                if isinstance(item, dict) and (left is None or left > 0):
                    yield item
                    left = None if left is None else left - 1
            following = document.get("next_cursor")
            if not isinstance(following, str):
                return
            cursor = following


def in_words(refusal: http.Refusal) -> str:
    """A problem as people read it: what, why, and where there is more."""
    title = refusal.title or f"the service answered with status {refusal.status}"
    lines = [f"{title} ({refusal.code}, status {refusal.status})"]
    if refusal.detail:
        lines.append(refusal.detail)
    # Who came and went since a plan was made.
    for which in ("came", "went"):
        moved = refusal.document.get(which)
        names = moved.get("names") if isinstance(moved, dict) else None
        if isinstance(names, list) and names:
            lines.append(f"{which.capitalize()}: {', '.join(map(shown, names[:MOST_NAMES]))}")
    if refusal.retry_after_s is not None:
        lines.append(f"Try again in {refusal.retry_after_s:g} s.")
    if refusal.docs:
        lines.append(f"More: {refusal.docs}")
    return "\n".join(lines)

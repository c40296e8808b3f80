"""GET /errors: docs/errors.md as a page, where the `type` of every problem leads."""

from __future__ import annotations

import functools
import html
import re
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

SOURCE = Path(__file__).parents[1] / "docs" / "errors.md"
_HEADING = re.compile(r"^(#{1,4}) (.+)$", re.MULTILINE)
_STYLE = (
    "body{font:15px/1.5 system-ui;max-width:46em;margin:2em auto;padding:0 1em}pre{white-space:pre-wrap;font:inherit}"
)


@functools.cache
def page() -> str:
    """The page: each heading with its code as its anchor, the text between as it is written."""
    text = SOURCE.read_text(encoding="utf-8")
    parts = _HEADING.split(text)
    body = [f"<pre>{html.escape(parts[0].strip())}</pre>"]
    for hashes, title, content in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        level, name = len(hashes), html.escape(title.strip())
        body.append(f'<h{level} id="{name}">{name}</h{level}><pre>{html.escape(content.strip())}</pre>')
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Errors</title>'
        f"<style>{_STYLE}</style>{''.join(body)}</html>"
    )


async def _errors(_request: Request) -> HTMLResponse:
    return HTMLResponse(page(), headers={"Cache-Control": "public, max-age=3600", "X-Content-Type-Options": "nosniff"})


ROUTE = Route("/errors", _errors, methods=["GET"], include_in_schema=False)
"""Served without a token: it says nothing of this service, and who is refused must be able to read why."""

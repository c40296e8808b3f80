"""GET /console and /terminal: the built console, and what it must know before anybody has signed in.

Served without a token, since people sign in with it: its files are the same for everybody, and what it shows it gets
from the API, with the token of whoever looks.
"""

from __future__ import annotations

import html
import re
from typing import Final
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from admin_api import entity_tags
from admin_api.answers import answer
from admin_api.console_build import START, BuiltFile, ConsoleBuild
from admin_api.models.setup import sign_in_json
from admin_api.settings import ConsoleSettings

TERMINAL_PAGE: Final = "terminal.html"
ASSETS: Final = "assets/"
"""What is in here has a hash of its content in its name."""
FOR_GOOD: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
ASK_AGAIN: Final = {"Cache-Control": "no-cache"}
_SAFE: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self';"
    " connect-src {connect}; worker-src 'self'; manifest-src 'self'; base-uri 'self'; form-action 'none';"
    " frame-ancestors 'none'"
)
_NOT_BUILT: Final = b"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Fanfare: the console is not built</title></head><body>
<h1>The console is not built</h1>
<p>The service runs, and its REST API and the command line work as ever. Only these pages are missing: they are made
with npm, and need Node 20 or newer (<code>node --version</code> says which there is).</p>
<ol><li>Install Node 20 or newer, from your system's packages or from nodejs.org.</li>
<li>Run <code>make console</code> in the directory of Fanfare.</li>
<li>Load this page again. On one machine the service need not be restarted; on AWS, run <code>make deploy</code>.</li>
</ol></body></html>
"""
_HEAD: Final = re.compile(rb"<head\b[^>]*>", re.IGNORECASE)
_BASE: Final = re.compile(rb"<base\b[^>]*>", re.IGNORECASE)
_HOST: Final = re.compile(r"([A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?")


class ConsolePages:
    """The routes."""

    def __init__(self, settings: ConsoleSettings) -> None:
        self._settings = settings
        self._build = ConsoleBuild(settings.build)

    def routes(self) -> list[BaseRoute]:
        """All of them; each answers HEAD too."""
        served = (
            ("/console", self._console),
            ("/console/config.json", self._config),
            ("/console/{name:path}", self._console),
            ("/terminal", self._terminal),
        )
        return [Route(path, endpoint, methods=["GET"], include_in_schema=False) for path, endpoint in served]

    async def _console(self, request: Request) -> Response:
        """A file of the build, else the console itself, which knows its own addresses."""
        name: str = request.path_params.get("name", "")
        if name == TERMINAL_PAGE:
            return await self._terminal(request)
        found = None if name in ("", START) else await self._build.file(name)
        if found is not None:
            return self._file(request, found, FOR_GOOD if name.startswith(ASSETS) else ASK_AGAIN)
        if name.startswith(ASSETS) and await self._build.file(START) is not None:
            raise HTTPException(404)
        return await self._page(request, START)

    async def _terminal(self, request: Request) -> Response:
        return await self._page(request, TERMINAL_PAGE)

    async def _page(self, request: Request, name: str) -> Response:
        found = await self._build.file(name)
        if found is None:
            headers = {**self._headers(request), "Cache-Control": "no-store"}
            return Response(_NOT_BUILT, 503, headers=headers, media_type="text/html")
        content = based(found.content, _prefix(request))
        return self._file(request, BuiltFile(content, None, found.media_type, entity_tags.weak(content)), ASK_AGAIN)

    def _file(self, request: Request, file: BuiltFile, kept: dict[str, str]) -> Response:
        headers = {**self._headers(request), **kept, "ETag": file.etag}
        if file.compressed is not None:
            headers["Vary"] = "Accept-Encoding"
        if entity_tags.is_had(request, file.etag):
            return Response(status_code=304, headers=headers)
        headers["Content-Type"] = file.media_type
        if file.compressed is not None and takes_gzip(request.headers.getlist("accept-encoding")):
            return Response(file.compressed, headers={**headers, "Content-Encoding": "gzip"})
        return Response(file.content, headers=headers)

    async def _config(self, request: Request) -> Response:
        """What is the same for everybody who may look at this page. Never a token, nor anything that makes one."""
        oidc = self._settings.oidc
        return answer(
            {
                "ws_url": self._ws_url(request),
                "api_base": f"{_prefix(request)}/",
                "oidc": None if oidc is None else {**sign_in_json(oidc), "redirect_path": "console/"},
                "confirm_above": self._settings.confirm_above,
            }
        )

    def _headers(self, request: Request) -> dict[str, str]:
        connect = ["'self'"]
        ws_url = self._ws_url(request)
        if ws_url is not None:
            connect.append(origin_of(ws_url))
        oidc = self._settings.oidc
        if oidc is not None:
            connect += map(origin_of, (oidc.authority, *oidc.origins))
        return {**_SAFE, "Content-Security-Policy": _POLICY.format(connect=" ".join(connect))}

    def _ws_url(self, request: Request) -> str | None:
        ws_url = self._settings.ws_url
        if ws_url is None or not self._settings.follows_host:
            return ws_url
        return on_host(ws_url, request.headers.get("host", ""))


def based(page: bytes, prefix: str) -> bytes:
    """A page whose relative addresses begin at `<prefix>/console/`, whatever address it was asked for under."""
    base = f'<base href="{html.escape(prefix)}/console/">'.encode("ascii", "xmlcharrefreplace")
    return _HEAD.sub(lambda head: head[0] + base, _BASE.sub(b"", page), count=1)


def on_host(url: str, host: str) -> str:
    """A URL at the name in a `Host` header, with its own port; as it was if that is no name or address."""
    named = _HOST.fullmatch(host)
    if named is None:
        return url
    parts = urlsplit(url)
    return parts._replace(netloc=named[1] if parts.port is None else f"{named[1]}:{parts.port}").geturl()


def origin_of(url: str) -> str:
    """Scheme, name and port of a URL, as a source in a Content-Security-Policy."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def takes_gzip(accept_encoding: list[str]) -> bool:
    """Whether a reader who sent this `Accept-Encoding` takes gzip (RFC 9110 §12.5.3)."""
    weights: dict[str, bool] = {}
    for line in accept_encoding:
        for part in line.split(","):
            coding, _, parameter = part.partition(";")
            weight = parameter.strip().lower().removeprefix("q=")
            weights[coding.strip().lower()] = not weight or not re.fullmatch(r"0(\.0{0,3})?", weight)
    return weights.get("gzip", weights.get("*", False))


def _prefix(request: Request) -> str:
    """What stands before every path: on AWS the stage, unless a name of one's own is mapped to it."""
    root_path: str = request.scope.get("root_path", "")
    return root_path.rstrip("/")

"""Fetching an issuer's documents: https only, no redirects, bounded in size and time."""

from __future__ import annotations

import http.client
import ipaddress
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable

Fetch = Callable[[str], bytes]
"""Gets the document at a URL. Raises OSError if it cannot be had, for whatever reason."""

TIMEOUT_S = 3.0
"""Longest wait for a connection and for each part of the answer; no part is awaited once it is over."""
MAX_DOCUMENT_BYTES = 262_144
"""Largest document. Key sets of the large identity providers are 1 to 30 KB."""

_CHUNK_BYTES = 16_384


def fault_of_url(url: object) -> str | None:
    """Why a document must not be fetched from `url`, in words, or None if it may.

    http is allowed for loopback hosts alone: whoever can change a key set on its way can make any token.
    """
    if not isinstance(url, str) or not url.isascii() or not url.isprintable() or " " in url:
        return "is not a URL in printable ASCII"
    try:
        parts = urllib.parse.urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "is not a URL"
    if not host:
        return "is not a URL with a host"
    if parts.scheme not in {"https", "http"} or (parts.scheme == "http" and not _is_loopback(host)):
        return "is not an https URL (http is allowed for loopback hosts alone)"
    if "@" in parts.netloc:
        return "holds a user name or a password"
    if parts.fragment:
        return "holds a fragment"
    return None


def fetch(url: str, *, timeout_s: float = TIMEOUT_S, max_bytes: int = MAX_DOCUMENT_BYTES) -> bytes:
    """The document at `url`.

    Raises OSError: for a URL that `fault_of_url` refuses, an unreachable or unproven server, a status other than
    200 (a redirect is one), more than `max_bytes`, an answer that takes longer than `timeout_s`, or that breaks off.
    """
    fault = fault_of_url(url)
    if fault is not None:
        raise OSError(f"the address {fault}")
    handlers: list[urllib.request.BaseHandler] = [_NoRedirect()]
    if _is_loopback(urllib.parse.urlsplit(url).hostname or ""):
        handlers.append(urllib.request.ProxyHandler({}))
    request = urllib.request.Request(  # noqa: S310 - fault_of_url has let only http and https through
        url, headers={"Accept": "application/json", "User-Agent": "fanfare"}
    )
    deadline = time.monotonic() + timeout_s
    try:
        with urllib.request.build_opener(*handlers).open(request, timeout=timeout_s) as response:
            if response.status != http.HTTPStatus.OK:
                raise OSError(f"HTTP status {response.status}")
            document = bytearray()
            while chunk := response.read1(_CHUNK_BYTES):
                document += chunk
                if len(document) > max_bytes:
                    raise OSError(f"the document is larger than {max_bytes} bytes")
                if time.monotonic() > deadline:
                    raise TimeoutError(f"the document did not arrive within {timeout_s} s")
            if response.length:
                raise OSError(f"the document breaks off {response.length} bytes before its end")
            return bytes(document)
    except urllib.error.HTTPError as error:
        error.close()
        raise OSError(f"HTTP status {error.code}") from None
    except http.client.HTTPException as error:
        raise OSError(f"not an HTTP answer: {type(error).__name__}") from error


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Leaves a redirect as the error status it then is."""

    def redirect_request(self, *_: object) -> None:
        return None


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

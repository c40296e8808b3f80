"""Where the `@connections` API of one stage is: `https://{api}.execute-api.{region}.amazonaws.com/{stage}`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import Final
from urllib.parse import urlsplit

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_REGION: Final = re.compile(r"[a-z0-9-]{1,64}")
_HOST: Final = re.compile(r"(?=.{1,253}\Z)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*\.?")
# RFC 3986 pchar, without what a signer would have to normalise: empty and dot segments are refused below.
_SEGMENT: Final = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+")


class GatewayUnavailable(OSError):
    """The `@connections` API cannot be reached, or does not let us in; nothing was posted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A parsed endpoint URL. `base_path` is the stage, or a custom domain's mapping path, with its slash, or empty."""

    host: str
    port: int
    is_tls: bool
    host_header: str
    base_path: str
    region: str

    @classmethod
    def parse(cls, url: str, *, region: str) -> Endpoint:
        """The endpoint of a URL as API Gateway shows it, or of a custom domain; `http://` is for emulators.

        Raises ValueError that says what the URL has and may not have.
        """
        if not _REGION.fullmatch(region):
            raise ValueError(f"the region {region!r} is none; give it as AWS writes it, such as eu-central-1")
        parts = urlsplit(url)
        if parts.scheme not in _DEFAULT_PORTS:
            raise ValueError(f"the @connections endpoint {url!r} must begin with https://, or http:// for an emulator")
        if parts.username is not None or parts.query or parts.fragment:
            raise ValueError(f"the @connections endpoint of {parts.hostname} may have no user, query or fragment")
        host = parts.hostname or ""
        if not (_is_ipv6(host) if ":" in host else _HOST.fullmatch(host)):
            raise ValueError(f"the @connections endpoint {url!r} has no host; an international name goes in as xn--…")
        name = f"[{host}]" if ":" in host else host
        default_port = _DEFAULT_PORTS[parts.scheme]
        port = parts.port or default_port
        path = parts.path.rstrip("/")
        for segment in path.split("/")[1:]:
            if not _SEGMENT.fullmatch(segment) or segment in (".", ".."):
                raise ValueError(f"the path of the @connections endpoint {url!r} has a segment that no stage can have")
        return cls(
            host=host,
            port=port,
            is_tls=parts.scheme == "https",
            host_header=name if port == default_port else f"{name}:{port}",
            base_path=path,
            region=region,
        )


def _is_ipv6(host: str) -> bool:
    try:
        return IPv6Address(host).scope_id is None
    except ValueError:
        return False

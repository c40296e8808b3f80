"""Who is told: the endpoints of the settings, with the same members on one machine and on AWS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from infra.webhooks import signature
from infra.webhooks.addresses import Network
from services.domain import events

MAX_ENDPOINTS: Final = 20
MAX_URL_BYTES: Final = 2_048
EVERYTHING: Final = ("*",)

_MEMBERS: Final = frozenset({"url", "secret", "secrets", "secret_file", "events", "networks", "http"})


class EndpointError(ValueError):
    """An endpoint makes no sense; the message names it and the member, and never holds a secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One URL that is told.

    `host` and `port` are where it is, `target` the path and query that are asked for; `secrets` sign, all of them.
    `events` are patterns of types; `networks` are those that its address may be in, beside the Internet.
    """

    url: str
    host: str
    port: int
    target: str
    tls: bool
    secrets: tuple[bytes, ...] = field(repr=False)
    events: tuple[str, ...] = EVERYTHING
    networks: tuple[Network, ...] = ()

    @property
    def authority(self) -> str:
        """The `Host` header: the port only where it is not the scheme's own (RFC 9110 §7.2)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.tls else 80) else f"{host}:{self.port}"

    def wants(self, event_type: str) -> bool:
        """Whether it is to be told of events of this type."""
        return events.is_among(event_type, self.events)


def endpoints_of(written: Sequence[Mapping[str, object]]) -> tuple[Endpoint, ...]:
    """The endpoints of the settings. Raises EndpointError."""
    if len(written) > MAX_ENDPOINTS:
        raise EndpointError(f"there are {len(written)} webhooks; {MAX_ENDPOINTS} are the most")
    found: list[Endpoint] = []
    for number, each in enumerate(written, start=1):
        try:
            found.append(_endpoint(each))
        except ValueError as error:
            raise EndpointError(f"webhook {number}: {error}") from None
    urls = [endpoint.url for endpoint in found]
    if double := next((url for url in urls if urls.count(url) > 1), None):
        raise EndpointError(f"two webhooks have the url {double}; give one of them the events of both")
    return tuple(found)


def _endpoint(written: Mapping[str, object]) -> Endpoint:
    if unknown := sorted(set(written) - _MEMBERS):
        raise ValueError(f"there is no setting {unknown[0]!r}; there are {', '.join(sorted(_MEMBERS))}")
    allows_http = written.get("http", False)
    if not isinstance(allows_http, bool):
        raise ValueError("http must be true or false")
    url = written.get("url")
    if not isinstance(url, str) or len(url) > MAX_URL_BYTES or not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError(f"url must be a URL of at most {MAX_URL_BYTES} printable ASCII characters")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError("url is not a URL") from None
    if parts.scheme != "https" and not (parts.scheme == "http" and allows_http):
        raise ValueError("url must begin with https://, or with http:// where `http = true` allows it")
    if not host or "%" in host or "\\" in url:
        raise ValueError("url has no host that can be looked up")
    if "@" in parts.netloc:
        raise ValueError("url must not hold a user name or a password: events are signed")
    if parts.fragment:
        raise ValueError("url must not hold a fragment")
    if port == 0:
        raise ValueError("url must not name port 0")
    tls = parts.scheme == "https"
    return Endpoint(
        url=url,
        host=host,
        port=port or (443 if tls else 80),
        target=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
        tls=tls,
        secrets=_secrets(written),
        events=_events(written.get("events")),
        networks=_networks(written.get("networks")),
    )


def _secrets(written: Mapping[str, object]) -> tuple[bytes, ...]:
    given = [name for name in ("secret", "secrets", "secret_file") if name in written]
    if len(given) != 1:
        raise ValueError("give one of secret, secrets and secret_file")
    value = written[given[0]]
    match given[0]:
        case "secret_file" if isinstance(value, str):
            texts = _lines(Path(value))
        case "secret" if isinstance(value, str):
            texts = [value]
        case "secrets":
            texts = _texts(value, "secrets")
        case name:
            raise ValueError(f"{name} must be text")
    if not 1 <= len(texts) <= signature.MAX_SECRETS:
        raise ValueError(f"{given[0]} must hold 1 to {signature.MAX_SECRETS} secrets, not {len(texts)}")
    try:
        return tuple(signature.secret_of(text) for text in texts)
    except ValueError as error:
        raise ValueError(f"{given[0]}: {error}") from None


def _lines(path: Path) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ValueError(f"secret_file {path} cannot be read: {why}") from None
    return [line.strip() for line in lines if line.strip()]


def _events(value: object) -> tuple[str, ...]:
    if value is None:
        return EVERYTHING
    patterns = _texts(value, "events")
    for pattern in patterns:
        if not any(events.is_among(event_type, [pattern]) for event_type in events.TYPES):
            raise ValueError(f'events: {pattern!r} means no event; write such as "push.*" or "push.halted"')
    if not patterns:
        raise ValueError("events must name at least one, or be left out for all")
    return tuple(patterns)


def _networks(value: object) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(text) for text in _texts(value or [], "networks"))
    except ValueError as error:
        raise ValueError(f"networks: {error}") from None


def _texts(value: object, name: str) -> list[str]:
    if not isinstance(value, list | tuple) or not all(isinstance(each, str) for each in value):
        raise ValueError(f"{name} must be a list of texts")
    return [str(each) for each in value]

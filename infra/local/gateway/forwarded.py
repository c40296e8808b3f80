"""Who is at the other end, when a reverse proxy may stand between."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from infra.local.gateway.http_messages import HttpRequest

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from: `source_ip` is the client's address, the rest are values of `X-Forwarded-*`."""

    source_ip: str
    forwarded_for: str
    port: str
    proto: str


class TrustedProxies:
    """The networks whose word is taken for `X-Forwarded-For`, `-Port` and `-Proto`; anyone else's is dropped.

    Raises ValueError for text that is not a network in CIDR form (`10.0.0.0/8`, `::1/128`) or an address.
    """

    def __init__(self, networks: Iterable[str] = ()) -> None:
        self._networks: tuple[Network, ...] = tuple(ipaddress.ip_network(network) for network in networks)
        self._trusts = lru_cache(maxsize=1024)(self._is_within)

    def origin_of(self, peer_ip: str, *, port: str, proto: str, request: HttpRequest) -> Origin:
        """Where a request came from; `peer_ip`, `port` and `proto` are what its TCP connection says.

        The client is the last address of `X-Forwarded-For` that is not itself a trusted proxy: what stands before it,
        the client may have written itself.
        """
        if not self._networks or not self._trusts(peer_ip):
            return Origin(peer_ip, peer_ip, port, proto)
        headers = request.by_name
        # One header for each proxy, or one for all: RFC 9110 §5.2 has them mean the same.
        forwarded = ",".join(value for name, value in request.headers if name.lower() == "x-forwarded-for")
        chain = [address for part in forwarded.split(",") if (address := _address(part))] or [peer_ip]
        client = next((address for address in reversed(chain) if not self._trusts(address)), chain[0])
        return Origin(
            source_ip=client,
            forwarded_for=", ".join(chain),
            port=_digits(headers.get("x-forwarded-port")) or port,
            proto="https" if headers.get("x-forwarded-proto", proto).strip().lower() in ("https", "wss") else "http",
        )

    def _is_within(self, text: str) -> bool:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return False
        return any(address in network for network in self._networks)


def plain_address(text: str) -> str:
    """An address without its zone, and an IPv4 one as such even where an IPv6 socket took it; other text as it is."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return text
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(address)


def _address(text: str) -> str | None:
    """The address in one part of `X-Forwarded-For`, without a port; None if there is none."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None


def _digits(text: str | None) -> str | None:
    return text if text is not None and text.isdecimal() and text.isascii() and len(text) <= 5 else None

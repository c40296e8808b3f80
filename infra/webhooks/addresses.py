"""Which addresses a webhook may go to: those of the Internet, and networks that the settings name.

A URL in the settings is meant for somebody else's server. Behind a name may be an address of this machine, of its
network, or of a cloud's metadata service, and may come to be it after it was checked. So a name is resolved once,
every address is checked, and the connection is made to one of those that were.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a host, as text, the best first. Raises OSError."""

_NOT_PUBLIC_V4: Final = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # carriers' NAT
        "127.0.0.0/8",
        "168.63.129.16/32",  # the one metadata service with a public address, Azure's
        "169.254.0.0/16",  # link-local, and the metadata services of most clouds
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
"""The special-purpose registry of IPv4 (RFC 6890, IANA), and multicast."""
_PUBLIC_V6: Final = IPv6Network("2000::/3")
"""All that is handed out. Outside are loopback, unique local, link-local, multicast, mapped IPv4 and NAT64."""
_NOT_PUBLIC_V6: Final = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # Teredo, benchmarks, ORCHID
        "2001:db8::/32",
        "2002::/16",  # 6to4: an IPv4 address, whichever
        "3fff::/20",
    )
)


class ForbiddenAddress(OSError):
    """A host has an address that a webhook must not go to."""


def is_public(address: Address) -> bool:
    """Whether an address is one host on the Internet."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_V4)
    return address.scope_id is None and address in _PUBLIC_V6 and not any(address in each for each in _NOT_PUBLIC_V6)


def may_go_to(address: Address, networks: Sequence[Network]) -> bool:
    """Whether a webhook may go there: `networks` are those that are allowed beside the Internet."""
    return is_public(address) or any(address in network for network in networks)


async def permitted(host: str, port: int, networks: Sequence[Network], resolve: Resolve) -> Sequence[str]:
    """The addresses of a host, all of which a webhook may go to.

    Raises ForbiddenAddress if it may not go to one of them, and what `resolve` raises.
    """
    found = list(dict.fromkeys(await resolve(host, port)))
    for text in found:
        if not may_go_to(ip_address(text), networks):
            raise ForbiddenAddress(
                f"{host} has the address {text}, which is not on the Internet; allow its network in `networks`"
            )
    if not found:
        raise OSError(f"{host} has no address")
    return found


async def resolved(host: str, port: int) -> Sequence[str]:
    """The addresses of a host, as this machine finds them. Raises OSError."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return [str(address[0]) for *_, address in found]

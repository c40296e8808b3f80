"""Where a webhook may go, by the ways in which one would have it go elsewhere."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.webhooks.addresses import ForbiddenAddress, is_public, may_go_to, permitted, resolved

PUBLIC = [
    "8.8.8.8",
    "1.1.1.1",
    "100.63.255.255",
    "100.128.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "2606:4700:4700::1111",
    "2a00:1450::1",
]
NOT_PUBLIC = [
    "0.0.0.0",  # noqa: S104 - an address to refuse
    "10.1.2.3",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.251",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:8.8.8.8",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a00:1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:a9fe:a9fe::1",
    "3fff::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "2606:4700:4700::1111%eth0",
    "fec0::1",
    "ff02::1",
]


@pytest.mark.parametrize("text", PUBLIC)
def test_it_may_go_to_the_internet(text: str) -> None:
    assert is_public(ip_address(text))


@pytest.mark.parametrize("text", NOT_PUBLIC)
def test_it_may_not_go_to_what_is_near(text: str) -> None:
    assert not is_public(ip_address(text))


@pytest.mark.parametrize("form", ["::{}", "::ffff:{}", "::ffff:0:{}", "64:ff9b::{}", "2001::{}"])
@given(address=st.ip_addresses(v=4))
def test_no_ipv4_address_inside_an_ipv6_address_is_taken(form: str, address: IPv4Address) -> None:
    assert not is_public(ip_address(form.format(address)))


@given(st.ip_addresses())
def test_what_python_knows_as_not_global_is_never_taken(address: IPv4Address | IPv6Address) -> None:
    assert not is_public(address) or (address.is_global and not address.is_multicast)


def test_a_network_that_is_allowed_is_taken_and_no_other() -> None:
    networks = [ip_network("10.20.0.0/16")]
    assert may_go_to(ip_address("10.20.3.4"), networks)
    assert not may_go_to(ip_address("10.21.3.4"), networks)
    assert not may_go_to(ip_address("::ffff:10.20.3.4"), networks)


async def test_one_bad_address_among_good_ones_is_enough() -> None:
    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return ["8.8.8.8", "169.254.169.254"]

    with pytest.raises(ForbiddenAddress, match=r"hooks\.example has the address 169\.254\.169\.254"):
        await permitted("hooks.example", 443, [], resolve)


async def test_the_addresses_that_were_checked_are_those_that_are_given() -> None:
    asked: list[tuple[str, int]] = []

    async def resolve(host: str, port: int) -> Sequence[str]:
        asked.append((host, port))
        return ["8.8.8.8", "2606:4700:4700::1111", "8.8.8.8"]

    assert await permitted("hooks.example", 8443, [], resolve) == ["8.8.8.8", "2606:4700:4700::1111"]
    assert asked == [("hooks.example", 8443)]


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0", "::1", "::ffff:127.0.0.1", "localhost"],
)
async def test_loopback_is_known_however_it_is_written(host: str) -> None:
    with pytest.raises(ForbiddenAddress, match="not on the Internet"):
        await permitted(host, 443, [IPv4Network("10.0.0.0/8")], resolved)


async def test_a_name_that_is_not_known_is_an_error() -> None:
    with pytest.raises(socket.gaierror):
        await permitted("no-such-name.invalid", 443, [], resolved)

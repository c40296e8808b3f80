"""The steps up to an encrypted connection: proxy, name, TCP, TLS."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from websockets.proxy import get_proxy
from websockets.uri import parse_uri

from fanfare.cli.findings import Finding, failed, ok, skipped

TIMEOUT_S = 10.0
EXPIRES_SOON_DAYS = 14


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a connection goes first: to the service, or to a proxy on the way to it."""

    host: str
    port: int
    secure: bool
    proxy: str | None = None

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def endpoint_of(url: str) -> Endpoint:
    """Where connections to `url` go, with the proxies of the environment. Raises ValueError if it is no such URL."""
    parts = urlsplit(url)
    if parts.scheme not in ("ws", "wss") or not parts.hostname:
        raise ValueError(f"{url} is not a WebSocket URL such as wss://push.example.com/local")
    secure = parts.scheme == "wss"
    # The same look-up that the connection itself does.
    proxy = get_proxy(parse_uri(url))
    if proxy is not None:
        via = urlsplit(proxy)
        return Endpoint(via.hostname or "", via.port or (443 if via.scheme == "https" else 80), secure, proxy)
    return Endpoint(parts.hostname, parts.port or (443 if secure else 80), secure)


async def check_network(endpoint: Endpoint, tls: ssl.SSLContext | None) -> AsyncIterator[Finding]:
    """Proxy, name, TCP and TLS; after the first step that failed the rest is skipped."""
    yield _proxy(endpoint)
    steps = (_check_name(endpoint), _check_tcp(endpoint), _check_tls(endpoint, tls))
    broken = ""
    for name, step in zip(("name", "tcp", "tls"), steps, strict=True):
        if broken:
            step.close()
            yield skipped(name, f"{broken} failed")
            continue
        finding = await step
        yield finding
        broken = name if finding.verdict == "failed" else ""


def _proxy(endpoint: Endpoint) -> Finding:
    if endpoint.proxy is None:
        return ok("proxy", "none set for this host")
    shown = urlsplit(endpoint.proxy)
    return ok("proxy", f"connections go through {shown.scheme}://{endpoint.authority}, as the environment says")


async def _check_name(endpoint: Endpoint) -> Finding:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(TIMEOUT_S):
            found = await loop.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_STREAM)
    except TimeoutError:
        return failed(
            "name", f"no answer for {endpoint.host} in {TIMEOUT_S:g} s", "Is there a network, and a name server?"
        )
    except (OSError, UnicodeError) as error:
        return failed(
            "name", f"{endpoint.host} is not known: {error}", "Check the spelling, the VPN and the name server."
        )
    addresses = ", ".join(dict.fromkeys(str(address[0]) for *_, address in found))
    return ok("name", addresses if addresses == endpoint.host else f"{endpoint.host} is {addresses}")


async def _check_tcp(endpoint: Endpoint) -> Finding:
    begun_s = time.perf_counter()
    try:
        async with asyncio.timeout(TIMEOUT_S):
            _, writer = await asyncio.open_connection(endpoint.host, endpoint.port)
    except TimeoutError:
        return failed(
            "tcp",
            f"{endpoint.authority} does not answer within {TIMEOUT_S:g} s",
            "A firewall drops the packets, or the machine is off. Ask for an outbound rule to this host and port.",
        )
    except ConnectionRefusedError:
        return failed(
            "tcp",
            f"{endpoint.authority} refuses connections: nothing listens there",
            "Is the service running, is the port right, does it listen on this address (serve --host)?",
        )
    except OSError as error:
        return failed(
            "tcp", f"{endpoint.authority} cannot be reached: {error.strerror or error}", "Check the route and the VPN."
        )
    took_ms = (time.perf_counter() - begun_s) * 1_000
    await _closed(writer)
    return ok("tcp", f"{endpoint.authority} connected in {took_ms:.1f} ms")


async def _check_tls(endpoint: Endpoint, tls: ssl.SSLContext | None) -> Finding:
    if not endpoint.secure:
        return skipped("tls", "ws:// is not encrypted; anyone on the way can read the token")
    if endpoint.proxy is not None:
        return skipped("tls", "behind the proxy; the upgrade shows whether it works")
    context = tls or ssl.create_default_context()
    try:
        async with asyncio.timeout(TIMEOUT_S):
            _, writer = await asyncio.open_connection(endpoint.host, endpoint.port, ssl=context)
    except TimeoutError:
        return failed("tls", f"no TLS handshake within {TIMEOUT_S:g} s", "Does this port speak TLS? If not, use ws://.")
    except ssl.SSLCertVerificationError as error:
        return failed("tls", f"the certificate is not accepted: {error.verify_message}", _certificate_advice(error))
    except ssl.SSLError as error:
        reason = error.reason or str(error)
        if reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE"):
            return failed("tls", "this port does not speak TLS", "Use ws://, or the port that has the certificate.")
        return failed("tls", f"the TLS handshake failed: {reason}", "Is something in between that breaks up TLS?")
    except OSError as error:
        return failed(
            "tls",
            f"the connection was closed during the TLS handshake ({error.strerror or error})",
            "Does this port speak TLS? If not, use ws://. A firewall that inspects TLS may do this too.",
        )
    described = _described(writer)
    await _closed(writer)
    return ok("tls", described)


def _certificate_advice(error: ssl.SSLCertVerificationError) -> str:
    # X509_V_ERR_* of OpenSSL: 10 expired, 9 not yet valid, 62 hostname, 18-21 a chain that ends nowhere known.
    match error.verify_code:
        case 10:
            return "Renew the certificate; if it is good, this machine's clock is wrong."
        case 9:
            return "It is not valid yet: is this machine's clock right?"
        case 62 | 64:
            return "Connect by a name that the certificate is for, or get one for this name."
        case 18 | 19 | 20 | 21:
            return (
                "Its issuer is not trusted here: give its PEM with --cacert. An inspecting proxy looks like this too."
            )
        case _:
            return "Look at it with `openssl s_client -connect HOST:PORT -showcerts`."


def _described(writer: asyncio.StreamWriter) -> str:
    certificate = writer.get_extra_info("peercert") or {}
    version = writer.get_extra_info("ssl_object").version()
    issuer = dict(pair for pairs in certificate.get("issuer", ()) for pair in pairs)
    by = issuer.get("organizationName") or issuer.get("commonName") or "an unnamed issuer"
    text = f"{version}, certificate by {by}"
    if (ends := certificate.get("notAfter")) is None:
        return text
    ends_at = datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC)
    left = (ends_at - datetime.now(UTC)).days
    soon = f" (renew it: {left} days left)" if left < EXPIRES_SOON_DAYS else ""
    return f"{text}, good until {ends_at:%Y-%m-%d}{soon}"


async def speaks_tls(endpoint: Endpoint) -> bool:
    """Whether the endpoint answers a TLS handshake, whatever its certificate."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        async with asyncio.timeout(TIMEOUT_S):
            _, writer = await asyncio.open_connection(endpoint.host, endpoint.port, ssl=context)
    except OSError:
        return False
    await _closed(writer)
    return True


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    try:
        async with asyncio.timeout(1.0):
            await writer.wait_closed()
    except OSError:
        # The step is done; how the other side takes the goodbye is no part of it.
        return

"""TLS is verified, and IPv6 works."""

from __future__ import annotations

import asyncio
import socket
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from infra.aws.sender import GatewayUnavailable
from tests.unit.aws.sender.conftest import Senders, ids
from tests.unit.aws.sender.endings import close_after, end_after, first_turn_only, reset_at_once
from tests.unit.aws.sender.scripted import Exchange, ScriptedServer
from tests.unit.aws.sender.test_posting import lists


def certificate_for(directory: Path, *addresses: str) -> Path:
    """A file with a key and a certificate for these addresses, signed with itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address(address)) for address in addresses]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = directory / f"{'-'.join(addresses).replace(':', '_')}.pem"
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


def serving(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate_for(tmp_path_factory.mktemp("tls"), "127.0.0.1", "::1")


async def test_posts_go_over_tls(senders: Senders, certificate: Path) -> None:
    async with ScriptedServer(tls=serving(certificate)) as server:
        sender = senders.to(server, ca_file=certificate)
        result = await sender.post(ids(50), b"x" * 131_072)
        await sender.aclose()
    assert lists(result) == {"sent": set(ids(50))}
    assert {len(request.body) for request in server.requests} == {131_072}
    assert server.connections <= 4


async def test_a_certificate_of_nobody_we_know_is_refused(senders: Senders, certificate: Path) -> None:
    async with ScriptedServer(tls=serving(certificate)) as server:
        with pytest.raises(GatewayUnavailable, match="self-signed certificate"):
            await senders.to(server).post(ids(3), b"x")
    assert not server.requests


async def test_a_certificate_for_someone_else_is_refused(senders: Senders, tmp_path: Path) -> None:
    other = certificate_for(tmp_path, "192.0.2.1")
    async with ScriptedServer(tls=serving(other)) as server:
        with pytest.raises(GatewayUnavailable, match="IP address mismatch"):
            await senders.to(server, ca_file=other).post(ids(3), b"x")
    assert not server.requests


async def test_a_server_that_does_not_speak_tls_is_told(senders: Senders, certificate: Path) -> None:
    async with ScriptedServer() as server:
        sender = senders.to(server.url.replace("http:", "https:"), ca_file=certificate, connect_s=0.1)
        with pytest.raises(GatewayUnavailable, match="cannot be reached"):
            await sender.post(ids(3), b"x")
    assert not server.requests


@pytest.mark.parametrize("script", [close_after, end_after])
async def test_connections_that_end_over_tls_lose_nothing(senders: Senders, certificate: Path, script: object) -> None:
    assert callable(script)
    async with ScriptedServer(script, tls=serving(certificate)) as server:
        sender = senders.to(server, connections=2, ca_file=certificate)
        result = await sender.post(ids(10), b"x")
        await sender.aclose()
    assert lists(result) == {"sent": set(ids(10))}
    assert sorted(server.ids) == ids(10)


async def test_a_reset_over_tls_is_made_good(senders: Senders, certificate: Path) -> None:
    async with ScriptedServer(first_turn_only(reset_at_once), tls=serving(certificate)) as server:
        sender = senders.to(server, connections=2, ca_file=certificate)
        result = await sender.post(ids(9), b"x")
        await sender.aclose()
    assert lists(result) == {"sent": set(ids(9))}


async def test_no_answer_over_tls_ends_in_time(senders: Senders, certificate: Path) -> None:
    async def script(exchange: Exchange) -> None:
        await asyncio.Event().wait()

    async with ScriptedServer(script, tls=serving(certificate)) as server:
        sender = senders.to(server, ca_file=certificate, answer_s=0.05)
        assert lists(await sender.post(ids(4), b"x")) == {"throttled": set(ids(4))}
        await sender.aclose()


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6 on loopback")
@pytest.mark.parametrize("is_tls", [True, False])
async def test_ipv6(senders: Senders, certificate: Path, is_tls: bool) -> None:
    tls = serving(certificate) if is_tls else None
    async with ScriptedServer(host="::1", tls=tls) as server:
        sender = senders.to(server, ca_file=certificate)
        assert lists(await sender.post(ids(5), b"x")) == {"sent": set(ids(5))}
        await sender.aclose()
    assert {request.headers["host"] for request in server.requests} == {f"[::1]:{server.port}"}

"""The gateway with its own certificate."""

from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from websockets.exceptions import ConnectionClosedOK

from infra.local.gateway import Limits, Outcome
from tests.gateway.serving import Function, Served, Serving, connection_id_of, until
from tests.gateway.test_management import Boto
from tests.gateway.wire import PING, TEXT, RawClient, close_frame, frame, upgrade_request


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a key and a certificate for 127.0.0.1, signed with itself."""
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
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def server_side(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def client_side(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certificate)


def secure(served: Served) -> str:
    return served.url.replace("ws:", "wss:")


async def test_messages_go_both_ways(
    serving: Serving, server_side: ssl.SSLContext, client_side: ssl.SSLContext
) -> None:
    connect = Function({"statusCode": 200})
    served = await serving.start({"$connect": connect}, ssl=server_side)
    async with served.connect(uri=secure(served), ssl=client_side) as client:
        connection_id = await connection_id_of(client, served)
        for size in (1, 200, 131_072):
            assert served.gateway.post(connection_id, b"*" * size) is Outcome.SENT
            assert await client.recv() == "*" * size
    headers = connect.events[0]["headers"]
    assert isinstance(headers, dict)
    assert headers["X-Forwarded-Proto"] == "https"


async def test_boto3_posts_and_deletes(
    serving: Serving, certificate: Path, server_side: ssl.SSLContext, client_side: ssl.SSLContext
) -> None:
    served = await serving.start(ssl=server_side)
    boto = Boto(served, served.endpoint_url.replace("http:", "https:"), verify=str(certificate))
    async with served.connect(uri=secure(served), ssl=client_side) as client:
        connection_id = await connection_id_of(client, served)
        await boto.post(connection_id, b"*" * 131_072)
        assert await client.recv() == "*" * 131_072
        await boto.delete(connection_id)
        with pytest.raises(ConnectionClosedOK):
            await client.recv()


async def test_a_client_that_leaves_without_a_word_is_1006(
    serving: Serving, server_side: ssl.SSLContext, client_side: ssl.SSLContext
) -> None:
    disconnect = Function()
    served = await serving.start({"$disconnect": disconnect}, ssl=server_side)
    client = await RawClient.connected(served, ssl=client_side)
    client.send(upgrade_request())
    await client.response()
    client.abort()
    await until(lambda: bool(disconnect.events), "$disconnect is invoked")
    assert disconnect.contexts[0]["disconnectStatusCode"] == 1006


async def test_what_comes_in_one_piece_is_read_to_its_end(
    serving: Serving, server_side: ssl.SSLContext, client_side: ssl.SSLContext
) -> None:
    function = Function()
    served = await serving.start({"$default": function}, ssl=server_side, limits=Limits(in_flight=1))
    client = await RawClient.connected(served, ssl=client_side)
    client.send(upgrade_request())
    await client.response()
    client.send(frame(TEXT, b"x" * 30_000) * 50 + close_frame(1000))
    # TLS has decrypted all of it, so reading less of it later cannot be left to the kernel.
    assert await client.closed_with() == 1000
    await until(lambda: len(function.events) == 50, "every message is handed over")


# More than the kernel takes at once, so that it is still being sent when the answer to its beginning comes.
LONG = b"*" * 8_500_000


async def test_a_client_that_goes_on_sending_still_sees_why_it_is_closed(
    serving: Serving, server_side: ssl.SSLContext, client_side: ssl.SSLContext
) -> None:
    served = await serving.start(ssl=server_side)
    client = await RawClient.connected(served, ssl=client_side)
    client.send(upgrade_request())
    await client.response()
    client.pause()
    client.send(frame(TEXT, LONG))
    await until(lambda: served.gateway.counters.closes == {1009: 1}, "the gateway has closed")
    client.resume()
    assert (await client.frame()).close_code == 1009
    client.abort()


async def test_a_caller_that_goes_on_sending_still_sees_why_it_is_refused(
    serving: Serving, server_side: ssl.SSLContext, client_side: ssl.SSLContext
) -> None:
    served = await serving.start(ssl=server_side)
    client = await RawClient.connected(served, ssl=client_side)
    client.pause()
    client.send(b"POST /local HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(LONG) + LONG)
    await until(lambda: served.gateway.counters.requests == {413: 1}, "the gateway has refused")
    client.resume()
    assert (await client.response())[0] == 413
    client.abort()


async def test_one_that_stays_after_its_violation_is_cut_off(
    serving: Serving, server_side: ssl.SSLContext, client_side: ssl.SSLContext
) -> None:
    served = await serving.start(ssl=server_side, limits=Limits(close_timeout_s=0.1))
    client = await RawClient.connected(served, ssl=client_side)
    client.send(upgrade_request())
    await client.response()
    client.send(frame(PING, fin=False))
    assert (await client.frame()).close_code == 1002
    await client.end()


async def test_a_refusal_reaches_the_client(
    serving: Serving, server_side: ssl.SSLContext, client_side: ssl.SSLContext
) -> None:
    served = await serving.start(ssl=server_side)
    client = await RawClient.connected(served, ssl=client_side)
    client.send(upgrade_request("/elsewhere"))
    assert (await client.response())[0] == 403


async def test_a_slow_client_is_throttled_and_closed(
    serving: Serving, server_side: ssl.SSLContext, client_side: ssl.SSLContext
) -> None:
    limits = Limits(write_buffer_bytes=100_000, close_timeout_s=0.2)
    served = await serving.start(ssl=server_side, limits=limits)
    client = await RawClient.connected(served, ssl=client_side)
    client.send(upgrade_request())
    await client.response()
    client.pause()
    (connection_id,) = served.gateway.connection_ids()
    outcomes = []
    async with asyncio.timeout(20):
        while (outcome := served.gateway.post(connection_id, b"*" * 30_000)) is Outcome.SENT:
            outcomes.append(outcome)
            await asyncio.sleep(0)
    assert outcome is Outcome.THROTTLED
    await until(lambda: served.gateway.tcp_connections == 0, "the client is cut off")


async def test_a_client_that_does_not_speak_tls_is_cut_off(serving: Serving, server_side: ssl.SSLContext) -> None:
    served = await serving.start(ssl=server_side, limits=Limits(request_timeout_s=0.2))
    for hello in (upgrade_request(), b""):
        client = await RawClient.connected(served)
        client.send(hello)
        await client.end()

"""nginx in the place of API Gateway: TLS with a certificate of a local CA, and an empty 200 to every POST."""

from __future__ import annotations

import re
import shutil
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from bench import machine
from bench.contestant import started

_CONFIGURATION = machine.HERE / "servers" / "connections.conf"
_VALID = timedelta(days=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A running endpoint. `ca_file` is the certificate that clients are to trust."""

    url: str
    ca_file: Path
    process_id: int
    _status_url: str

    def requests(self) -> int:
        """How many requests nginx has answered, by its own count; each look is one more."""
        with urllib.request.urlopen(self._status_url, timeout=5) as answer:
            counts = re.search(rb"\n (\d+) (\d+) (\d+) \n", answer.read())
        assert counts is not None, "stub_status has changed its form"
        return int(counts[3])


def missing() -> str | None:
    """Why nginx cannot run here and how to get it, or None if it can."""
    return None if shutil.which("nginx") else "nginx is not here; apt-get install nginx"


@contextmanager
def running(work: Path) -> Iterator[Endpoint]:
    """nginx with one worker on the server's core; stopped at the end."""
    directory = work / "connections"
    directory.mkdir()
    _make_certificates(directory)
    port, status_port = machine.free_port(), machine.free_port()
    text = _CONFIGURATION.read_text()
    for placeholder, value in {"@PORT@": port, "@STATUS@": status_port, "@DIR@": directory}.items():
        text = text.replace(placeholder, str(value))
    (directory / "nginx.conf").write_text(text)
    command = ["nginx", "-p", str(directory), "-c", str(directory / "nginx.conf")]
    with started(command, work / "connections.log") as process:
        machine.wait_until_listening(port)
        yield Endpoint(
            url=f"https://127.0.0.1:{port}/prod",
            ca_file=directory / "ca.pem",
            process_id=process.pid,
            _status_url=f"http://127.0.0.1:{status_port}/",
        )


def _make_certificates(directory: Path) -> None:
    """A CA, and a certificate of its for `localhost` and 127.0.0.1, both good for two days."""
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bench CA")])
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    ca = (
        _certificate(ca_name, ca_name, ca_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    leaf = (
        _certificate(name, ca_name, key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(IPv4Address("127.0.0.1"))]),
            critical=False,
        )
        .sign(ca_key, hashes.SHA256())
    )
    (directory / "ca.pem").write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    (directory / "certificate.pem").write_bytes(leaf.public_bytes(serialization.Encoding.PEM))
    (directory / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


def _certificate(name: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + _VALID)
    )

"""`fanfare doctor`, pointed at the right thing and at many wrong ones."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import json
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.client.command_line import announce, fanfare
from tests.client.fake_service import (
    DEADLINE_S,
    FakeApi,
    FakeGateway,
    HandshakeRefusal,
    HttpAnswer,
    Peer,
    problem,
    resumed,
)
from tests.client.tokens import token

HEALTH = "GET /healthz"
GOOD = token(time.time() + 3_600, iss="fanfare", sub="alice")


@dataclass
class Report:
    """What the doctor found."""

    exit_code: int
    steps: dict[str, dict[str, str]]

    @property
    def failed(self) -> list[str]:
        return [name for name, step in self.steps.items() if step["verdict"] == "failed"]

    def says(self, step: str) -> str:
        return f"{self.steps[step]['detail']} | {self.steps[step]['advice']}"


async def examined(url: str, *options: str, **environment: str) -> Report:
    result = await asyncio.wait_for(fanfare("doctor", "--json", "--url", url, *options, **environment), 3 * DEADLINE_S)
    document = json.loads(result.stdout)
    return Report(result.exit_code, {step["step"]: step for step in document["steps"]})


async def answer_everything(peer: Peer) -> None:
    """Resume and ping, as the service answers them."""
    while True:
        frame = await peer.frames.get()
        await peer.send(resumed(0) if frame["action"] == "resume" else {"type": "pong"})


@asynccontextmanager
async def serving(gateway: FakeGateway, answer: Callable[[Peer], Awaitable[None]]) -> AsyncIterator[None]:
    """Answers every terminal that is let in."""

    async def accept() -> None:
        async with asyncio.TaskGroup() as group:
            while True:
                group.create_task(_awaited(answer, await gateway.peers.get()))

    accepting = asyncio.create_task(accept())
    try:
        yield
    finally:
        accepting.cancel()
        await asyncio.wait({accepting})


async def _awaited(answer: Callable[[Peer], Awaitable[None]], peer: Peer) -> None:
    await answer(peer)


def as_the_service_does(gateway: FakeGateway) -> None:
    """Refuse the first upgrade: the one without a token."""
    gateway.refusals.append(HandshakeRefusal(401))


async def test_all_is_well_with_a_service_that_works(gateway: FakeGateway, api: FakeApi) -> None:
    as_the_service_does(gateway)
    api.script(HEALTH, HttpAnswer(200, {"status": "ok"}, {"Date": formatdate(usegmt=True)}))
    async with serving(gateway, answer_everything):
        report = await examined(gateway.url, "--api-url", api.url, "--token", GOOD)
    assert (report.exit_code, {name: step["verdict"] for name, step in report.steps.items()}) == (
        0,
        {
            "proxy": "ok",
            "name": "ok",
            "tcp": "ok",
            "tls": "skipped",
            "plain GET": "ok",
            "REST API": "ok",
            "clock": "ok",
            "token": "ok",
            "upgrade, no token": "ok",
            "upgrade, with token": "ok",
            "resume": "ok",
            "ping": "ok",
        },
    )


async def test_a_service_on_this_machine_needs_no_options(gateway: FakeGateway, api: FakeApi, data_dir: Path) -> None:
    announce(data_dir, http=api.url, ws=gateway.url)
    as_the_service_does(gateway)
    api.script(HEALTH, HttpAnswer(200, {"status": "ok"}))
    async with serving(gateway, answer_everything):
        result = await asyncio.wait_for(fanfare("doctor", "--data", str(data_dir)), DEADLINE_S)
    assert (result.exit_code, "101: let in" in result.stdout) == (0, True)


async def test_a_name_that_does_not_exist() -> None:
    report = await examined("wss://push.invalid/local")
    assert (report.exit_code, report.failed, report.steps["tcp"]["verdict"]) == (1, ["name"], "skipped")


async def test_a_closed_port() -> None:
    report = await examined("ws://127.0.0.1:1/local")
    assert (report.failed, "nothing listens there" in report.says("tcp")) == (["tcp"], True)


async def test_what_is_no_websocket_url() -> None:
    report = await examined("https://push.example.com")
    assert report.failed == ["url"]


async def test_a_web_server(api: FakeApi) -> None:
    api.script("GET /", HttpAnswer(200, "hello"))
    report = await examined(api.url.replace("http", "ws") + "/")
    assert "Something else answers here" in report.says("plain GET")
    assert report.exit_code == 1


async def test_a_wrong_path(api: FakeApi) -> None:
    api.script("GET /stage", HttpAnswer(403, {"message": "Forbidden"}))
    report = await examined(api.url.replace("http", "ws") + "/stage")
    assert "Is the path right?" in report.says("plain GET")


async def test_a_redirect(api: FakeApi) -> None:
    api.script("GET /local", HttpAnswer(301, "", {"Location": "https://push.example.com/local"}))
    report = await examined(api.url.replace("http", "ws") + "/local")
    assert "https://push.example.com/local" in report.says("plain GET")


async def test_something_in_between_is_named(api: FakeApi) -> None:
    api.script("GET /local", HttpAnswer(426, "", {"Via": "1.1 proxy.corp"}))
    report = await examined(api.url.replace("http", "ws") + "/local")
    assert "Via: 1.1 proxy.corp" in report.says("plain GET")


async def test_a_proxy_that_drops_the_upgrade(api: FakeApi) -> None:
    api.script("GET /local", HttpAnswer(426, ""))
    report = await examined(api.url.replace("http", "ws") + "/local")
    assert "The Upgrade header did not arrive" in report.says("upgrade, no token")


async def test_the_proxy_of_the_environment_is_named() -> None:
    report = await examined("ws://127.0.0.2:8081/local", http_proxy="http://user:secret@127.0.0.1:1")
    assert report.steps["proxy"]["detail"] == "connections go through http://127.0.0.1:1, as the environment says"
    assert report.failed == ["tcp"]


async def test_a_port_that_speaks_no_http() -> None:
    async def chat(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example.com ESMTP\r\n")
        writer.close()

    async with await asyncio.start_server(chat, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        report = await examined(f"ws://127.0.0.1:{port}/local")
    assert (report.failed, report.steps["ping"]["verdict"]) == (["plain GET"], "skipped")


async def test_somebody_who_is_let_in_without_a_token(gateway: FakeGateway) -> None:
    async with serving(gateway, answer_everything):
        report = await examined(gateway.url, "--token", GOOD)
    assert report.failed == ["upgrade, no token"]


async def test_a_refusal_with_its_reason(gateway: FakeGateway, api: FakeApi) -> None:
    gateway.refusals.extend([HandshakeRefusal(401), HandshakeRefusal(401)])
    api.script(HEALTH, HttpAnswer(200, {"status": "ok"}))
    api.script("POST /v1/tickets", problem(401, "issuer_unknown", "Who is that?"))
    report = await examined(gateway.url, "--api-url", api.url, "--token", GOOD)
    assert report.failed == ["upgrade, with token"]
    assert "issuer_unknown: Who is that?" in report.says("upgrade, with token")


async def test_a_refusal_whose_reason_cannot_be_asked_for(gateway: FakeGateway) -> None:
    gateway.refusals.extend([HandshakeRefusal(401), HandshakeRefusal(401)])
    report = await examined(gateway.url, "--token", GOOD)
    assert "Give --api-url" in report.says("upgrade, with token")


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (token(time.time() - 7_200, sub="a"), "expired 2 h ago"),
        (token(time.time() + 7_200, sub="a", nbf=time.time() + 3_600), "not valid yet"),
        (token(sub="a"), "no exp"),
        ("opaque", "not a JWT"),
    ],
    ids=["expired", "not yet valid", "endless", "opaque"],
)
async def test_a_token_that_cannot_be_good(gateway: FakeGateway, given: str, found: str) -> None:
    gateway.refusals.extend([HandshakeRefusal(401), HandshakeRefusal(401)])
    report = await examined(gateway.url, "--token", given)
    assert (report.exit_code, found in report.says("token")) == (1, True)


async def test_without_a_token_the_rest_is_still_examined(gateway: FakeGateway) -> None:
    as_the_service_does(gateway)
    report = await examined(gateway.url)
    assert (report.exit_code, report.steps["upgrade, no token"]["verdict"], report.steps["ping"]["verdict"]) == (
        0,
        "ok",
        "skipped",
    )


async def test_a_resume_that_is_refused(gateway: FakeGateway) -> None:
    async def refuse(peer: Peer) -> None:
        while True:
            await peer.frames.get()
            await peer.send('{"message": "Internal server error", "connectionId":"a=", "requestId":"b="}')

    as_the_service_does(gateway)
    async with serving(gateway, refuse):
        report = await examined(gateway.url, "--token", GOOD)
    assert (report.failed, "Internal server error" in report.says("resume")) == (["resume", "ping"], True)


async def test_a_connection_that_is_cut(gateway: FakeGateway) -> None:
    async def cut(peer: Peer) -> None:
        await peer.frames.get()
        peer.cut()

    as_the_service_does(gateway)
    async with serving(gateway, cut):
        report = await examined(gateway.url, "--token", GOOD)
    assert report.failed == ["resume", "ping"]


@pytest.mark.parametrize(("offset_s", "word"), [(-600, "ahead of"), (600, "behind")])
async def test_a_clock_that_is_wrong(gateway: FakeGateway, api: FakeApi, offset_s: int, word: str) -> None:
    as_the_service_does(gateway)
    api.script(HEALTH, HttpAnswer(200, {}, {"Date": formatdate(time.time() + offset_s, usegmt=True)}))
    report = await examined(gateway.url, "--api-url", api.url)
    assert (report.failed, f"s {word} the service" in report.says("clock")) == (["clock"], True)


async def test_a_wrong_api_url(gateway: FakeGateway, api: FakeApi) -> None:
    as_the_service_does(gateway)
    report = await examined(gateway.url, "--api-url", f"{api.url}/wrong")
    assert report.failed == ["REST API"]


@dataclass
class Certificate:
    """A self-signed certificate in two files."""

    certificate: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


def certificate(folder: Path, *, host: str = "127.0.0.1", days: int = 90) -> Certificate:
    """One that is good, or was, until `days` from now."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test Issuer")])
    now = datetime.datetime.now(datetime.UTC)
    names = x509.IPAddress(ipaddress.ip_address(host)) if host[0].isdigit() else x509.DNSName(host)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=365))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    made = Certificate(folder / "certificate.pem", folder / "key.pem")
    made.certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    made.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return made


@asynccontextmanager
async def behind_tls(made: Certificate) -> AsyncIterator[str]:
    """A service behind this certificate; its authority."""
    api = FakeApi()
    api.script("GET /local", HttpAnswer(426, ""))
    async with await asyncio.start_server(api.serve, "127.0.0.1", 0, ssl=made.context()) as server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_a_certificate_that_is_trusted(tmp_path: Path) -> None:
    made = certificate(tmp_path, days=10)
    async with behind_tls(made) as authority:
        report = await examined(f"wss://{authority}/local", "--cacert", str(made.certificate))
    assert (report.steps["tls"]["verdict"], report.steps["plain GET"]["verdict"]) == ("ok", "ok")
    assert "certificate by Test Issuer" in report.says("tls")
    assert "renew it: 9 days left" in report.says("tls")


@pytest.mark.parametrize(
    ("host", "days", "trusted", "advice"),
    [
        ("127.0.0.1", 90, False, "give its PEM with --cacert"),
        ("127.0.0.1", -1, True, "Renew the certificate"),
        ("push.example.com", 90, True, "Connect by a name that the certificate is for"),
    ],
)
async def test_a_certificate_that_is_not_accepted(
    tmp_path: Path, host: str, days: int, trusted: bool, advice: str
) -> None:
    made = certificate(tmp_path, host=host, days=days)
    async with behind_tls(made) as authority:
        options = ("--cacert", str(made.certificate)) if trusted else ()
        report = await examined(f"wss://{authority}/local", *options)
    assert (report.failed, advice in report.says("tls")) == (["tls"], True)


async def test_tls_spoken_to_a_plain_port(gateway: FakeGateway) -> None:
    report = await examined(gateway.url.replace("ws://", "wss://"))
    assert (report.failed, "ws://" in report.says("tls")) == (["tls"], True)


async def test_a_tls_port_spoken_to_plainly(tmp_path: Path) -> None:
    async with behind_tls(certificate(tmp_path)) as authority:
        report = await examined(f"ws://{authority}/local")
    assert (report.failed, "Use wss://" in report.says("plain GET")) == (["plain GET"], True)

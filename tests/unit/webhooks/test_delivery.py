"""Telling an endpoint of an event: what it is sent, what its answers come to, and what it cannot do to us."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Sequence
from pathlib import Path

import pytest

from infra.webhooks import exchange, signature
from infra.webhooks.delivery import Courier, Told
from infra.webhooks.endpoints import Endpoint
from tests.unit.webhooks.certificates import certificate_for
from tests.unit.webhooks.receiver import KEY, NOON_S, Noon, Receiver, receiving, status

EVENT = Told(event_id="0191f3b4/1/halted", body='{"specversion":"1.0","data":{"reason":"zu viele Fehler é"}}')
SOON_S = 0.2


def courier(*, timeout_s: float = 10.0, addresses: Sequence[str] = ("127.0.0.1",)) -> Courier:
    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return addresses

    return Courier(Noon(), resolve=resolve, timeout_s=timeout_s)


async def test_an_event_is_posted_whole_and_signed() -> None:
    async with receiving() as receiver:
        outcome = await courier().tell(receiver.endpoint(host="hooks.example"), EVENT)
    (received,) = receiver.received
    assert outcome.result == "told"
    assert received.request_line == "POST /hook?from=fanfare HTTP/1.1"
    assert received.headers["host"] == f"hooks.example:{receiver.port}"
    assert received.headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    assert received.body.decode() == EVENT.body
    signed = signature.headers([KEY], event_id=EVENT.event_id, at_s=NOON_S, body=received.body)
    assert {name: received.headers[name] for name in signed} == signed


@pytest.mark.parametrize("code", [200, 201, 202, 204, 299])
async def test_any_2xx_is_done(code: int) -> None:
    async with receiving(status(code)) as receiver:
        assert (await courier().tell(receiver.endpoint(), EVENT)).result == "told"


@pytest.mark.parametrize("code", [400, 401, 404, 409, 429, 500, 503])
async def test_anything_else_is_tried_again(code: int) -> None:
    async with receiving(status(code)) as receiver:
        outcome = await courier().tell(receiver.endpoint(), EVENT)
    assert (outcome.result, outcome.why) == ("again", f"HTTP status {code}")


async def test_who_answers_410_wants_no_more() -> None:
    async with receiving(status(410)) as receiver:
        assert (await courier().tell(receiver.endpoint(), EVENT)).result == "gone"


@pytest.mark.parametrize(
    ("retry_after", "wait_s"),
    [
        ("120", 120.0),
        ("Tue, 24 Nov 2026 12:05:00 GMT", 300.0),
        ("Tue, 24 Nov 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("9" * 40, None),
        ("Tue, 99 Nov 9999 99:99:99 GMT", None),
    ],
)
async def test_retry_after_is_read(retry_after: str, wait_s: float | None) -> None:
    async with receiving(status(503, Retry_After=retry_after)) as receiver:
        assert (await courier().tell(receiver.endpoint(), EVENT)).retry_after_s == wait_s


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
async def test_redirects_are_not_followed(code: int) -> None:
    async with receiving() as elsewhere:
        target = f"http://127.0.0.1:{elsewhere.port}/"
        async with receiving(status(code, Location=target)) as receiver:
            outcome = await courier().tell(receiver.endpoint(), EVENT)
    assert (outcome.result, elsewhere.received) == ("again", [])


async def test_an_interim_answer_is_passed_over() -> None:
    async with receiving(b"HTTP/1.1 103 Early Hints\r\nRetry-After: 7\r\n\r\n" + status(503)) as receiver:
        outcome = await courier().tell(receiver.endpoint(), EVENT)
    assert (outcome.why, outcome.retry_after_s) == ("HTTP status 503", None)


async def test_a_body_is_not_waited_for() -> None:
    endless = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n" + b"x" * 10_000
    async with receiving(endless) as receiver:
        assert (await courier().tell(receiver.endpoint(), EVENT)).result == "told"


@pytest.mark.parametrize(
    "garbage",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"\x15\x03\x01\x00\x02\x02\x46",
        b"HTTP/1.1 999999 What\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: other\r\nConnection: Upgrade\r\n\r\nxxxx",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 5_000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 40_000 + b"\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 2_000,
    ],
    ids=["ssh", "tls", "status", "upgrade", "many-headers", "long-header", "continue"],
)
async def test_garbage_is_a_failure(garbage: bytes) -> None:
    async with receiving(garbage) as receiver:
        assert (await courier(timeout_s=5).tell(receiver.endpoint(), EVENT)).result == "again"


async def test_who_does_not_answer_in_time_is_left() -> None:
    async with receiving(None) as receiver:
        outcome = await courier(timeout_s=SOON_S).tell(receiver.endpoint(), EVENT)
        assert (outcome.result, outcome.why) == ("again", "no answer within 0.2 s")
        await _all_closed(receiver)


async def test_who_drips_is_left_in_the_same_time() -> None:
    async def drip(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while not writer.is_closing():
            writer.write(b"X: y\r\n")
            await asyncio.sleep(SOON_S / 100)

    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    receiver = Receiver(port=server.sockets[0].getsockname()[1])
    async with asyncio.timeout(5):
        outcome = await courier(timeout_s=SOON_S).tell(receiver.endpoint(), EVENT)
    server.close()
    assert outcome.result == "again"


async def test_who_refuses_the_connection_is_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    outcome = await courier().tell(Receiver(port=port).endpoint(), EVENT)
    assert outcome.result == "again"


async def test_the_next_address_is_tried_where_one_lets_nobody_in() -> None:
    async with receiving() as receiver:
        tried = courier(addresses=["127.9.9.9", "127.0.0.1"])
        assert (await tried.tell(receiver.endpoint(host="hooks.example"), EVENT)).result == "told"


async def test_a_stop_leaves_no_connection_open() -> None:
    async with receiving(None) as receiver:
        task = asyncio.create_task(courier().tell(receiver.endpoint(), EVENT))
        async with asyncio.timeout(5):
            while not receiver.received:
                await asyncio.sleep(0.001)
        task.cancel()
        await asyncio.wait([task])
        await _all_closed(receiver)


class TestWhere:
    """The name is looked up once, checked, and the connection goes to what was checked."""

    async def test_an_address_that_is_not_allowed_is_not_connected_to(self) -> None:
        async with receiving() as receiver:
            outcome = await courier().tell(receiver.endpoint(host="hooks.example", networks=("10.0.0.0/8",)), EVENT)
        assert outcome.result == "again"
        assert "not on the Internet" in outcome.why
        assert receiver.received == []

    async def test_a_name_that_changes_its_address_after_the_check_gains_nothing(self) -> None:
        answers = iter([["127.0.0.1"], ["169.254.169.254"]])

        async def rebinding(_host: str, _port: int) -> Sequence[str]:
            return next(answers)

        async with receiving() as receiver:
            endpoint = receiver.endpoint(host="rebinding.example")
            first, second = [await Courier(Noon(), resolve=rebinding).tell(endpoint, EVENT) for _ in range(2)]
        assert (first.result, len(receiver.received)) == ("told", 1)
        assert "169.254.169.254" in second.why

    @pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1", "[::ffff:127.0.0.1]", "localhost"])
    async def test_no_spelling_of_loopback_gets_there(self, host: str) -> None:
        async with receiving() as receiver:
            endpoint = receiver.endpoint(host=host, networks=())
            outcome = await Courier(Noon()).tell(endpoint, EVENT)
        assert (outcome.result, receiver.received) == ("again", [])
        assert "not on the Internet" in outcome.why

    @pytest.mark.parametrize("host", ["a" * 64 + ".example", "a..example", "."])
    async def test_a_name_that_cannot_be_one_is_a_failure(self, host: str) -> None:
        assert (await Courier(Noon()).tell(Receiver(port=1).endpoint(host=host), EVENT)).result == "again"


class TestTls:
    """The certificate must be of the name in the URL, whatever address was found for it."""

    @pytest.fixture
    def certificate(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        made = certificate_for(tmp_path, "hooks.example")
        monkeypatch.setenv("SSL_CERT_FILE", str(made))
        exchange.tls.cache_clear()
        return made

    async def test_it_is_checked_against_the_name(self, certificate: Path) -> None:
        async with receiving(tls=_serving(certificate)) as receiver:
            assert (await courier().tell(_https(receiver, "hooks.example"), EVENT)).result == "told"

    async def test_that_of_another_name_is_refused(self, certificate: Path) -> None:
        async with receiving(tls=_serving(certificate)) as receiver:
            outcome = await courier().tell(_https(receiver, "other.example"), EVENT)
        assert (outcome.result, receiver.received) == ("again", [])
        assert "Hostname mismatch" in outcome.why

    async def test_one_that_nobody_vouches_for_is_refused(self, certificate: Path, tmp_path: Path) -> None:
        unknown = certificate_for(tmp_path / "unknown", "hooks.example")
        async with receiving(tls=_serving(unknown)) as receiver:
            outcome = await courier().tell(_https(receiver, "hooks.example"), EVENT)
        assert (outcome.result, receiver.received) == ("again", [])

    async def test_a_server_without_tls_gets_nothing(self) -> None:
        async with receiving() as receiver:
            outcome = await courier(timeout_s=SOON_S).tell(_https(receiver, "hooks.example"), EVENT)
        assert (outcome.result, receiver.received) == ("again", [])


def _https(receiver: Receiver, host: str) -> Endpoint:
    return receiver.endpoint(url=f"https://{host}:{receiver.port}/", http=False)


def _serving(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


async def _all_closed(receiver: Receiver) -> None:
    async with asyncio.timeout(5):
        while receiver.open:
            await asyncio.sleep(0.001)

"""Answers that say something of us, not of a terminal: credentials, permission, address."""

from __future__ import annotations

import asyncio
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from botocore.credentials import Credentials, RefreshableCredentials

from infra.aws.sender import GatewayUnavailable, dispatch
from tests.gateway.serving import until
from tests.unit.aws.sender.conftest import Senders, ids
from tests.unit.aws.sender.scripted import Exchange, ScriptedServer, always
from tests.unit.aws.sender.test_posting import lists

EXPIRED = b'{"message":"The security token included in the request is expired\\n\\nx-amz-security-token:TOKEN"}'


def signer_of(exchange: Exchange) -> str:
    """The access key that a request was signed with."""
    return exchange.request.headers["authorization"].partition("Credential=")[2].partition("/")[0]


class Rotating:
    """A chain that finds another key each time it is walked."""

    def __init__(self) -> None:
        self.walks = 0

    def __call__(self) -> Credentials:
        self.walks += 1
        return Credentials(f"AKID{self.walks}", "secret", f"TOKEN{self.walks}")


def only(*access_keys: str) -> ScriptedServer:
    """A server that takes these keys, and says of others that they are expired."""

    async def script(exchange: Exchange) -> None:
        if signer_of(exchange) in access_keys:
            exchange.answer(200)
        else:
            exchange.answer(403, "x-amzn-ErrorType: ExpiredTokenException", body=EXPIRED)

    return ScriptedServer(script)


async def test_refused_credentials_are_loaded_anew_and_all_are_sent(
    senders: Senders, caplog: pytest.LogCaptureFixture
) -> None:
    chain = Rotating()
    async with only("AKID2") as server:
        result = await senders.to(server, chain=chain).post(ids(50), b"x")
    assert lists(result) == {"sent": set(ids(50))}
    assert chain.walks == 2
    assert len(server.requests) <= 54
    assert not caplog.records


async def test_several_posts_load_them_anew_once(senders: Senders) -> None:
    chain = Rotating()
    async with only("AKID2") as server:
        sender = senders.to(server, chain=chain)
        results = await asyncio.gather(*(sender.post([connection_id], b"x") for connection_id in ids(20)))
    assert [result.sent for result in results] == [[connection_id] for connection_id in ids(20)]
    assert chain.walks == 2


async def test_what_stays_denied_is_told_after_few_requests(senders: Senders, caplog: pytest.LogCaptureFixture) -> None:
    body = (
        b'{"Message":"User: arn:aws:sts::1:assumed-role/x is not authorized to perform: execute-api:ManageConnections"}'
    )
    async with ScriptedServer(always(403, "x-amzn-ErrorType: AccessDeniedException", body=body)) as server:
        with pytest.raises(GatewayUnavailable, match=r"403 AccessDeniedException: User: arn.*ManageConnections"):
            await senders.to(server, connections=4, chain=Rotating()).post(ids(1_000), b"x")
    assert len(server.requests) <= 8
    (record,) = caplog.records
    assert (record.levelname, vars(record)["reasons"]) == ("WARNING", {"403": 1_000})


async def test_neither_log_nor_error_repeats_a_token(senders: Senders, caplog: pytest.LogCaptureFixture) -> None:
    async with only() as server:
        with pytest.raises(GatewayUnavailable) as told:
            await senders.to(server, chain=Rotating()).post(ids(2), b"x")
    assert "TOKEN" not in str(told.value) + str([vars(record) for record in caplog.records])


async def test_what_is_denied_after_others_were_sent_is_for_later(
    senders: Senders, caplog: pytest.LogCaptureFixture
) -> None:
    async def script(exchange: Exchange) -> None:
        exchange.answer(200 if len(server.requests) <= 3 else 403)

    async with ScriptedServer(script) as server:
        result = await senders.to(server, connections=1).post(ids(100), b"x")
    assert lists(result) == {"sent": set(ids(100)[:3]), "throttled": set(ids(100)[3:])}
    assert vars(caplog.records[0])["reasons"] == {"403": 97}


@pytest.mark.parametrize("status", [301, 401, 403, 404])
async def test_a_wrong_address_is_told_with_the_way_out(senders: Senders, status: int) -> None:
    async with ScriptedServer(always(status, body=b'{"message":"Forbidden"}')) as server:
        with pytest.raises(GatewayUnavailable, match=f"/prod answered {status} : Forbidden. Look at the role's"):
            await senders.to(server).post(ids(1), b"x")


async def test_without_credentials_nothing_is_sent(senders: Senders) -> None:
    async with ScriptedServer() as server:
        with pytest.raises(GatewayUnavailable, match="no AWS credentials"):
            await senders.to(server, chain=lambda: None).post(ids(1), b"x")
    assert server.connections == 0


async def test_one_denied_post_does_not_hold_up_another(senders: Senders) -> None:
    async with only("AKID1") as server:
        sender = senders.to(server, chain=Rotating())
        await sender.post(ids(1), b"x")
        server.script = always(403)
        with pytest.raises(GatewayUnavailable):
            await sender.post(ids(1), b"x")
        server.script = always(200)
        assert lists(await sender.post(ids(1), b"x")) == {"sent": set(ids(1))}


class Clock:
    """Time as the dispatcher reads it."""

    def __init__(self) -> None:
        self.now_s = 1_795_000_000.0

    CLOCK_REALTIME = time.CLOCK_REALTIME

    def clock_gettime(self, clock: int) -> float:
        assert clock == self.CLOCK_REALTIME
        return self.now_s

    def monotonic(self) -> float:
        return self.now_s


async def test_a_long_post_is_signed_anew_each_second_and_under_credentials_that_last(
    senders: Senders, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr(dispatch, "time", clock)
    fetched: list[str] = []

    def fetch() -> dict[str, str]:
        fetched.append(f"AKID{len(fetched) + 1}")
        expires = datetime.now(UTC) + timedelta(hours=1)
        return {"access_key": fetched[-1], "secret_key": "s", "token": "t", "expiry_time": expires.isoformat()}

    credentials = RefreshableCredentials.create_from_metadata(fetch(), fetch, "test")
    signers: list[str] = []

    async def script(exchange: Exchange) -> None:
        signers.append(signer_of(exchange))
        if len(signers) == 3:
            monkeypatch.setattr(credentials, "refresh_needed", lambda refresh_in=None: len(fetched) < 2)
        clock.now_s += 1
        exchange.answer(200)

    async with ScriptedServer(script) as server:
        sender = senders.to(server, connections=1, answer_s=1e6, chain=lambda: credentials)
        result = await sender.post(ids(50), b"x")
    dates = [request.headers["x-amz-date"] for request in server.requests]
    assert lists(result) == {"sent": set(ids(50))}
    assert len(set(dates)) == 50
    assert (signers[0], signers[-1], len(fetched)) == ("AKID1", "AKID2", 2)


async def test_a_post_that_waits_for_credentials_keeps_its_place_and_is_sent_once(
    senders: Senders, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_fetch = threading.Event()
    fetched: list[str] = []

    def fetch() -> dict[str, str]:
        fetched.append(f"AKID{len(fetched) + 1}")
        if len(fetched) > 1:
            assert may_fetch.wait(10)
        expires = datetime.now(UTC) + timedelta(hours=1)
        return {"access_key": fetched[-1], "secret_key": "s", "token": "t", "expiry_time": expires.isoformat()}

    credentials = RefreshableCredentials.create_from_metadata(fetch(), fetch, "test")
    may_answer = asyncio.Event()

    async def script(exchange: Exchange) -> None:
        await may_answer.wait()
        exchange.answer(200)

    async with ScriptedServer(script) as server:
        sender = senders.to(server, chain=lambda: credentials)
        first = asyncio.create_task(sender.post(ids(1), b"first"))
        await until(lambda: bool(server.requests), "the first is under way")
        monkeypatch.setattr(credentials, "refresh_needed", lambda refresh_in=None: not may_fetch.is_set())
        second = asyncio.create_task(sender.post(ids(1), b"second"))
        await until(lambda: len(fetched) == 2, "the second waits for credentials")
        may_answer.set()
        await first
        may_fetch.set()
        third = asyncio.create_task(sender.post(ids(1), b"third"))
        await asyncio.gather(second, third)
    assert [request.body for request in server.requests] == [b"first", b"second", b"third"]
    assert "Credential=AKID2/" in server.requests[1].headers["authorization"]

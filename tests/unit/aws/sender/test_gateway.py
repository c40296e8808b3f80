"""The sender against our own gateway, which checks signatures as strictly as AWS and knows its statuses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from botocore.credentials import Credentials
from websockets.exceptions import ConnectionClosed

from infra.aws.sender import GatewayUnavailable, Sender
from infra.local.gateway import Limits as GatewayLimits
from tests.gateway.serving import CREDENTIALS, Served, Serving, connection_id_of
from tests.unit.aws.sender.conftest import Senders
from tests.unit.aws.sender.test_posting import lists

UNKNOWN = "AAAAAAAAAAAAAAA="


@pytest.fixture
async def serving() -> AsyncIterator[Serving]:
    started = Serving()
    yield started
    await started.close()


def sender_to(senders: Senders, served: Served, secret: str = CREDENTIALS.secret_access_key) -> Sender:
    return senders.to(served.endpoint_url, chain=lambda: Credentials(CREDENTIALS.access_key_id, secret))


async def test_a_post_reaches_the_client(senders: Senders, serving: Serving) -> None:
    served = await serving.start()
    async with served.connect() as client:
        connection_id = await connection_id_of(client, served)
        result = await sender_to(senders, served).post([connection_id, UNKNOWN, "malformed"], "håp".encode())
        assert await client.recv() == "håp"
    assert lists(result) == {"sent": {connection_id}, "gone": {UNKNOWN}, "refused": {"malformed"}}


async def test_many_clients_get_every_message_in_order(senders: Senders, serving: Serving) -> None:
    served = await serving.start()
    sender = sender_to(senders, served)
    clients = [await served.connect() for _ in range(20)]
    connection_ids = [await connection_id_of(client, served) for client in clients]
    results = await asyncio.gather(*(sender.post(connection_ids, b"%d" % number) for number in range(25)))
    assert [len(result.sent) for result in results] == [20] * 25
    for client in clients:
        assert [await client.recv() for _ in range(25)] == [str(number) for number in range(25)]
        await client.close()


async def test_128_kib_arrive(senders: Senders, serving: Serving) -> None:
    served = await serving.start()
    async with served.connect() as client:
        await sender_to(senders, served).post([await connection_id_of(client, served)], b"x" * 131_072)
        assert await client.recv() == "x" * 131_072


async def test_beyond_the_rate_is_throttled(senders: Senders, serving: Serving) -> None:
    served = await serving.start(limits=GatewayLimits(requests_per_s=0.001, requests_burst=2))
    result = await sender_to(senders, served).post([f"AAAAAAAAAAAAAA{sign}=" for sign in "AEIMQ"], b"x")
    assert (len(result.gone), len(result.throttled)) == (2, 3)


async def test_a_description_is_the_gateways(senders: Senders, serving: Serving) -> None:
    served = await serving.start()
    async with served.connect(user_agent_header="term/1.0") as client:
        found = await sender_to(senders, served).describe(await connection_id_of(client, served))
    assert found is not None
    assert (found.source_ip, found.user_agent) == ("127.0.0.1", "term/1.0")
    assert found.last_active_at_s >= found.connected_at_s


async def test_a_close_ends_the_socket_once(senders: Senders, serving: Serving) -> None:
    served = await serving.start()
    sender = sender_to(senders, served)
    async with served.connect() as client:
        connection_id = await connection_id_of(client, served)
        assert await sender.close(connection_id)
        with pytest.raises(ConnectionClosed):
            await client.recv()
        assert not await sender.close(connection_id)
    assert await sender.describe(connection_id) is None


async def test_a_wrong_key_is_told(senders: Senders, serving: Serving) -> None:
    served = await serving.start()
    with pytest.raises(GatewayUnavailable, match="403 InvalidSignatureException: The request signature"):
        await sender_to(senders, served, secret="wrong").post([UNKNOWN], b"x")


async def test_a_wrong_stage_is_told(senders: Senders, serving: Serving) -> None:
    served = await serving.start()
    sender = senders.to(
        f"http://127.0.0.1:{served.port}/elsewhere",
        chain=lambda: Credentials(CREDENTIALS.access_key_id, CREDENTIALS.secret_access_key),
    )
    with pytest.raises(GatewayUnavailable, match="/elsewhere answered 403 ForbiddenException: Forbidden"):
        await sender.post([UNKNOWN], b"x")

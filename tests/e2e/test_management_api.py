"""`@connections`, called with the client that people use for it: boto3."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.e2e.office import Office
from tests.e2e.targets.target import ManagementAccess

NEVER_OPENED = "R0oXAdfD0kwCH6w="


class Management:
    """boto3's client, in a thread for each call."""

    def __init__(self, access: ManagementAccess, *, secret: str | None = None) -> None:
        self._client: Any = boto3.client(  # boto3 makes its clients' classes at run time: there is no type
            "apigatewaymanagementapi",
            endpoint_url=access.endpoint_url,
            region_name=access.region,
            aws_access_key_id=access.access_key_id,
            aws_secret_access_key=secret or access.secret_access_key,
            config=Config(retries={"mode": "standard", "total_max_attempts": 1}, proxies={}),
        )

    async def post(self, connection_id: str, data: bytes) -> None:
        await asyncio.to_thread(self._client.post_to_connection, ConnectionId=connection_id, Data=data)

    async def describe(self, connection_id: str) -> dict[str, object]:
        described: dict[str, object] = await asyncio.to_thread(self._client.get_connection, ConnectionId=connection_id)
        return described

    async def delete(self, connection_id: str) -> None:
        await asyncio.to_thread(self._client.delete_connection, ConnectionId=connection_id)


@pytest.fixture(scope="module")
def clients() -> dict[ManagementAccess, Management]:
    """Clients by access: making one costs boto3 a tenth of a second."""
    return {}


@pytest.fixture
def management(office: Office, clients: dict[ManagementAccess, Management]) -> Management:
    access = office.target.management()
    if access not in clients:
        clients[access] = Management(access)
    return clients[access]


async def _refusal(call: Callable[[], Any]) -> tuple[str, int]:
    """The error code that boto3 maps to an exception, and the status."""
    with pytest.raises(ClientError) as refused:
        await call()
    response = refused.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


async def test_a_post_reaches_the_connection(office: Office, management: Management) -> None:
    alice, bob = await office.terminal(), await office.terminal()
    await management.post(await office.connection_id(alice), "snö ☃".encode())
    assert await alice.text() == "snö ☃"
    await office.got_nothing(alice, bob)


async def test_get_tells_since_when_and_from_where(office: Office, management: Management) -> None:
    alice = await office.terminal()
    described = await management.describe(await office.connection_id(alice))
    connected_at, identity = described["ConnectedAt"], described["Identity"]
    assert isinstance(connected_at, datetime)
    assert isinstance(identity, dict)
    assert abs(datetime.now(UTC) - connected_at) < timedelta(minutes=1)
    assert identity["SourceIp"]
    assert "LastActiveAt" in described


async def test_delete_closes_the_connection(office: Office, management: Management) -> None:
    alice = await office.terminal()
    connection_id = await office.connection_id(alice)
    await management.delete(connection_id)
    assert (await alice.closed()).code == 1000


async def test_a_connection_that_was_closed_is_gone(office: Office, management: Management) -> None:
    alice = await office.terminal()
    connection_id = await office.connection_id(alice)
    await management.delete(connection_id)
    await alice.closed()
    assert await _refusal(lambda: management.post(connection_id, b"x")) == ("GoneException", 410)
    assert await _refusal(lambda: management.describe(connection_id)) == ("GoneException", 410)
    assert await _refusal(lambda: management.delete(connection_id)) == ("GoneException", 410)


async def test_a_connection_that_never_was_is_gone(management: Management) -> None:
    assert await _refusal(lambda: management.post(NEVER_OPENED, b"x")) == ("GoneException", 410)


async def test_an_id_that_cannot_be_one_is_a_bad_request(management: Management) -> None:
    assert (await _refusal(lambda: management.post("nonsense", b"x")))[1] == 400


async def test_a_message_over_128_kib_is_too_large(office: Office, management: Management) -> None:
    connection_id = await office.connection_id(await office.terminal())
    refusal = await _refusal(lambda: management.post(connection_id, b"x" * 131_073))
    assert refusal == ("PayloadTooLargeException", 413)


async def test_a_message_of_128_kib_arrives_whole(office: Office, management: Management) -> None:
    alice = await office.terminal()
    await management.post(await office.connection_id(alice), b"x" * 131_072)
    assert await alice.text() == "x" * 131_072


async def test_a_request_with_a_wrong_signature_is_refused_and_posts_nothing(office: Office) -> None:
    alice = await office.terminal()
    connection_id = await office.connection_id(alice)
    intruder = Management(office.target.management(), secret="x" * 40)
    assert (await _refusal(lambda: intruder.post(connection_id, b"evil")))[1] == 403
    await office.got_nothing(alice)

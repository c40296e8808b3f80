"""Faults on request."""

from __future__ import annotations

import asyncio

import pytest
from websockets.exceptions import ConnectionClosed

from infra.local.gateway import Chaos, Outcome
from infra.local.gateway.chaos import ChaosError, Mischief
from tests.gateway.serving import Function, Serving, connection_id_of, ok, until
from tests.gateway.test_management import Boto
from tests.gateway.wire import RawClient, close_frame

UNKNOWN = "AAAAAAAAAAAAAAA="
IDS = [f"id-{number}" for number in range(2000)]


@pytest.mark.parametrize(
    ("setting", "fault"),
    [
        ("throttle=1.1", "between 0 and 1"),
        ("throttle=-0.1", "between 0 and 1"),
        ("throttle=nan", "between 0 and 1"),
        ("lose_disconnect=2", "between 0 and 1"),
        ("drop_sockets=-1", "between 0 and 1"),
        ("post_latency=-1", "0 or more"),
        ("max_duration=-1", "0 or more"),
        ("post_latency=soon", "write a number"),
        ("post_latency", "write a number"),
        ("seed=x", "write a number"),
        ("latency=1", "there are post_latency, throttle"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_by_name(setting: str, fault: str) -> None:
    with pytest.raises(ChaosError, match=f"{setting.partition('=')[0]}.*{fault}"):
        Chaos.parse([setting])


def test_settings_are_read_from_text() -> None:
    found = Chaos.parse(["post_latency=0.2", "throttle=0.5", "drop_sockets=1", "max_duration=60", "seed=7"])
    assert found == Chaos(
        post_latency_s=0.2, throttle_fraction=0.5, drop_fraction_per_minute=1, max_duration_s=60, seed=7
    )


def test_the_help_names_every_setting_that_can_be_read() -> None:
    for line in Chaos.help().splitlines():
        assert Chaos.parse([f"{line.split()[0]}=1"])


def test_about_the_asked_fraction_is_throttled() -> None:
    passed, refused = Mischief(Chaos(throttle_fraction=0.25, seed=1)).throttle(IDS)
    assert sorted(passed + refused) == sorted(IDS)
    assert 400 < len(refused) < 600


def test_about_the_asked_fraction_is_dropped_within_a_minute() -> None:
    mischief = Mischief(Chaos(drop_fraction_per_minute=0.5, seed=1))
    left = IDS
    for _ in range(120):
        dropped = set(mischief.dropped(left, 0.5))
        left = [connection_id for connection_id in left if connection_id not in dropped]
    assert 850 < len(left) < 1150


def test_the_same_seed_chooses_the_same() -> None:
    chaos = Chaos(throttle_fraction=0.5, seed=7)
    assert Mischief(chaos).throttle(IDS) == Mischief(chaos).throttle(IDS)


async def test_throttled_posts_are_429_and_the_connection_stays(serving: Serving) -> None:
    served = await serving.start(chaos=Chaos(throttle_fraction=1))
    async with served.connect() as client:
        connection_id = await connection_id_of(client, served)
        assert served.gateway.post(connection_id, b"x") is Outcome.THROTTLED
        boto = Boto(served)
        with pytest.raises(boto.client.exceptions.LimitExceededException):
            await boto.post(connection_id, b"x")
        assert await connection_id_of(client, served) == connection_id


async def test_a_lost_disconnect_never_comes(serving: Serving) -> None:
    disconnect = Function()
    served = await serving.start({"$disconnect": disconnect}, chaos=Chaos(lose_disconnect_fraction=1))
    async with served.connect():
        pass
    await until(lambda: served.gateway.tcp_connections == 0, "the client has gone")
    await served.gateway.close()
    assert disconnect.events == []


async def test_a_late_disconnect_comes_after_the_next_connect(serving: Serving) -> None:
    order: list[str] = []
    connect = Function(lambda event: order.append("$connect") or ok())  # type: ignore[func-returns-value]  # a note
    disconnect = Function(lambda event: order.append("$disconnect"))
    served = await serving.start({"$connect": connect, "$disconnect": disconnect}, chaos=Chaos(delay_disconnect_s=0.2))
    async with served.connect():
        pass
    async with served.connect():
        await until(lambda: len(order) == 3, "the first $disconnect comes")
    assert order == ["$connect", "$connect", "$disconnect"]


async def test_requests_wait_and_are_answered_in_order(serving: Serving) -> None:
    served = await serving.start(chaos=Chaos(post_latency_s=0.1))
    assert served.gateway.post_latency_s == 0.1
    client = await RawClient.connected(served)
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    paths = [f"/local/@connections/{UNKNOWN}", "/elsewhere"] * 20
    client.send(b"".join(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode() for path in paths))
    types = [(await client.response())[1]["x-amzn-errortype"] for _ in paths]
    assert types == ["MissingAuthenticationTokenException", "ForbiddenException"] * 20
    assert loop.time() - began_s >= 0.09


async def test_dropped_sockets_end_without_a_close_frame(serving: Serving) -> None:
    disconnect = Function()
    served = await serving.start({"$disconnect": disconnect}, chaos=Chaos(drop_fraction_per_minute=1))
    async with served.connect() as client:
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
    assert closed.value.rcvd is None
    await until(lambda: bool(disconnect.events), "$disconnect is invoked")
    assert disconnect.contexts[0]["disconnectStatusCode"] == 1006


async def test_a_short_maximum_duration_closes_with_1001(serving: Serving) -> None:
    served = await serving.start(chaos=Chaos(max_duration_s=0.1))
    client = await RawClient.open(served)
    assert (await client.frame()).close_code == 1001
    client.send(close_frame(1001))


async def test_without_chaos_nobody_waits(serving: Serving) -> None:
    assert (await serving.start()).gateway.post_latency_s == 0

"""What becomes of posts, by what is answered."""

from __future__ import annotations

import logging

import pytest

from infra.aws.sender.sender import MESSAGE_BYTES
from services.ports import PostResult
from tests.unit.aws.sender.conftest import Senders, ids
from tests.unit.aws.sender.scripted import Exchange, ScriptedServer, always


def lists(result: PostResult) -> dict[str, set[str]]:
    """The result by name, without the empty ones."""
    named = {
        "sent": result.sent,
        "gone": result.gone,
        "throttled": result.throttled,
        "refused": result.refused,
    }
    return {name: set(found) for name, found in named.items() if found}


async def test_a_post_is_a_signed_request_with_the_message(senders: Senders) -> None:
    async with ScriptedServer() as server:
        result = await senders.to(server).post(["R0oXAdfD0kwCH6w="], "håp".encode())
    request = server.requests[0]
    assert lists(result) == {"sent": {"R0oXAdfD0kwCH6w="}}
    assert (request.method, request.target) == ("POST", "/prod/@connections/R0oXAdfD0kwCH6w%3D")
    assert request.body == "håp".encode()
    assert request.headers["host"] == f"127.0.0.1:{server.port}"
    assert request.headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")


@pytest.mark.parametrize(
    ("status", "where"),
    [
        (200, "sent"),
        (204, "sent"),
        (410, "gone"),
        (400, "refused"),
        (413, "refused"),
        (429, "throttled"),
        (500, "throttled"),
        (502, "throttled"),
        (503, "throttled"),
        (504, "throttled"),
    ],
)
async def test_the_status_decides(senders: Senders, status: int, where: str) -> None:
    async with ScriptedServer(always(status)) as server:
        result = await senders.to(server).post(ids(3), b"x")
    assert lists(result) == {where: set(ids(3))}
    assert len(server.requests) == 3


async def test_each_id_is_in_one_list(senders: Senders) -> None:
    statuses = dict(zip(ids(5), (200, 410, 429, 400, 503), strict=True))

    async def script(exchange: Exchange) -> None:
        exchange.answer(statuses[exchange.request.connection_id])

    async with ScriptedServer(script) as server:
        result = await senders.to(server).post(ids(5), b"x")
    first, second, third, fourth, fifth = ids(5)
    assert lists(result) == {"sent": {first}, "gone": {second}, "throttled": {third, fifth}, "refused": {fourth}}


async def test_an_id_that_is_named_twice_gets_one(senders: Senders) -> None:
    async with ScriptedServer() as server:
        result = await senders.to(server).post([*ids(2), *ids(2)], b"x")
    assert sorted(result.sent) == sorted(server.ids) == ids(2)


async def test_nobody_needs_no_request(senders: Senders) -> None:
    async with ScriptedServer() as server:
        assert lists(await senders.to(server).post([], b"x")) == {}
    assert server.connections == 0


async def test_128_kib_go_and_more_do_not(senders: Senders) -> None:
    async with ScriptedServer() as server:
        sender = senders.to(server)
        assert lists(await sender.post(ids(1), b"x" * MESSAGE_BYTES)) == {"sent": set(ids(1))}
        assert lists(await sender.post(ids(1), b"x" * (MESSAGE_BYTES + 1))) == {"refused": set(ids(1))}
    assert [len(request.body) for request in server.requests] == [MESSAGE_BYTES]


async def test_an_id_that_no_path_can_name_is_refused_alone(senders: Senders) -> None:
    async with ScriptedServer() as server:
        result = await senders.to(server).post(["", "..", *ids(2)], b"x")
    assert lists(result) == {"sent": set(ids(2)), "refused": {"", ".."}}


async def test_what_was_not_served_is_one_line(senders: Senders, caplog: pytest.LogCaptureFixture) -> None:
    async def script(exchange: Exchange) -> None:
        last = exchange.request.connection_id[-2]
        if last in "0123":
            exchange.answer(429)
        elif last in "45":
            exchange.answer(400, "x-amzn-ErrorType: BadRequestException", body=b'{"message":"Invalid connectionId"}')
        else:
            exchange.answer(200)

    caplog.set_level(logging.INFO, "infra.aws.sender")
    async with ScriptedServer(script) as server:
        await senders.to(server).post(ids(10), b"the message")
    (record,) = caplog.records
    fields = vars(record)
    assert record.levelname == "WARNING"
    assert (fields["sent"], fields["reasons"]) == (4, {"429": 4, "400": 2})
    assert (fields["error_type"], fields["error"]) == ("BadRequestException", "Invalid connectionId")
    assert "the message" not in str(fields)


async def test_that_all_were_sent_or_gone_is_no_line(senders: Senders, caplog: pytest.LogCaptureFixture) -> None:
    async def script(exchange: Exchange) -> None:
        exchange.answer(410 if exchange.request.connection_id in ids(1) else 200)

    caplog.set_level(logging.INFO, "infra.aws.sender")
    async with ScriptedServer(script) as server:
        await senders.to(server).post(ids(5), b"x")
    assert not caplog.records

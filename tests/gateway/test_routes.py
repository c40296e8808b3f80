"""Messages: which route they reach, and what comes back."""

from __future__ import annotations

import asyncio
import json
import logging
import re

import pytest

from infra.local.gateway import Event, Limits, MockRoute, Route
from tests.gateway.serving import Function, Serving, ok, until
from tests.gateway.wire import CLOSE, TEXT, RawClient, frame

ERROR = r'\{{"message": "{}", "connectionId":"([\w-]{{15}}=)", "requestId":"[\w-]{{15}}="\}}'
UNROUTED = ["hi", "", '{"action":"nobody"}', '{"action":"Known"}', "[1]", '"known"', "7", '{"action":', "{" * 5000]


async def test_a_message_reaches_the_route_that_it_names(serving: Serving) -> None:
    known, default = Function(), Function()
    served = await serving.start({"known": known, "$default": default})
    async with served.connect() as client:
        await client.send('{"action":"known"}')
        await until(lambda: bool(known.events), "the route is invoked")
    assert default.events == []


@pytest.mark.parametrize("text", UNROUTED)
async def test_what_names_no_route_reaches_default(serving: Serving, text: str) -> None:
    known, default = Function(), Function()
    served = await serving.start({"known": known, "$default": default})
    async with served.connect() as client:
        await client.send(text)
        await until(lambda: bool(default.events), "$default is invoked")
    assert (default.events[0]["body"], default.contexts[0]["routeKey"], known.events) == (text, "$default", [])


@pytest.mark.parametrize("text", UNROUTED)
async def test_without_default_an_error_frame_says_so_and_the_socket_stays(serving: Serving, text: str) -> None:
    served = await serving.start({"known": Route(Function(ok("pong")), two_way=True)})
    async with served.connect() as client:
        await client.send(text)
        assert re.fullmatch(ERROR.format("Forbidden"), str(await client.recv()))
        await client.send('{"action":"known"}')
        assert await client.recv() == "pong"


@pytest.mark.parametrize("key", ["$connect", "$disconnect", "$default"])
async def test_a_message_cannot_name_a_predefined_route(serving: Serving, key: str) -> None:
    connect, disconnect, default = Function(ok()), Function(), Function()
    served = await serving.start({"$connect": connect, "$disconnect": disconnect, "$default": default})
    async with served.connect() as client:
        await client.send(json.dumps({"action": key}))
        await until(lambda: bool(default.events), "$default is invoked")
        assert (len(connect.events), len(disconnect.events)) == (1, 0)


async def test_a_two_way_route_sends_its_body(serving: Serving) -> None:
    served = await serving.start({"$default": Route(Function(ok("håp")), two_way=True)})
    async with served.connect() as client:
        await client.send("x")
        assert await client.recv() == "håp"


@pytest.mark.parametrize("answer", [ok("not sent"), {"statusCode": 301}, {"statusCode": 501}, None, {}], ids=str)
async def test_a_one_way_route_sends_nothing(serving: Serving, answer: object) -> None:
    silent = Function(answer)
    served = await serving.start({"silent": silent, "ping": MockRoute("pong")})
    async with served.connect() as client:
        await client.send('{"action":"silent"}')
        await until(lambda: bool(silent.events), "the route is invoked")
        await client.send('{"action":"ping"}')
        assert await client.recv() == "pong"


@pytest.mark.parametrize("two_way", [False, True])
async def test_a_function_error_is_told_in_a_frame_and_the_socket_stays(serving: Serving, two_way: bool) -> None:
    broken = Function(ValueError("with a secret in it"))
    served = await serving.start({"broken": Route(broken, two_way=two_way), "ping": MockRoute("pong")})
    async with served.connect() as client:
        await client.send('{"action":"broken"}')
        assert re.fullmatch(ERROR.format("Internal server error"), str(await client.recv()))
        await client.send('{"action":"ping"}')
        assert await client.recv() == "pong"
    assert served.gateway.counters.function_errors == 1


@pytest.mark.parametrize("body", [7, {"a": 1}, "x" * 131_073], ids=["number", "object", "over-128-KB"])
async def test_a_body_that_cannot_be_sent_is_a_function_error(serving: Serving, body: object) -> None:
    served = await serving.start({"$default": Route(Function({"statusCode": 200, "body": body}), two_way=True)})
    async with served.connect() as client:
        await client.send("x")
        assert re.fullmatch(ERROR.format("Internal server error"), str(await client.recv()))


async def test_a_body_with_half_a_surrogate_pair_does_not_end_the_socket(serving: Serving) -> None:
    served = await serving.start({"$default": Route(Function(ok("\ud800!")), two_way=True)})
    async with served.connect() as client:
        await client.send("x")
        assert await client.recv() == "?!"


async def test_an_integration_that_takes_too_long_is_told_and_cancelled(serving: Serving) -> None:
    cancelled = asyncio.Event()

    async def hang(event: Event) -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    served = await serving.start({"$default": Function(hang)}, limits=Limits(integration_timeout_s=0.05))
    async with served.connect() as client:
        await client.send("x")
        assert re.fullmatch(ERROR.format("Endpoint request timed out"), str(await client.recv()))
        await asyncio.wait_for(cancelled.wait(), 10)


async def test_a_timeout_of_the_functions_own_is_a_function_error(serving: Serving) -> None:
    served = await serving.start({"$default": Function(TimeoutError("upstream"))})
    async with served.connect() as client:
        await client.send("x")
        assert re.fullmatch(ERROR.format("Internal server error"), str(await client.recv()))


async def test_an_error_frame_names_its_connection(serving: Serving) -> None:
    connect = Function(ok())
    served = await serving.start({"$connect": connect})
    async with served.connect() as client:
        await client.send("x")
        found = re.fullmatch(ERROR.format("Forbidden"), str(await client.recv()))
    assert found is not None
    assert found[1] == connect.contexts[0]["connectionId"]


async def test_messages_of_one_socket_are_in_work_at_once(serving: Serving) -> None:
    second = asyncio.Event()

    async def work(event: Event) -> object:
        if event["body"] == "first":
            await second.wait()
        else:
            second.set()
        return ok(str(event["body"]))

    served = await serving.start({"$default": Route(Function(work), two_way=True)})
    async with served.connect() as client:
        await client.send("first")
        await client.send("second")
        assert {await client.recv(), await client.recv()} == {"first", "second"}


async def test_messages_in_work_are_bounded_and_none_is_lost(serving: Serving) -> None:
    release = asyncio.Event()
    running: set[object] = set()
    most = 0

    async def work(event: Event) -> object:
        nonlocal most
        running.add(event["body"])
        most = max(most, len(running))
        await release.wait()
        running.discard(event["body"])
        return ok(str(event["body"]))

    function = Function(work)
    served = await serving.start({"$default": Route(function, two_way=True)}, limits=Limits(in_flight=4))
    client = await RawClient.open(served)
    sent = [f"{number} {'x' * 900}" for number in range(300)]
    client.send(b"".join(frame(TEXT, text.encode()) for text in sent))
    await until(lambda: len(running) == 4, "as many as may be are in work")
    release.set()
    received = {await client.text() for _ in sent}
    assert (received, most) == (set(sent), 4)


async def test_a_client_that_is_held_up_is_not_read_from(serving: Serving) -> None:
    release = asyncio.Event()
    function = Function(lambda event: release.wait())
    served = await serving.start({"$default": function, "ping": MockRoute("pong")}, limits=Limits(in_flight=1))
    client = await RawClient.open(served)
    client.send(frame(TEXT, b"x" * 30_000) * 1000)
    await until(lambda: bool(function.events), "the first message is in work")
    async with served.connect() as other:
        for _ in range(50):
            await other.send('{"action":"ping"}')
            await other.recv()
    assert served.gateway.counters.bytes_in < 2_000_000
    release.set()
    await until(lambda: len(function.events) == 1000, "all messages are handed over")


async def test_messages_before_a_close_frame_are_handed_over(serving: Serving) -> None:
    function = Function(lambda event: asyncio.sleep(0))
    served = await serving.start({"$default": function}, limits=Limits(in_flight=1))
    client = await RawClient.open(served)
    client.send(frame(TEXT, b"x") * 10 + frame(CLOSE))
    await until(lambda: len(function.events) == 10, "all messages are handed over")
    client.abort()


async def test_no_log_line_holds_a_message_even_at_debug(serving: Serving, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "fanfare")
    served = await serving.start({"$default": Route(Function(lambda event: ok(str(event["body"]))), two_way=True)})
    async with served.connect() as client:
        await client.send("sesame")
        await client.recv()
        served.gateway.post_many(served.gateway.connection_ids(), b"sesame, too")
        await client.recv()
        await client.close(1000, "sesame, at last")
    await until(lambda: served.gateway.tcp_connections == 0, "the client has gone")
    ours = [record for record in caplog.records if record.name.startswith("fanfare")]
    assert any(record.message == "handshake" for record in ours)
    assert "sesame" not in json.dumps([record.__dict__ for record in ours], default=str)


async def test_parts_of_a_route_selection_expression(serving: Serving) -> None:
    pay = Function()
    served = await serving.start(
        {"orders/pay": pay}, route_selection_expression="${request.body.service}/${request.body.action}"
    )
    async with served.connect() as client:
        await client.send('{"service":"orders","action":"pay"}')
        await until(lambda: bool(pay.events), "the route is invoked")

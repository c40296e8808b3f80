"""How a handshake ends: what the authorizer and `$connect` make of it."""

from __future__ import annotations

import asyncio
import json
import re

import pytest
from websockets.exceptions import InvalidStatus

from infra.local.gateway import Event, Limits
from tests.gateway.serving import Function, Served, Serving, allow, ok, until
from tests.gateway.wire import TEXT, RawClient, close_frame, frame, upgrade_request


async def status_of(served: Served, query: str = "") -> int:
    """The status that a handshake is answered with."""
    try:
        async with served.connect(query):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


def policy(**statement: object) -> object:
    """An authorizer's answer with one statement."""
    full = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": "*", **statement}
    return {"principalId": "p", "policyDocument": {"Version": "2012-10-17", "Statement": [full]}}


async def test_without_functions_everyone_is_let_in(serving: Serving) -> None:
    assert await status_of(await serving.start()) == 101


async def test_the_101_has_the_headers_that_were_captured(serving: Serving) -> None:
    client = await RawClient.connected(await serving.start())
    client.send(upgrade_request())
    async with asyncio.timeout(10):
        head = await client.reader.readuntil(b"\r\n\r\n")
    names = [line.partition(b":")[0] for line in head.split(b"\r\n")[1:-2]]
    assert names == [b"Date", b"Connection", b"upgrade", b"sec-websocket-accept"]
    assert b"sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head


async def test_the_101_waits_for_the_authorizer_and_for_connect(serving: Serving) -> None:
    release = asyncio.Event()
    order: list[str] = []

    async def authorize(event: Event) -> object:
        order.append("authorizer")
        return allow(event)

    async def slow_connect(event: Event) -> object:
        await release.wait()
        order.append("$connect")
        return ok()

    connect = Function(slow_connect)
    served = await serving.start({"$connect": connect}, authorizer=Function(authorize))
    client = await RawClient.connected(served)
    client.send(upgrade_request())
    await until(lambda: bool(connect.events), "$connect is invoked")
    assert served.gateway.open_connections == 0
    release.set()
    status, _, _ = await client.response()
    assert (status, order) == (101, ["authorizer", "$connect"])


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        pytest.param(allow, 101, id="allow"),
        pytest.param(policy(Resource="*"), 101, id="allow-everything"),
        pytest.param(policy(Resource=["arn:aws:execute-api:*:*:*/local/$connect"]), 101, id="wildcards"),
        pytest.param(
            policy(Resource="arn:aws:execute-api:us-east-1:000000000000:local/local/$conne?t"), 101, id="mark"
        ),
        pytest.param(policy(Action="execute-api:*"), 101, id="any-action"),
        pytest.param(policy(Action="*"), 101, id="star-action"),
        pytest.param(policy(Effect="Deny"), 403, id="deny"),
        pytest.param(
            policy(Resource="arn:aws:execute-api:us-east-1:000000000000:local/local/*/*"), 403, id="rest-shape"
        ),
        pytest.param(policy(Action="execute-api:ManageConnections"), 403, id="other-action"),
        pytest.param(Exception("Unauthorized"), 401, id="unauthorized"),
        pytest.param(Exception("unauthorized"), 500, id="not-word-for-word"),
        pytest.param(KeyError("Unauthorized"), 500, id="text-of-a-key-error-is-quoted"),
        pytest.param(ValueError("boom"), 500, id="other-exception"),
        pytest.param(None, 500, id="nothing"),
        pytest.param({"statusCode": 401}, 500, id="http-shape"),
        pytest.param({"principalId": "p"}, 500, id="no-policy"),
        pytest.param(lambda event: allow(event, nested={"a": 1}), 500, id="nested-context"),
        pytest.param(lambda event: allow(event, listed=[1]), 500, id="list-in-context"),
        pytest.param(lambda event: allow(event, nothing=None), 500, id="null-in-context"),
        pytest.param(lambda event: allow(event, big="x" * 8192), 500, id="over-8-KB"),
        pytest.param(lambda event: {**allow(event), "principalId": ""}, 500, id="no-principal"),
        pytest.param(policy(Condition={"IpAddress": {}}), 500, id="condition"),
    ],
)
async def test_what_the_authorizer_says(serving: Serving, answer: object, status: int) -> None:
    served = await serving.start(authorizer=Function(answer))
    assert await status_of(served) == status


async def test_an_explicit_deny_wins(serving: Serving) -> None:
    answer = {
        "principalId": "p",
        "policyDocument": {
            "Statement": [
                {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": "*"},
                {"Action": "execute-api:Invoke", "Effect": "Deny", "Resource": "*$connect"},
            ]
        },
    }
    assert await status_of(await serving.start(authorizer=Function(answer))) == 403


async def test_connect_is_not_invoked_for_whom_the_authorizer_refuses(serving: Serving) -> None:
    connect = Function(ok())
    served = await serving.start({"$connect": connect}, authorizer=Function(policy(Effect="Deny")))
    await status_of(served)
    assert connect.events == []


async def test_an_authorizer_that_takes_too_long_is_500(serving: Serving) -> None:
    served = await serving.start(
        authorizer=Function(lambda event: asyncio.sleep(60)), limits=Limits(integration_timeout_s=0.05)
    )
    assert await status_of(served) == 500


@pytest.mark.parametrize(("query", "status"), [("", 401), ("?t=", 401), ("?other=1", 401), ("?t=abc", 101)], ids=str)
async def test_a_missing_identity_source_is_401_without_the_authorizer(
    serving: Serving, query: str, status: int
) -> None:
    authorizer = Function(allow)
    served = await serving.start(authorizer=authorizer, identity_sources=("route.request.querystring.t",))
    assert await status_of(served, query) == status
    assert len(authorizer.events) == (1 if status == 101 else 0)


async def test_a_header_can_be_an_identity_source(serving: Serving) -> None:
    served = await serving.start(authorizer=Function(allow), identity_sources=("route.request.header.HeaderAuth1",))
    assert await status_of(served) == 401
    async with served.connect(additional_headers={"headerauth1": "x"}):
        pass


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (ok(), 101),
        ({"statusCode": 201}, 101),
        ({"statusCode": 204}, 101),
        ({"statusCode": "200"}, 101),
        ({"statusCode": 301}, 301),
        ({"statusCode": 400}, 400),
        ({"statusCode": 401}, 401),
        ({"statusCode": 403}, 403),
        ({"statusCode": 501}, 501),
        ({"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": "a\r\nSet-Cookie: b"}}, 502),
        (ValueError("boom"), 502),
        (None, 502),
        ({}, 502),
        ({"statusCode": 100}, 502),
        ({"statusCode": 999}, 502),
        ({"statusCode": True}, 502),
    ],
    ids=str,
)
async def test_what_connect_says(serving: Serving, answer: object, status: int) -> None:
    assert await status_of(await serving.start({"$connect": Function(answer)})) == status


async def test_a_connect_that_takes_too_long_is_504(serving: Serving) -> None:
    served = await serving.start(
        {"$connect": Function(lambda event: asyncio.sleep(60))}, limits=Limits(integration_timeout_s=0.05)
    )
    assert await status_of(served) == 504


async def test_a_refusal_has_the_shape_of_the_error_frames(serving: Serving) -> None:
    served = await serving.start(authorizer=Function(policy(Effect="Deny")))
    with pytest.raises(InvalidStatus) as refused:
        await served.connect()
    body = bytes(refused.value.response.body or b"").decode()
    shape = r'\{"message": "Forbidden", "connectionId":"[\w-]{15}=", "requestId":"[\w-]{15}="\}'
    assert re.fullmatch(shape, body)


async def test_the_subprotocol_that_connect_chose_is_echoed(serving: Serving) -> None:
    connect = Function({"statusCode": 200, "headers": {"sec-websocket-protocol": "fanfare.v1"}})
    served = await serving.start({"$connect": connect})
    async with served.connect(subprotocols=["fanfare.v1", "bearer.abc"]) as client:
        assert client.subprotocol == "fanfare.v1"


async def test_no_subprotocol_is_chosen_for_connect(serving: Serving) -> None:
    served = await serving.start({"$connect": Function(ok())})
    async with served.connect(subprotocols=["fanfare.v1"]) as client:
        assert client.subprotocol is None


async def test_compression_is_not_taken_up(serving: Serving) -> None:
    client = await RawClient.connected(await serving.start())
    client.send(upgrade_request("/local", "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"))
    _, headers, _ = await client.response()
    assert "sec-websocket-extensions" not in headers


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET /local HTTP/1.1\r\nHost: a\r\n\r\n", 426),
        (upgrade_request(without=("Connection",)), 426),
        (upgrade_request(without=("Upgrade",)), 426),
        (upgrade_request("/prod"), 403),
        (upgrade_request("/"), 403),
        (upgrade_request("/local/more"), 403),
        (upgrade_request(without=("Sec-WebSocket-Key",)), 400),
        (upgrade_request(without=("Sec-WebSocket-Version",)), 400),
        (upgrade_request(without=("Host",)), 400),
        (upgrade_request("/local", "Sec-WebSocket-Key: short", without=("Sec-WebSocket-Key",)), 400),
        (upgrade_request("/local", "Sec-WebSocket-Version: 8", without=("Sec-WebSocket-Version",)), 400),
        (upgrade_request().replace(b"GET", b"POST", 1), 405),
        (upgrade_request().replace(b"HTTP/1.1", b"HTTP/1.0", 1), 505),
        (upgrade_request("/local?t=" + "a" * 4096), 414),
        (upgrade_request("/local", "X-Big: " + "a" * 10_240), 431),
        (upgrade_request("/local", *(f"X-{n}: {'a' * 1000}" for n in range(12))), 431),
        (b"\x00\x01\x02\x03 nonsense\r\n\r\n", 400),
        (b"GET /local SPDY/9\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    ],
    ids=lambda value: value[:40].decode("latin-1") if isinstance(value, bytes) else str(value),
)
async def test_a_request_that_is_no_handshake_is_told_why(serving: Serving, request_bytes: bytes, status: int) -> None:
    client = await RawClient.connected(await serving.start())
    client.send(request_bytes)
    answered, _, _ = await client.response()
    assert answered == status


async def test_a_url_of_4096_characters_is_let_in(serving: Serving) -> None:
    client = await RawClient.connected(await serving.start())
    path = "/local?t="
    client.send(upgrade_request(path + "a" * (4096 - len(path))))
    status, _, _ = await client.response()
    assert status == 101


async def test_connects_beyond_the_rate_are_429(serving: Serving) -> None:
    served = await serving.start(limits=Limits(connects_per_s=0.001, connects_burst=2))
    assert [await status_of(served) for _ in range(4)] == [101, 101, 429, 429]


async def test_connections_beyond_the_most_are_503_until_one_ends(serving: Serving) -> None:
    served = await serving.start(limits=Limits(max_connections=1))
    async with served.connect():
        client = await RawClient.connected(served)
        status, _, _ = await client.response()
        assert status == 503
        await client.close()
    async with asyncio.timeout(20):
        while await status_of(served) != 101:
            pass


async def test_a_client_that_leaves_during_connect_gets_a_disconnect(serving: Serving) -> None:
    release = asyncio.Event()

    async def slow_connect(event: Event) -> object:
        await release.wait()
        return ok()

    connect, disconnect = Function(slow_connect), Function()
    served = await serving.start({"$connect": connect, "$disconnect": disconnect})
    client = await RawClient.connected(served)
    client.send(upgrade_request())
    await until(lambda: bool(connect.events), "$connect is invoked")
    client.abort()
    await until(lambda: served.gateway.tcp_connections == 0, "the gateway sees that the client left")
    release.set()
    await until(lambda: bool(disconnect.events), "$disconnect is invoked")
    assert disconnect.contexts[0]["connectionId"] == connect.contexts[0]["connectionId"]
    assert disconnect.contexts[0]["disconnectStatusCode"] == 1006


async def test_a_client_that_leaves_during_the_authorizer_never_gets_to_connect(serving: Serving) -> None:
    release = asyncio.Event()

    async def slow_authorizer(event: Event) -> object:
        await release.wait()
        return allow(event)

    authorizer, connect, disconnect = Function(slow_authorizer), Function(ok()), Function()
    served = await serving.start({"$connect": connect, "$disconnect": disconnect}, authorizer=authorizer)
    client = await RawClient.connected(served)
    client.send(upgrade_request())
    await until(lambda: bool(authorizer.events), "the authorizer is invoked")
    client.abort()
    await until(lambda: served.gateway.tcp_connections == 0, "the gateway sees that the client left")
    release.set()
    await until(lambda: served.gateway.counters.handshakes[499] == 1, "the handshake is given up")
    assert (connect.events, disconnect.events) == ([], [])


async def test_a_client_may_send_before_the_101(serving: Serving) -> None:
    message, disconnect = Function(), Function()
    served = await serving.start({"$default": message, "$disconnect": disconnect})
    client = await RawClient.connected(served)
    client.send(upgrade_request() + frame(TEXT, b"early") + close_frame(1000))
    assert (await client.response())[0] == 101
    assert await client.closed_with() == 1000
    await until(lambda: bool(message.events), "the message is handed over")
    assert message.events[0]["body"] == "early"


async def test_a_client_that_sends_too_much_before_the_101_is_cut_off(serving: Serving) -> None:
    connect = Function(lambda event: asyncio.sleep(60))
    served = await serving.start({"$connect": connect})
    client = await RawClient.connected(served)
    client.send(upgrade_request() + b"x" * 70_000)
    await client.end()


async def test_a_request_that_does_not_arrive_in_time_is_cut_off(serving: Serving) -> None:
    served = await serving.start(limits=Limits(request_timeout_s=0.1))
    client = await RawClient.connected(served)
    client.send(upgrade_request()[:-2])
    await client.end()


async def test_a_silent_client_is_cut_off(serving: Serving) -> None:
    served = await serving.start(limits=Limits(request_timeout_s=0.1))
    await (await RawClient.connected(served)).end()


async def test_a_head_without_end_is_refused_before_it_fills_memory(serving: Serving) -> None:
    client = await RawClient.connected(await serving.start())
    client.send(b"GET /local HTTP/1.1\r\nX-Endless: " + b"a" * 60_000)
    assert (await client.response())[0] == 431


async def test_no_log_line_holds_a_token_or_the_query(serving: Serving, caplog: pytest.LogCaptureFixture) -> None:
    served = await serving.start({"$connect": Function(ValueError("boom"))}, authorizer=Function(allow))
    client = await RawClient.connected(served)
    client.send(upgrade_request("/local?token=sesame-1", "Authorization: Bearer sesame-2"))
    await client.response()
    assert "integration failed" in caplog.text
    everything = json.dumps([record.__dict__ for record in caplog.records], default=str) + caplog.text
    assert "sesame" not in everything

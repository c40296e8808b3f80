"""The events: members present and absent, their order and spelling, and values that must agree."""

from __future__ import annotations

import json
import re
import time
from datetime import datetime
from typing import cast

import pytest

from infra.local.gateway import Event
from infra.local.gateway.hash_order import in_hash_map_order
from tests.gateway.serving import Function, Served, Serving, allow, ok, until
from tests.gateway.wire import TEXT, RawClient, frame, upgrade_request

ID = re.compile(r"[A-Za-z0-9_-]{15}=")


class Recorded:
    """The four events of one connection that sends one message and leaves."""

    def __init__(self) -> None:
        self.authorizer = Function(lambda event: allow(event, tenant="t-7", number=123, boolean=True, half=0.5))
        self.connect = Function(ok())
        self.message = Function()
        self.disconnect = Function()

    async def start(self, serving: Serving, **options: object) -> Served:
        return await serving.start(
            {"$connect": self.connect, "ack": self.message, "$disconnect": self.disconnect},
            authorizer=self.authorizer,
            **options,  # type: ignore[arg-type]  # passed on
        )

    async def run(self, served: Served, path: str = "/local?t=abc", *headers: str) -> None:
        client = await RawClient.connected(served)
        client.send(upgrade_request(path, *headers))
        assert (await client.response())[0] == 101
        client.send(frame(TEXT, b'{"action":"ack","id":"m1"}'))
        await until(lambda: bool(self.message.events), "the message is handed over")
        client.abort()
        await until(lambda: bool(self.disconnect.events), "$disconnect is invoked")

    def all(self) -> list[Event]:
        return [function.events[0] for function in (self.authorizer, self.connect, self.message, self.disconnect)]


@pytest.fixture
async def recorded(serving: Serving) -> Recorded:
    recorded = Recorded()
    await recorded.run(
        await recorded.start(serving, stage="prod", api_id="a1b2c3d4e5"), "/prod?t=abc", "User-Agent: term/1.0"
    )
    return recorded


def context(event: Event) -> dict[str, object]:
    return cast("dict[str, object]", event["requestContext"])


COMMON = ["eventType", "extendedRequestId", "requestTime", "messageDirection"]
WHERE = ["stage", "connectedAt", "requestTimeEpoch", "identity", "requestId", "domainName", "connectionId", "apiId"]


def test_members_of_the_authorizer_event(recorded: Recorded) -> None:
    event = recorded.authorizer.events[0]
    assert list(event) == [
        "type",
        "methodArn",
        "headers",
        "multiValueHeaders",
        "queryStringParameters",
        "multiValueQueryStringParameters",
        "stageVariables",
        "requestContext",
    ]
    assert event["type"] == "REQUEST"
    assert event["methodArn"] == "arn:aws:execute-api:us-east-1:000000000000:a1b2c3d4e5/prod/$connect"
    assert event["stageVariables"] == {}
    assert list(context(event)) == ["routeKey", *COMMON, *WHERE]


def test_members_of_the_connect_event(recorded: Recorded) -> None:
    event = recorded.connect.events[0]
    assert list(event) == [
        "headers",
        "multiValueHeaders",
        "queryStringParameters",
        "multiValueQueryStringParameters",
        "requestContext",
        "isBase64Encoded",
    ]
    assert list(context(event)) == ["routeKey", "authorizer", *COMMON, *WHERE]
    assert context(event)["eventType"] == "CONNECT"


def test_members_of_a_message_event(recorded: Recorded) -> None:
    event = recorded.message.events[0]
    assert list(event) == ["requestContext", "body", "isBase64Encoded"]
    assert list(context(event)) == ["routeKey", "authorizer", "messageId", *COMMON, *WHERE]
    assert (event["body"], event["isBase64Encoded"]) == ('{"action":"ack","id":"m1"}', False)
    assert (context(event)["routeKey"], context(event)["eventType"]) == ("ack", "MESSAGE")


def test_members_of_the_disconnect_event(recorded: Recorded) -> None:
    event = recorded.disconnect.events[0]
    assert list(event) == ["headers", "multiValueHeaders", "requestContext", "isBase64Encoded"]
    assert list(context(event)) == [
        "routeKey",
        "disconnectStatusCode",
        "authorizer",
        *COMMON,
        "disconnectReason",
        *WHERE,
    ]
    assert event["headers"] == {"Host": "ws.example", "x-api-key": "", "X-Forwarded-For": "", "x-restapi": ""}
    assert event["multiValueHeaders"] == {
        "Host": ["ws.example"],
        "x-api-key": [""],
        "X-Forwarded-For": [""],
        "x-restapi": [""],
    }
    assert context(event)["eventType"] == "DISCONNECT"


def test_the_request_context_is_in_the_order_of_a_java_hash_map_of_32_buckets(recorded: Recorded) -> None:
    for event in recorded.all():
        keys = list(context(event))
        assert keys == list(in_hash_map_order(dict.fromkeys(keys), buckets=32))


def test_the_authorizer_map_is_in_the_order_of_a_java_hash_map(recorded: Recorded) -> None:
    maps = [cast("dict[str, object]", context(event)["authorizer"]) for event in recorded.all()[1:]]
    for found in maps:
        assert list(found) == list(in_hash_map_order(found))


def test_context_values_arrive_as_strings(recorded: Recorded) -> None:
    found = cast("dict[str, object]", context(recorded.message.events[0])["authorizer"])
    expected = {"tenant": "t-7", "number": "123", "boolean": "true", "half": "0.5", "principalId": "term-42"}
    assert found == expected


def test_only_connect_tells_the_latency_of_the_authorizer(recorded: Recorded) -> None:
    maps = [cast("dict[str, object]", context(event)["authorizer"]) for event in recorded.all()[1:]]
    assert isinstance(maps[0]["integrationLatency"], int)
    assert ["integrationLatency" in found for found in maps] == [True, False, False]


def test_every_event_is_json(recorded: Recorded) -> None:
    for event in recorded.all():
        assert json.loads(json.dumps(event)) == event


def test_no_member_is_null(recorded: Recorded) -> None:
    assert "null" not in json.dumps(recorded.all())


def test_ids_are_well_formed_and_one_request_has_one(recorded: Recorded) -> None:
    contexts = [context(event) for event in recorded.all()]
    for found in contexts:
        assert found["requestId"] == found["extendedRequestId"]
        assert ID.fullmatch(str(found["requestId"]))
    assert ID.fullmatch(str(contexts[2]["messageId"]))
    assert contexts[0]["requestId"] == contexts[1]["requestId"]
    assert len({found["requestId"] for found in contexts}) == 3
    assert len({found["connectionId"] for found in contexts}) == 1


def test_a_message_id_ends_like_its_connections_id(recorded: Recorded) -> None:
    found = context(recorded.message.events[0])
    assert str(found["messageId"])[-4:] == str(found["connectionId"])[-4:]


def test_times_agree(recorded: Recorded) -> None:
    for event in recorded.all():
        found = context(event)
        epoch_ms = cast("int", found["requestTimeEpoch"])
        assert found["connectedAt"] == context(recorded.connect.events[0])["connectedAt"]
        assert cast("int", found["connectedAt"]) <= epoch_ms <= time.time() * 1000
        parsed = datetime.strptime(str(found["requestTime"]), "%d/%b/%Y:%H:%M:%S %z")
        assert parsed.timestamp() == epoch_ms // 1000
        assert str(found["requestTime"]).endswith(" +0000")


def test_identity_names_the_client(recorded: Recorded) -> None:
    for event in recorded.all():
        identity = cast("dict[str, object]", context(event)["identity"])
        assert list(identity.items()) == [("userAgent", "term/1.0"), ("sourceIp", "127.0.0.1")]


def test_the_domain_name_is_the_host_that_the_client_used(recorded: Recorded) -> None:
    assert {context(event)["domainName"] for event in recorded.all()} == {"ws.example"}


def test_headers_of_connect(recorded: Recorded) -> None:
    headers = cast("dict[str, str]", recorded.connect.events[0]["headers"])
    assert list(headers) == [
        "Host",
        "Sec-WebSocket-Key",
        "Sec-WebSocket-Version",
        "User-Agent",
        "X-Amzn-Trace-Id",
        "X-Forwarded-For",
        "X-Forwarded-Port",
        "X-Forwarded-Proto",
    ]
    assert re.fullmatch(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24}", headers["X-Amzn-Trace-Id"])
    assert (headers["X-Forwarded-For"], headers["X-Forwarded-Proto"]) == ("127.0.0.1", "http")


def test_headers_of_the_authorizer_have_three_more(recorded: Recorded) -> None:
    headers = cast("dict[str, str]", recorded.authorizer.events[0]["headers"])
    connect = cast("dict[str, str]", recorded.connect.events[0]["headers"])
    more = {name: value for name, value in headers.items() if name not in connect}
    assert more == {"Connection": "upgrade", "content-length": "0", "Upgrade": "websocket"}
    assert list(headers) == sorted(headers, key=str.lower)
    assert {name: headers[name] for name in connect} == connect


def test_many_valued_headers_have_every_value(recorded: Recorded) -> None:
    for event in (recorded.authorizer.events[0], recorded.connect.events[0]):
        single = cast("dict[str, str]", event["headers"])
        many = cast("dict[str, list[str]]", event["multiValueHeaders"])
        assert {name: values[-1] for name, values in many.items()} == single
        assert list(many) == list(single)


async def test_header_names_keep_their_spelling_and_all_their_values(serving: Serving) -> None:
    recorded = Recorded()
    served = await recorded.start(serving)
    await recorded.run(served, "/local", "aUTHORIZATION: Bearer x", "X-Twice: 1", "x-twice: 2", "Accept: */*")
    headers = cast("dict[str, str]", recorded.connect.events[0]["headers"])
    many = cast("dict[str, list[str]]", recorded.connect.events[0]["multiValueHeaders"])
    assert headers["aUTHORIZATION"] == "Bearer x"
    assert (headers["X-Twice"], many["X-Twice"]) == ("2", ["1", "2"])
    assert list(headers) == sorted(headers, key=str.lower)


async def test_without_a_query_its_members_are_absent(serving: Serving) -> None:
    recorded = Recorded()
    await recorded.run(await recorded.start(serving), "/local")
    for event in (recorded.authorizer.events[0], recorded.connect.events[0]):
        assert not {"queryStringParameters", "multiValueQueryStringParameters"} & event.keys()


async def test_a_query_is_decoded_and_keeps_every_value(serving: Serving) -> None:
    recorded = Recorded()
    await recorded.run(await recorded.start(serving), "/local?a=1&a=2&b=%C3%A4%20+c&empty=")
    event = recorded.connect.events[0]
    assert event["queryStringParameters"] == {"a": "2", "b": "ä  c", "empty": ""}
    assert event["multiValueQueryStringParameters"] == {"a": ["1", "2"], "b": ["ä  c"], "empty": [""]}


async def test_a_client_without_a_user_agent_has_no_such_member(serving: Serving) -> None:
    recorded = Recorded()
    await recorded.run(await recorded.start(serving))
    for event in recorded.all():
        assert context(event)["identity"] == {"sourceIp": "127.0.0.1"}


async def test_without_an_authorizer_there_is_no_such_member(serving: Serving) -> None:
    message = Function()
    served = await serving.start({"$default": message})
    async with served.connect() as client:
        await client.send("x")
        await until(lambda: bool(message.events), "the message is handed over")
    assert "authorizer" not in message.contexts[0]


async def test_a_function_may_change_its_event(serving: Serving) -> None:
    principals: list[object] = []

    def spoil(event: Event) -> None:
        authorizer = cast("dict[str, object]", context(event)["authorizer"])
        principals.append(authorizer["principalId"])
        authorizer["principalId"] = "somebody else"
        context(event).clear()

    message = Function(spoil)
    served = await serving.start({"$default": message}, authorizer=Function(allow))
    async with served.connect() as client:
        for _ in range(2):
            await client.send("x")
        await until(lambda: len(principals) == 2, "both messages are handed over")
    assert principals == ["term-42", "term-42"]


async def test_a_trace_id_of_the_client_is_kept(serving: Serving) -> None:
    recorded = Recorded()
    trace = "Root=1-6374f33e-0f3721a17111942153e57600"
    await recorded.run(await recorded.start(serving), "/local", f"X-Amzn-Trace-Id: {trace}")
    assert cast("dict[str, str]", recorded.connect.events[0]["headers"])["X-Amzn-Trace-Id"] == trace


class TestBehindAProxy:
    """`X-Forwarded-*` counts when the peer is trusted, and only then."""

    FORWARDED = ("X-Forwarded-For: 6.6.6.6, 198.51.100.7", "X-Forwarded-Port: 443", "X-Forwarded-Proto: https")

    async def headers_and_ip(self, serving: Serving, trusted: tuple[str, ...]) -> tuple[dict[str, str], object]:
        recorded = Recorded()
        await recorded.run(await recorded.start(serving, trusted_proxies=trusted), "/local", *self.FORWARDED)
        event = recorded.connect.events[0]
        identity = cast("dict[str, object]", context(event)["identity"])
        return cast("dict[str, str]", event["headers"]), identity["sourceIp"]

    async def test_a_trusted_peer_is_believed(self, serving: Serving) -> None:
        headers, source_ip = await self.headers_and_ip(serving, ("127.0.0.0/8",))
        assert source_ip == "198.51.100.7"
        assert headers["X-Forwarded-For"] == "6.6.6.6, 198.51.100.7"
        assert (headers["X-Forwarded-Port"], headers["X-Forwarded-Proto"]) == ("443", "https")

    async def test_anyone_else_is_not(self, serving: Serving) -> None:
        headers, source_ip = await self.headers_and_ip(serving, ("10.0.0.0/8",))
        assert source_ip == "127.0.0.1"
        assert (headers["X-Forwarded-For"], headers["X-Forwarded-Proto"]) == ("127.0.0.1", "http")
        assert headers["X-Forwarded-Port"] != "443"

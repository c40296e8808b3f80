"""`@connections`, called with boto3 as senders call it, and with bytes where boto3 would not send them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import cast

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials as BotoCredentials
from botocore.exceptions import ClientError
from websockets.exceptions import ConnectionClosed

from infra.local.gateway import Event, Limits
from tests.gateway.serving import CREDENTIALS, Function, Served, Serving, connection_id_of, ok, until
from tests.gateway.wire import RawClient, slow_client, upgrade_request

UNKNOWN = "AAAAAAAAAAAAAAA="


class Boto:
    """boto3's client for one gateway, off the event loop."""

    def __init__(
        self,
        served: Served,
        endpoint_url: str | None = None,
        *,
        aws_access_key_id: str = CREDENTIALS.access_key_id,
        aws_secret_access_key: str = CREDENTIALS.secret_access_key,
        region_name: str | None = None,
        verify: str | None = None,
    ) -> None:
        self.client = boto3.session.Session().client(
            "apigatewaymanagementapi",
            endpoint_url=endpoint_url or served.endpoint_url,
            config=Config(retries={"total_max_attempts": 1}),
            aws_access_key_id=aws_access_key_id,
            aws_secret_access_key=aws_secret_access_key,
            region_name=region_name or served.api.region,
            verify=verify,
        )

    async def post(self, connection_id: str, data: bytes) -> dict[str, object]:
        return await self._run(partial(self.client.post_to_connection, ConnectionId=connection_id, Data=data))

    async def get(self, connection_id: str) -> dict[str, object]:
        return await self._run(partial(self.client.get_connection, ConnectionId=connection_id))

    async def delete(self, connection_id: str) -> dict[str, object]:
        return await self._run(partial(self.client.delete_connection, ConnectionId=connection_id))

    async def _run(self, call: Callable[[], object]) -> dict[str, object]:
        return cast("dict[str, object]", await asyncio.to_thread(call))


def status(response: object) -> int:
    return int(cast("dict[str, dict[str, int]]", response)["ResponseMetadata"]["HTTPStatusCode"])


def signed(
    served: Served,
    method: str,
    path: str,
    body: bytes = b"",
    *,
    service: str = "execute-api",
    region: str = "us-east-1",
) -> list[tuple[str, str]]:
    """Headers of a request as botocore signs it."""
    request = AWSRequest(method=method, url=f"http://127.0.0.1:{served.port}{path}", data=body)
    SigV4Auth(BotoCredentials(CREDENTIALS.access_key_id, CREDENTIALS.secret_access_key), service, region).add_auth(
        request
    )
    return [("Host", f"127.0.0.1:{served.port}"), *((name, value) for name, value in request.headers.items())]


def request_bytes(method: str, path: str, headers: list[tuple[str, str]], body: bytes = b"") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


class TestPost:
    async def test_reaches_the_client_as_text(self, serving: Serving) -> None:
        served = await serving.start()
        async with served.connect() as client:
            connection_id = await connection_id_of(client, served)
            assert status(await Boto(served).post(connection_id, "håp".encode())) == 200
            assert await client.recv() == "håp"

    async def test_of_nothing_is_an_empty_message(self, serving: Serving) -> None:
        served = await serving.start()
        async with served.connect() as client:
            await Boto(served).post(await connection_id_of(client, served), b"")
            assert await client.recv() == ""

    async def test_of_128_kib_arrives_and_of_more_is_413(self, serving: Serving) -> None:
        served = await serving.start()
        async with served.connect() as client:
            connection_id = await connection_id_of(client, served)
            boto = Boto(served)
            await boto.post(connection_id, b"*" * 131_072)
            assert await client.recv() == "*" * 131_072
            with pytest.raises(boto.client.exceptions.PayloadTooLargeException):
                await boto.post(connection_id, b"*" * 131_073)

    async def test_far_over_the_limit_is_413_and_ends_the_connection(self, serving: Serving) -> None:
        served = await serving.start()
        client = await RawClient.connected(served)
        client.send(request_bytes("POST", f"/local/@connections/{UNKNOWN}", [("Host", "a")], b"*" * 9_000_000))
        answered, headers, _ = await client.response()
        assert (answered, headers["connection"]) == (413, "close")
        client.abort()

    async def test_to_a_closed_connection_is_gone(self, serving: Serving) -> None:
        served = await serving.start()
        async with served.connect() as client:
            connection_id = await connection_id_of(client, served)
        await until(lambda: served.gateway.open_connections == 0, "the connection is closed")
        boto = Boto(served)
        with pytest.raises(boto.client.exceptions.GoneException) as gone:
            await boto.post(connection_id, b"x")
        assert gone.value.response["Error"]["Message"] == ""

    async def test_to_one_that_never_was_is_gone(self, serving: Serving) -> None:
        boto = Boto(await serving.start())
        with pytest.raises(boto.client.exceptions.GoneException):
            await boto.post(UNKNOWN, b"x")

    @pytest.mark.parametrize(
        "connection_id", ["x", "AAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAA==", "AAAAAAAAAAAA+AA=", "é" * 16]
    )
    async def test_to_what_is_no_id_is_400(self, serving: Serving, connection_id: str) -> None:
        with pytest.raises(ClientError) as refused:
            await Boto(await serving.start()).post(connection_id, b"x")
        assert refused.value.response["Error"]["Code"] == "BadRequestException"
        assert status(refused.value.response) == 400

    async def test_while_connect_is_under_way_is_gone(self, serving: Serving) -> None:
        outcomes: list[str] = []

        async def connect(event: Event) -> object:
            connection_id = cast("dict[str, str]", event["requestContext"])["connectionId"]
            try:
                await Boto(served).post(connection_id, b"too early")
            except ClientError as error:
                outcomes.append(error.response["Error"]["Code"])
            return ok()

        served = await serving.start({"$connect": Function(connect)})
        async with served.connect():
            assert outcomes == ["GoneException"]

    async def test_that_is_not_utf_8_is_400(self, serving: Serving) -> None:
        served = await serving.start()
        async with served.connect() as client:
            connection_id = await connection_id_of(client, served)
            with pytest.raises(ClientError) as refused:
                await Boto(served).post(connection_id, b"\xff")
            assert status(refused.value.response) == 400
            await Boto(served).post(connection_id, b"still here")
            assert await client.recv() == "still here"

    async def test_beyond_the_rate_is_429(self, serving: Serving) -> None:
        served = await serving.start(limits=Limits(requests_per_s=0.001, requests_burst=2))
        boto = Boto(served)
        for _ in range(2):
            with pytest.raises(boto.client.exceptions.GoneException):
                await boto.post(UNKNOWN, b"x")
        with pytest.raises(boto.client.exceptions.LimitExceededException):
            await boto.post(UNKNOWN, b"x")

    async def test_to_a_client_whose_buffer_is_full_is_429_and_then_gone(self, serving: Serving) -> None:
        served = await serving.start(limits=Limits(write_buffer_bytes=100_000))
        slow, connection_id = await slow_client(served)
        path = f"/local/@connections/{connection_id}"
        body = b"*" * 100_000
        whole = request_bytes("POST", path, signed(served, "POST", path, body), body)
        caller = await RawClient.connected(served)
        answers = [200]
        while answers[-1] == 200:
            caller.send(whole)
            answers.append((await caller.response())[0])
        caller.send(whole)
        assert (answers[-1], (await caller.response())[0]) == (429, 410)
        slow.abort()

    async def test_of_several_callers_reaches_one_client_whole(self, serving: Serving) -> None:
        served = await serving.start()
        async with served.connect() as client:
            connection_id = await connection_id_of(client, served)
            boto = Boto(served)
            sent = {f"{number} {'x' * 40_000}" for number in range(8)}
            await asyncio.gather(*(boto.post(connection_id, text.encode()) for text in sent))
            assert {await client.recv() for _ in sent} == sent


class TestGet:
    async def test_tells_what_is_known(self, serving: Serving) -> None:
        connect = Function(ok())
        served = await serving.start({"$connect": connect})
        async with served.connect(user_agent_header="term/1.0") as client:
            told = await Boto(served).get(await connection_id_of(client, served))
        connected_ms = told["ConnectedAt"].timestamp() * 1000  # type: ignore[attr-defined]  # boto3 is not typed
        assert abs(connected_ms - cast("int", connect.contexts[0]["connectedAt"])) < 1
        assert told["LastActiveAt"] >= told["ConnectedAt"]  # type: ignore[operator]  # boto3 is not typed
        assert told["Identity"] == {"SourceIp": "127.0.0.1", "UserAgent": "term/1.0"}

    async def test_has_the_wire_form_of_aws(self, serving: Serving) -> None:
        connect = Function(ok())
        served = await serving.start({"$connect": connect})
        client = await RawClient.connected(served)
        client.send(upgrade_request())
        await client.response()
        path = f"/local/@connections/{connect.contexts[0]['connectionId']}"
        caller = await RawClient.connected(served)
        caller.send(request_bytes("GET", path, signed(served, "GET", path)))
        answered, headers, body = await caller.response()
        told = json.loads(body)
        assert (answered, headers["content-type"]) == (200, "application/json")
        assert list(told) == ["connectedAt", "identity", "lastActiveAt"]
        assert told["identity"] == {"sourceIp": "127.0.0.1", "userAgent": None}
        assert told["connectedAt"].endswith("Z")
        assert len(told["connectedAt"]) == len("2020-04-30T20:10:33.236Z")

    async def test_takes_of_the_rate_that_posts_take_of(self, serving: Serving) -> None:
        served = await serving.start(limits=Limits(requests_per_s=0.001, requests_burst=1))
        boto = Boto(served)
        with pytest.raises(boto.client.exceptions.GoneException):
            await boto.get(UNKNOWN)
        for call in (boto.get(UNKNOWN), boto.delete(UNKNOWN), boto.post(UNKNOWN, b"x")):
            with pytest.raises(boto.client.exceptions.LimitExceededException):
                await call

    async def test_of_one_that_is_gone(self, serving: Serving) -> None:
        boto = Boto(await serving.start())
        with pytest.raises(boto.client.exceptions.GoneException):
            await boto.get(UNKNOWN)


class TestDelete:
    async def test_closes_with_1000_and_disconnect_follows(self, serving: Serving) -> None:
        disconnect = Function()
        served = await serving.start({"$disconnect": disconnect})
        async with served.connect() as client:
            answer = await Boto(served).delete(await connection_id_of(client, served))
            with pytest.raises(ConnectionClosed) as closed:
                await client.recv()
        assert status(answer) == 204
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1000
        await until(lambda: bool(disconnect.events), "$disconnect is invoked")
        told = disconnect.contexts[0]
        assert (told["disconnectStatusCode"], told["disconnectReason"]) == (1000, "Connection Closed Normally")

    async def test_twice_is_gone(self, serving: Serving) -> None:
        served = await serving.start()
        boto = Boto(served)
        async with served.connect() as client:
            connection_id = await connection_id_of(client, served)
            await boto.delete(connection_id)
            with pytest.raises(boto.client.exceptions.GoneException):
                await boto.delete(connection_id)


class TestPaths:
    @pytest.mark.parametrize("base", ["", "/prod", "/local/more"])
    async def test_elsewhere_is_forbidden(self, serving: Serving, base: str) -> None:
        served = await serving.start()
        boto = Boto(served, f"http://127.0.0.1:{served.port}{base}")
        with pytest.raises(boto.client.exceptions.ForbiddenException) as refused:
            await boto.post(UNKNOWN, b"x")
        assert refused.value.response["Error"]["Message"] == "Forbidden"

    @pytest.mark.parametrize("at", ["@", "%40"])
    @pytest.mark.parametrize("pad", ["=", "%3D", "%3d"])
    async def test_the_path_may_be_percent_encoded_or_not(self, serving: Serving, at: str, pad: str) -> None:
        served = await serving.start()
        client = await RawClient.connected(served)
        path = f"/local/{at}connections/AAAAAAAAAAAAAAA{pad}"
        client.send(request_bytes("POST", path, signed(served, "POST", path, b"x"), b"x"))
        answered, headers, body = await client.response()
        assert (answered, headers["x-amzn-errortype"], body) == (410, "GoneException", b"")

    @pytest.mark.parametrize("method", ["PUT", "PATCH", "HEAD", "OPTIONS"])
    async def test_other_methods_are_forbidden(self, serving: Serving, method: str) -> None:
        client = await RawClient.connected(await serving.start())
        client.send(request_bytes(method, f"/local/@connections/{UNKNOWN}", [("Host", "a")]))
        async with asyncio.timeout(10):
            head = await client.reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 403 ")


class TestSignatures:
    async def refusal(self, served: Served, headers: list[tuple[str, str]], body: bytes = b"x") -> tuple[int, str, str]:
        client = await RawClient.connected(served)
        client.send(request_bytes("POST", f"/local/@connections/{UNKNOWN}", headers, body))
        answered, found, content = await client.response()
        return answered, found["x-amzn-errortype"], json.loads(content)["message"] if content else ""

    async def test_an_unsigned_request_is_refused(self, serving: Serving) -> None:
        answer = await self.refusal(await serving.start(), [("Host", "a")])
        assert answer == (403, "MissingAuthenticationTokenException", "Missing Authentication Token")

    @pytest.mark.parametrize(
        ("options", "code"),
        [
            ({"aws_access_key_id": "AKIDOTHER"}, "UnrecognizedClientException"),
            ({"aws_secret_access_key": "other"}, "InvalidSignatureException"),
            ({"region_name": "eu-west-1"}, "InvalidSignatureException"),
        ],
        ids=lambda value: next(iter(value)) if isinstance(value, dict) else value,
    )
    async def test_other_credentials_are_refused(self, serving: Serving, options: dict[str, str], code: str) -> None:
        with pytest.raises(ClientError) as refused:
            await Boto(await serving.start(), **options).post(UNKNOWN, b"x")
        assert (status(refused.value.response), refused.value.response["Error"]["Code"]) == (403, code)

    async def test_another_service_is_refused(self, serving: Serving) -> None:
        served = await serving.start()
        headers = signed(served, "POST", f"/local/@connections/{UNKNOWN}", b"x", service="s3")
        answered, code, _ = await self.refusal(served, headers)
        assert (answered, code) == (403, "InvalidSignatureException")

    async def test_another_body_is_refused(self, serving: Serving) -> None:
        served = await serving.start()
        headers = signed(served, "POST", f"/local/@connections/{UNKNOWN}", b"x")
        answered, code, _ = await self.refusal(served, headers, b"y")
        assert (answered, code) == (403, "InvalidSignatureException")

    async def test_an_old_request_is_refused(self, serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
        served = await serving.start()
        old = datetime.now(UTC) - timedelta(minutes=6)
        monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: old)
        headers = signed(served, "POST", f"/local/@connections/{UNKNOWN}", b"x")
        answered, code, message = await self.refusal(served, headers)
        assert (answered, code) == (403, "InvalidSignatureException")
        assert message.startswith("Signature expired")

    async def test_a_forged_request_takes_nothing_of_the_rate(self, serving: Serving) -> None:
        served = await serving.start(limits=Limits(requests_per_s=0.001, requests_burst=1))
        for _ in range(3):
            assert (await self.refusal(served, [("Host", "a")]))[0] == 403
        boto = Boto(served)
        with pytest.raises(boto.client.exceptions.GoneException):
            await boto.post(UNKNOWN, b"x")

    async def test_without_credentials_everyone_is_refused(self, serving: Serving) -> None:
        with pytest.raises(ClientError) as refused:
            await Boto(await serving.start(credentials=None)).post(UNKNOWN, b"x")
        assert refused.value.response["Error"]["Code"] == "AccessDeniedException"


class TestHttp:
    async def test_one_connection_serves_many_requests_in_order(self, serving: Serving) -> None:
        served = await serving.start()
        path = f"/local/@connections/{UNKNOWN}"
        good = request_bytes("POST", path, signed(served, "POST", path, b"x"), b"x")
        plain = request_bytes("GET", "/elsewhere", [("Host", "a")])
        client = await RawClient.connected(served)
        client.send((good + plain) * 50)
        answers = [(await client.response())[0] for _ in range(100)]
        assert answers == [410, 403] * 50

    async def test_a_body_may_be_chunked(self, serving: Serving) -> None:
        served = await serving.start()
        async with served.connect() as terminal:
            path = f"/local/@connections/{await connection_id_of(terminal, served)}"
            headers = [*signed(served, "POST", path, b"hello you"), ("Transfer-Encoding", "chunked")]
            client = await RawClient.connected(served)
            client.send(request_bytes("POST", path, headers) + b"5\r\nhello\r\n4\r\n you\r\n0\r\n\r\n")
            assert (await client.response())[0] == 200
            assert await terminal.recv() == "hello you"

    @pytest.mark.parametrize("endless", [b"0\r\nX-Trailer: ", b"1;ext="], ids=["trailer", "chunk-extension"])
    async def test_a_chunked_body_without_end_is_refused_before_it_fills_memory(
        self, serving: Serving, endless: bytes
    ) -> None:
        client = await RawClient.connected(await serving.start())
        head = [("Host", "a"), ("Transfer-Encoding", "chunked")]
        client.send(request_bytes("POST", "/local", head) + endless + b"a" * 100_000)
        assert (await client.response())[0] in (400, 431)
        await client.end()

    async def test_fields_after_a_chunked_body_do_not_count(self, serving: Serving) -> None:
        served = await serving.start()
        path = f"/local/@connections/{UNKNOWN}"
        trailer = "".join(f"{name}: {value}\r\n" for name, value in signed(served, "POST", path, b"x"))
        client = await RawClient.connected(served)
        head = [("Host", f"127.0.0.1:{served.port}"), ("Transfer-Encoding", "chunked")]
        client.send(request_bytes("POST", path, head) + f"1\r\nx\r\n0\r\n{trailer}\r\n".encode())
        assert (await client.response())[1]["x-amzn-errortype"] == "MissingAuthenticationTokenException"

    async def test_a_client_that_expects_it_is_told_to_continue(self, serving: Serving) -> None:
        served = await serving.start()
        path = f"/local/@connections/{UNKNOWN}"
        client = await RawClient.connected(served)
        whole = request_bytes("POST", path, [*signed(served, "POST", path, b"x"), ("Expect", "100-continue")], b"x")
        client.send(whole[:-1])
        assert (await client.response())[0] == 100
        client.send(whole[-1:])
        assert (await client.response())[0] == 410

    async def test_an_upgrade_to_something_else_is_ignored(self, serving: Serving) -> None:
        served = await serving.start()
        path = f"/local/@connections/{UNKNOWN}"
        upgrade = [("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c"), ("HTTP2-Settings", "AAMAAABk")]
        request = request_bytes("POST", path, [*signed(served, "POST", path, b"x"), *upgrade], b"x")
        client = await RawClient.connected(served)
        client.send(request * 2)
        assert [(await client.response())[0] for _ in range(2)] == [410, 410]

    async def test_a_gateway_is_no_proxy(self, serving: Serving) -> None:
        client = await RawClient.connected(await serving.start())
        client.send(b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n")
        assert (await client.response())[0] == 405
        await client.end()

    async def test_http_1_0_is_answered_and_closed(self, serving: Serving) -> None:
        client = await RawClient.connected(await serving.start())
        client.send(b"GET / HTTP/1.0\r\n\r\n")
        answered, headers, _ = await client.response()
        assert (answered, headers["connection"]) == (403, "close")
        await client.end()

    async def test_a_connection_that_waits_too_long_for_its_next_request_is_closed(self, serving: Serving) -> None:
        served = await serving.start(limits=Limits(keep_alive_s=0.1, request_timeout_s=0.1))
        client = await RawClient.connected(served)
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        await client.response()
        await client.end()

    async def test_a_caller_that_reads_no_answers_is_not_read_from(self, serving: Serving) -> None:
        served = await serving.start()
        client = await RawClient.connected(served)
        client.pause()
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 400_000)
        path = f"/local/@connections/{UNKNOWN}"
        other = await RawClient.connected(served)
        for _ in range(50):
            other.send(request_bytes("POST", path, signed(served, "POST", path, b"x"), b"x"))
            await other.response()
        assert served.gateway.counters.requests[403] < 400_000
        client.abort()

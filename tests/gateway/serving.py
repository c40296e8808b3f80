"""A gateway under test, with functions that note what they are invoked with."""

from __future__ import annotations

import asyncio
import json
import ssl as tls
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import cast

from websockets.asyncio.client import ClientConnection, connect

from infra.local.gateway import (
    Chaos,
    Credentials,
    Event,
    Gateway,
    Integration,
    Limits,
    MockRoute,
    Route,
    WebSocketApi,
)

CREDENTIALS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
DEADLINE_S = 20.0

Response = Mapping[str, object] | None


async def until(holds: Callable[[], bool], what: str) -> None:
    """Wait until `holds`, or fail and say what did not come about."""
    loop = asyncio.get_running_loop()
    deadline_s = loop.time() + DEADLINE_S
    while not holds():
        assert loop.time() < deadline_s, f"not within {DEADLINE_S} s: {what}"
        await asyncio.sleep(0.005)


class Function:
    """A Lambda function: notes its events; `answer` is a value, an exception, or a function of the event."""

    def __init__(self, answer: object = None) -> None:
        self.answer = answer
        self.events: list[Event] = []

    async def __call__(self, event: Event) -> Response:
        self.events.append(event)
        answer = self.answer
        if callable(answer):
            answer = answer(event)
            if isinstance(answer, Awaitable):
                answer = await answer
        if isinstance(answer, BaseException):
            raise answer
        return cast("Response", answer)

    @property
    def contexts(self) -> list[dict[str, object]]:
        """`requestContext` of each event."""
        return [cast("dict[str, object]", event["requestContext"]) for event in self.events]


def ok(body: str | None = None) -> dict[str, object]:
    """A proxy response."""
    return {"statusCode": 200} if body is None else {"statusCode": 200, "body": body}


def allow(event: Event, **context: object) -> dict[str, object]:
    """An authorizer's answer that lets the caller in."""
    return {
        "principalId": "term-42",
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": event["methodArn"]}],
        },
        "context": context,
    }


@dataclass
class Served:
    """A gateway that listens."""

    gateway: Gateway
    port: int
    api: WebSocketApi

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/{self.api.stage}"

    @property
    def endpoint_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/{self.api.stage}"

    def connect(self, query: str = "", **options: object) -> connect:
        """A client's connection; used with `async with` or awaited."""
        uri = str(options.pop("uri", self.url + query))
        return connect(uri, compression=None, proxy=None, **options)  # type: ignore[arg-type]  # options of many types


@dataclass
class Serving:
    """Starts gateways."""

    _started: list[Gateway] = field(default_factory=list)

    async def start(
        self,
        routes: Mapping[str, Integration | Route | MockRoute] | None = None,
        *,
        authorizer: Integration | None = None,
        limits: Limits | None = None,
        chaos: Chaos | None = None,
        trusted_proxies: tuple[str, ...] = (),
        ssl: tls.SSLContext | None = None,
        credentials: Credentials | None = CREDENTIALS,
        **of_api: object,
    ) -> Served:
        """Start a gateway on a free port; a bare function becomes a one-way route."""
        made: dict[str, Route | MockRoute] = {
            key: route if isinstance(route, Route | MockRoute) else Route(route)
            for key, route in (routes or {}).items()
        }
        api = WebSocketApi(routes=made, authorizer=authorizer, **of_api)  # type: ignore[arg-type]  # fields of many types
        gateway = Gateway(api, limits=limits, credentials=credentials, trusted_proxies=trusted_proxies, chaos=chaos)
        self._started.append(gateway)
        return Served(gateway, await gateway.start("127.0.0.1", 0, ssl=ssl), api)

    async def close(self) -> None:
        for gateway in self._started:
            await gateway.close(timeout_s=0.1)


async def connection_id_of(client: ClientConnection, served: Served) -> str:
    """The id of a client, which the gateway tells in an error frame. For APIs without a `$default` route."""
    await client.send("who am I?")
    return str(json.loads(await client.recv())["connectionId"])

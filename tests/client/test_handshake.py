"""How a terminal shows its token, and what it makes of a refusal."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from urllib.parse import parse_qs, urlsplit

import pytest

from fanfare.credentials import Credentials
from fanfare.handshake import Address, Refused, SendToken, Unreachable, open_connection
from tests.client.fake_service import FakeApi, FakeGateway, HandshakeRefusal, HttpAnswer, problem
from tests.client.manual_clock import START_S, ManualClock
from tests.client.tokens import token

TICKETS = "POST /v1/tickets"


def query_of(gateway: FakeGateway) -> dict[str, list[str]]:
    return parse_qs(urlsplit(gateway.attempts[-1].path).query)


async def opened(address: Address, credentials: Credentials) -> str:
    """Open a connection and close it again; the token it was opened with."""
    socket, shown = await open_connection(address, credentials)
    await socket.close()
    return shown


async def refused(address: Address, credentials: Credentials) -> Refused | Unreachable:
    """What became of an attempt that failed."""
    with pytest.raises((Refused, Unreachable)) as caught:
        await opened(address, credentials)
    error = caught.value
    assert isinstance(error, Refused | Unreachable)
    return error


async def test_the_token_is_shown_in_the_authorization_header(gateway: FakeGateway, clock: ManualClock) -> None:
    await opened(Address(url=gateway.url), Credentials("abc", clock))
    assert gateway.attempts[0].headers["Authorization"] == "Bearer abc"


async def test_the_token_can_be_shown_as_browsers_must(gateway: FakeGateway, clock: ManualClock) -> None:
    await opened(Address(url=gateway.url, send_token="subprotocol"), Credentials("a.b.c", clock))
    headers = gateway.attempts[0].headers
    assert (headers["Sec-WebSocket-Protocol"], "Authorization" in headers) == ("fanfare.v1, bearer.a.b.c", False)


async def test_the_token_can_be_shown_in_the_query(gateway: FakeGateway, clock: ManualClock) -> None:
    await opened(Address(url=f"{gateway.url}?tenant=7", send_token="query"), Credentials("a+b", clock))
    assert query_of(gateway) == {"tenant": ["7"], "token": ["a+b"]}


async def test_a_ticket_is_fetched_with_the_token_and_shown_in_its_place(
    gateway: FakeGateway, api: FakeApi, clock: ManualClock
) -> None:
    api.script(TICKETS, HttpAnswer(201, {"ticket": "once"}))
    await opened(Address(url=gateway.url, api_url=api.url, send_token="ticket"), Credentials("abc", clock))
    assert (query_of(gateway), api.requests[0].headers["Authorization"]) == ({"token": ["once"]}, "Bearer abc")


async def test_every_connection_has_its_own_ticket(gateway: FakeGateway, api: FakeApi, clock: ManualClock) -> None:
    api.script(TICKETS, HttpAnswer(201, {"ticket": "first"}), HttpAnswer(201, {"ticket": "second"}))
    credentials = Credentials("abc", clock)
    for _ in range(2):
        await opened(Address(url=gateway.url, api_url=api.url, send_token="ticket"), credentials)
    assert query_of(gateway) == {"token": ["second"]}


async def test_the_terminal_says_what_it_calls_itself(gateway: FakeGateway, clock: ManualClock) -> None:
    await opened(Address(url=gateway.url, terminal="Empfang 1"), Credentials("abc", clock))
    assert query_of(gateway) == {"terminal": ["Empfang 1"]}


async def test_no_compression_is_offered(gateway: FakeGateway, clock: ManualClock) -> None:
    await opened(Address(url=gateway.url), Credentials("abc", clock))
    assert "Sec-WebSocket-Extensions" not in gateway.attempts[0].headers


@pytest.mark.parametrize("send_token", ["header", "subprotocol"])
async def test_a_redirect_is_not_followed(gateway: FakeGateway, clock: ManualClock, send_token: SendToken) -> None:
    gateway.refusals.append(HandshakeRefusal(302, {"Location": gateway.url}))
    error = await refused(Address(url=gateway.url, send_token=send_token), Credentials("abc", clock))
    assert (type(error), len(gateway.attempts)) == (Unreachable, 1)


async def test_the_reason_of_a_refusal_is_asked_for(gateway: FakeGateway, api: FakeApi, clock: ManualClock) -> None:
    gateway.refusals.append(HandshakeRefusal(401))
    api.script(TICKETS, problem(401, "issuer_unknown", "Who is that?"))
    error = await refused(Address(url=gateway.url, api_url=api.url), Credentials("abc", clock))
    assert isinstance(error, Refused)
    assert (error.code, error.detail) == ("issuer_unknown", "Who is that?")


async def test_a_block_that_ends_is_waited_for(gateway: FakeGateway, api: FakeApi, clock: ManualClock) -> None:
    gateway.refusals.append(HandshakeRefusal(403))
    api.script(TICKETS, problem(403, "user_blocked", "until noon", {"Retry-After": "600"}))
    error = await refused(Address(url=gateway.url, api_url=api.url), Credentials("abc", clock))
    assert isinstance(error, Unreachable)
    assert error.retry_after_s == 600


async def test_a_block_for_good_is_final(gateway: FakeGateway, api: FakeApi, clock: ManualClock) -> None:
    gateway.refusals.append(HandshakeRefusal(403))
    api.script(TICKETS, problem(403, "user_blocked", "until further notice"))
    error = await refused(Address(url=gateway.url, api_url=api.url), Credentials("abc", clock))
    assert isinstance(error, Refused)


async def test_a_refused_ticket_says_why_at_once(gateway: FakeGateway, api: FakeApi, clock: ManualClock) -> None:
    api.script(TICKETS, problem(401, "audience_mismatch", "for another service"))
    error = await refused(Address(url=gateway.url, api_url=api.url, send_token="ticket"), Credentials("abc", clock))
    assert isinstance(error, Refused)
    assert (error.code, gateway.attempts) == ("audience_mismatch", [])


async def test_a_refusal_that_the_api_does_not_share_passes(
    gateway: FakeGateway, api: FakeApi, clock: ManualClock
) -> None:
    gateway.refusals.append(HandshakeRefusal(401))
    api.script(TICKETS, HttpAnswer(201, {"ticket": "t"}))
    error = await refused(Address(url=gateway.url, api_url=api.url), Credentials("abc", clock))
    assert isinstance(error, Unreachable)


async def test_an_unexplained_403_may_pass(gateway: FakeGateway, clock: ManualClock) -> None:
    gateway.refusals.append(HandshakeRefusal(403))
    assert isinstance(await refused(Address(url=gateway.url), Credentials("abc", clock)), Unreachable)


async def test_an_unexplained_401_of_a_token_that_cannot_be_replaced_is_final(
    gateway: FakeGateway, clock: ManualClock
) -> None:
    gateway.refusals.append(HandshakeRefusal(401))
    assert isinstance(await refused(Address(url=gateway.url), Credentials("abc", clock)), Refused)


async def test_an_expired_token_is_replaced_by_the_provider_and_tried_at_once(
    gateway: FakeGateway, api: FakeApi, clock: ManualClock
) -> None:
    gateway.refusals.append(HandshakeRefusal(401))
    api.script(TICKETS, problem(401, "token_expired", "over"))
    tokens = iter(["old", "new"])
    credentials = Credentials(lambda: next(tokens), clock)
    address = Address(url=gateway.url, api_url=api.url)
    error = await refused(address, credentials)
    assert isinstance(error, Unreachable)
    assert (error.at_once, await opened(address, credentials)) == (True, "new")


async def test_a_provider_that_has_nothing_newer_than_a_refused_token_is_final(
    gateway: FakeGateway, api: FakeApi, clock: ManualClock
) -> None:
    gateway.refusals.append(HandshakeRefusal(401))
    api.script(TICKETS, problem(401, "token_expired", "over"))
    error = await refused(Address(url=gateway.url, api_url=api.url), Credentials(lambda: "old", clock))
    assert isinstance(error, Refused)


async def test_a_provider_that_fails_is_asked_again_later(gateway: FakeGateway, clock: ManualClock) -> None:
    def provider() -> str:
        raise ConnectionError("away")

    error = await refused(Address(url=gateway.url), Credentials(provider, clock))
    assert isinstance(error, Unreachable)
    assert "away" in error.detail


async def _plain() -> str:
    return "fresh"


@pytest.mark.parametrize("provider", [lambda: "fresh", _plain, partial(_plain)])
async def test_a_provider_may_be_plain_or_async(
    gateway: FakeGateway, clock: ManualClock, provider: Callable[[], str | Awaitable[str]]
) -> None:
    assert await opened(Address(url=gateway.url), Credentials(provider, clock)) == "fresh"


async def test_a_token_is_used_again_until_it_is_about_to_end(gateway: FakeGateway, clock: ManualClock) -> None:
    tokens = iter([token(START_S + 300), token(START_S + 600)])
    credentials = Credentials(lambda: next(tokens), clock)
    shown = [await credentials.token(), await credentials.token()]
    await clock.advance(241)
    shown.append(await credentials.token())
    assert shown == [token(START_S + 300), token(START_S + 300), token(START_S + 600)]


async def test_a_closed_port_is_unreachable(clock: ManualClock) -> None:
    server = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    error = await refused(Address(url=f"ws://127.0.0.1:{port}/local"), Credentials("abc", clock))
    assert isinstance(error, Unreachable)


async def test_something_that_is_no_websocket_service_is_unreachable(api: FakeApi, clock: ManualClock) -> None:
    address = Address(url=api.url.replace("http", "ws"))
    assert isinstance(await refused(address, Credentials("abc", clock)), Unreachable)


def test_an_address_must_be_a_websocket_url() -> None:
    with pytest.raises(ValueError, match="not a ws or wss URL"):
        Address(url="https://example.com")


def test_tickets_need_the_api() -> None:
    with pytest.raises(ValueError, match="needs api_url"):
        Address(url="ws://example.com", send_token="ticket")

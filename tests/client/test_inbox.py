"""Where a proxy lets no WebSocket through: the terminal goes over to the inbox, and back as soon as it can."""

from __future__ import annotations

import asyncio
from random import Random
from urllib.parse import parse_qs, urlsplit

import pytest

from fanfare.frames import JsonValue
from fanfare.handshake import Address
from fanfare.terminal import (
    Cancel,
    Connected,
    Disconnected,
    Error,
    Event,
    Push,
    Refused,
    Reminder,
    Resumed,
    Snapshot,
    Terminal,
    Timing,
)
from tests.client.fake_service import (
    DEADLINE_S,
    FakeApi,
    FakeGateway,
    HandshakeRefusal,
    HttpAnswer,
    HttpRequest,
    position,
    problem,
    push,
    resumed,
)
from tests.client.manual_clock import ManualClock
from tests.client.test_terminal import Heard, listening

INBOX = "GET /v1/inbox"
ACKS = "POST /v1/inbox/acks"
AT_ONCE = Timing(ack_delay_s=0.0)
PROXY = HandshakeRefusal(502)


def page(*items: dict[str, JsonValue], upto: int = 0, **members: JsonValue) -> HttpAnswer:
    """What the inbox answers."""
    return HttpAnswer(200, {"items": [*items], "upto": position(upto), "more": False, "recovered": True, **members})


def query_of(request: HttpRequest) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(request.path).query).items()}


class Memory:
    """A state that is kept from one terminal to the next."""

    def __init__(self, snapshot: Snapshot | None = None) -> None:
        self.snapshot = snapshot

    def load(self) -> Snapshot | None:
        return self.snapshot

    def save(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot


def terminal_of(gateway: FakeGateway, api: FakeApi, clock: ManualClock, **options: object) -> Terminal:
    api.script(ACKS, HttpAnswer(200, {}))
    return Terminal(
        gateway.url,
        token="opaque",
        api_url=api.url,
        timing=AT_ONCE,
        clock=clock,
        rng=Random(1),  # noqa: S311 - repeatable
        **options,  # type: ignore[arg-type]  # a few options of Terminal, passed through
    )


async def over_to_the_inbox(heard: Heard, clock: ManualClock) -> Connected:
    """Let the terminal fail for the first time, and then find the inbox."""
    lost = await heard.next(Disconnected)
    await clock.advance(lost.retry_in_s)
    return await heard.next(Connected)


@pytest.mark.parametrize("status", [400, 404, 405, 426, 501, 502, 503])
async def test_after_two_refusals_that_a_proxy_may_make_it_takes_the_inbox(
    gateway: FakeGateway, api: FakeApi, clock: ManualClock, status: int
) -> None:
    gateway.refusals.extend([HandshakeRefusal(status)] * 2)
    api.hold(INBOX).put_nowait(page())
    async with listening(terminal_of(gateway, api, clock)) as heard:
        connected = await over_to_the_inbox(heard, clock)
        request = await api.wait_for_requests(INBOX, 1)
    assert (connected.by, request.headers["Authorization"], len(gateway.attempts)) == ("inbox", "Bearer opaque", 2)


async def test_a_connection_that_is_cut_during_the_upgrade_is_as_good_as_a_refusal(
    api: FakeApi, clock: ManualClock
) -> None:
    async def cut(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    server = await asyncio.start_server(cut, "127.0.0.1", 0)
    async with server:
        gateway = FakeGateway()
        gateway.url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/local"
        api.hold(INBOX).put_nowait(page())
        async with listening(terminal_of(gateway, api, clock)) as heard:
            assert (await over_to_the_inbox(heard, clock)).by == "inbox"


async def test_a_proxy_that_refuses_what_the_service_would_take_is_one_too(
    gateway: FakeGateway, api: FakeApi, clock: ManualClock
) -> None:
    gateway.refusals.extend([HandshakeRefusal(403)] * 2)
    api.script("POST /v1/tickets", HttpAnswer(201, {"ticket": "t"}))
    api.hold(INBOX).put_nowait(page())
    async with listening(terminal_of(gateway, api, clock)) as heard:
        assert (await over_to_the_inbox(heard, clock)).by == "inbox"


@pytest.mark.parametrize(
    "refusal", [HandshakeRefusal(403), HandshakeRefusal(429), HandshakeRefusal(503, {"Retry-After": "1"})]
)
async def test_what_the_service_itself_refuses_is_waited_for(
    gateway: FakeGateway, api: FakeApi, clock: ManualClock, refusal: HandshakeRefusal
) -> None:
    gateway.refusals.extend([refusal] * 3)
    async with listening(terminal_of(gateway, api, clock)) as heard:
        for _ in range(3):
            await clock.advance((await heard.next(Disconnected)).retry_in_s)
        assert (await heard.next(Connected)).by == "websocket"
    assert api.requests_to(INBOX) == []


async def test_one_failure_alone_does_not_lead_to_the_inbox(
    gateway: FakeGateway, api: FakeApi, clock: ManualClock
) -> None:
    gateway.refusals.append(PROXY)
    async with listening(terminal_of(gateway, api, clock)) as heard:
        assert (await over_to_the_inbox(heard, clock)).by == "websocket"
    assert api.requests_to(INBOX) == []


async def test_the_first_poll_waits_for_nothing_and_the_next_ones_for_what_comes(
    gateway: FakeGateway, api: FakeApi, clock: ManualClock
) -> None:
    gateway.refusals.extend([PROXY] * 2)
    inbox = api.hold(INBOX)
    inbox.put_nowait(page(push(1), upto=1))
    async with listening(terminal_of(gateway, api, clock, name="till-4")) as heard:
        await over_to_the_inbox(heard, clock)
        assert (await heard.next(Push)).id == "push-1"
        queries = [query_of(await api.wait_for_requests(INBOX, number)) for number in (1, 2)]
    assert queries == [{"wait": "0", "terminal": "till-4"}, {"wait": "25", "since": position(1), "terminal": "till-4"}]


async def test_more_is_fetched_at_once_from_where_the_page_ended(
    gateway: FakeGateway, api: FakeApi, clock: ManualClock
) -> None:
    gateway.refusals.extend([PROXY] * 2)
    inbox = api.hold(INBOX)
    inbox.put_nowait(page(push(1), upto=1, more=True))
    inbox.put_nowait(page(push(2), upto=2))
    async with listening(terminal_of(gateway, api, clock)) as heard:
        await over_to_the_inbox(heard, clock)
        assert [(await heard.next(Push)).id for _ in range(2)] == ["push-1", "push-2"]
        assert (await heard.next(Resumed)).more is False
        since = [query_of(await api.wait_for_requests(INBOX, number)).get("since") for number in (1, 2, 3)]
    assert since == [None, position(1), position(2)]


async def test_what_is_shown_by_the_one_way_is_not_shown_by_the_other(
    gateway: FakeGateway, api: FakeApi, clock: ManualClock
) -> None:
    inbox = api.hold(INBOX)
    inbox.put_nowait(page(push(1, replayed=True), push(2, replayed=True), upto=2))
    async with listening(terminal_of(gateway, api, clock)) as heard:
        first = await gateway.next_peer()
        await first.answer_resume()
        await first.send(push(1))
        assert (await heard.next(Push)).id == "push-1"
        gateway.refusals.extend([PROXY] * 2)
        first.cut()
        for _ in range(2):
            await clock.advance((await heard.next(Disconnected)).retry_in_s)
        assert (await heard.next(Connected)).by == "inbox"
        assert (await heard.next(Push)).id == "push-2"
        assert query_of(await api.wait_for_requests(INBOX, 1))["since"] == position(1)


async def test_a_websocket_that_gets_through_takes_over(gateway: FakeGateway, api: FakeApi, clock: ManualClock) -> None:
    gateway.refusals.extend([PROXY] * 3)
    inbox = api.hold(INBOX)
    inbox.put_nowait(page(push(1), upto=1))
    async with listening(terminal_of(gateway, api, clock)) as heard:
        await over_to_the_inbox(heard, clock)
        await api.wait_for_requests(INBOX, 2)
        await clock.advance(300)
        await gateway.wait_for_attempts(3)
        await clock.advance(300)
        peer = await gateway.next_peer()
        assert await peer.next_frame() == {"action": "resume", "since": position(1)}
        assert not api.broken_off.is_set()
        await peer.send(push(1, replayed=True), resumed(1), push(2))
        assert [(await heard.next(Push)).id for _ in range(2)] == ["push-1", "push-2"]
        again = await heard.next(Connected)
        assert (again.by, again.renewed) == ("websocket", True)
        await asyncio.wait_for(api.broken_off.wait(), DEADLINE_S)


async def test_the_websocket_is_not_tried_for_two_minutes(
    gateway: FakeGateway, api: FakeApi, clock: ManualClock
) -> None:
    gateway.refusals.extend([PROXY] * 2)
    api.hold(INBOX).put_nowait(page())
    async with listening(terminal_of(gateway, api, clock)) as heard:
        await over_to_the_inbox(heard, clock)
        await clock.advance(119)
    assert len(gateway.attempts) == 2


async def test_leaving_breaks_the_long_poll_off(gateway: FakeGateway, api: FakeApi, clock: ManualClock) -> None:
    gateway.refusals.extend([PROXY] * 2)
    api.hold(INBOX).put_nowait(page(push(1), upto=1))
    async with listening(terminal_of(gateway, api, clock)) as heard:
        await over_to_the_inbox(heard, clock)
        await api.wait_for_requests(INBOX, 2)
    await asyncio.wait_for(api.broken_off.wait(), DEADLINE_S)


async def test_acks_go_by_post(gateway: FakeGateway, api: FakeApi, clock: ManualClock) -> None:
    gateway.refusals.extend([PROXY] * 2)
    api.hold(INBOX).put_nowait(page(push(1, ack="read"), upto=1))
    terminal = terminal_of(gateway, api, clock, name="till-4")
    async with listening(terminal) as heard:
        await over_to_the_inbox(heard, clock)
        got = await heard.next(Push)
        received = await api.wait_for_requests(ACKS, 1)
        terminal.read(got)
        await api.wait_for_requests(ACKS, 2)
        terminal.failed(got, "no paper")
        failed = await api.wait_for_requests(ACKS, 3)
    assert (query_of(received), received.json(), failed.json()) == (
        {"terminal": "till-4"},
        {"ids": ["push-1"], "kind": "received"},
        {"ids": ["push-1"], "kind": "failed", "detail": "no paper"},
    )


async def test_acks_that_are_due_are_sent_before_it_leaves(
    gateway: FakeGateway, api: FakeApi, clock: ManualClock
) -> None:
    gateway.refusals.extend([PROXY] * 2)
    api.hold(INBOX).put_nowait(page(push(1), upto=1))
    terminal = terminal_of(gateway, api, clock)
    async with listening(terminal) as heard:
        await over_to_the_inbox(heard, clock)
        terminal.read(await heard.next(Push))
    assert [request.json()["kind"] for request in api.requests_to(ACKS)] == ["read"]


async def test_an_ack_that_had_no_answer_goes_by_the_next_way(
    gateway: FakeGateway, api: FakeApi, clock: ManualClock
) -> None:
    gateway.refusals.extend([PROXY] * 2)
    api.hold(INBOX).put_nowait(page(push(1, ack="received"), upto=1))
    terminal = terminal_of(gateway, api, clock)
    api.script(ACKS, HttpAnswer(502, "bad gateway"))
    async with listening(terminal) as heard:
        await over_to_the_inbox(heard, clock)
        await heard.next(Push)
        await clock.advance((await heard.next(Disconnected)).retry_in_s)
        peer = await gateway.next_peer()
        frames = [await peer.next_frame(), await peer.next_frame()]
    assert {"action": "ack", "ids": ["push-1"], "kind": "received"} in frames


async def test_an_ack_that_is_refused_is_told_and_not_said_again(
    gateway: FakeGateway, api: FakeApi, clock: ManualClock
) -> None:
    gateway.refusals.extend([PROXY] * 2)
    api.hold(INBOX).put_nowait(page(push(1, ack="received"), upto=1))
    terminal = terminal_of(gateway, api, clock)
    api.script(ACKS, problem(422, "invalid_frame", "ids must be push ids"))
    async with listening(terminal) as heard:
        await over_to_the_inbox(heard, clock)
        error = await heard.next(Error)
    assert (error.code, len(api.requests_to(ACKS))) == ("acks_refused", 1)


async def test_a_cancel_comes_by_the_inbox_too(gateway: FakeGateway, api: FakeApi, clock: ManualClock) -> None:
    gateway.refusals.extend([PROXY] * 2)
    inbox = api.hold(INBOX)
    inbox.put_nowait(page(push(1), upto=1))
    async with listening(terminal_of(gateway, api, clock)) as heard:
        await over_to_the_inbox(heard, clock)
        await heard.next(Push)
        inbox.put_nowait(page({"type": "cancel", "id": "push-1"}, upto=2))
        assert (await heard.next(Cancel)).id == "push-1"


async def test_what_is_sent_again_reminds_by_the_inbox_too(
    gateway: FakeGateway, api: FakeApi, clock: ManualClock
) -> None:
    gateway.refusals.extend([PROXY] * 2)
    inbox = api.hold(INBOX)
    inbox.put_nowait(page(push(1, ack="read"), upto=1))
    async with listening(terminal_of(gateway, api, clock)) as heard:
        await over_to_the_inbox(heard, clock)
        await heard.next(Push)
        inbox.put_nowait(page(push(1, ack="read", position=position(9)), upto=9))
        assert (await heard.next(Reminder)).push.id == "push-1"


async def test_polls_that_bring_nothing_are_told_only_once(
    gateway: FakeGateway, api: FakeApi, clock: ManualClock
) -> None:
    gateway.refusals.extend([PROXY] * 2)
    inbox = api.hold(INBOX)
    told: list[Event] = []
    terminal = terminal_of(gateway, api, clock, on_event=told.append)
    for answer in (page(upto=1), page(upto=2), page(push(3), upto=3)):
        inbox.put_nowait(answer)
    async with terminal:
        pushes = aiter(terminal)
        coming = asyncio.ensure_future(anext(pushes))
        while not coming.done():
            await clock.advance(1.0)
            await asyncio.sleep(0.001)
        assert coming.result().id == "push-3"
    assert [type(event) for event in told].count(Resumed) == 1


async def test_a_service_that_does_not_wait_is_not_asked_all_the_time(
    gateway: FakeGateway, api: FakeApi, clock: ManualClock
) -> None:
    gateway.refusals.extend([PROXY] * 2)
    api.script(INBOX, page())
    async with listening(terminal_of(gateway, api, clock)) as heard:
        await over_to_the_inbox(heard, clock)
        await heard.next(Resumed)
        await clock.advance(1.9)
        asked = len(api.requests_to(INBOX))
        await clock.advance(0.2)
        await api.wait_for_requests(INBOX, 2)
    assert asked == 1


async def test_a_poll_that_is_cut_off_is_tried_shorter(gateway: FakeGateway, api: FakeApi, clock: ManualClock) -> None:
    gateway.refusals.extend([PROXY] * 2)
    inbox = api.hold(INBOX)
    for answer in (page(push(1), upto=1), HttpAnswer(504, "too long"), page(push(2), upto=2)):
        inbox.put_nowait(answer)
    async with listening(terminal_of(gateway, api, clock)) as heard:
        await over_to_the_inbox(heard, clock)
        assert [(await heard.next(Push)).id for _ in range(2)] == ["push-1", "push-2"]
        waits = [query_of(await api.wait_for_requests(INBOX, number))["wait"] for number in (1, 2, 3, 4)]
    assert waits == ["0", "25", "0", "12"]


async def test_an_inbox_that_is_gone_is_a_loss_and_both_ways_are_tried_again(
    gateway: FakeGateway, api: FakeApi, clock: ManualClock
) -> None:
    gateway.refusals.extend([PROXY] * 3)
    inbox = api.hold(INBOX)
    for answer in (page(push(1), upto=1), HttpAnswer(502, ""), HttpAnswer(502, ""), page(push(2), upto=2)):
        inbox.put_nowait(answer)
    async with listening(terminal_of(gateway, api, clock)) as heard:
        await over_to_the_inbox(heard, clock)
        await clock.advance((await heard.next(Disconnected)).retry_in_s)
        assert (await heard.next(Connected)).by == "inbox"
        assert (await heard.next(Push)).id == "push-2"


async def test_the_service_may_ask_for_patience(gateway: FakeGateway, api: FakeApi, clock: ManualClock) -> None:
    gateway.refusals.extend([PROXY] * 2)
    inbox = api.hold(INBOX)
    inbox.put_nowait(page(push(1), upto=1))
    inbox.put_nowait(problem(429, "too_many_requests", "slowly", {"Retry-After": "90"}))
    async with listening(terminal_of(gateway, api, clock)) as heard:
        await over_to_the_inbox(heard, clock)
        assert 90.0 <= (await heard.next(Disconnected)).retry_in_s <= 92.0


async def test_who_is_blocked_hears_so_from_the_inbox(gateway: FakeGateway, api: FakeApi, clock: ManualClock) -> None:
    gateway.refusals.extend([PROXY] * 2)
    inbox = api.hold(INBOX)
    inbox.put_nowait(page(push(1), upto=1))
    inbox.put_nowait(problem(403, "user_blocked", "badge lost"))
    async with listening(terminal_of(gateway, api, clock)) as heard:
        await over_to_the_inbox(heard, clock)
        with pytest.raises(Refused, match="user_blocked: badge lost"):
            await heard.next(Disconnected)


async def test_a_403_of_something_else_is_not_the_services(
    gateway: FakeGateway, api: FakeApi, clock: ManualClock
) -> None:
    gateway.refusals.extend([PROXY] * 2)
    api.script(INBOX, HttpAnswer(403, "<html>the proxy</html>"))
    async with listening(terminal_of(gateway, api, clock)) as heard:
        for _ in range(2):
            lost = await heard.next(Disconnected)
            await clock.advance(lost.retry_in_s)
        assert (await heard.next(Connected)).by == "websocket"
    assert "no inbox" in lost.reason


async def test_without_an_inbox_it_goes_on_trying_the_websocket(gateway: FakeGateway, clock: ManualClock) -> None:
    gateway.refusals.extend([PROXY] * 4)
    terminal = Terminal(gateway.url, token="t", timing=AT_ONCE, clock=clock)
    async with listening(terminal) as heard:
        for _ in range(4):
            await clock.advance((await heard.next(Disconnected)).retry_in_s)
        assert (await heard.next(Connected)).by == "websocket"


async def test_the_chat_needs_a_websocket(gateway: FakeGateway, api: FakeApi, clock: ManualClock) -> None:
    gateway.refusals.extend([PROXY] * 2)
    api.hold(INBOX).put_nowait(page(push(1), upto=1))
    terminal = terminal_of(gateway, api, clock)
    async with listening(terminal) as heard:
        await over_to_the_inbox(heard, clock)
        await api.wait_for_requests(INBOX, 2)
        assert terminal.connected
        with pytest.raises(ConnectionError, match="WebSocket"):
            await terminal.say("hello")


async def test_how_far_it_came_by_the_inbox_is_remembered(
    gateway: FakeGateway, api: FakeApi, clock: ManualClock
) -> None:
    gateway.refusals.extend([PROXY] * 2)
    api.hold(INBOX).put_nowait(page(push(5, ack="read"), upto=7))
    memory = Memory()
    async with listening(terminal_of(gateway, api, clock, state=memory)) as heard:
        await over_to_the_inbox(heard, clock)
        await heard.next(Push)
        await heard.next(Resumed)
    assert memory.snapshot == Snapshot(position(7), ("push-5",), {"push-5": position(5)})


@pytest.mark.parametrize(
    ("url", "api_url", "inbox"),
    [
        ("wss://push.example.com/prod", None, "https://push.example.com/v1/inbox"),
        ("ws://localhost:8081/local?x=1", None, "http://localhost:8081/v1/inbox"),
        ("wss://push.example.com/prod", "https://api.example.com/push/", "https://api.example.com/push/v1/inbox"),
    ],
)
def test_the_inbox_is_where_the_api_is_or_beside_the_websocket(url: str, api_url: str | None, inbox: str) -> None:
    assert Address(url=url, api_url=api_url).inbox_url == inbox

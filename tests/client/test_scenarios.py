"""The terminal library plays the scenarios that it shares with the libraries of other languages."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import cast
from urllib.parse import parse_qs, urlsplit

import pytest

from fanfare.frames import JsonValue
from fanfare.terminal import (
    Bye,
    Cancel,
    Connected,
    Disconnected,
    Error,
    Event,
    Other,
    Push,
    Refused,
    Reminder,
    Resumed,
    SendToken,
    Snapshot,
    Terminal,
)
from tests.client.fake_service import (
    DEADLINE_S,
    FakeApi,
    FakeGateway,
    HandshakeRefusal,
    HttpAnswer,
    HttpRequest,
    Peer,
)
from tests.client.manual_clock import ManualClock

Members = dict[str, JsonValue]
SCENARIOS = Path(__file__).parent.parent / "scenarios"
INBOX = "GET /v1/inbox"
ACKS = "POST /v1/inbox/acks"


def members(value: JsonValue) -> Members:
    assert isinstance(value, dict), value
    return value


def text(value: JsonValue) -> str:
    assert isinstance(value, str), value
    return value


def number(value: JsonValue) -> float:
    assert isinstance(value, int | float), value
    return value


FAILING: Mapping[str, str] = {}
"""What this library does not do yet, by the scenario's name, and why. Strict: what is mended must leave this list."""


def marks_of(name: str) -> list[pytest.MarkDecorator]:
    return [pytest.mark.xfail(strict=True, reason=FAILING[name])] if name in FAILING else []


def in_files() -> list[object]:
    return [
        pytest.param(
            members(scenario),
            id=f"{path.stem}: {members(scenario)['name']}",
            marks=marks_of(text(members(scenario)["name"])),
        )
        for path in sorted(SCENARIOS.glob("*.json"))
        for scenario in cast("list[JsonValue]", json.loads(path.read_text(encoding="utf-8"))["scenarios"])
    ]


class Always(Random):
    """Chance that is always the same."""

    def __init__(self, value: float) -> None:
        super().__init__()
        self._value = value

    def random(self) -> float:
        return self._value


class Memory:
    """A state that shows what was saved last."""

    def __init__(self, snapshot: Snapshot | None) -> None:
        self.snapshot = snapshot

    def load(self) -> Snapshot | None:
        return self.snapshot

    def save(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot


def neutral(event: Event | Refused) -> Members:
    """An event as scenarios write it."""
    match event:
        case Push():
            moments = {"sent_at", "expires_at"}
            return {"replayed": False} | {name: value for name, value in event.raw.items() if name not in moments}
        case Reminder():
            return {"type": "reminder", "id": event.push.id}
        case Cancel():
            return {"type": "cancel", "id": event.id}
        case Resumed():
            return {"type": "resumed", "upto": event.upto, "more": event.more, "recovered": event.recovered}
        case Error():
            return {"type": "error", "code": event.code}
        case Bye():
            return {"type": "bye", "code": event.code, "reason": event.reason, "retry_after_s": event.retry_after_s}
        case Other():
            return {"type": "other", "text": event.text}
        case Connected():
            return {"type": "connected", "renewed": event.renewed, "by": event.by}
        case Disconnected():
            return {"type": "disconnected", "retry_in_s": event.retry_in_s}
        case Refused():
            return {"type": "refused", "code": event.code, "detail": event.detail}


def chosen(actual: Members, expected: Members) -> Members:
    """The members of `actual` that `expected` speaks of."""
    return {name: actual.get(name) for name in expected}


class Play:
    """One scenario, with the terminal, the service and the clock that it needs."""

    def __init__(self, scenario: Members, gateway: FakeGateway, api: FakeApi, clock: ManualClock) -> None:
        options = members(scenario.get("terminal", {}))
        self.gateway, self.api, self.clock = gateway, api, clock
        self.steps = [members(step) for step in cast("list[JsonValue]", scenario["steps"])]
        self.peers: dict[str, Peer] = {}
        self.newest = ""
        self.handshakes = 0
        self.asked: dict[str, int] = {}
        self.state = Memory(self._snapshot(options.get("state")))
        self.terminal = self._terminal(options)
        self.events: AsyncIterator[Event] = self.terminal.events()
        api.hold(INBOX)
        api.script(ACKS, HttpAnswer(200, {}))

    def _snapshot(self, written: JsonValue) -> Snapshot | None:
        if written is None:
            return None
        kept = members(written)
        return Snapshot(
            cast("str | None", kept["since"]),
            tuple(cast("list[str]", kept["seen"])),
            cast("dict[str, str]", kept["unread"]),
        )

    def _terminal(self, options: Members) -> Terminal:
        tokens = [*cast("list[str]", options.get("tokens", []))]
        token = options.get("token", "token-1")

        def next_token() -> str:
            if not tokens:
                raise LookupError("there is no other token")
            return tokens.pop(0)

        return Terminal(
            self.gateway.url,
            token=next_token if "tokens" in options else text(token),
            send_token=cast("SendToken", options.get("send_token", "subprotocol")),
            api_url=self.api.url,
            name=cast("str | None", options.get("name")),
            since=cast("str | None", options.get("since")),
            state=self.state,
            clock=self.clock,
            rng=Always(number(options.get("random", 0.5))),
        )

    async def run(self) -> None:
        self._line_up_refusals()
        async with self._entered():
            for at, step in enumerate(self.steps):
                try:
                    await self._step(step)
                except (AssertionError, TimeoutError, StopAsyncIteration) as error:
                    raise AssertionError(f"step {at + 1}, {json.dumps(step)}: {error or 'nothing came'}") from error
        await self._nothing_else()

    @asynccontextmanager
    async def _entered(self) -> AsyncIterator[None]:
        await self.terminal.__aenter__()
        try:
            yield
        finally:
            await self._leave()

    def _line_up_refusals(self) -> None:
        """The handshakes from here to the next one that is accepted are refused."""
        outcomes = [step for step in self.steps if "accept" in step or "refuse" in step]
        for step in outcomes[self.handshakes :]:
            if "accept" in step:
                return
            self.gateway.refusals.append(HandshakeRefusal(int(number(members(step["refuse"])["status"]))))

    def _peer(self, step: Members) -> Peer:
        return self.peers[text(step.get("on", self.newest))]

    async def _step(self, step: Members) -> None:  # noqa: PLR0912 - one arm for each verb
        match step:
            case {"accept": wanted}:
                await self._accept(members(wanted))
            case {"refuse": _}:
                self.handshakes += 1
                await self.gateway.wait_for_attempts(self.handshakes)
            case {"say": list(frames)}:
                await self._peer(step).send(*(cast("Members | str", frame) for frame in frames))
            case {"cut": _}:
                self._peer(step).cut()
            case {"end": code}:
                await self._peer(step).socket.close(int(number(code)))
            case {"answers": answers}:
                for route, answer in members(answers).items():
                    self.api.script(route, self._answer(members(answer)))
            case {"asked": wanted}:
                await self._asked(members(wanted))
            case {"answer": answer}:
                self.api.held[INBOX].put_nowait(self._answer(members(answer)))
            case {"pass_s": seconds}:
                await self._all_is_read()
                await self.clock.advance(number(seconds))
            case {"read": push_id}:
                self.terminal.read(text(push_id))
            case {"failed": push_id}:
                self.terminal.failed(text(push_id), cast("str | None", step.get("detail")))
            case {"recalled": push_id}:
                self.terminal.recalled(text(push_id))
            case {"chat": message}:
                await self.terminal.say(text(message))
            case {"leave": _}:
                await self._leave()
            case {"sent": frame}:
                assert await self._peer(step).next_frame() == frame
            case {"told": event}:
                expected = members(event)
                assert chosen(neutral(await self._next_event()), expected) == expected
            case {"closed": code}:
                assert await self._peer(step).wait_closed() == code
            case {"remembers": kept}:
                expected = members(kept)
                saved = self.state.snapshot
                assert saved is not None
                actual = {"since": saved.since, "seen": [*saved.seen], "unread": dict(saved.unread)}
                assert chosen(cast("Members", actual), expected) == expected
            case _:
                raise ValueError(f"a scenario has no step {json.dumps(step)}")

    async def _accept(self, wanted: Members) -> None:
        self.handshakes += 1
        peer = await self.gateway.next_peer()
        self.newest = text(wanted.get("as", f"connection {self.handshakes}"))
        self.peers[self.newest] = peer
        query = {name: values[0] for name, values in parse_qs(urlsplit(peer.path).query).items()}
        offered = peer.headers.get("Sec-WebSocket-Protocol", "")
        shown = query.get("token") or offered.partition("bearer.")[2]
        actual: Members = {"shown": shown, "name": query.get("terminal"), "as": self.newest}
        assert chosen(actual, wanted) == wanted
        self._line_up_refusals()

    async def _asked(self, wanted: Members) -> None:
        route = text(wanted["route"])
        self.asked[route] = self.asked.get(route, 0) + 1
        request = await self.api.wait_for_requests(route, self.asked[route])
        assert chosen(self._neutral_request(route, request), wanted) == wanted

    def _neutral_request(self, route: str, request: HttpRequest) -> Members:
        query: Members = {name: values[0] for name, values in parse_qs(urlsplit(request.path).query).items()}
        body: JsonValue = request.json() if request.body else None
        token = request.headers["Authorization"].removeprefix("Bearer ")
        return {"route": route, "query": query, "body": body, "token": token}

    def _answer(self, answer: Members) -> HttpAnswer:
        headers = cast("dict[str, str]", answer.get("headers", {}))
        return HttpAnswer(int(number(answer.get("status", 200))), answer.get("body"), headers)

    async def _next_event(self) -> Event | Refused:
        async with asyncio.timeout(DEADLINE_S):
            try:
                return await anext(self.events)
            except Refused as refused:
                return refused

    async def _all_is_read(self) -> None:
        """Until the terminal has read what was said to it: a pong comes after that."""
        async with asyncio.timeout(DEADLINE_S):
            for peer in self.peers.values():
                if not peer.closed.is_set():
                    await (await peer.socket.ping())

    async def _leave(self) -> None:
        await self.terminal.__aexit__(None, None, None)

    async def _nothing_else(self) -> None:
        """There was nothing that the scenario does not speak of."""
        for name, peer in self.peers.items():
            await peer.wait_closed()
            assert peer.frames.empty(), f"also sent on {name}: {peer.frames.get_nowait()}"
        if not any("leave" in step for step in self.steps):
            told = [neutral(event) async for event in _rest(self.events)]
            assert told == [], "also told"
        assert len(self.gateway.attempts) == self.handshakes, "handshakes"
        for route in (INBOX, ACKS):
            assert len(self.api.requests_to(route)) == self.asked.get(route, 0), route


async def _rest(events: AsyncIterator[Event]) -> AsyncIterator[Event]:
    try:
        async for event in events:
            yield event
    except Refused:
        # It is told once, and was.
        return


@pytest.mark.parametrize("scenario", in_files())
async def test_scenario(scenario: Members, gateway: FakeGateway, api: FakeApi, clock: ManualClock) -> None:
    await Play(scenario, gateway, api, clock).run()

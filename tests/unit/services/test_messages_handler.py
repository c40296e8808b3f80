"""The entry of what terminals send: each frame is answered by a frame, and each refusal too."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field

import pytest

from services.connections import sessions
from services.domain import positions
from services.domain.identity import Identity
from services.domain.problems import Problem
from services.domain.pushes import Counts
from services.messages import handler
from services.messages.handler import Handler
from tests.contract.adapters import NOON_S
from tests.unit.services.service import HOUR_S, Service
from tests.unit.services.sockets import Frame

NEWER = Identity(user="alice", issuer="fanfare", expires_at_s=int(NOON_S) + 24 * HOUR_S, issued_at_s=int(NOON_S) + 1)


@dataclass
class KnownTokens:
    """A verifier of the tokens that a test names."""

    identities: dict[str, Identity] = field(default_factory=dict)
    fetches_keys: bool = False
    verified_in: list[threading.Thread] = field(default_factory=list)

    def verify(self, token: str) -> Identity:
        self.verified_in.append(threading.current_thread())
        if token not in self.identities:
            raise Problem("token_invalid", 401, "the token is not one of ours")
        return self.identities[token]

    def needs_network(self, token: str) -> bool:
        return self.fetches_keys


@pytest.fixture
def tokens() -> KnownTokens:
    return KnownTokens({"newer": NEWER})


@pytest.fixture
def handle(service: Service, tokens: KnownTokens) -> Handler:
    return handler.build(service.ports, tokens)


def _event(body: object, connection_id: str = "a") -> dict[str, object]:
    text = body if isinstance(body, str) else json.dumps(body)
    return {"requestContext": {"connectionId": connection_id, "routeKey": "$default"}, "body": text}


def _code(service: Service) -> object:
    (frame,) = service.sockets.frames("a", "error")
    return frame["code"]


async def test_a_connection_that_is_not_registered_is_told_to_come_again(service: Service, handle: Handler) -> None:
    assert await handle(_event({"action": "ping"}, "unknown")) == {"statusCode": 200}
    (bye,) = service.sockets.frames("unknown")
    assert (bye["type"], bye["code"], bye["reconnect"], bye["retry_after"]) == ("bye", "not_registered", True, 1)
    assert service.sockets.closed == ["unknown"]


async def test_a_ping_is_answered(service: Service, handle: Handler) -> None:
    await service.connect("a")
    await handle(_event({"action": "ping"}))
    assert service.sockets.frames("a") == [{"type": "pong"}]


@pytest.mark.parametrize(
    ("at_s", "noted_s"),
    [
        ([0], 0),
        ([30], 30),
        ([30, 31], 30),
        ([30, 30 + handler.HEARD_AGAIN_S], 30),
        ([30, 31 + handler.HEARD_AGAIN_S], 31 + handler.HEARD_AGAIN_S),
    ],
)
async def test_a_terminal_is_noted_as_heard_the_first_time_and_after_a_while(
    service: Service, handle: Handler, at_s: list[int], noted_s: int
) -> None:
    await service.connect("a")
    for moment_s in at_s:
        service.clock.at_s = NOON_S + moment_s
        await handle(_event({"action": "ping"}))
    row = await service.ports.registry.get("a")
    assert row is not None
    assert row.last_heard_at_s == NOON_S + noted_s


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("hello", "not_json"),
        ("[]", "not_json"),
        ("", "not_json"),
        ({"action": "dance"}, "unknown_action"),
        ({"no": "action"}, "unknown_action"),
        ({"action": "ping", "more": 1}, "invalid_frame"),
        ({"action": "resume", "since": "yesterday"}, "invalid_since"),
        ({"action": "refresh", "token": "unknown"}, "token_invalid"),
    ],
)
async def test_a_refusal_is_a_frame_and_the_socket_stays(
    service: Service, handle: Handler, body: object, code: str
) -> None:
    await service.connect("a")
    assert await handle(_event(body)) == {"statusCode": 200}
    assert _code(service) == code
    assert (service.sockets.closed, await service.registered()) == ([], {"a"})


async def test_a_resume_replays(service: Service, handle: Handler) -> None:
    push = await service.send()
    await service.connect("a")
    await handle(_event({"action": "resume", "since": positions.BEGINNING}))
    assert [frame["type"] for frame in service.sockets.frames("a")] == ["push", "resumed"]
    assert service.pushes_at("a") == [push.id]


async def test_an_ack_moves_the_receipt_of_its_terminal(service: Service, handle: Handler) -> None:
    await service.connect("a", terminal_id="kiosk")
    push = await service.send(receipts="each")
    await handle(_event({"action": "ack", "ids": [push.id], "kind": "failed", "detail": "no paper"}))
    receipt = (await service.receipts(push))["kiosk"]
    assert (receipt.kind, receipt.detail, (await service.counts(push)).failed) == ("failed", "no paper", 1)
    assert service.sockets.frames("a", "error") == []


async def test_an_ack_of_what_keeps_no_receipt_is_passed_over(service: Service, handle: Handler) -> None:
    await service.connect("a")
    kept, other = await service.send(receipts="each"), await service.send()
    await handle(_event({"action": "ack", "ids": ["unknown", other.id, kept.id], "kind": "read"}))
    assert [(await service.counts(push)).read for push in (kept, other)] == [1, 0]
    assert service.sockets.frames("a", "error") == []


async def test_an_ack_speaks_for_its_own_terminal_alone(service: Service, handle: Handler) -> None:
    await service.connect("a", "alice")
    await service.connect("b", "bob")
    push = await service.send("user:bob", receipts="each")
    await handle(_event({"action": "ack", "ids": [push.id], "kind": "read"}))
    assert [receipt.kind for receipt in (await service.receipts(push)).values()] == ["sent"]


async def test_an_ack_counts_before_the_delivery_is_noted(service: Service, handle: Handler) -> None:
    await service.connect("a", terminal_id="kiosk")
    push = await service.submit(receipts="each")

    async def acknowledged_at_once() -> None:
        await handle(_event({"action": "ack", "ids": [push.id], "kind": "read"}))

    service.sockets.before_post = acknowledged_at_once
    await service.settle()
    assert (await service.receipts(push))["kiosk"].kind == "read"
    assert await service.counts(push) == Counts(targeted=1, sent=1, read=1)


async def test_an_ack_of_what_was_not_meant_for_it_makes_no_receipt(service: Service, handle: Handler) -> None:
    await service.connect("a", "alice")
    push = await service.submit("user:bob", receipts="each")
    await handle(_event({"action": "ack", "ids": [push.id], "kind": "read"}))
    assert await service.receipts(push) == {}
    assert await service.counts(push) == Counts()


async def test_chat_goes_to_everyone(service: Service, handle: Handler) -> None:
    await service.connect("a")
    await service.connect("b", "bob")
    await handle(_event({"action": "onMessage", "message": "hello"}))
    assert [service.sockets.texts(each) for each in ("a", "b")] == [["Echo: hello"]] * 2


@pytest.mark.parametrize(
    "frame",
    [
        {"action": "ping"},
        {"action": "resume", "since": positions.BEGINNING},
        {"action": "ack", "ids": ["p"], "kind": "read"},
        {"action": "onMessage", "message": "hello"},
    ],
)
async def test_after_its_session_is_over_a_terminal_can_only_refresh(
    service: Service, handle: Handler, frame: Frame
) -> None:
    await service.send()
    await service.connect("a", lasts_s=5)
    service.clock.at_s += 5
    await handle(_event(frame))
    assert _code(service) == "session_over"
    assert len(service.sockets.texts("a")) == 1


async def test_a_refresh_in_the_grace_lets_it_go_on(service: Service, handle: Handler) -> None:
    await service.connect("a", lasts_s=5)
    service.clock.at_s += 5 + sessions.GRACE_S / 2
    await handle(_event({"action": "refresh", "token": "newer"}))
    await handle(_event({"action": "ping"}))
    assert service.sockets.frames("a") == [{"type": "pong"}]


@pytest.mark.parametrize("fetches_keys", [True, False])
async def test_a_token_is_verified_in_a_thread_only_if_that_may_fetch_keys(
    service: Service, handle: Handler, tokens: KnownTokens, fetches_keys: bool
) -> None:
    tokens.fetches_keys = fetches_keys
    await service.connect("a")
    await handle(_event({"action": "refresh", "token": "newer"}))
    (thread,) = tokens.verified_in
    assert (thread is not threading.main_thread()) is fetches_keys

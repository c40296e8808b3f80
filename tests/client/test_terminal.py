"""A terminal on real sockets, with a service that follows a script and a clock that stands still."""

from __future__ import annotations

import asyncio
import doctest
import inspect
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import TypeVar

import pytest

from fanfare.terminal import (
    BEGINNING,
    Bye,
    Cancel,
    Connected,
    Disconnected,
    Error,
    Event,
    JsonFile,
    Other,
    Push,
    Refused,
    Resumed,
    Snapshot,
    Terminal,
    Timing,
)
from tests.client.fake_service import DEADLINE_S, FakeGateway, HandshakeRefusal, position, push, resumed
from tests.client.manual_clock import START_S, ManualClock
from tests.client.tokens import token

AT_ONCE = Timing(ack_delay_s=0.0)
SELDOM_PING = Timing(ack_delay_s=0.0, ping_interval_s=9_000.0)

E = TypeVar("E")


class Heard:
    """What a terminal tells its application, read by the kind of event."""

    def __init__(self, terminal: Terminal) -> None:
        self._events = terminal.events()

    async def next(self, kind: type[E]) -> E:
        """The next event of this kind; those of other kinds are passed over."""
        async with asyncio.timeout(DEADLINE_S):
            async for event in self._events:
                if isinstance(event, kind):
                    return event
        raise AssertionError("the terminal is closed")

    async def close(self) -> None:
        await self._events.aclose()  # type: ignore[attr-defined]  # events() is an async generator


def terminal_of(gateway: FakeGateway, clock: ManualClock, timing: Timing = AT_ONCE) -> Terminal:
    return Terminal(gateway.url, token="opaque", timing=timing, clock=clock, rng=Random(1))  # noqa: S311 - repeatable


@asynccontextmanager
async def listening(terminal: Terminal) -> AsyncIterator[Heard]:
    async with terminal:
        heard = Heard(terminal)
        try:
            yield heard
        finally:
            await heard.close()


async def test_pushes_are_iterated_over_and_the_rest_goes_to_the_callback(
    gateway: FakeGateway, clock: ManualClock
) -> None:
    told: list[Event] = []
    terminal = Terminal(gateway.url, token="t", timing=AT_ONCE, clock=clock, on_event=told.append)
    async with terminal:
        pushes = aiter(terminal)
        peer = await gateway.next_peer()
        await peer.answer_resume()
        await peer.send("Echo: hello", push(1))
        got = await asyncio.wait_for(anext(pushes), DEADLINE_S)
        assert (got.message, [type(event).__name__ for event in told]) == (
            "message 1",
            ["Connected", "Resumed", "Other"],
        )


async def test_a_push_has_what_the_frame_says(gateway: FakeGateway, clock: ManualClock) -> None:
    async with listening(terminal_of(gateway, clock)) as heard:
        peer = await gateway.next_peer()
        await peer.answer_resume()
        await peer.send(push(1, ack="read", collapse_key="k", replayed=True, expires_at="2026-11-24T10:00:00.000Z"))
        got = await heard.next(Push)
    assert got.sent_at is not None
    assert got.expires_at is not None
    assert (got.ack, got.collapse_key, got.replayed, got.sent_at.hour, got.expires_at.hour) == (
        "read",
        "k",
        True,
        9,
        10,
    )


async def test_after_a_loss_it_comes_back_and_asks_for_what_it_missed(gateway: FakeGateway, clock: ManualClock) -> None:
    async with listening(terminal_of(gateway, clock)) as heard:
        first = await gateway.next_peer()
        await first.answer_resume()
        await first.send(push(7))
        await heard.next(Push)
        first.cut()
        lost = await heard.next(Disconnected)
        await clock.advance(lost.retry_in_s)
        second = await gateway.next_peer()
        assert await second.answer_resume() == {"action": "resume", "since": position(7)}


async def test_the_pauses_between_attempts_grow_to_the_cap(gateway: FakeGateway, clock: ManualClock) -> None:
    gateway.refusals.extend([HandshakeRefusal(503)] * 40)
    pauses: list[float] = []
    async with listening(terminal_of(gateway, clock)) as heard:
        for _ in range(40):
            lost = await heard.next(Disconnected)
            pauses.append(lost.retry_in_s)
            await clock.advance(lost.retry_in_s)
    assert pauses[0] <= 1.0
    assert 30.0 < max(pauses) <= 60.0


@pytest.mark.parametrize("status", [429, 503])
async def test_it_waits_as_long_as_retry_after_says(gateway: FakeGateway, clock: ManualClock, status: int) -> None:
    gateway.refusals.append(HandshakeRefusal(status, {"Retry-After": "120"}))
    async with listening(terminal_of(gateway, clock)) as heard:
        lost = await heard.next(Disconnected)
    assert 120.0 <= lost.retry_in_s <= 121.0


async def test_it_waits_as_long_as_a_bye_says(gateway: FakeGateway, clock: ManualClock) -> None:
    async with listening(terminal_of(gateway, clock)) as heard:
        peer = await gateway.next_peer()
        await peer.answer_resume()
        await peer.send({"type": "bye", "code": "resync", "reason": "slow", "reconnect": True, "retry_after": 30})
        lost = await heard.next(Disconnected)
    assert 30.0 <= lost.retry_in_s <= 31.0


async def test_a_bye_for_good_ends_the_iteration(gateway: FakeGateway, clock: ManualClock) -> None:
    async with listening(terminal_of(gateway, clock)) as heard:
        peer = await gateway.next_peer()
        await peer.answer_resume()
        await peer.send({"type": "bye", "code": "user_blocked", "reason": "left the company", "reconnect": False})
        with pytest.raises(Refused, match="user_blocked: left the company"):
            await heard.next(Disconnected)


async def test_received_is_acked_on_the_connection_that_brought_the_push(
    gateway: FakeGateway, clock: ManualClock
) -> None:
    async with terminal_of(gateway, clock):
        peer = await gateway.next_peer()
        await peer.answer_resume()
        await peer.send(push(1, ack="received"))
        assert await peer.next_frame() == {"action": "ack", "ids": ["push-1"], "kind": "received"}


async def test_acks_within_the_delay_share_a_frame(gateway: FakeGateway, clock: ManualClock) -> None:
    async with listening(terminal_of(gateway, clock, Timing(ack_delay_s=0.5))) as heard:
        peer = await gateway.next_peer()
        await peer.answer_resume()
        await peer.send(push(1, ack="received"), push(2, ack="received"))
        await heard.next(Push)
        await heard.next(Push)
        await clock.advance(0.5)
        assert (await peer.next_frame())["ids"] == ["push-1", "push-2"]


async def test_read_and_failed_are_said_by_the_application(gateway: FakeGateway, clock: ManualClock) -> None:
    terminal = terminal_of(gateway, clock)
    async with listening(terminal) as heard:
        peer = await gateway.next_peer()
        await peer.answer_resume()
        await peer.send(push(1), push(2))
        terminal.read(await heard.next(Push))
        assert await peer.next_frame() == {"action": "ack", "ids": ["push-1"], "kind": "read"}
        terminal.failed(await heard.next(Push), "no printer")
        assert await peer.next_frame() == {
            "action": "ack",
            "ids": ["push-2"],
            "kind": "failed",
            "detail": "no printer",
        }


async def test_what_is_read_while_there_is_no_connection_is_said_on_the_next_one(
    gateway: FakeGateway, clock: ManualClock
) -> None:
    terminal = terminal_of(gateway, clock)
    async with listening(terminal) as heard:
        first = await gateway.next_peer()
        await first.answer_resume()
        first.cut()
        lost = await heard.next(Disconnected)
        terminal.read("push-1")
        await clock.advance(lost.retry_in_s)
        second = await gateway.next_peer()
        frames = [await second.next_frame(), await second.next_frame()]
    assert {"action": "ack", "ids": ["push-1"], "kind": "read"} in frames


async def test_acks_that_are_due_are_sent_before_it_leaves(gateway: FakeGateway, clock: ManualClock) -> None:
    terminal = terminal_of(gateway, clock, Timing(ack_delay_s=3_600.0))
    async with listening(terminal) as heard:
        peer = await gateway.next_peer()
        await peer.answer_resume()
        await peer.send(push(1))
        terminal.read(await heard.next(Push))
    assert (await peer.next_frame())["kind"] == "read"


async def test_it_leaves_with_a_closing_handshake(gateway: FakeGateway, clock: ManualClock) -> None:
    async with listening(terminal_of(gateway, clock)) as heard:
        peer = await gateway.next_peer()
        await heard.next(Connected)
    assert await peer.wait_closed() == 1000


async def test_it_pings_when_nothing_was_heard_for_the_interval(gateway: FakeGateway, clock: ManualClock) -> None:
    async with listening(terminal_of(gateway, clock)) as heard:
        peer = await gateway.next_peer()
        await peer.answer_resume()
        await heard.next(Resumed)
        await clock.advance(300)
        assert await peer.next_frame() == {"action": "ping"}


async def test_it_does_not_ping_after_other_traffic(gateway: FakeGateway, clock: ManualClock) -> None:
    async with listening(terminal_of(gateway, clock)) as heard:
        peer = await gateway.next_peer()
        await peer.answer_resume()
        await heard.next(Resumed)
        await clock.advance(200)
        await peer.send(push(1))
        await heard.next(Push)
        await clock.advance(299)
        assert peer.frames.empty()


async def test_it_reconnects_when_no_pong_comes(gateway: FakeGateway, clock: ManualClock) -> None:
    async with listening(terminal_of(gateway, clock)) as heard:
        peer = await gateway.next_peer()
        await peer.answer_resume()
        await heard.next(Resumed)
        await clock.advance(300)
        await peer.next_frame()
        await clock.advance(15)
        assert "within 15 s of a ping" in (await heard.next(Disconnected)).reason


async def test_a_pong_keeps_the_connection(gateway: FakeGateway, clock: ManualClock) -> None:
    async with listening(terminal_of(gateway, clock)) as heard:
        peer = await gateway.next_peer()
        await peer.answer_resume()
        await heard.next(Resumed)
        await clock.advance(300)
        await peer.next_frame()
        await peer.send({"type": "pong"}, "a mark")
        await heard.next(Other)
        await clock.advance(200)
        await peer.send(push(1))
        assert (await heard.next(Push)).id == "push-1"


async def test_it_reconnects_when_a_resume_has_no_answer(gateway: FakeGateway, clock: ManualClock) -> None:
    async with listening(terminal_of(gateway, clock)) as heard:
        peer = await gateway.next_peer()
        await peer.next_frame()
        await peer.send('{"message": "Internal server error", "connectionId":"a=", "requestId":"b="}')
        await heard.next(Error)
        await clock.advance(46)
        assert "resume had no answer" in (await heard.next(Disconnected)).reason


async def test_before_two_hours_a_new_connection_takes_over(gateway: FakeGateway, clock: ManualClock) -> None:
    async with listening(terminal_of(gateway, clock, SELDOM_PING)) as heard:
        old = await gateway.next_peer()
        await old.answer_resume()
        await heard.next(Resumed)
        await clock.advance(115 * 60)
        new = await gateway.next_peer()
        await new.next_frame()
        # Until the new one has resumed, the old one still serves.
        await old.send(push(1))
        assert (await heard.next(Push)).id == "push-1"
        await new.send(push(1), push(2), resumed(2))
        assert (await heard.next(Push)).id == "push-2"
        assert (await heard.next(Connected)).renewed
        assert await old.wait_closed() == 1000


async def test_it_renews_no_earlier_than_at_ninety_minutes(gateway: FakeGateway, clock: ManualClock) -> None:
    async with listening(terminal_of(gateway, clock, SELDOM_PING)) as heard:
        peer = await gateway.next_peer()
        await peer.answer_resume()
        await heard.next(Resumed)
        await clock.advance(90 * 60 - 1)
        assert len(gateway.attempts) == 1


async def test_a_renewal_that_fails_leaves_the_old_connection(gateway: FakeGateway, clock: ManualClock) -> None:
    async with listening(terminal_of(gateway, clock, SELDOM_PING)) as heard:
        old = await gateway.next_peer()
        await old.answer_resume()
        await heard.next(Resumed)
        gateway.refusals.append(HandshakeRefusal(503))
        await clock.advance(115 * 60)
        await gateway.wait_for_attempts(2)
        await old.send(push(1))
        assert (await heard.next(Push)).id == "push-1"


async def test_the_token_is_refreshed_before_it_ends(gateway: FakeGateway, clock: ManualClock) -> None:
    tokens = iter([token(START_S + 3_600), token(START_S + 7_200, serial=2)])
    terminal = Terminal(gateway.url, token=lambda: next(tokens), timing=SELDOM_PING, clock=clock)
    async with listening(terminal) as heard:
        peer = await gateway.next_peer()
        await peer.answer_resume()
        await heard.next(Resumed)
        await clock.advance(3_300)
        assert await peer.next_frame() == {"action": "refresh", "token": token(START_S + 7_200, serial=2)}


async def test_that_no_fresh_token_can_be_had_is_told(gateway: FakeGateway, clock: ManualClock) -> None:
    tokens = [token(START_S + 60)]

    def provider() -> str:
        if not tokens:
            raise ConnectionError("the identity provider is away")
        return tokens.pop()

    terminal = Terminal(gateway.url, token=provider, timing=AT_ONCE, clock=clock)
    async with listening(terminal) as heard:
        peer = await gateway.next_peer()
        await peer.answer_resume()
        await heard.next(Resumed)
        await clock.advance(54)
        error = await heard.next(Error)
    assert (error.code, "the identity provider is away" in error.detail) == ("token_unavailable", True)


async def test_cancel_reaches_the_application(gateway: FakeGateway, clock: ManualClock) -> None:
    terminal = terminal_of(gateway, clock)
    async with listening(terminal) as heard:
        peer = await gateway.next_peer()
        await peer.answer_resume()
        await peer.send(push(1))
        await heard.next(Push)
        await peer.send({"type": "cancel", "id": "push-1"})
        terminal.recalled((await heard.next(Cancel)).id)
        assert await peer.next_frame() == {"action": "ack", "ids": ["push-1"], "kind": "recalled"}


async def test_it_takes_part_in_the_chat(gateway: FakeGateway, clock: ManualClock) -> None:
    terminal = terminal_of(gateway, clock)
    async with listening(terminal) as heard:
        peer = await gateway.next_peer()
        await peer.answer_resume()
        await heard.next(Connected)
        await terminal.say("hello")
        assert await peer.next_frame() == {"action": "onMessage", "message": "hello"}
        await peer.send("Echo: hello")
        assert (await heard.next(Other)).text == "Echo: hello"


async def test_an_application_that_falls_behind_stops_the_reading(gateway: FakeGateway, clock: ManualClock) -> None:
    async with terminal_of(gateway, clock) as terminal:
        peer = await gateway.next_peer()
        await peer.answer_resume()
        sending = asyncio.create_task(peer.send(*(push(number, message="x" * 20_000) for number in range(3_000))))
        done, _ = await asyncio.wait({sending}, timeout=1.0)
        assert not done
        async with asyncio.timeout(DEADLINE_S * 4):
            got = 0
            async for _push in terminal:
                got += 1
                if got == 3_000:
                    break
            await sending


async def test_the_state_outlives_the_terminal(gateway: FakeGateway, clock: ManualClock, tmp_path: Path) -> None:
    state = JsonFile(tmp_path / "state.json")
    for expected in (None, position(1)):
        terminal = Terminal(gateway.url, token="t", state=state, timing=AT_ONCE, clock=clock)
        async with listening(terminal) as heard:
            peer = await gateway.next_peer()
            assert await peer.answer_resume() == {"action": "resume", "since": expected}
            await peer.send(push(1), push(2) if expected else "a mark")
            assert (await heard.next(Push)).id == ("push-2" if expected else "push-1")


async def test_a_push_on_which_the_application_failed_comes_again(
    gateway: FakeGateway, clock: ManualClock, tmp_path: Path
) -> None:
    state = JsonFile(tmp_path / "state.json")

    async def fail_on_the_first() -> None:
        async with Terminal(gateway.url, token="t", state=state, timing=AT_ONCE, clock=clock) as terminal:
            peer = await gateway.next_peer()
            await peer.answer_resume()
            await peer.send(push(1))
            async for _push in terminal:
                raise RuntimeError("the application failed")

    with pytest.raises(RuntimeError):
        await fail_on_the_first()
    snapshot = state.load()
    assert snapshot is not None
    assert (snapshot.since, snapshot.seen) == (position(0), ())


class FullDisk:
    """A state that can only be saved from the second time on."""

    def __init__(self) -> None:
        self.saved: list[Snapshot] = []
        self._full = True

    def load(self) -> Snapshot | None:
        return None

    def save(self, snapshot: Snapshot) -> None:
        if self._full:
            self._full = False
            raise OSError("no space left on device")
        self.saved.append(snapshot)


async def test_a_state_that_cannot_be_saved_is_told(gateway: FakeGateway, clock: ManualClock) -> None:
    terminal = Terminal(gateway.url, token="t", state=FullDisk(), timing=AT_ONCE, clock=clock)
    async with listening(terminal) as heard:
        error = await heard.next(Error)
    assert (error.code, "no space left" in error.detail) == ("state_not_saved", True)


async def test_the_state_is_saved_when_the_terminal_leaves(gateway: FakeGateway, clock: ManualClock) -> None:
    state = FullDisk()
    terminal = Terminal(gateway.url, token="t", state=state, timing=AT_ONCE, clock=clock)
    async with listening(terminal) as heard:
        await heard.next(Error)
        peer = await gateway.next_peer()
        await peer.answer_resume(upto=7)
        await heard.next(Resumed)
    assert state.saved[-1].since == position(7)


async def test_all_that_is_kept_can_be_asked_for(gateway: FakeGateway, clock: ManualClock) -> None:
    async with Terminal(gateway.url, token="t", since=BEGINNING, timing=AT_ONCE, clock=clock):
        peer = await gateway.next_peer()
        assert (await peer.answer_resume())["since"] == BEGINNING


async def test_the_example_of_the_documentation_works(gateway: FakeGateway, capsys: pytest.CaptureFixture[str]) -> None:
    examples = doctest.DocTestParser().get_examples(inspect.getdoc(Terminal) or "")
    names: dict[str, object] = {"Terminal": Terminal}
    for example in examples:
        exec(example.source, names)  # noqa: S102 - our own documentation
    show = names["show"]
    assert inspect.iscoroutinefunction(show)
    showing = asyncio.create_task(show(gateway.url, "t"))
    peer = await gateway.next_peer()
    await peer.answer_resume()
    await peer.send(push(1, ack="read"))
    kinds = {(await peer.next_frame())["kind"], (await peer.next_frame())["kind"]}
    await peer.send({"type": "bye", "code": "over", "reason": "", "reconnect": False})
    with pytest.raises(Refused):
        await asyncio.wait_for(showing, DEADLINE_S)
    assert (kinds, capsys.readouterr().out) == ({"received", "read"}, "all message 1\n")


async def test_a_bye_is_told(gateway: FakeGateway, clock: ManualClock) -> None:
    async with listening(terminal_of(gateway, clock)) as heard:
        peer = await gateway.next_peer()
        await peer.send({"type": "bye", "code": "shutting_down", "reason": "restart", "reconnect": True})
        assert (await heard.next(Bye)).code == "shutting_down"

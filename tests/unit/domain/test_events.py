"""What others are told of pushes and presence, as CloudEvents."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.domain import events, topics
from services.domain.events import Event, state_of
from services.domain.pushes import Push, State
from services.domain.targets import json_form
from services.domain.targets.cover import Cover
from services.domain.targets.expression import Users
from services.domain.timeline import machine
from services.domain.timeline.run import Mark, Run
from services.domain.timeline.step import Step

NOON_S = 1_795_521_600.0
ALICE = Users(("alice",))
PUSH = Push(
    id="0191f3b4",
    sender="shop",
    target=json_form.to_json(ALICE),
    cover=Cover(ALICE, (topics.user("alice"),)),
    message={"text": "for alice alone"},
    created_at_s=NOON_S,
)
WAITING = PUSH.moved(State.WAITING, at_s=NOON_S, closing=False)
STATES = st.sampled_from(State)


def changed(before: Push | None, after: Push, *, at_s: float = NOON_S + 9) -> list[Event]:
    return list(events.of_push(None if before is None else state_of(before), state_of(after), at_s=at_s))


def names(told: list[Event]) -> list[str]:
    return [event.type.removeprefix("fanfare.push.") for event in told]


class TestPushes:
    @given(STATES)
    def test_a_new_one_is_told_as_created_and_with_its_state(self, state: State) -> None:
        told = changed(None, replace(PUSH, state=state))
        assert names(told) == ["created", state.value]
        assert [event.at_s for event in told] == [NOON_S, NOON_S]

    @given(before=STATES, after=STATES)
    def test_every_change_of_state_is_told_once_and_nothing_else(self, before: State, after: State) -> None:
        was = replace(PUSH, state=before)
        told = changed(was, was.moved(after, at_s=NOON_S + 1))
        assert names(told) == ([] if before is after else [after.value])
        assert all(event.data["previous_state"] == before.value for event in told)

    @given(before=STATES, after=STATES)
    def test_told_again_it_is_the_same_event(self, before: State, after: State) -> None:
        was = replace(PUSH, state=before)
        now = was.moved(after, at_s=NOON_S + 1)
        assert changed(was, now) == changed(was, now)

    def test_each_event_of_a_push_has_an_id_of_its_own(self) -> None:
        waiting = PUSH.moved(State.WAITING, at_s=NOON_S)
        sending = waiting.moved(State.SENDING, at_s=NOON_S)
        steps = [(None, PUSH), (PUSH, waiting), (waiting, sending), (sending, sending.moved(State.SENT, at_s=NOON_S))]
        ids = [event.id for before, after in steps for event in changed(before, after)]
        assert len(set(ids)) == len(ids) == 5
        assert all("." not in each and each.isascii() for each in ids)

    def test_it_is_dated_by_its_end_or_by_its_change(self) -> None:
        sending, cancelled = (PUSH.moved(to, at_s=NOON_S + 1) for to in (State.WAITING, State.CANCELLED))
        assert [event.at_s for event in changed(PUSH, sending)] == [NOON_S + 9]
        assert [event.at_s for event in changed(PUSH, cancelled)] == [NOON_S + 1]

    @pytest.mark.parametrize(
        ("reason", "told"), [("too many calls", {"by": "bob", "reason": "too many calls"}), (None, {"by": "bob"})]
    )
    @pytest.mark.parametrize(
        ("command", "state"),
        [(machine.halt, State.WAITING), (machine.reject, State.AWAITING_APPROVAL), (machine.cancel, State.WAITING)],
    )
    def test_what_a_person_did_is_told_with_their_reason(
        self, command: Callable[..., Step], state: State, reason: str | None, told: Mapping[str, object]
    ) -> None:
        before = PUSH.moved(state, at_s=NOON_S, closing=False)
        (event,) = changed(before, command(before, by="bob", reason=reason, now_s=NOON_S).push)
        assert {name: event.data[name] for name in ("by", "reason", "wave") if name in event.data} == told

    def test_a_wave_that_went_badly_is_told_with_what_went_badly(self) -> None:
        run = Run(halted_by=1, marks=(Mark(at_s=NOON_S, kind="halted", detail="failed 3 of 50"),))
        (event,) = changed(PUSH, PUSH.moved(State.HALTED, at_s=NOON_S, by="halt_if", run=run))
        assert (event.data["wave"], event.data["reason"]) == (2, "failed 3 of 50")
        assert "by" not in event.data

    def test_the_last_reason_counts(self) -> None:
        halted = machine.halt(
            PUSH.moved(State.WAITING, at_s=NOON_S, closing=False), by="bob", reason="one", now_s=NOON_S
        )
        resumed = machine.resume(halted.push, by="bob", now_s=NOON_S).push
        again = machine.halt(resumed, by="eve", reason="two", now_s=NOON_S).push
        (event,) = changed(resumed, again)
        assert (event.data["by"], event.data["reason"]) == ("eve", "two")

    def test_an_old_reason_is_not_told_of_a_new_state(self) -> None:
        halted = machine.halt(
            PUSH.moved(State.WAITING, at_s=NOON_S, closing=False), by="bob", reason="one", now_s=NOON_S
        )
        (event,) = changed(halted.push, machine.resume(halted.push, by="bob", now_s=NOON_S).push)
        assert "reason" not in event.data

    def test_no_message_and_no_target_is_told(self) -> None:
        written = "".join(events.to_json(event, source="/fanfare") for event in changed(None, PUSH))
        assert "alice" not in written


class TestPresence:
    def test_a_terminal_is_told_with_its_user(self) -> None:
        event = events.of_presence("terminal", "alice/pc", online=True, at_s=NOON_S, user="alice")
        assert (event.type, event.subject) == ("fanfare.terminal.connected", "terminal:alice/pc")
        assert event.data == {"terminal": "alice/pc", "user": "alice"}

    @given(st.tuples(st.sampled_from(["terminal", "user"]), st.text(min_size=1), st.booleans(), st.integers(0, 10)))
    def test_the_id_is_that_of_what_happened_when(self, what: tuple[str, str, bool, int]) -> None:
        def told(kind: str, name: str, online: bool, second: int) -> str:
            return events.of_presence(kind, name, online=online, at_s=NOON_S + second).id  # type: ignore[arg-type]

        kind, name, online, second = what
        same = told(kind, name, online, second)
        assert same == told(kind, name, online, second)
        other_kind = "user" if kind == "terminal" else "terminal"
        others = {
            told(other_kind, name, online, second),
            told(kind, f"{name}.", online, second),
            told(kind, name, not online, second),
            told(kind, name, online, second + 1),
        }
        assert len(others) == 4
        assert same not in others


class TestEnvelope:
    def test_it_is_a_cloud_event_in_structured_mode(self) -> None:
        (event,) = changed(PUSH, PUSH.moved(State.WAITING, at_s=NOON_S))
        assert json.loads(events.to_json(event, source="/fanfare/office")) == {
            "specversion": "1.0",
            "id": "0191f3b4/1/waiting",
            "source": "/fanfare/office",
            "type": "fanfare.push.waiting",
            "subject": "push:0191f3b4",
            "time": "2026-11-24T12:00:09.000Z",
            "datacontenttype": "application/json",
            "data": {
                "push": "0191f3b4",
                "state": "waiting",
                "previous_state": "sending",
                "step": 1,
                "sender": "shop",
            },
        }

    @given(st.text(min_size=1), st.floats(0, 4e9))
    def test_any_name_can_be_written(self, name: str, at_s: float) -> None:
        written = events.to_json(events.of_presence("user", name, online=True, at_s=at_s), source="/fanfare")
        read = json.loads(written.encode())
        assert read["data"]["user"] == name
        assert datetime.fromisoformat(read["time"]).tzinfo is not None


class TestPatterns:
    @pytest.mark.parametrize(
        ("pattern", "meant"),
        [
            ("*", set(events.TYPES)),
            ("push.*", {name for name in events.TYPES if ".push." in name}),
            ("push.halted", {"fanfare.push.halted"}),
            ("*.connected", {"fanfare.terminal.connected", "fanfare.user.connected"}),
            ("push", set()),
            ("fanfare.push.halted", set()),
        ],
    )
    def test_a_star_stands_for_anything(self, pattern: str, meant: set[str]) -> None:
        assert {name for name in events.TYPES if events.is_among(name, [pattern])} == meant

    def test_every_state_has_a_type(self) -> None:
        assert {f"fanfare.push.{state.value}" for state in State} < set(events.TYPES)

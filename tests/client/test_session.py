"""The protocol without sockets: what is asked, shown, acked and remembered."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from fanfare.acknowledgements import Ack
from fanfare.frames import BEGINNING, AckKind, Cancel, Error, Event, JsonValue, Push, Reminder, Resumed
from fanfare.session import Conversation, Session
from fanfare.state import Snapshot
from tests.client.fake_service import position, push, resumed


def opened(session: Session) -> Conversation:
    """A conversation that has asked to resume and has had no answer."""
    conversation = session.conversation()
    conversation.opened()
    return conversation


def live(session: Session, upto: int = 0) -> Conversation:
    """A conversation whose resume is over."""
    conversation = opened(session)
    conversation.received(json.dumps(resumed(upto)))
    return conversation


def taken(session: Session) -> list[Event]:
    events: list[Event] = []
    while (event := session.take()) is not None:
        events.append(event)
    return events


def shown(session: Session) -> list[str]:
    return [event.id for event in taken(session) if isinstance(event, Push)]


def actions(texts: list[str]) -> list[dict[str, JsonValue]]:
    return [json.loads(text) for text in texts]


def receive(conversation: Conversation, *frames: dict[str, JsonValue]) -> list[dict[str, JsonValue]]:
    return [answer for frame in frames for answer in actions(conversation.received(json.dumps(frame)))]


def test_the_first_resume_asks_from_now_on() -> None:
    conversation = Session(Snapshot()).conversation()
    assert actions(conversation.opened()) == [{"action": "resume", "since": None}]


def test_a_later_resume_asks_from_the_newest_push() -> None:
    session = Session(Snapshot())
    receive(live(session), push(7), push(5))
    assert actions(session.conversation().opened()) == [{"action": "resume", "since": position(7)}]


def test_what_was_resumed_counts_as_seen_without_any_push() -> None:
    session = Session(Snapshot(position(1)))
    live(session, upto=9)
    assert session.since == position(9)


def test_more_is_asked_for_until_there_is_no_more() -> None:
    session = Session(Snapshot(position(1)))
    conversation = opened(session)
    answers = receive(conversation, resumed(4, more=True), resumed(8, more=True), resumed(9))
    assert [answer["since"] for answer in answers] == [position(4), position(8)]


def test_a_replay_that_was_broken_off_goes_on_where_its_last_page_ended() -> None:
    session = Session(Snapshot(position(1)))
    bookmark = f"{position(4)}~connection"
    receive(opened(session), {"type": "resumed", "upto": bookmark, "more": True, "recovered": True})
    assert session.since == bookmark


def test_a_page_that_ends_at_no_position_is_gone_on_with_but_not_kept() -> None:
    session = Session(Snapshot(position(1)))
    answers = receive(opened(session), {"type": "resumed", "upto": "page-2", "more": True, "recovered": True})
    assert (answers[0]["since"], session.since) == ("page-2", position(1))


def test_a_service_that_does_not_move_on_is_not_asked_for_ever() -> None:
    session = Session(Snapshot(position(4)))
    assert receive(opened(session), resumed(4, more=True)) == []
    assert [event.code for event in taken(session) if isinstance(event, Error)] == ["resume_stuck"]


def test_a_live_push_during_a_replay_does_not_hide_what_is_still_to_be_replayed() -> None:
    session = Session(Snapshot(position(1)))
    receive(opened(session), push(50), push(2, replayed=True))
    assert session.since == position(1)


def test_the_live_push_counts_once_the_replay_is_complete() -> None:
    session = Session(Snapshot(position(1)))
    receive(opened(session), push(50), resumed(40))
    assert session.since == position(50)


def test_a_push_before_the_first_resume_was_answered_is_where_the_next_one_begins() -> None:
    session = Session(Snapshot())
    receive(opened(session), push(5), push(6))
    assert session.since == position(5)


def test_a_double_is_shown_once() -> None:
    session = Session(Snapshot())
    receive(live(session), push(1), push(1, replayed=True), push(2))
    assert shown(session) == ["push-1", "push-2"]


def test_a_double_on_the_connection_that_takes_over_is_shown_once() -> None:
    session = Session(Snapshot())
    for conversation in (live(session), live(session)):
        receive(conversation, push(1))
    assert shown(session) == ["push-1"]


def test_a_push_called_back_before_it_came_is_never_shown() -> None:
    session = Session(Snapshot())
    receive(live(session), {"type": "cancel", "id": "push-1"}, push(1))
    assert shown(session) == []


def test_a_push_called_back_while_it_waits_is_never_shown() -> None:
    session = Session(Snapshot())
    receive(live(session), push(1), {"type": "cancel", "id": "push-1"})
    assert shown(session) == []


def test_of_a_shown_push_that_is_called_back_the_application_is_told() -> None:
    session = Session(Snapshot())
    conversation = live(session)
    receive(conversation, push(1))
    taken(session)
    receive(conversation, {"type": "cancel", "id": "push-1"})
    assert [event.id for event in taken(session) if isinstance(event, Cancel)] == ["push-1"]


def test_a_call_back_that_is_repeated_is_told_once() -> None:
    session = Session(Snapshot())
    for conversation in (live(session), live(session)):
        receive(conversation, {"type": "cancel", "id": "push-1"})
    assert [event.id for event in taken(session) if isinstance(event, Cancel)] == ["push-1"]


def reminded(session: Session) -> list[str]:
    return [event.push.id for event in taken(session) if isinstance(event, Reminder)]


def again(number: int, at: int) -> dict[str, JsonValue]:
    """The `number`th push, sent again at the `at`th position since it was not read."""
    return push(number, ack="read", position=position(at))


def test_a_push_that_is_sent_again_reminds_of_itself_and_is_not_shown_twice() -> None:
    session = Session(Snapshot())
    conversation = live(session)
    receive(conversation, push(1, ack="read"))
    assert shown(session) == ["push-1"]
    receive(conversation, again(1, at=9))
    events = taken(session)
    assert [type(event) for event in events] == [Reminder]


def test_each_time_it_is_sent_again_it_reminds_once() -> None:
    session = Session(Snapshot())
    conversation = live(session)
    receive(conversation, push(1, ack="read"))
    taken(session)
    receive(conversation, again(1, at=8), again(1, at=8))
    receive(live(session), again(1, at=8))
    assert reminded(session) == ["push-1"]
    receive(conversation, again(1, at=9))
    assert reminded(session) == ["push-1"]


@pytest.mark.parametrize("members", [{"ack": "received"}, {}])
def test_what_need_not_be_read_does_not_remind(members: dict[str, JsonValue]) -> None:
    session = Session(Snapshot())
    conversation = live(session)
    receive(conversation, push(1, **members))
    taken(session)
    receive(conversation, push(1, **members, position=position(9)))
    assert reminded(session) == []


@pytest.mark.parametrize(("kind", "reminds"), [("read", False), ("recalled", False), ("failed", True)])
def test_what_was_dealt_with_does_not_remind(kind: AckKind, reminds: bool) -> None:
    session = Session(Snapshot())
    conversation = live(session)
    receive(conversation, push(1, ack="read"))
    taken(session)
    session.acknowledge(Ack("push-1", kind))
    receive(conversation, again(1, at=9))
    assert bool(reminded(session)) is reminds


def test_what_was_called_back_does_not_remind() -> None:
    session = Session(Snapshot())
    conversation = live(session)
    receive(conversation, push(1, ack="read"))
    taken(session)
    receive(conversation, {"type": "cancel", "id": "push-1"}, again(1, at=9))
    assert reminded(session) == []


def test_a_reminder_that_waits_goes_when_its_push_is_called_back() -> None:
    session = Session(Snapshot())
    conversation = live(session)
    receive(conversation, push(1, ack="read"))
    taken(session)
    receive(conversation, again(1, at=9), {"type": "cancel", "id": "push-1"})
    assert [type(event) for event in taken(session)] == [Cancel]


def test_a_push_that_still_waits_to_be_shown_does_not_remind_as_well() -> None:
    session = Session(Snapshot())
    receive(live(session), push(1, ack="read"), again(1, at=9))
    assert [type(event) for event in taken(session)] == [Resumed, Push]


def test_what_is_sent_again_is_acked_as_received_again() -> None:
    session = Session(Snapshot())
    conversation = live(session)
    for frame in (push(1, ack="read"), again(1, at=9)):
        receive(conversation, frame)
        assert actions(conversation.acks()) == [{"action": "ack", "ids": ["push-1"], "kind": "received"}]


def test_what_is_sent_again_though_it_was_read_is_acked_as_read_again() -> None:
    session = Session(Snapshot())
    conversation = live(session)
    receive(conversation, push(1, ack="read"))
    session.acknowledge(Ack("push-1", "read"))
    conversation.acks()
    receive(conversation, again(1, at=9))
    assert [frame["kind"] for frame in actions(conversation.acks())] == ["read"]


def test_after_a_restart_a_double_does_not_remind_but_what_is_sent_again_does() -> None:
    before = Session(Snapshot())
    receive(live(before), push(1, ack="read"))
    taken(before)
    session = Session(before.snapshot())
    conversation = opened(session)
    receive(conversation, push(1, ack="read", replayed=True))
    assert reminded(session) == []
    receive(conversation, again(1, at=9))
    assert reminded(session) == ["push-1"]


def test_a_reminder_that_was_not_handled_comes_again_after_a_restart() -> None:
    before = Session(Snapshot())
    conversation = live(before)
    receive(conversation, push(1, ack="read"))
    taken(before)
    receive(conversation, again(1, at=9))
    session = Session(before.snapshot())
    receive(opened(session), push(1, ack="read", replayed=True), again(1, at=9))
    assert reminded(session) == ["push-1"]


def test_the_unread_that_are_remembered_are_bounded() -> None:
    session = Session(Snapshot(), remember=3)
    receive(live(session), *(push(number, ack="read") for number in range(5)))
    taken(session)
    assert set(session.snapshot().unread) == {"push-2", "push-3", "push-4"}


def test_that_something_may_be_missing_is_told() -> None:
    session = Session(Snapshot(position(1)))
    receive(opened(session), resumed(9, recovered=False))
    assert [event.recovered for event in taken(session) if isinstance(event, Resumed)] == [False]


def test_received_is_acked_only_where_it_is_asked_for() -> None:
    session = Session(Snapshot())
    conversation = live(session)
    receive(conversation, push(1), push(2, ack="received"), push(3, ack="read"))
    assert actions(conversation.acks()) == [{"action": "ack", "ids": ["push-2", "push-3"], "kind": "received"}]


def test_a_double_is_acked_again() -> None:
    session = Session(Snapshot())
    first = live(session)
    receive(first, push(1, ack="received"))
    first.acks()
    second = live(session)
    receive(second, push(1, ack="received", replayed=True))
    assert [frame["ids"] for frame in actions(second.acks())] == [["push-1"]]


def test_a_push_called_back_before_it_was_shown_is_acked_as_recalled() -> None:
    session = Session(Snapshot())
    conversation = live(session)
    receive(conversation, {"type": "cancel", "id": "push-1"}, push(1, ack="read"))
    assert [frame["kind"] for frame in actions(conversation.acks())] == ["recalled"]


def test_an_ack_frame_names_at_most_a_hundred_pushes() -> None:
    session = Session(Snapshot())
    conversation = live(session)
    receive(conversation, *(push(number, ack="received") for number in range(250)))
    assert [len(frame["ids"]) for frame in actions(conversation.acks()) if isinstance(frame["ids"], list)] == [
        100,
        100,
        50,
    ]


def test_acks_that_may_have_been_lost_with_a_connection_go_by_the_next_one() -> None:
    session = Session(Snapshot())
    first = live(session)
    receive(first, push(1, ack="received"))
    first.acks()
    first.closed(clean=False)
    assert [frame["ids"] for frame in actions(live(session).acks())] == [["push-1"]]


def test_acks_before_a_ping_that_was_answered_are_not_sent_again() -> None:
    session = Session(Snapshot())
    first = live(session)
    receive(first, push(1, ack="received"))
    first.acks()
    first.ping()
    receive(first, push(2, ack="received"))
    first.acks()
    receive(first, {"type": "pong"})
    first.closed(clean=False)
    assert [frame["ids"] for frame in actions(live(session).acks())] == [["push-2"]]


def test_acks_before_a_closing_handshake_are_not_sent_again() -> None:
    session = Session(Snapshot())
    first = live(session)
    receive(first, push(1, ack="received"))
    first.acks()
    first.closed(clean=True)
    assert live(session).acks() == []


def test_a_push_that_was_not_handled_comes_again_after_a_restart() -> None:
    session = Session(Snapshot())
    conversation = live(session, upto=1)
    receive(conversation, push(2), push(3))
    while not isinstance(session.take(), Push):
        continue
    session.handled()
    assert session.snapshot() == Snapshot(position(2), ("push-2",))


def test_a_push_that_is_in_hand_is_not_handled() -> None:
    session = Session(Snapshot(position(1)))
    receive(live(session, upto=1), push(2))
    while not isinstance(session.take(), Push):
        continue
    assert session.snapshot() == Snapshot(position(1), ())


def test_what_was_shown_in_an_earlier_run_is_not_shown_again() -> None:
    session = Session(Snapshot(position(3), ("push-3",)))
    receive(opened(session), push(3, replayed=True), resumed(3))
    assert shown(session) == []


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ('{"message": "Internal server error", "connectionId":"a=", "requestId":"b="}', "Internal server error"),
        ('{"type":"error","code":"unknown_action","detail":"no"}', "no"),
    ],
)
def test_an_error_frame_is_told(text: str, detail: str) -> None:
    session = Session(Snapshot())
    live(session).received(text)
    assert [event.detail for event in taken(session) if isinstance(event, Error)] == [detail]


class _Link:
    """A connection of the model: what is on its way to the terminal, in order."""

    def __init__(self, conversation: Conversation) -> None:
        self.conversation = conversation
        self.coming: list[dict[str, JsonValue]] = []


class Network(RuleBasedStateMachine):
    """A model of the service and a network that loses connections at any moment.

    The service writes a slice to its log first and delivers it later, at most `IN_FLIGHT` slices behind; a resume
    re-reads as many before `since`, in pages.
    """

    IN_FLIGHT = 2
    PAGE = 4

    def __init__(self) -> None:
        super().__init__()
        self.session = Session(Snapshot(BEGINNING))
        self.links: list[_Link] = []
        self.log: list[int] = []
        self.undelivered: list[int] = []
        self.called_back: set[int] = set()
        self.told_of_cancel: set[str] = set()
        self.shown: list[str] = []
        self.highest_since = BEGINNING

    @rule(count=st.integers(1, 4))
    def release(self, count: int) -> None:
        for _ in range(count):
            self.log.append(len(self.log) + 1)
            self.undelivered.append(len(self.log))
            if len(self.undelivered) > self.IN_FLIGHT:
                self.deliver_slice(0)

    @precondition(lambda self: self.undelivered)
    @rule(which=st.integers(0, IN_FLIGHT))
    def deliver_slice(self, which: int) -> None:
        number = self.undelivered.pop(which % len(self.undelivered))
        # Also what was called back a moment ago: a page of deliveries that is under way is not stopped.
        for link in self.links:
            link.coming.append(push(number))

    @precondition(lambda self: self.log)
    @rule(back=st.integers(1, 3))
    def call_back(self, back: int) -> None:
        number = self.log[-min(back, len(self.log))]
        self.called_back.add(number)
        for link in self.links:
            link.coming.append({"type": "cancel", "id": f"push-{number}"})

    @precondition(lambda self: len(self.links) < 3)
    @rule()
    def connect(self) -> None:
        link = _Link(self.session.conversation())
        self.links.append(link)
        self.serve(link, link.conversation.opened())

    @precondition(lambda self: self.links)
    @rule(which=st.integers(0, 5))
    def lose(self, which: int) -> None:
        if which >= len(self.links):
            return
        link = self.links.pop(which)
        link.conversation.closed(clean=False)

    @precondition(lambda self: any(link.coming for link in self.links))
    @rule(which=st.integers(0, 2), count=st.integers(1, 6))
    def arrive(self, which: int, count: int) -> None:
        link = self.links[which % len(self.links)]
        for _ in range(min(count, len(link.coming))):
            frame = link.coming.pop(0)
            if frame["type"] == "cancel":
                self.told_of_cancel.add(str(frame["id"]))
            self.serve(link, link.conversation.received(json.dumps(frame)))

    @rule(count=st.integers(1, 6))
    def take(self, count: int) -> None:
        for _ in range(count):
            event = self.session.take()
            if isinstance(event, Push):
                assert event.id not in self.shown, "shown twice"
                assert event.id not in self.told_of_cancel, "shown after it was called back"
                self.shown.append(event.id)

    @rule(chance=st.integers(0, 5))
    def restart(self, chance: int) -> None:
        if chance:
            return
        self.session.handled()
        self.session = Session(self.session.snapshot())
        self.links.clear()
        # What the terminal heard of call-backs went with it; the service replays nothing that was called back.
        self.told_of_cancel.clear()

    def serve(self, link: _Link, requests: list[str]) -> None:
        for request in actions(requests):
            assert request["action"] == "resume"
            since = request["since"]
            assert isinstance(since, str)
            # A bookmark goes on exactly where a page ended, but on its own connection only; everything else is read
            # with the overlap before it.
            place, _, whose = since.partition("~")
            after = int(place[-12:], 16) - (0 if whose == str(id(link)) else self.IN_FLIGHT + 1)
            page = [number for number in self.log if number > after]
            for number in page[: self.PAGE]:
                if number not in self.called_back:
                    link.coming.append(push(number, replayed=True))
            if len(page) > self.PAGE:
                bookmark = f"{position(page[self.PAGE - 1])}~{id(link)}"
                link.coming.append({"type": "resumed", "upto": bookmark, "more": True})
            else:
                link.coming.append(resumed(len(self.log)))

    @invariant()
    def since_never_goes_back(self) -> None:
        since = self.session.since
        assert since is not None
        if not self.links and since < self.highest_since:
            # After a restart it may: what had not been handled is asked for again.
            self.highest_since = since
        assert since >= self.highest_since
        self.highest_since = since

    def teardown(self) -> None:
        """In the end, on a network that holds, the terminal has shown all that was not called back."""
        while self.undelivered:
            self.deliver_slice(0)
        while self.links:
            self.lose(0)
        self.connect()
        while self.links[0].coming:
            self.arrive(0, 1)
        while self.session.waiting:
            self.take(1)
        missing = {f"push-{number}" for number in self.log if number not in self.called_back} - set(self.shown)
        assert not missing


TestAnyNetwork = Network.TestCase
TestAnyNetwork.settings = settings(
    max_examples=200, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
)

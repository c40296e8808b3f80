"""Replay: what a terminal that was away gets, in which order, and what it is told about the rest."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.connections import membership
from services.domain import positions
from services.domain.connection import Connection
from services.domain.positions import BEGINNING
from services.domain.problems import Problem
from services.domain.pushes import Counts, LogEntry, Push
from services.domain.ring import SIZE, Arc
from services.domain.topics import ALL, Topic
from services.messages import replay
from services.messages import resume as resume_module
from services.messages.replay import OVERLAP_S, collapsed, visible
from services.messages.resume import resume
from services.pushes.commands import cancel
from tests.contract import makers
from tests.contract.adapters import NOON_S
from tests.unit.services.service import HOUR_S, Service
from tests.unit.services.sockets import Frame

LATER_S = 10 * OVERLAP_S
"""So long that no overlap reaches back over it."""


async def _resumed(service: Service, row: Connection, since: str | None) -> Frame:
    """The answer to a resume."""
    before = len(service.sockets.frames(row.connection_id))
    await resume(service.ports, row, since)
    answer = service.sockets.frames(row.connection_id)[before:][-1]
    assert answer["type"] == "resumed"
    return answer


async def _resumed_to_the_end(service: Service, row: Connection, since: str) -> list[Frame]:
    """Resume again and again while there is more; the answers."""
    answers = [await _resumed(service, row, since)]
    while answers[-1]["more"]:
        answers.append(await _resumed(service, row, str(answers[-1]["upto"])))
    return answers


async def _missed(service: Service, *targets: object) -> list[Push]:
    """Pushes that were sent a second apart while nobody was there."""
    sent: list[Push] = []
    for target in targets:
        service.clock.at_s += 1
        sent.append(await service.send(target))
    return sent


def _never_submitted(service: Service, monkeypatch: pytest.MonkeyPatch, pushes: Sequence[Push]) -> list[str]:
    """Leave only the log entries of these, as if their submissions had been broken off; which pushes are looked up."""
    looked_up: list[str] = []
    absent = {push.id for push in pushes}
    get_many = service.storage.pushes.get_many

    async def of_those_that_are_there(push_ids: Collection[str]) -> Mapping[str, Push]:
        looked_up.extend(push_ids)
        return await get_many(set(push_ids) - absent)

    monkeypatch.setattr(service.storage.pushes, "get_many", of_those_that_are_there)
    return looked_up


def _ids(pushes: Sequence[Push]) -> list[str]:
    return [push.id for push in pushes]


@pytest.fixture(autouse=True)
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "RETRY_DELAYS_S", (0.0, 0.0))


@pytest.fixture
async def left_at(service: Service) -> str:
    """The position that a terminal had seen when it went away, long ago by now."""
    position = positions.lowest_at(service.clock.at_s)
    service.clock.at_s += LATER_S
    return position


async def test_without_a_position_nothing_is_replayed(service: Service) -> None:
    await _missed(service, "all")
    row = await service.connect("a")
    assert await _resumed(service, row, None) == {
        "type": "resumed",
        "upto": positions.lowest_at(service.clock.at_s),
        "more": False,
        "recovered": True,
    }
    assert service.pushes_at("a") == []


async def test_what_was_missed_comes_in_order_of_release_and_says_so(service: Service, left_at: str) -> None:
    sent = await _missed(service, "user:alice", "all", "group:ops", "terminal:alice/a")
    row = await service.connect("a", groups=("ops",))
    answer = await _resumed(service, row, left_at)
    frames = service.sockets.frames("a", "push")
    assert [(frame["id"], frame["topic"]) for frame in frames] == list(
        zip(_ids(sent), ("user:alice", "all", "group:ops", "terminal:alice/a"), strict=True)
    )
    assert all(frame["replayed"] for frame in frames)
    assert (answer["more"], answer["recovered"]) == (False, True)


async def test_a_replayed_push_has_the_position_and_time_of_its_release(service: Service, left_at: str) -> None:
    await service.connect("here")
    await _missed(service, "all")
    row = await service.connect("a")
    service.clock.at_s += 5
    await _resumed(service, row, left_at)
    ((live,), (replayed,)) = (service.sockets.frames(each, "push") for each in ("here", "a"))
    assert replayed == {**live, "replayed": True}


async def test_the_answer_is_where_to_go_on(service: Service, left_at: str) -> None:
    await _missed(service, "all")
    row = await service.connect("a")
    service.clock.at_s += LATER_S
    answer = await _resumed(service, row, left_at)
    service.clock.at_s += LATER_S
    (later,) = await _missed(service, "user:alice")
    back = await service.connect("b")
    await _resumed(service, back, str(answer["upto"]))
    assert service.pushes_at("b") == [later.id]


@pytest.mark.parametrize(
    "since",
    ["", "now", "01a20d6d-5a00-7080", BEGINNING.upper().replace("0", "A"), "0", f"{BEGINNING} ", f"~{BEGINNING}"],
)
async def test_what_is_no_position_is_refused(service: Service, since: str) -> None:
    row = await service.connect("a")
    with pytest.raises(Problem, match="invalid_since"):
        await resume(service.ports, row, since)


@pytest.mark.parametrize(("before_s", "comes"), [(OVERLAP_S - 1, True), (OVERLAP_S + 1, False)])
async def test_it_looks_back_as_far_as_something_may_have_been_under_way(
    service: Service, before_s: int, comes: bool
) -> None:
    push = await service.send()
    since = positions.lowest_at(service.clock.at_s + before_s)
    service.clock.at_s += LATER_S
    await _resumed(service, await service.connect("a"), since)
    assert service.pushes_at("a") == ([push.id] if comes else [])


async def test_on_the_same_connection_it_goes_on_exactly(
    service: Service, left_at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resume_module, "BATCH", 2)
    sent = await _missed(service, *["all"] * 5)
    answers = await _resumed_to_the_end(service, row := await service.connect("a"), left_at)
    assert [answer["more"] for answer in answers] == [True, True, False]
    assert service.pushes_at(row.connection_id) == _ids(sent)


async def test_on_another_connection_it_looks_back_again(
    service: Service, left_at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resume_module, "BATCH", 2)
    sent = await _missed(service, *["all"] * 3)
    answer = await _resumed(service, await service.connect("a"), left_at)
    await _resumed(service, await service.connect("b"), str(answer["upto"]))
    assert service.pushes_at("b") == _ids(sent[:2])


async def test_of_a_collapse_key_only_the_newest_comes(service: Service, left_at: str) -> None:
    await service.send("all", 1, collapse_key="temperature")
    other = await service.send("all", 2, collapse_key="humidity")
    plain = await service.send("all", 3)
    newest = await service.send("user:alice", 4, collapse_key="temperature")
    await _resumed(service, await service.connect("a"), left_at)
    assert service.pushes_at("a") == _ids([other, plain, newest])


async def test_a_newer_push_of_the_key_that_is_for_others_replaces_nothing(service: Service, left_at: str) -> None:
    mine = await service.send("all", 1, collapse_key="temperature")
    await service.send("user:bob", 2, collapse_key="temperature")
    await _resumed(service, await service.connect("a"), left_at)
    assert service.pushes_at("a") == [mine.id]


async def test_a_newer_push_of_the_key_whose_submission_broke_off_replaces_nothing(
    service: Service, left_at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = [await service.send("all", number, collapse_key="temperature") for number in range(4)]
    _never_submitted(service, monkeypatch, sent[2:])
    await _resumed(service, await service.connect("a"), left_at)
    assert service.pushes_at("a") == [sent[1].id]


async def test_one_that_broke_off_replaces_nothing_of_an_earlier_batch_either(
    service: Service, left_at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resume_module, "BATCH", 2)
    kept = await service.send("all", collapse_key="temperature")
    others = await _missed(service, *["all"] * 3)
    broken = await service.send("all", collapse_key="temperature")
    _never_submitted(service, monkeypatch, [broken])
    await _resumed_to_the_end(service, await service.connect("a"), left_at)
    assert service.pushes_at("a") == _ids([kept, *others])


async def test_of_many_pushes_of_a_key_only_the_newest_is_looked_up(
    service: Service, left_at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    *_, newest = [await service.send("all", number, collapse_key="temperature") for number in range(5)]
    looked_up = _never_submitted(service, monkeypatch, [])
    await _resumed(service, await service.connect("a"), left_at)
    assert looked_up == [newest.id]


async def test_a_cancelled_push_is_recalled(service: Service, left_at: str) -> None:
    cancelled, other = await _missed(service, "all", "all")
    await cancel(service.ports, cancelled.id, by="admin")
    await service.settle()
    await _resumed(service, await service.connect("a"), left_at)
    assert [(frame["type"], frame["id"]) for frame in service.sockets.frames("a", "push", "cancel")] == [
        ("cancel", cancelled.id),
        ("push", other.id),
    ]


async def test_who_had_it_on_screen_is_told_of_the_recall(service: Service) -> None:
    push = await service.send()
    service.clock.at_s += LATER_S
    since = positions.lowest_at(service.clock.at_s)
    service.clock.at_s += LATER_S
    await cancel(service.ports, push.id, by="admin")
    await service.settle()
    await _resumed(service, await service.connect("a"), since)
    assert service.sockets.frames("a", "push", "cancel") == [{"type": "cancel", "id": push.id}]


async def test_what_has_expired_does_not_come(service: Service, left_at: str) -> None:
    await service.send(expires_in="10s")
    kept = await service.send(expires_in="20s")
    service.clock.at_s += 10
    await _resumed(service, await service.connect("a"), left_at)
    assert service.pushes_at("a") == [kept.id]


async def test_what_is_not_retained_does_not_come_and_was_not_promised(service: Service, left_at: str) -> None:
    await service.send(retain="0s")
    answer = await _resumed(service, await service.connect("a"), left_at)
    assert (service.pushes_at("a"), answer["recovered"]) == ([], True)


async def test_only_who_is_meant_gets_what_is_in_the_log(service: Service, left_at: str) -> None:
    (push,) = await _missed(service, "group:ops and os = windows and not user:bob")
    for connection_id, user, os in (("yes", "alice", "windows"), ("no1", "alice", "linux"), ("no2", "bob", "windows")):
        row = await service.connect(connection_id, user, groups=("ops",), attributes={"os": os})
        await _resumed(service, row, left_at)
    assert [service.pushes_at(each) for each in ("yes", "no1", "no2")] == [[push.id], [], []]


async def test_a_push_under_two_of_its_topics_comes_once(service: Service, left_at: str) -> None:
    await service.crowd(100)
    (push,) = await _missed(service, "user:alice or group:ops")
    assert len(push.cover.topics) == 2
    await _resumed(service, await service.connect("a", groups=("ops",)), left_at)
    assert service.pushes_at("a") == [push.id]


async def test_groups_are_those_of_now(service: Service, left_at: str) -> None:
    await service.connect("a")
    await service.crowd(100)
    for group in ("night", "day"):
        await membership.join(service.ports, group, "alice", by="admin")
    night, _ = await _missed(service, "group:night", "group:day")
    await membership.leave(service.ports, "day", "alice", by="admin")
    back = await service.connect("b")
    row = await membership.refile(service.ports, back)
    await _resumed(service, row, left_at)
    assert service.pushes_at("b") == [night.id]


@pytest.mark.parametrize(("place", "is_visible"), [(99, False), (100, True), (109, True), (110, False)])
def test_a_slice_is_for_those_on_its_arc(place: int, is_visible: bool) -> None:
    entry = replace(makers.log_entry(makers.push()), topic=ALL, arc=Arc(100, 10))
    assert visible(entry, makers.connection("a", place=place), NOON_S) is is_visible


async def test_all_batches_together_are_all_there_is(
    service: Service, left_at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resume_module, "BATCH", 3)
    sent = await _missed(service, *["all", "user:alice"] * 4)
    await _resumed_to_the_end(service, await service.connect("a"), left_at)
    assert service.pushes_at("a") == _ids(sent)


async def test_a_long_log_is_read_in_parts_and_nothing_is_passed_by(
    service: Service, left_at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "SCANNED_AT_MOST", 3)
    targets = ["all"] * 5 + ["user:alice"] * 7 + ["all"] * 2
    sent = await _missed(service, *targets)
    answers = await _resumed_to_the_end(service, await service.connect("a"), left_at)
    assert service.pushes_at("a") == _ids(sent)
    assert len(answers) > 1


async def test_a_log_full_of_what_is_for_others_is_read_on(
    service: Service, left_at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "SCANNED_AT_MOST", 3)
    *_, mine = await _missed(service, *["os = windows"] * 7, "all")
    await _resumed_to_the_end(service, await service.connect("a"), left_at)
    assert service.pushes_at("a") == [mine.id]


@pytest.mark.parametrize("call", ["log", "log_has_lost"])
async def test_the_logs_of_all_topics_are_read_at_the_same_time(
    service: Service, left_at: str, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    row = await service.connect("a", groups=("ops", "night"))
    all_have_begun = asyncio.Barrier(len(row.topics()))
    read: Callable[..., Awaitable[object]] = getattr(service.storage.pushes, call)

    async def with_the_others(topic: Topic, **which: object) -> object:
        async with asyncio.timeout(10), all_have_begun:
            return await read(topic, **which)

    monkeypatch.setattr(service.storage.pushes, call, with_the_others)
    assert (await _resumed(service, row, left_at))["recovered"] is True


async def test_it_says_that_something_may_be_missing_when_it_was_kept_no_longer(service: Service, left_at: str) -> None:
    await service.send(retain="1h")
    service.clock.at_s += HOUR_S
    answer = await _resumed(service, await service.connect("a"), left_at)
    assert (service.pushes_at("a"), answer["recovered"]) == ([], False)


async def test_what_left_the_log_before_it_went_away_is_not_missing(service: Service) -> None:
    await service.send(retain="1h")
    service.clock.at_s += LATER_S
    since = positions.lowest_at(service.clock.at_s)
    service.clock.at_s += HOUR_S
    assert (await _resumed(service, await service.connect("a"), since))["recovered"] is True


async def test_what_left_the_logs_of_others_is_not_missing(service: Service, left_at: str) -> None:
    await service.crowd(50)
    await service.send("user:bob", retain="1h")
    service.clock.at_s += HOUR_S
    assert (await _resumed(service, await service.connect("a"), left_at))["recovered"] is True


async def test_a_replay_is_one_more_that_was_targeted_and_sent(service: Service, left_at: str) -> None:
    push = await service.send(receipts="each")
    row = await service.connect("a")
    await _resumed(service, row, left_at)
    await _resumed(service, row, left_at)
    assert await service.counts(push) == Counts(targeted=1, sent=1)
    assert [(each.kind, each.connection_id) for each in (await service.receipts(push)).values()] == [("sent", "a")]


async def test_a_replay_to_who_was_gone_makes_good_for_it(service: Service, left_at: str) -> None:
    await service.connect("lost", terminal_id="kiosk")
    service.sockets.lose("lost")
    push = await service.send(receipts="each")
    assert await service.counts(push) == Counts(targeted=1, gone=1)
    await _resumed(service, await service.connect("a", terminal_id="kiosk"), left_at)
    assert await service.counts(push) == Counts(targeted=1, sent=1)


async def test_a_replay_keeps_no_receipt_where_none_is_asked_for(service: Service, left_at: str) -> None:
    push = await service.send()
    await _resumed(service, await service.connect("a"), left_at)
    assert (await service.receipts(push), await service.counts(push)) == ({}, Counts())


async def test_a_receipt_is_there_before_the_terminal_can_confirm(service: Service, left_at: str) -> None:
    push = await service.send(receipts="each")
    row = await service.connect("a")
    at_the_first_post: list[bool] = []

    async def look() -> None:
        at_the_first_post.append(row.terminal_id in await service.receipts(push))

    service.sockets.before_post = look
    await _resumed(service, row, left_at)
    assert at_the_first_post[0]


async def test_what_a_lost_connection_was_not_sent_has_no_receipt(service: Service, left_at: str) -> None:
    pushes = [await service.send(receipts="each") for _ in range(3)]
    row = await service.connect("a")

    async def lost_after_the_first() -> None:
        if service.pushes_at("a"):
            service.sockets.lose("a")

    service.sockets.before_post = lost_after_the_first
    await resume(service.ports, row, left_at)
    assert service.pushes_at("a") == [pushes[0].id]
    assert await service.receipts(pushes[2]) == {}


async def test_a_session_that_ends_while_it_catches_up_gets_nothing_more(service: Service, left_at: str) -> None:
    first, _ = await _missed(service, "all", "all")
    row = await service.connect("a", lasts_s=60)

    async def time_passes() -> None:
        service.clock.at_s = row.expires_at_s

    service.sockets.before_post = time_passes
    with pytest.raises(Problem, match="session_over"):
        await resume(service.ports, row, left_at)
    assert service.pushes_at("a") == [first.id]


async def test_a_session_that_is_refreshed_while_it_catches_up_gets_the_rest(service: Service, left_at: str) -> None:
    sent = await _missed(service, "all", "all")
    row = await service.connect("a", lasts_s=60)

    async def refreshed() -> None:
        service.clock.at_s = row.expires_at_s
        await service.ports.registry.replace(replace(row, expires_at_s=row.expires_at_s + HOUR_S), was=row)

    service.sockets.before_post = refreshed
    await _resumed(service, row, left_at)
    assert service.pushes_at("a") == _ids(sent)


async def test_a_throttled_frame_is_posted_again_in_its_turn(service: Service, left_at: str) -> None:
    sent = await _missed(service, "all", "all")
    row = await service.connect("a")
    service.sockets.next_posts("a", "throttled", "sent", "throttled")
    await _resumed(service, row, left_at)
    assert service.pushes_at("a") == _ids(sent)


async def test_a_socket_that_stays_throttled_is_closed_to_resync(service: Service, left_at: str) -> None:
    await _missed(service, "all", "all")
    row = await service.connect("a")
    service.sockets.next_posts("a", "sent", "throttled", "throttled")
    await resume(service.ports, row, left_at)
    assert [frame["type"] for frame in service.sockets.frames("a")] == ["push", "bye"]
    assert (service.sockets.closed, await service.registered()) == (["a"], set())


async def test_a_frame_that_can_never_be_posted_does_not_end_every_replay(service: Service, left_at: str) -> None:
    _, second = await _missed(service, "all", "all")
    row = await service.connect("a")
    service.sockets.next_posts("a", "refused")
    await _resumed(service, row, left_at)
    assert service.pushes_at("a") == [second.id]


@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.sampled_from([None, "x", "y"]), st.booleans()), unique_by=lambda each: each[0]
    )
)
def test_collapsing_leaves_each_push_once_in_order_and_the_newest_of_each_key(
    written: list[tuple[int, str | None, bool]],
) -> None:
    def entry(number: int, key: str | None, position: int) -> LogEntry:
        return LogEntry(
            topic=ALL, position=f"{position:02}", push_id=f"p{number}", retained_until_s=SIZE, collapse_key=key
        )

    entries = [entry(number, key, number) for number, key, _ in written]
    entries += [entry(number, key, number + 10) for number, key, again in written if again]
    left = collapsed(entries[::-1])
    newest = {key: number for number, key, _ in sorted(written)}
    assert [each.push_id for each in left] == [
        f"p{number}" for number, key, _ in sorted(written) if key is None or newest[key] == number
    ]

"""The contract of `services.ports.PushStore`: pushes, idempotency, states."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from services.domain import positions, topics
from services.domain.positions import BEGINNING
from services.domain.pushes import Counts, Push, State
from services.domain.strategies.strategy import Strategy
from services.domain.targets import json_form
from services.domain.targets.cover import plan
from services.domain.targets.expression import Attr, Every, Groups, Not, Users
from services.ports import AuditTrail, IdempotencyConflict, IdempotencyKey, PushStore
from tests.contract.adapters import MOST_IN_MEMORY, NOON_S, ManualClock
from tests.contract.makers import audit_entry, jobs_of, log_entry, push, submission

DAY_S = 86_400


def _key(key: str = "k", *, caller: str = "admin", digest: str = "d1") -> IdempotencyKey:
    return IdempotencyKey(caller=caller, key=key, body_digest=digest)


async def _submitted(pushes: PushStore, *several: Push) -> None:
    for one in several:
        await pushes.submit(submission(one))


async def _moved(
    pushes: PushStore, before: Push, to: State, *, at_s: float = NOON_S, by: str | None = None
) -> Push | None:
    return await pushes.transition(before, before.moved(to, at_s=at_s, by=by), at_s=at_s)


async def test_a_submitted_push_can_be_got(pushes: PushStore) -> None:
    sent = push()
    answer = await pushes.submit(submission(sent))
    assert (answer.push, answer.created) == (sent, True)
    assert await pushes.get(sent.id) == sent


async def test_an_unknown_push_is_none(pushes: PushStore) -> None:
    assert await pushes.get(positions.new_id(NOON_S)) is None


async def test_every_part_of_a_push_is_kept(pushes: PushStore) -> None:
    target = Every((Groups(("ops", "hr")), Not(Users(("bob",))), Attr("screens", "ge", 2)))
    sent = replace(
        push(),
        target=json_form.to_json(target),
        cover=plan(target, lambda topic: 1_000 if topic == topics.ALL else 1),
        message={"text": "Grüße 🎉", "list": [1, 2.5, None, True], "deep": {"a": {"b": ""}}},
        strategy=Strategy(name="s", retain_s=90, expires_in_s=3_600, receipts="each", collapse_key="k"),
        expires_at_s=NOON_S + 3_600.5,
    )
    await pushes.submit(submission(sent))
    # More pushes than an adapter may keep in memory, so that this one is read from where it is stored.
    await asyncio.gather(*(pushes.submit(submission(push())) for _ in range(MOST_IN_MEMORY + 1)))
    assert await pushes.get(sent.id) == sent


async def test_many_are_got_at_once(pushes: PushStore) -> None:
    first, second = push(), push()
    await _submitted(pushes, first, second)
    unknown = positions.new_id(NOON_S)
    assert await pushes.get_many([second.id, unknown, first.id]) == {first.id: first, second.id: second}


async def test_a_submission_is_audited(pushes: PushStore, audit: AuditTrail) -> None:
    sent = submission(push(sender="carol"))
    await pushes.submit(sent)
    assert list((await audit.list(limit=10)).items) == [sent.audit]


async def test_the_newest_push_is_listed_first(pushes: PushStore) -> None:
    several = [push() for _ in range(5)]
    await _submitted(pushes, *several)
    page = await pushes.list(limit=3)
    assert [one.id for one in page.items] == [one.id for one in reversed(several[2:])]
    rest = await pushes.list(limit=3, after=page.next)
    assert [one.id for one in rest.items] == [several[1].id, several[0].id]
    assert rest.next is None


async def test_a_list_is_narrowed_by_sender(pushes: PushStore) -> None:
    by_carol, by_dave, by_carol_too = push(sender="carol"), push(sender="dave"), push(sender="carol")
    await _submitted(pushes, by_carol, by_dave, by_carol_too)
    page = await pushes.list(limit=10, sender="carol")
    assert [one.id for one in page.items] == [by_carol_too.id, by_carol.id]


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([State.SENDING], ["sending"]),
        ([State.CANCELLED], ["cancelled"]),
        ([State.SENDING, State.CANCELLED], ["cancelled", "sending"]),
        ([State.HALTED], []),
        ([], ["cancelled", "sending"]),
    ],
)
async def test_a_list_is_narrowed_by_state(pushes: PushStore, states: list[State], expected: list[str]) -> None:
    sending, cancelled = push(), push()
    await _submitted(pushes, sending, cancelled)
    await _moved(pushes, cancelled, State.CANCELLED)
    assert [one.state for one in (await pushes.list(limit=10, states=states)).items] == expected


async def test_the_same_key_and_body_create_one_push(pushes: PushStore) -> None:
    first, second = push(), push()
    await pushes.submit(submission(first, key=_key()))
    again = await pushes.submit(submission(second, key=_key()))
    assert (again.push, again.created) == (first, False)
    assert await pushes.get(second.id) is None


async def test_a_repeat_is_answered_with_the_push_as_it_is_now(pushes: PushStore) -> None:
    first = push()
    await pushes.submit(submission(first, key=_key()))
    cancelled = await _moved(pushes, first, State.CANCELLED, at_s=NOON_S + 1, by="admin")
    assert (await pushes.submit(submission(push(), key=_key()))).push == cancelled


async def test_a_repeat_writes_nothing(pushes: PushStore, audit: AuditTrail) -> None:
    await pushes.submit(submission(push(), key=_key()))
    repeat = push()
    await pushes.submit(submission(repeat, key=_key(), entries=[log_entry(repeat)]))
    assert len((await audit.list(limit=10)).items) == 1
    entries = await pushes.log(topics.user("alice"), after=BEGINNING, retained_at_s=NOON_S, limit=10)
    assert list(entries) == []


async def test_of_many_at_the_same_time_one_is_created(pushes: PushStore) -> None:
    tries = [push() for _ in range(20)]
    answers = await asyncio.gather(*(pushes.submit(submission(one, key=_key())) for one in tries))
    assert [answer.created for answer in answers].count(True) == 1
    assert len({answer.push.id for answer in answers}) == 1
    assert len((await pushes.list(limit=100)).items) == 1


async def test_the_same_key_for_another_body_is_refused(pushes: PushStore) -> None:
    await pushes.submit(submission(push(), key=_key(digest="d1")))
    refused = push()
    with pytest.raises(IdempotencyConflict):
        await pushes.submit(submission(refused, key=_key(digest="d2")))
    assert await pushes.get(refused.id) is None


async def test_what_a_key_made_is_found_before_it_is_used_again(pushes: PushStore) -> None:
    assert await pushes.submitted(_key()) is None
    first = push()
    await pushes.submit(submission(first, key=_key(digest="d1")))
    assert await pushes.submitted(_key(digest="d1")) == first
    with pytest.raises(IdempotencyConflict):
        await pushes.submitted(_key(digest="d2"))


async def test_keys_of_other_callers_are_other_keys(pushes: PushStore) -> None:
    await pushes.submit(submission(push(), key=_key(caller="carol")))
    assert (await pushes.submit(submission(push(), key=_key(caller="dave")))).created


async def test_a_key_is_forgotten_after_a_day(pushes: PushStore, clock: ManualClock) -> None:
    await pushes.submit(submission(push(), key=_key()))
    clock.at_s += DAY_S - 1
    assert not (await pushes.submit(submission(push(), key=_key()))).created
    clock.at_s += 2
    assert (await pushes.submit(submission(push(), key=_key(digest="d2")))).created


async def test_a_transition_moves_a_push_on(pushes: PushStore) -> None:
    sent = push()
    await pushes.submit(submission(sent))
    moved = await _moved(pushes, sent, State.CANCELLED, at_s=NOON_S + 5, by="carol")
    expected = replace(sent, state=State.CANCELLED, step=1, finished_at_s=NOON_S + 5, ended_by="carol")
    assert moved == expected
    assert await pushes.get(sent.id) == expected


async def test_a_transition_to_an_open_state_does_not_finish(pushes: PushStore) -> None:
    sent = replace(push(), state=State.SCHEDULED)
    await pushes.submit(submission(sent, jobs=[]))
    moved = await _moved(pushes, sent, State.SENDING, by="carol")
    assert moved is not None
    assert (moved.finished_at_s, moved.ended_by) == (None, None)


async def test_of_two_transitions_from_one_step_one_wins(pushes: PushStore) -> None:
    sent = push()
    await pushes.submit(submission(sent))
    cancelled, expired = await asyncio.gather(
        _moved(pushes, sent, State.CANCELLED), _moved(pushes, sent, State.EXPIRED)
    )
    assert (cancelled is None) != (expired is None)
    assert await pushes.get(sent.id) == (cancelled or expired)


async def test_a_transition_that_comes_late_writes_nothing(pushes: PushStore, audit: AuditTrail) -> None:
    sent = push()
    await pushes.submit(submission(sent, jobs=[]))
    await _moved(pushes, sent, State.CANCELLED)
    entry, late = log_entry(sent), jobs_of(sent)
    answer = await pushes.transition(
        sent,
        sent.moved(State.EXPIRED, at_s=NOON_S),
        at_s=NOON_S,
        audit=audit_entry(action="push.expire"),
        entries=[entry],
        jobs=late,
    )
    assert answer is None
    assert list((await audit.list(limit=10, action="push.expire")).items) == []
    assert list(await pushes.log(entry.topic, after=BEGINNING, retained_at_s=NOON_S, limit=10)) == []
    assert await pushes.job(late[0].key) is None


async def test_a_transition_writes_what_it_releases(pushes: PushStore, audit: AuditTrail) -> None:
    sent = push()
    await pushes.submit(submission(sent, jobs=[]))
    entry, released, noted = log_entry(sent), jobs_of(sent), audit_entry(action="push.cancel")
    await pushes.transition(
        sent, sent.moved(State.CANCELLED, at_s=NOON_S), at_s=NOON_S, audit=noted, entries=[entry], jobs=released
    )
    assert list((await audit.list(limit=10, action="push.cancel")).items) == [noted]
    assert list(await pushes.log(entry.topic, after=BEGINNING, retained_at_s=NOON_S, limit=10)) == [entry]
    assert await pushes.job(released[0].key) == released[0]


async def test_a_transition_of_an_unknown_push_is_none(pushes: PushStore) -> None:
    assert await _moved(pushes, push(), State.CANCELLED) is None


async def test_open_pushes_are_counted_by_state(pushes: PushStore) -> None:
    ended = push()
    await _submitted(pushes, push(), push(), replace(push(), state=State.SCHEDULED), ended)
    await _moved(pushes, ended, State.CANCELLED)
    assert await pushes.in_flight() == {
        State.AWAITING_APPROVAL: 0,
        State.SCHEDULED: 1,
        State.WAITING: 0,
        State.SENDING: 2,
        State.SENT: 0,
    }


async def test_a_push_of_which_nothing_is_known_yet_counts_nothing(pushes: PushStore) -> None:
    sent = push()
    await pushes.submit(submission(sent))
    assert await pushes.counts(sent.id) == Counts()

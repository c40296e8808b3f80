"""Pushes in DynamoDB beyond their contract: what is sent when, and what a process that dies leaves behind."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import replace

import pytest

from infra.aws.push_records import RECENT
from infra.aws.push_store import SENT_WITHIN_S
from infra.aws.table import Table, TableUnavailable
from infra.aws.values import DAY_S
from services.domain import positions, topics
from services.domain.positions import BEGINNING
from services.domain.pushes import Counts, Job, Push, State
from services.ports import Advance, IdempotencyKey
from tests.contract import dynamodb, sqs
from tests.contract.adapters import NOON_S, ManualClock
from tests.contract.makers import RECEIPTS, audit_entry, jobs_of, log_entry, push, receipt, submission
from tests.unit.aws.interference import Interference, error
from tests.unit.aws.shuffled import Shuffled
from tests.unit.aws.stores import Outbox, Stores, kept, names, outbox, stores, whole

KEY = IdempotencyKey(caller="admin", key="k", body_digest="d")
MANY = tuple(f"u{number:03}" for number in range(120))


@pytest.fixture
def store(table: Table, clock: ManualClock) -> Stores:
    return stores(table, clock)


@pytest.fixture
def sent() -> Iterator[Outbox]:
    with outbox() as opened:
        yield opened


@pytest.fixture
def sqs_interference() -> Iterator[Interference]:
    with Interference(sqs.client()) as made:
        yield made


def _page(job: Job, *, delay_s: float = 0.0, hands_over: bool = False) -> Advance:
    following = replace(job, step=job.step + 1, after="00000001#c")
    return Advance(job=job, next=following, counts=Counts(sent=1), at_s=NOON_S, delay_s=delay_s, hands_over=hands_over)


async def test_the_jobs_of_a_push_are_sent_once_it_is_there(store: Stores, sent: Outbox) -> None:
    some = await store.started(push("alice", "bob", "carol"))
    assert sent.jobs() == some


async def test_a_push_without_jobs_sends_nothing(store: Stores, sent: Outbox) -> None:
    await store.pushes.submit(submission(push(), jobs=[]))
    assert sent.batches == []


async def test_the_jobs_that_a_transition_releases_are_sent(store: Stores, sent: Outbox) -> None:
    pushed = push()
    await store.started(pushed)
    sent.jobs()
    recalls = [replace(job, kind="recall") for job in jobs_of(pushed)]
    await store.pushes.transition(pushed, pushed.moved(State.CANCELLED, at_s=NOON_S), at_s=NOON_S, jobs=recalls)
    assert sent.jobs() == recalls


async def test_a_transition_that_comes_late_sends_nothing(store: Stores, sent: Outbox) -> None:
    pushed = push()
    await store.started(pushed)
    await store.pushes.transition(pushed, pushed.moved(State.EXPIRED, at_s=NOON_S), at_s=NOON_S)
    sent.jobs()
    await store.pushes.transition(pushed, pushed.moved(State.CANCELLED, at_s=NOON_S), at_s=NOON_S, jobs=jobs_of(pushed))
    assert sent.jobs() == []


async def test_a_worker_that_goes_on_itself_sends_nothing(store: Stores, sent: Outbox) -> None:
    (job,) = await store.started(push())
    sent.jobs()
    await store.pushes.advance(_page(job))
    assert sent.jobs() == []


@pytest.mark.parametrize(("delay_s", "expected_s"), [(0.0, 0), (0.2, 1), (4.0, 4)])
async def test_a_worker_that_hands_over_sends_what_is_left(
    store: Stores, sent: Outbox, delay_s: float, expected_s: int
) -> None:
    (job,) = await store.started(push())
    sent.messages.clear()
    page = _page(job, delay_s=delay_s, hands_over=True)
    await store.pushes.advance(page)
    assert [message.delay_s for message in sent.messages] == [expected_s]
    assert sent.jobs() == [page.next]


async def test_a_page_that_was_noted_before_is_not_handed_over_again(store: Stores, sent: Outbox) -> None:
    (job,) = await store.started(push())
    await store.pushes.advance(_page(job, hands_over=True))
    sent.jobs()
    await store.pushes.advance(_page(job, hands_over=True))
    assert sent.jobs() == []


async def test_a_hand_over_that_fails_fails_the_worker_whose_message_then_finds_the_job(
    store: Stores, sqs_interference: Interference
) -> None:
    (job,) = await store.started(push())
    page = _page(job, hands_over=True)
    sqs_interference.is_down("SendMessageBatch")
    with pytest.raises(OSError, match="queue"):
        await store.pushes.advance(page)
    assert await store.pushes.current(job) == page.next


async def test_a_push_is_accepted_while_the_queue_is_down_and_its_jobs_are_sent_later(
    store: Stores, sent: Outbox, sqs_interference: Interference, caplog: pytest.LogCaptureFixture
) -> None:
    pushed = push("alice", "bob")
    sqs_interference.is_down("SendMessageBatch")
    with caplog.at_level(logging.ERROR):
        some = await store.started(pushed)
    assert "jobs are sent later" in caplog.text
    sent.jobs()
    store.clock.at_s += 600
    assert await store.rescued() == 2
    assert sent.jobs() == some


async def test_a_repeat_sends_what_may_never_have_been_sent(store: Stores, sent: Outbox) -> None:
    moved, still = await store.started(push("alice", "bob"), KEY)
    await store.pushes.advance(_page(moved))
    sent.jobs()
    store.clock.at_s += SENT_WITHIN_S
    assert not (await store.pushes.submit(whole(push(), key=KEY))).created
    assert sent.jobs() == [still]


async def test_a_repeat_at_once_leaves_the_sending_to_the_first(store: Stores, sent: Outbox) -> None:
    await store.started(push(), KEY)
    sent.jobs()
    await store.pushes.submit(whole(push(), key=KEY))
    assert sent.jobs() == []


async def test_a_repeat_of_a_finished_push_sends_nothing(store: Stores, sent: Outbox) -> None:
    (job,) = await store.started(push(), KEY)
    await store.pushes.advance(Advance(job=job, next=None, counts=Counts(), at_s=NOON_S))
    sent.jobs()
    store.clock.at_s += 600
    await store.pushes.submit(whole(push(), key=KEY))
    assert sent.jobs() == []


async def test_a_submission_that_was_not_the_first_leaves_nothing(table: Table, clock: ManualClock) -> None:
    submissions = [whole(push("alice", "bob"), key=KEY) for _ in range(4)]
    shuffled = Table(dynamodb.client(), table.name, Shuffled(5))
    several = [stores(shuffled, clock).pushes for _ in submissions]
    answers = await asyncio.gather(
        *(one.submit(submitted) for one, submitted in zip(several, submissions, strict=True))
    )
    assert [answer.created for answer in answers].count(True) == 1
    losers = {submitted.push.id for submitted in submissions} - {answers[0].push.id}
    assert [name for name in names() if any(loser in name for loser in losers)] == []
    assert len(kept("LOG#")) == 2
    assert len(kept("AUDIT#")) == 1


@pytest.mark.parametrize("seed", range(5))
async def test_of_two_bodies_under_one_key_one_is_created_and_one_refused(
    table: Table, clock: ManualClock, seed: int
) -> None:
    pushes = stores(Table(dynamodb.client(), table.name, Shuffled(seed)), clock).pushes
    answers = await asyncio.gather(
        *(pushes.submit(whole(push(), key=replace(KEY, body_digest=digest))) for digest in ("d1", "d2")),
        return_exceptions=True,
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["IdempotencyConflict", "Submitted"]
    assert len(kept("LOG#")) == len(kept("AUDIT#")) == len(names("PUSHES#UNDER-WAY")) == 1


async def test_a_submission_that_fails_half_way_leaves_nothing(store: Stores, interference: Interference) -> None:
    interference.answers("BatchWriteItem", lambda _: None, error("AccessDeniedException"))
    with pytest.raises(TableUnavailable):
        await store.pushes.submit(whole(push(*MANY[:20])))
    assert names() == []


async def test_a_push_of_which_the_answer_was_lost_is_there(store: Stores) -> None:
    submitted = whole(push(), key=KEY)
    await store.pushes.submit(submitted)
    # Who repeats a transaction whose answer did not come finds that it has happened.
    assert (await store.another().submit(replace(submitted, idempotency=None))).created
    assert await store.pushes.job(submitted.jobs[0].key) == submitted.jobs[0]


async def test_a_push_is_not_there_before_its_record(store: Stores, interference: Interference) -> None:
    submitted = whole(push("alice", "bob"))
    interference.is_down("TransactWriteItems")
    with pytest.raises(TableUnavailable):
        await store.pushes.submit(submitted)
    assert await store.pushes.get(submitted.push.id) is None
    assert await store.pushes.get_many([submitted.push.id]) == {}
    assert await store.pushes.job(submitted.jobs[0].key) is None
    assert await store.pushes.current(submitted.jobs[0]) is None
    assert (await store.pushes.list(limit=10)).items == []
    assert await store.pushes.counts(submitted.push.id) == Counts()


@pytest.mark.parametrize("length", [10, 300, 600, 900, 5_000, 30_000])
async def test_contents_of_any_length_are_kept(store: Stores, length: int) -> None:
    pushed = push(message={"text": "ü" * length})
    await store.started(pushed)
    assert await store.another().get(pushed.id) == pushed
    assert await store.another().get_many([pushed.id]) == {pushed.id: pushed}
    assert list((await store.another().list(limit=1)).items) == [pushed]


async def test_no_more_is_remembered_than_fits(store: Stores) -> None:
    pushed = push(message="x" * 2_000)
    await store.started(pushed)
    for _ in range(RECENT):
        store.pushes.records.remember(push())
    assert store.pushes.records.known(pushed.id) is None
    assert await store.pushes.get(pushed.id) == pushed


async def test_a_push_whose_contents_ttl_has_deleted_first_is_not_there(store: Stores) -> None:
    pushed = push(message="x" * 2_000)
    await store.started(pushed)
    dynamodb.client().delete_item(TableName=dynamodb.NAME, Key={"pk": {"S": f"PUSH#{pushed.id}"}, "sk": {"S": "BODY"}})
    other = store.another()
    assert await other.get(pushed.id) is None
    assert await other.get_many([pushed.id]) == {}


async def test_a_transition_larger_than_a_transaction_is_whole_too(store: Stores, sent: Outbox) -> None:
    pushed = push(*MANY)
    await store.started(pushed)
    sent.jobs()
    recalls = [replace(job, kind="recall") for job in jobs_of(pushed)]
    entries = [log_entry(pushed, job.topic, position=job.position) for job in recalls]
    noted = audit_entry(action="push.cancel")
    cancelled = await store.pushes.transition(
        pushed, pushed.moved(State.CANCELLED, at_s=NOON_S), at_s=NOON_S, audit=noted, entries=entries, jobs=recalls
    )
    assert await store.pushes.get(pushed.id) == cancelled
    assert {job.key for job in sent.jobs()} == {job.key for job in recalls}
    assert await store.pushes.job(recalls[77].key) == recalls[77]
    log = await store.pushes.log(recalls[77].topic, after=BEGINNING, retained_at_s=NOON_S, limit=10)
    assert log[-1] == entries[77]


async def test_a_large_transition_that_comes_late_leaves_nothing(store: Stores) -> None:
    pushed = push(*MANY)
    await store.started(pushed)
    await store.pushes.transition(pushed, pushed.moved(State.EXPIRED, at_s=NOON_S), at_s=NOON_S)
    before = names()
    recalls = jobs_of(pushed)
    entries = [log_entry(pushed, job.topic, position=job.position) for job in recalls]
    late = await store.pushes.transition(
        pushed,
        pushed.moved(State.CANCELLED, at_s=NOON_S),
        at_s=NOON_S,
        audit=audit_entry(),
        entries=entries,
        jobs=recalls,
    )
    assert late is None
    assert names() == before


async def test_all_that_a_push_writes_goes_some_day(store: Stores) -> None:
    pushed = push("alice", "bob", strategy=RECEIPTS, message="x" * 2_000)
    first, second = await store.started(pushed, KEY)
    await store.pushes.advance(
        Advance(job=first, next=None, counts=Counts(), at_s=NOON_S, receipts=[receipt(pushed, "t1")])
    )
    await store.pushes.acknowledge(receipt(pushed, "t1", "read"), early=False)
    await store.pushes.replayed([receipt(pushed, "t2")])
    again = replace(second, position=positions.new_id(NOON_S))
    await store.pushes.release_again(second, log_entry(pushed, second.topic, position=again.position), again)
    await store.pushes.transition(
        pushed,
        pushed.moved(State.CANCELLED, at_s=NOON_S),
        at_s=NOON_S,
        entries=[log_entry(pushed)],
        jobs=[replace(job, kind="recall") for job in jobs_of(pushed)],
    )
    without_end = [f"{item['pk']!s} {item['sk']!s}" for item in kept() if "expires_at" not in item]
    assert len(kept()) > 15
    assert without_end == []


async def test_a_push_is_kept_as_long_as_a_log_names_it(store: Stores) -> None:
    pushed = push(message="x" * 2_000)
    (job,) = await store.started(pushed)
    await store.pushes.advance(Advance(job=job, next=None, counts=Counts(), at_s=NOON_S))
    completed = await store.pushes.get(pushed.id)
    assert completed is not None
    late_s = NOON_S + 25 * DAY_S
    recall = log_entry(pushed, position=positions.new_id(late_s), retained_until_s=late_s + 30 * DAY_S)
    await store.pushes.transition(
        completed, completed.moved(State.CANCELLED, at_s=late_s), at_s=late_s, entries=[recall]
    )
    of_push = [item for item in kept() if pushed.id in (item["sk"], str(item["pk"]).removeprefix("PUSH#"))]
    ends_s = [item["expires_at"] for item in of_push if item["pk"] != "PUSHES#UNDER-WAY"]
    assert len(ends_s) == 3
    assert all(isinstance(end_s, int) and end_s > recall.retained_until_s for end_s in ends_s)


@pytest.mark.parametrize("state", [State.AWAITING_APPROVAL, State.SCHEDULED, State.WAITING])
async def test_a_push_that_waits_is_kept_until_it_has_been_released_and_is_over(store: Stores, state: State) -> None:
    pushed = replace(push(message="x" * 2_000), state=state)
    await store.pushes.submit(submission(pushed, jobs=()))
    assert set(_ends_s(pushed)) == {None}
    late_s = NOON_S + 300 * DAY_S
    entry = log_entry(pushed, position=positions.new_id(late_s), retained_until_s=late_s + DAY_S)
    assert await store.pushes.transition(
        pushed, pushed.moved(State.SENDING, at_s=late_s), at_s=late_s, entries=[entry], jobs=jobs_of(pushed)
    )
    ends_s = _ends_s(pushed)
    assert len(ends_s) == 5
    assert {end_s for end_s in ends_s if end_s is None or end_s <= entry.retained_until_s} == set()


async def test_a_push_that_waits_again_is_not_over_meanwhile(store: Stores) -> None:
    pushed = push(message="x" * 2_000)
    (job,) = await store.started(pushed)
    waiting = await store.pushes.transition(pushed, pushed.moved(State.WAITING, at_s=NOON_S), at_s=NOON_S)
    assert waiting is not None
    assert await store.pushes.advance(Advance(job=job, next=None, counts=Counts(), at_s=NOON_S)) == 0
    assert set(_ends_s(pushed)) == {None}


async def test_a_push_that_is_given_up_while_it_waits_goes_some_day(store: Stores) -> None:
    pushed = replace(push(), state=State.SCHEDULED)
    await store.pushes.submit(submission(pushed, jobs=()))
    late_s = NOON_S + 300 * DAY_S
    await store.pushes.transition(pushed, pushed.moved(State.CANCELLED, at_s=late_s), at_s=late_s)
    assert {end_s is not None and end_s > late_s for end_s in _ends_s(pushed)} == {True}


async def test_a_push_that_ends_while_it_waits_goes_some_day(store: Stores) -> None:
    pushed = replace(push(), state=State.SCHEDULED, expires_at_s=NOON_S + 300 * DAY_S)
    await store.pushes.submit(submission(pushed, jobs=()))
    assert {end_s is not None and end_s > NOON_S + 300 * DAY_S for end_s in _ends_s(pushed)} == {True}


def _ends_s(pushed: Push) -> list[int | None]:
    """When TTL may delete what there is of a push: record, contents, listings, jobs."""
    of_push = [item for item in kept() if pushed.id in (item["sk"], str(item["pk"]).removeprefix("PUSH#"))]
    ends_s = [item.get("expires_at") for item in of_push]
    return [end_s for end_s in ends_s if end_s is None or isinstance(end_s, int)]


async def test_a_transition_soon_after_a_submission_writes_no_end_anew(
    store: Stores, interference: Interference
) -> None:
    pushed = push(message="x" * 2_000)
    await store.started(pushed)
    await store.pushes.transition(
        pushed,
        pushed.moved(State.EXPIRED, at_s=NOON_S),
        at_s=NOON_S + 60,
        entries=[log_entry(pushed, retained_until_s=NOON_S + DAY_S + 60)],
    )
    assert interference.calls[-1] == "TransactWriteItems"
    assert "GetItem" not in interference.calls


async def test_pushes_of_many_days_are_listed_newest_first(store: Stores) -> None:
    days = [push(at_s=NOON_S + day * DAY_S) for day in (0, 0, 1, 4, 5, 5)]
    for one in days:
        store.clock.at_s = one.created_at_s
        await store.pushes.submit(submission(one))
    found: list[Push] = []
    after: str | None = None
    while True:
        page = await store.pushes.list(limit=2, after=after)
        found += page.items
        if page.next is None:
            break
        after = page.next
    assert found == days[::-1]


async def test_a_finished_state_is_found_among_many_days(store: Stores) -> None:
    days = [push(at_s=NOON_S + day * DAY_S) for day in range(6)]
    for one in days:
        store.clock.at_s = one.created_at_s
        await store.pushes.submit(submission(one))
    await store.pushes.transition(days[1], days[1].moved(State.CANCELLED, at_s=store.clock.at_s), at_s=store.clock.at_s)
    page = await store.pushes.list(limit=1, states=[State.CANCELLED])
    assert [one.id for one in page.items] == [days[1].id]
    assert page.next is None


@pytest.mark.parametrize("limit", [1, 2, 10])
async def test_pushes_that_wait_for_longer_than_days_are_listed_are_listed_still(store: Stores, limit: int) -> None:
    waiting = [replace(push(at_s=NOON_S + day * DAY_S), state=State.SCHEDULED) for day in range(3)]
    for one in waiting:
        await store.pushes.submit(submission(one, jobs=()))
    store.clock.at_s = NOON_S + 300 * DAY_S
    late = push(at_s=store.clock.at_s)
    await store.pushes.submit(submission(late))
    found: list[Push] = []
    after: str | None = None
    while True:
        page = await store.pushes.list(limit=limit, after=after)
        found += page.items
        if page.next is None:
            break
        after = page.next
    assert found == [late, *reversed(waiting)]


async def test_a_push_that_is_over_is_found_by_the_state_it_has(store: Stores) -> None:
    done, open_still = push(), push()
    (job,) = await store.started(done)
    await store.started(open_still)
    await store.pushes.advance(Advance(job=job, next=None, counts=Counts(), at_s=NOON_S))
    page = await store.pushes.list(limit=10, states=[State.COMPLETED, State.CANCELLED])
    assert [one.id for one in page.items] == [done.id]


async def test_a_clock_that_is_ahead_hides_no_push(store: Stores) -> None:
    ahead = push(at_s=NOON_S + DAY_S / 2)
    await store.pushes.submit(submission(ahead))
    assert list((await store.pushes.list(limit=10)).items) == [ahead]


async def test_a_log_is_read_over_what_has_left_it(store: Stores) -> None:
    topic = topics.group("ops")
    long = [log_entry(push(), topic, retained_until_s=NOON_S + 100) for _ in range(2)]
    short = [log_entry(push(), topic, retained_until_s=NOON_S + 10) for _ in range(20)]
    entries = [long[0], *short, long[1]]
    ordered = [replace(entry, position=positions.new_id(NOON_S)) for entry in entries]
    await store.pushes.submit(submission(push(), entries=ordered, jobs=[]))
    found = await store.pushes.log(topic, after=BEGINNING, retained_at_s=NOON_S + 50, limit=2)
    assert list(found) == [ordered[0], ordered[-1]]


@pytest.mark.parametrize(("days", "lost"), [(29.9, False), (30.1, True)])
async def test_who_was_away_for_too_long_is_told_so(store: Stores, days: float, lost: bool) -> None:
    after = positions.lowest_at(NOON_S - days * DAY_S)
    assert await store.pushes.log_has_lost(topics.ALL, after=after, retained_at_s=NOON_S) is lost


async def test_an_entry_is_remembered_after_its_retention(store: Stores) -> None:
    entry = log_entry(push(), topics.ALL, retained_until_s=NOON_S + 10)
    await store.pushes.submit(submission(push(), entries=[entry], jobs=[]))
    (item,) = kept("LOG#")
    assert item["expires_at"] == NOON_S + 10 + 30 * DAY_S

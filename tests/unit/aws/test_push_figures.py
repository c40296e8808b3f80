"""Deliveries of a minute, counted from the table's stream: once, where a batch comes again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from infra.aws.activity import Activity
from infra.aws.headcount import StreamRecord
from infra.aws.table import Table
from infra.aws.table_stream import follow
from services.domain.activity import Figures, minute_of
from services.domain.pushes import Counts, Push
from services.domain.strategies.strategy import Strategy
from services.ports import Advance
from tests.contract import dynamodb
from tests.contract.adapters import NOON_S, ManualClock
from tests.contract.makers import jobs_of, push, receipt, submission
from tests.unit.aws.interference import Interference
from tests.unit.aws.stores import Stores, stores

NOON = minute_of(NOON_S)
NOTHING_AGAIN: dict[str, object] = {"batchItemFailures": []}


@pytest.fixture
def store(table: Table, clock: ManualClock) -> Stores:
    return stores(table, clock)


async def _sent(store: Stores, number: int) -> Push:
    """A push to alice that has receipts, and was sent to so many."""
    sent = push("alice", strategy=Strategy(receipts="each"))
    (job,) = jobs_of(sent)
    await store.pushes.submit(submission(sent, jobs=[job]))
    await store.pushes.advance(Advance(job=job, next=None, counts=Counts(targeted=number, sent=number), at_s=NOON_S))
    return sent


async def _minutes(table: Table, clock: ManualClock) -> dict[int, Figures]:
    return dict(await Activity(table, clock).minutes(NOON - 5, NOON + 5))


async def test_a_batch_that_comes_again_is_the_same_transaction_under_the_same_token(
    table: Table, store: Stores, interference: Interference
) -> None:
    """DynamoDB does such a transaction once; moto knows of no token, and would do it twice."""
    stream = dynamodb.Stream()
    await _sent(store, 3)
    batch = stream.records(at_s=NOON_S)
    await _sent(store, 3)
    others = stream.records(at_s=NOON_S)
    asked: list[Mapping[str, object]] = []

    def note(body: str) -> None:
        asked.append(json.loads(body))

    interference.answers("TransactWriteItems", note, note, note)
    for records, now_s in ((batch, NOON_S), (batch, NOON_S + 90), (others, NOON_S)):
        assert await follow(table, None, records, now_s=now_s) == NOTHING_AGAIN
    assert asked[0] == asked[1]
    assert asked[2]["ClientRequestToken"] != asked[0]["ClientRequestToken"]


async def test_each_record_counts_in_the_minute_in_which_it_was_written(
    table: Table, clock: ManualClock, store: Stores
) -> None:
    stream = dynamodb.Stream()
    await _sent(store, 3)
    batch = list(stream.records(at_s=NOON_S))
    await _sent(store, 5)
    batch += stream.records(at_s=NOON_S + 60)
    await follow(table, None, batch, now_s=NOON_S + 300)
    assert await _minutes(table, clock) == {NOON: Figures(sent=3), NOON + 1: Figures(sent=5)}


async def test_what_was_not_counted_comes_again_from_the_first_that_has_something_to_count(
    table: Table, clock: ManualClock, store: Stores, interference: Interference
) -> None:
    stream = dynamodb.Stream()
    await _sent(store, 3)
    batch = stream.records(at_s=NOON_S)
    interference.is_down("TransactWriteItems")
    answer = await follow(table, None, batch, now_s=NOON_S)
    assert await _minutes(table, clock) == {}
    again = _from(batch, answer)
    assert again
    assert await follow(table, None, again, now_s=NOON_S) == NOTHING_AGAIN
    assert await _minutes(table, clock) == {NOON: Figures(sent=3)}


async def test_what_ttl_takes_and_what_is_put_back_counts_nothing(
    table: Table, clock: ManualClock, store: Stores
) -> None:
    stream = dynamodb.Stream()
    await _sent(store, 3)
    written = stream.records(at_s=NOON_S)
    ended = next(record["dynamodb"] for record in written if "sent" in record["dynamodb"].get("NewImage", {}))
    at_s, keys, image = ended["ApproximateCreationDateTime"], ended["Keys"], ended["NewImage"]
    taken: StreamRecord = {"dynamodb": {"ApproximateCreationDateTime": at_s, "Keys": keys, "OldImage": image}}
    put_back: StreamRecord = {"dynamodb": {"ApproximateCreationDateTime": at_s, "Keys": keys, "NewImage": image}}
    assert await follow(table, None, [taken, put_back], now_s=NOON_S) == NOTHING_AGAIN
    assert await _minutes(table, clock) == {}


async def test_what_several_terminals_tell_is_counted_together(table: Table, clock: ManualClock, store: Stores) -> None:
    stream = dynamodb.Stream()
    sent = await _sent(store, 3)
    await follow(table, None, stream.records(at_s=NOON_S), now_s=NOON_S)
    for name in ("t1", "t2", "t3"):
        await store.pushes.acknowledge(receipt(sent, name, "received"), early=True)
    await store.pushes.acknowledge(receipt(sent, "t1", "read"), early=True)
    await follow(table, None, stream.records(at_s=NOON_S), now_s=NOON_S)
    assert await _minutes(table, clock) == {NOON: Figures(sent=3, received=3, read=1)}


async def test_a_resend_is_no_new_delivery(table: Table, clock: ManualClock, store: Stores) -> None:
    stream = dynamodb.Stream()
    sent = push("alice")
    (job,) = jobs_of(sent)
    resend = replace(job, kind="resend")
    await store.pushes.submit(submission(sent, jobs=[resend]))
    await store.pushes.advance(Advance(job=resend, next=None, counts=Counts(targeted=1, sent=1), at_s=NOON_S))
    await follow(table, None, stream.records(at_s=NOON_S), now_s=NOON_S)
    assert await _minutes(table, clock) == {}


def _from(batch: Sequence[StreamRecord], answer: Mapping[str, object]) -> Sequence[StreamRecord]:
    """What Lambda hands out again of a batch."""
    failures = answer["batchItemFailures"]
    assert isinstance(failures, list)
    numbers = [record["dynamodb"]["SequenceNumber"] for record in batch]
    return batch[numbers.index(failures[0]["itemIdentifier"]) :]

"""The contract of `services.ports.PushStore`: the logs that returning terminals read."""

from __future__ import annotations

from dataclasses import replace

from services.domain import positions, topics
from services.domain.positions import BEGINNING
from services.domain.pushes import LogEntry
from services.domain.ring import Arc
from services.domain.topics import ALL, Topic
from services.ports import PushStore
from tests.contract.adapters import NOON_S
from tests.contract.makers import log_entry, push, submission

OPS = topics.group("ops")
NOON = positions.lowest_at(NOON_S)


async def _released(pushes: PushStore, *entries: LogEntry) -> None:
    await pushes.submit(submission(push(), entries=entries, jobs=[]))


async def _read(
    pushes: PushStore, topic: Topic = OPS, *, after: str = BEGINNING, at_s: float = NOON_S, limit: int = 100
) -> list[LogEntry]:
    return list(await pushes.log(topic, after=after, retained_at_s=at_s, limit=limit))


async def _lost(pushes: PushStore, *, after: str = NOON, at_s: float) -> bool:
    return await pushes.log_has_lost(OPS, after=after, retained_at_s=at_s)


def _entry(topic: Topic = OPS, *, at_s: float = NOON_S, retain_s: float = 100) -> LogEntry:
    return log_entry(push(), topic, position=positions.new_id(at_s), retained_until_s=at_s + retain_s)


async def test_an_entry_is_read_as_it_was_written(pushes: PushStore) -> None:
    entry = replace(
        _entry(),
        arc=Arc(12, 34),
        filter={"attr": "os", "op": "eq", "value": "mac"},
        expires_at_s=NOON_S + 9.5,
        collapse_key="k",
        again=True,
    )
    await _released(pushes, entry)
    assert await _read(pushes) == [entry]


async def test_a_topic_has_a_log_of_its_own(pushes: PushStore) -> None:
    of_ops, of_all, of_user = _entry(OPS), _entry(ALL), _entry(topics.user("ops"))
    await _released(pushes, of_ops, of_all, of_user)
    assert [await _read(pushes, topic) for topic in (OPS, ALL, topics.user("ops"))] == [[of_ops], [of_all], [of_user]]


async def test_a_slice_may_be_in_several_logs(pushes: PushStore) -> None:
    of_ops = _entry(OPS)
    of_all = replace(of_ops, topic=ALL)
    await _released(pushes, of_ops, of_all)
    assert await _read(pushes, ALL) == [of_all]


async def test_entries_come_in_order_of_position(pushes: PushStore) -> None:
    older, newer = _entry(), _entry()
    await _released(pushes, newer)
    await _released(pushes, older)
    assert await _read(pushes) == [older, newer]


async def test_reading_begins_behind_a_position(pushes: PushStore) -> None:
    first, second, third = _entry(), _entry(), _entry()
    await _released(pushes, first, second, third)
    assert await _read(pushes, after=first.position) == [second, third]
    assert await _read(pushes, after=third.position) == []


async def test_no_more_are_read_than_asked_for(pushes: PushStore) -> None:
    entries = [_entry() for _ in range(5)]
    await _released(pushes, *entries)
    assert await _read(pushes, limit=2) == entries[:2]


async def test_an_unknown_topic_has_an_empty_log(pushes: PushStore) -> None:
    assert await _read(pushes, topics.user("nobody")) == []


async def test_an_entry_leaves_the_log_when_its_retention_is_over(pushes: PushStore) -> None:
    short, long = _entry(retain_s=10), _entry(retain_s=20)
    await _released(pushes, short, long)
    assert await _read(pushes, at_s=NOON_S + 9) == [short, long]
    assert await _read(pushes, at_s=NOON_S + 10) == [long]


async def test_a_log_has_lost_nothing_while_everything_is_kept(pushes: PushStore) -> None:
    await _released(pushes, _entry(retain_s=10), _entry(ALL, retain_s=5))
    assert await _lost(pushes, at_s=NOON_S + 9) is False
    assert await pushes.log_has_lost(topics.user("nobody"), after=NOON, retained_at_s=NOON_S + 9) is False


async def test_a_log_has_lost_an_entry_whose_retention_is_over(pushes: PushStore) -> None:
    first, second, kept = _entry(retain_s=10), _entry(retain_s=5), _entry(retain_s=60)
    await _released(pushes, first, second, kept)
    assert await _lost(pushes, after=first.position, at_s=NOON_S + 5) is True
    assert await _lost(pushes, after=second.position, at_s=NOON_S + 59) is False
    assert await _lost(pushes, after=second.position, at_s=NOON_S + 60) is True


async def test_the_log_can_be_read_as_soon_as_the_push_is_submitted(pushes: PushStore) -> None:
    for _ in range(20):
        entry = _entry()
        await _released(pushes, entry)
        assert (await _read(pushes))[-1] == entry

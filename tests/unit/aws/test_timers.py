"""Timers on AWS beyond their contract: what is made and deleted, and what happens when half of it fails."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.aws.queues import QueueUnavailable
from infra.aws.schedules import Schedules, SchedulesUnavailable
from infra.aws.table import TableUnavailable
from tests.contract import sqs
from tests.contract.adapters import NOON_S, ManualClock
from tests.contract.timekeepers import GROUP, Timekeeper, aws, scheduler, timer, whats
from tests.unit.aws.interference import Interference, error
from tests.unit.aws.stores import Outbox, kept, outbox

HOUR_S = 3_600


@pytest.fixture
async def keeper(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Timekeeper]:
    async with aws(tmp_path, clock) as opened:
        yield opened


@pytest.fixture
def sent() -> Iterator[Outbox]:
    with outbox() as opened:
        yield opened


@pytest.fixture
def schedules_interference() -> Iterator[Interference]:
    with Interference(scheduler()) as made:
        yield made


@pytest.fixture
def sqs_interference() -> Iterator[Interference]:
    with Interference(sqs.client()) as made:
        yield made


def _schedules() -> list[Mapping[str, object]]:
    listed = scheduler().list_schedules(GroupName=GROUP)["Schedules"]
    return [dict(scheduler().get_schedule(GroupName=GROUP, Name=one["Name"])) for one in listed]


async def test_a_timer_within_a_quarter_of_an_hour_waits_in_the_queue(keeper: Timekeeper, sent: Outbox) -> None:
    await keeper.timers.set(timer("a", NOON_S + 900))
    assert [(json.loads(message.body), message.delay_s) for message in sent.messages] == [({"timer": "a"}, 900)]
    assert _schedules() == []


async def test_a_later_one_is_scheduled_a_minute_early(keeper: Timekeeper, sent: Outbox) -> None:
    await keeper.timers.set(timer("a", NOON_S + HOUR_S + 0.7))
    (schedule,) = _schedules()
    assert sent.messages == []
    assert schedule["ScheduleExpression"] == "at(2026-11-24T12:59:00)"
    assert schedule["ActionAfterCompletion"] == "DELETE"
    assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}


async def test_a_message_says_nothing_of_what_a_timer_is_for(keeper: Timekeeper, sent: Outbox) -> None:
    await keeper.timers.set(timer("a", NOON_S + 1, "secret"))
    await keeper.timers.set(timer("b", NOON_S + HOUR_S, "secret"))
    assert "secret" not in f"{sent.messages} {_schedules()}"


async def test_a_message_that_comes_early_waits_for_what_is_left(keeper: Timekeeper, sent: Outbox) -> None:
    await keeper.timers.set(timer("a", NOON_S + HOUR_S))
    await keeper.until(NOON_S + HOUR_S - 60)
    assert [message.delay_s for message in sent.messages] == [60]
    assert whats(keeper) == []


@pytest.mark.parametrize("then", ["set again", "cancelled"])
async def test_a_schedule_that_is_needed_no_more_is_deleted(keeper: Timekeeper, then: str) -> None:
    await keeper.timers.set(timer("a", NOON_S + HOUR_S))
    if then == "cancelled":
        await keeper.timers.cancel("a")
    else:
        await keeper.timers.set(timer("a", NOON_S + 60))
    assert _schedules() == []


async def test_a_schedule_that_has_gone_meanwhile_is_no_error(
    keeper: Timekeeper, schedules_interference: Interference
) -> None:
    await keeper.timers.set(timer("a", NOON_S + HOUR_S))
    schedules_interference.answers("DeleteSchedule", error("ResourceNotFoundException"))
    await keeper.timers.cancel("a")
    assert kept("TIMER#") == []


async def test_a_schedule_whose_answer_was_lost_is_made(
    keeper: Timekeeper, schedules_interference: Interference
) -> None:
    # The SDK repeats the call, and hears that there is such a schedule.
    schedules_interference.answers("CreateSchedule", error("ConflictException"))
    await keeper.timers.set(timer("a", NOON_S + HOUR_S))
    assert len(kept("TIMER#")) == 1


async def test_a_timer_that_could_not_be_scheduled_is_an_error(
    keeper: Timekeeper, schedules_interference: Interference
) -> None:
    schedules_interference.answers("CreateSchedule", error("ServiceQuotaExceededException"))
    with pytest.raises(SchedulesUnavailable, match="ServiceQuotaExceeded"):
        await keeper.timers.set(timer("a", NOON_S + HOUR_S))


async def test_a_timer_that_could_not_be_moved_still_fires(
    keeper: Timekeeper, schedules_interference: Interference
) -> None:
    await keeper.timers.set(timer("a", NOON_S + HOUR_S, "first"))
    schedules_interference.is_down("CreateSchedule")
    with pytest.raises(OSError, match="cannot be reached"):
        await keeper.timers.set(timer("a", NOON_S + 2 * HOUR_S, "second"))
    await keeper.until(NOON_S + HOUR_S)
    for quarters in range(1, 6):
        await keeper.until(NOON_S + HOUR_S + quarters * 900)
    assert whats(keeper) == ["second"]


async def test_a_timer_that_could_not_be_sent_is_an_error(keeper: Timekeeper, sqs_interference: Interference) -> None:
    sqs_interference.is_down("SendMessageBatch")
    with pytest.raises(QueueUnavailable):
        await keeper.timers.set(timer("a", NOON_S + 60))


async def test_a_timer_whose_end_could_not_be_noted_fires_again(keeper: Timekeeper, interference: Interference) -> None:
    await keeper.timers.set(timer("a", NOON_S + 1))
    interference.is_down("DeleteItem")
    with pytest.raises(TableUnavailable):
        await keeper.until(NOON_S + 2)
    await keeper.until(NOON_S + 60)
    assert whats(keeper) == ["a", "a"]


async def test_a_timer_goes_some_day_even_if_it_never_fires(keeper: Timekeeper) -> None:
    await keeper.timers.set(timer("a", NOON_S + HOUR_S))
    (item,) = kept("TIMER#")
    assert item["expires_at"] == NOON_S + HOUR_S + 30 * 24 * HOUR_S


async def test_a_group_that_cannot_be_reached_is_an_outage(schedules_interference: Interference) -> None:
    schedules = Schedules(scheduler(), group=GROUP, role_arn="r", queue_arn="q")
    schedules_interference.is_down("DeleteSchedule")
    with pytest.raises(OSError, match="cannot be reached"):
        await schedules.delete("s")


_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("set"), st.sampled_from("ab"), st.sampled_from([1, 30, 700, 950, 2 * HOUR_S])),
        st.tuples(st.just("cancel"), st.sampled_from("ab"), st.just(0)),
        st.tuples(st.just("wait"), st.just(""), st.sampled_from([1, 45, 900, HOUR_S])),
    ),
    max_size=12,
)


@settings(max_examples=60)
@given(steps=_STEPS)
async def test_whatever_is_done_to_timers_what_is_due_fires_and_nothing_else(steps: list[tuple[str, str, int]]) -> None:
    clock = ManualClock()
    expected: dict[str, tuple[float, str]] = {}
    async with aws(Path(), clock) as keeper:
        for number, (step, name, seconds) in enumerate(steps):
            match step:
                case "set":
                    expected[name] = (clock.at_s + seconds, f"{name}{number}")
                    await keeper.timers.set(timer(name, *expected[name]))
                case "cancel":
                    expected.pop(name, None)
                    await keeper.timers.cancel(name)
                case _:
                    await keeper.until(clock.at_s + seconds)
                    due = {name: what for name, (at_s, what) in expected.items() if at_s <= clock.at_s}
                    assert set(whats(keeper)) == set(due.values())
                    expected = {name: set_to for name, set_to in expected.items() if name not in due}

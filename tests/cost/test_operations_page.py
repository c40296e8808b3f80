"""docs/operations-aws.md says what was counted, and what follows from it."""

from __future__ import annotations

import pytest

from infra.aws import connection_rows
from infra.aws.shards import Sharding
from infra.aws.values import size_bytes
from services.pushes.audience import COUNTED_AT_MOST
from tests.cost import capacity, deployment, estimates, prices, tables
from tests.cost.cloud import filed
from tests.cost.counted import COUNTED
from tests.cost.operations import OPERATIONS
from tests.cost.page import WORDS, table


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        (" | write units", tables.counted()),
        ("for each | price", tables.price_list()),
        (" | one by one", tables.come_and_go()),
        ("pings are answered", tables.terminal_months()),
        (" | messages | REST", tables.deliveries()),
        ("audience", tables.broadcasts()),
    ],
    ids=["counted", "prices", "a connect", "a terminal", "deliveries", "broadcasts"],
)
def test_a_table_is_as_it_must_be(header: str, rows: list[tables.Row]) -> None:
    assert list(table(header.strip())) == [tuple(row) for row in rows], "\n" + tables.written(rows)


def test_every_operation_has_a_row() -> None:
    assert set(tables.OPERATIONS) == set(OPERATIONS)


def test_the_row_that_is_counted_is_as_long_as_the_page_says() -> None:
    row = connection_rows.rows(filed(0), Sharding())[0]
    assert size_bytes(row) == pytest.approx(580, abs=5)
    assert "a row of 580 bytes" in WORDS


@pytest.mark.parametrize(
    "sentence",
    [
        f"as they were on {prices.DAY}",
        f"{deployment.alarm_metrics()} metrics of alarms",
        f"${round(estimates.standing().total):d} a month at most",
        f"takes at most {capacity.deliveries_per_s():,} of it",
        f"100,000 terminals are back {capacity.all_back_s(100_000):.0f} s after an outage",
        f"a million after {capacity.all_back_s(1_000_000):,.0f} s",
        f"{capacity.pinging_terminals():,} terminals that only ping",
        f"500 connects and 500 disconnects a second take {capacity.writes_per_s():,.0f}",
        f"up to {COUNTED_AT_MOST:,}, so "
        f"{COUNTED['counted_for_forecast'].times(COUNTED_AT_MOST / 1_000).read_units:,.0f} read units at most",
        f"need about {round(capacity.handshakes_at_once(), -1):.0f}",
    ],
)
def test_a_figure_in_a_sentence_is_as_it_must_be(sentence: str) -> None:
    assert sentence in WORDS


def test_what_is_assumed_is_a_small_part() -> None:
    """An invocation's time and its log lines; the page says so."""
    sums = [
        estimates.come_and_go(alone=True),
        estimates.terminal_month("mock"),
        estimates.push("push_to_user"),
        estimates.push("push_to_team"),
        estimates.broadcast(10_000),
    ]
    assert max((each.functions + each.logs) / each.total for each in sums) < 0.28
    assert "That is little more than a quarter of a sum below at most" in WORDS


def test_the_access_log_is_more_than_half_of_what_is_logged() -> None:
    """The page says that turning it off saves as much."""
    frames = estimates.HOURS_A_DAY * 3_600 / estimates.PING_EVERY_S + 3 * estimates.CONNECTS_A_DAY
    lines = estimates.access_line().times(frames * estimates.DAYS_A_MONTH)
    assert lines.logs > estimates.terminal_month("mock").logs / 2


def test_a_push_to_one_costs_as_many_times_as_much_as_the_page_says() -> None:
    ratio = estimates.push("push_to_user").total / (estimates.broadcast(10_000).total / 10_000)
    assert round(ratio) == 18
    assert "costs eighteen times as much" in WORDS


def test_the_stack_takes_no_more_than_an_account_has() -> None:
    assert capacity.deliveries_per_s() < capacity.ACCOUNT_REQUESTS_PER_S
    assert deployment.parameter("ConnectsPerSecond") <= capacity.CONNECTS_PER_S
    assert capacity.NEW_TABLE_WRITES_PER_S < capacity.writes_per_s() < capacity.TABLE_WRITES_PER_S

"""The tables of docs/operations-aws.md, as they must be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from tests.cost import capacity, estimates, prices
from tests.cost.counted import COUNTED
from tests.cost.estimates import Usd
from tests.cost.operations import TEAM
from tests.cost.prices import MILLION

Row = Sequence[str]

OPERATIONS: Final[Mapping[str, str]] = {
    "connect": "a terminal connects (`$connect`)",
    "connect_counted_alone": "the stream counts it, if it comes alone",
    "connect_counted_with_others": "the stream counts it, in a batch of 100",
    "disconnect": "a terminal leaves (`$disconnect`)",
    "disconnect_counted_alone": "the stream counts it and files it as last seen, if it leaves alone",
    "disconnect_counted_with_others": "the stream counts it and files it as last seen, in a batch of 100",
    "resume_for_the_first_time": "`resume` of a terminal that has no position yet",
    "resume": "`resume`, and nothing was missed",
    "refresh": "`refresh`",
    "ping": "`ping`, if a function answered it",
    "acknowledge": "`ack` of one push that keeps receipts",
    "acknowledge_unasked": "`ack` of one push that keeps none",
    "acknowledge_for_user": "`ack` of one push that counts for the whole user (`once_per_user`)",
    "request": "a REST request, before anything else: may its caller call?",
    "push_to_user": "a push to a user with one terminal, from submission to completion",
    "push_to_user_with_key": "the same with an `Idempotency-Key`",
    "push_to_user_with_receipts": 'the same with `receipts: "each"`',
    "push_to_user_repeated": "the same `Idempotency-Key` again",
    "push_to_team": "a push to a group of 50, among 100 or among 100,000 others",
    "push_to_team_with_receipts": 'the same with `receipts: "each"`',
    "push_in_waves": "the same in two waves",
    "wave": "more for each further wave, with the wait behind it",
    "counted_for_forecast": "more for each 1,000 connections that are counted for its forecast",
    "push_counted_alone": "the stream counts a page of deliveries, if it comes alone",
    "acknowledgement_counted_alone": "the stream counts an `ack`, if it comes alone",
    "timer": "a moment to come, up to 15 minutes ahead, what is done then not included",
    "lost_terminal": "more for each terminal that turns out to be gone",
    "broadcast": "a broadcast, whoever is there",
    "deliveries": "more for each 1,000 deliveries of it",
    "handover": "more each time a worker's time is up",
    "broadcast_to_few": "a broadcast to 1,000, all of it",
    "sweep": "a sweep, for each 1,000 connections",
    "overdue": "a look for overdue pushes, among 100 that wait",
    "sample_not_due": "a look whether the sizes of groups are to be written down",
    "sample": "the sizes of 100 groups are written down, every five minutes",
}


def counted() -> list[Row]:
    """What each operation takes: write units, read units, requests to SQS, requests to `@connections`."""
    return [
        (
            label,
            *map(
                _plain,
                (
                    COUNTED[name].write_units,
                    COUNTED[name].read_units,
                    COUNTED[name].sqs_requests,
                    COUNTED[name].connection_requests,
                ),
            ),
        )
        for name, label in OPERATIONS.items()
    ]


def price_list() -> list[Row]:
    """Every price that is used."""
    return [(price.of, f"${_exact(price.usd)}") for price in prices.LIST]


def come_and_go() -> list[Row]:
    """A million connects with their disconnects, by what they are for."""
    alone, together = (estimates.come_and_go(alone=each).times(MILLION) for each in (True, False))
    return [
        (what, f"${one:.2f}", f"${other:.2f}")
        for what, one, other in (
            ("DynamoDB", alone.table, together.table),
            ("logs", alone.logs, together.logs),
            ("functions", alone.functions, together.functions),
            ("messages: `resume`, `resumed`", alone.messages, together.messages),
            ("**total**", alone.total, together.total),
        )
    ]


def terminal_months() -> list[Row]:
    """A terminal-month by how pings are answered."""
    return [
        (label, *(f"{each:.5f}" for each in _month(cost)), f"**${cost.total:.5f}**", f"${100_000 * cost.total:,.0f}")
        for label, cost in (
            ("by API Gateway, as built", estimates.terminal_month("mock")),
            ("by a function", estimates.terminal_month("function")),
        )
    ]


def deliveries() -> list[Row]:
    """A million deliveries by how they are sent."""
    ack = estimates.acknowledgement()
    return [
        (label, *(f"{each:.2f}" for each in _delivery(cost)), f"**${cost.total:.2f}**")
        for label, cost in (
            ("a million pushes to one terminal each", estimates.push("push_to_user").times(MILLION)),
            (
                "the same with receipts, each confirmed",
                (estimates.push("push_to_user_with_receipts") + ack).times(MILLION),
            ),
            ("20,000 pushes to a group of 50", estimates.push("push_to_team").times(MILLION / TEAM)),
            (
                "the same with receipts, each confirmed",
                estimates.push("push_to_team_with_receipts").times(MILLION / TEAM) + ack.times(MILLION),
            ),
            ("100 broadcasts to 10,000", estimates.broadcast(10_000).times(100)),
            ("one broadcast to 1,000,000", estimates.broadcast(MILLION)),
        )
    ]


def broadcasts() -> list[Row]:
    """How long broadcasts take."""
    return [
        (f"{audience:,}", *(f"{_plain(each)} s" for each in capacity.broadcast_s(audience)))
        for audience in (10_000, 100_000, MILLION)
    ]


def written(rows: Iterable[Row]) -> str:
    """Rows as Markdown writes them."""
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _month(cost: Usd) -> Sequence[float]:
    return cost.messages, cost.minutes, cost.table, cost.functions, cost.logs


def _delivery(cost: Usd) -> Sequence[float]:
    return cost.messages, cost.requests, cost.table, cost.functions, cost.queue, cost.logs


def _plain(number: float) -> str:
    return f"{round(number, 2):,.10g}"


def _exact(usd: float) -> str:
    return f"{usd:.2f}" if round(usd, 2) == usd else f"{usd:g}"

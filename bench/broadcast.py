"""(a) Broadcast: from the POST of one push to its receipt at the last of N terminals."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from bench import machine
from bench.contestant import EVERYONE, Contestant, Server
from bench.load_client import Burst, LoadClient, connected_to
from bench.report import Table, median, median_ratio, spread, thousands

IN_FLIGHT = 4
"""Callers that push at the same time in the second figure."""
_RECEIPTS_A_BURST = 100_000
_FEWEST_PUSHES = 8
_SAME_SIZE_BYTES = 4
"""How much frames may differ in size between contestants: the times in an envelope vary by some digits."""


@dataclass(frozen=True, slots=True)
class _Entry:
    contestant: Contestant
    server: Server
    client: LoadClient
    one_at_a_time: list[float] = field(default_factory=list)
    pipelined: list[float] = field(default_factory=list)
    last_ms: list[float] = field(default_factory=list)
    cpu_us: list[float] = field(default_factory=list)
    client_share: list[float] = field(default_factory=list)
    frame_bytes: list[int] = field(default_factory=list)

    def measure(self, terminals: int, pushes: int) -> None:
        before_s = machine.cpu_s(self.server.process_id)
        single = self.client.burst(pushes, 1)
        used_s = machine.cpu_s(self.server.process_id) - before_s
        piped = self.client.burst(pushes, IN_FLIGHT)
        self.one_at_a_time.append(terminals / single.last_receipt.p50_ms * 1000)
        self.last_ms.append(single.last_receipt.p50_ms)
        self.cpu_us.append(used_s * 1e6 / single.receipts)
        self.pipelined.append(piped.receipts / piped.seconds)
        self.client_share.extend((single.client_share, piped.client_share))
        self.frame_bytes.extend(_sizes(single) + _sizes(piped))


def _sizes(burst: Burst) -> list[int]:
    return [burst.shortest_bytes, burst.longest_bytes]


def measured(
    contestants: Sequence[Contestant],
    *,
    terminals: int,
    rounds: int,
    payload_bytes: int,
    work: Path,
    tokens: Path | None,
) -> Table:
    """All contestants open at once with `terminals` each; they take turns, beginning with another each round.

    `tokens` are for those contestants that check any. The last contestant given is the floor of the ratios.
    Raises BrokenRun if a terminal misses a push or frames differ in size between contestants.
    """
    pushes = max(_FEWEST_PUSHES, _RECEIPTS_A_BURST // terminals)
    with ExitStack() as stack:
        entries = []
        for contestant in contestants:
            server = stack.enter_context(contestant.running(work))
            push = contestant.push(EVERYONE, payload_bytes)
            client = stack.enter_context(connected_to(server, [push], work, tokens=tokens))
            client.open(terminals)
            entries.append(_Entry(contestant, server, client))
        for entry in entries:
            machine.wait_for_rest(entry.server.process_id)
            entry.client.burst(3, 1)
        for turn in range(rounds):
            for entry in entries[turn % len(entries) :] + entries[: turn % len(entries)]:
                entry.measure(terminals, pushes)
    _require_same_size(entries)
    return _table(entries, terminals, rounds, pushes)


def _require_same_size(entries: Sequence[_Entry]) -> None:
    sizes = {entry.contestant.name: (min(entry.frame_bytes), max(entry.frame_bytes)) for entry in entries}
    least = min(low for low, _ in sizes.values())
    most = max(high for _, high in sizes.values())
    if most - least > _SAME_SIZE_BYTES:
        raise AssertionError(f"the contestants' frames differ in size, which is not fair: {sizes}")


def _table(entries: Sequence[_Entry], terminals: int, rounds: int, pushes: int) -> Table:
    floor = entries[-1]
    size = max(size for entry in entries for size in entry.frame_bytes)
    table = Table(
        f"Broadcast to {thousands(terminals)} terminals",
        (
            "",
            "to the last, ms",
            "one at a time, /s",
            f"of {floor.contestant.name}",
            f"{IN_FLIGHT} in flight, /s",
            f"of {floor.contestant.name}",
            "server CPU, µs each",
            "spread",
        ),
    )
    for entry in entries:
        table.rows.append(
            (
                entry.contestant.name,
                f"{median(entry.last_ms):.2f}",
                thousands(median(entry.one_at_a_time)),
                f"{median_ratio(entry.one_at_a_time, floor.one_at_a_time):.2f}",
                thousands(median(entry.pipelined)),
                f"{median_ratio(entry.pipelined, floor.pipelined):.2f}",
                f"{median(entry.cpu_us):.2f}",
                spread(entry.one_at_a_time),
            )
        )
    share = max(share for entry in entries for share in entry.client_share)
    table.remarks.append(
        f"Frame payload {size} bytes for all; {pushes} pushes a burst; medians of {rounds} rounds, ratios "
        f"within each; the load client used at most {share:.0%} of its core."
    )
    return table

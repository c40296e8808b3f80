"""(b) Connects: handshakes a second with an RS256 token each, until the terminal may receive."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from bench import machine
from bench.contestant import EVERYONE, Contestant
from bench.load_client import WINDOW, connected_to
from bench.report import Table, median, median_ratio, spread, thousands

_WARM_UP = 200


def measured(contestants: Sequence[Contestant], *, terminals: int, rounds: int, work: Path, tokens: Path) -> Table:
    """Each round every contestant gets `terminals` connects in turn, then loses them and comes to rest."""
    rates: dict[str, list[float]] = {contestant.name: [] for contestant in contestants}
    cpu_us: dict[str, list[float]] = {contestant.name: [] for contestant in contestants}
    shares: list[float] = []
    with ExitStack() as stack:
        entries = []
        for contestant in contestants:
            server = stack.enter_context(contestant.running(work))
            push = contestant.push(EVERYONE, 400)
            client = stack.enter_context(connected_to(server, [push], work, tokens=tokens))
            client.open(_WARM_UP)
            client.close()
            entries.append((contestant, server, client))
        for turn in range(rounds):
            for contestant, server, client in entries[turn % len(entries) :] + entries[: turn % len(entries)]:
                machine.wait_for_rest(server.process_id)
                before_s = machine.cpu_s(server.process_id)
                opened = client.open(terminals)
                used_s = machine.cpu_s(server.process_id) - before_s
                rates[contestant.name].append(opened.count / opened.seconds)
                cpu_us[contestant.name].append(used_s * 1e6 / opened.count)
                shares.append(opened.client_share)
                client.burst(1, 1)
                client.close()
                machine.wait_for_rest(server.process_id)
    reference = contestants[-1].name
    table = Table(
        "Connects with an RS256 token",
        ("", "connects/s", f"of {reference}", "server CPU, µs each", "spread"),
        remarks=[
            f"{thousands(terminals)} connects a round, {WINDOW} pending at a time, medians of {rounds} rounds; "
            f"the load client used at most {max(shares):.0%} of its core. After each round one push must reach all."
        ],
    )
    for name, figures in rates.items():
        table.rows.append(
            (
                name,
                thousands(median(figures)),
                f"{median_ratio(figures, rates[reference]):.2f}",
                thousands(median(cpu_us[name])),
                spread(figures),
            )
        )
    return table

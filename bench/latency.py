"""(c) Latency: from the moment a push was due to its receipt, under steady pushes to users and small groups."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from bench import machine, tokens
from bench.contestant import Audience, Contestant, Push
from bench.load_client import Steady, connected_to
from bench.report import Table, median, thousands


def _pushes(contestant: Contestant, terminals: int, payload_bytes: int) -> list[Push]:
    """By turns to one user and to one group of ten, all over the terminals."""
    pushes: list[Push] = []
    for number in range(0, terminals, tokens.GROUP_SIZE):
        user = Audience("user", tokens.user_of(number))
        group = Audience("group", tokens.group_of(number))
        pushes.append(contestant.push(user, payload_bytes, expected=1))
        pushes.append(contestant.push(group, payload_bytes, expected=tokens.GROUP_SIZE))
    return pushes


def _row(name: str, runs: Sequence[Steady]) -> tuple[str, ...]:
    return (
        name,
        f"{median(run.receipt.p50_ms for run in runs):.2f}",
        f"{median(run.receipt.p99_ms for run in runs):.2f}",
        f"{max(run.receipt.most_ms for run in runs):.2f}",
        f"{median(run.answer.p50_ms for run in runs):.2f}",
        f"{median(run.answer.p99_ms for run in runs):.2f}",
    )


_COLUMNS = ("", "receipt p50, ms", "p99", "most", "HTTP answer p50, ms", "p99")


def beside_alternatives(
    contestants: Sequence[Contestant],
    *,
    terminals: int,
    per_second: float,
    seconds: float,
    rounds: int,
    payload_bytes: int,
    work: Path,
    token_file: Path,
) -> Table:
    """Steady pushes to each contestant in turn."""
    runs: dict[str, list[Steady]] = {contestant.name: [] for contestant in contestants}
    with ExitStack() as stack:
        entries = []
        for contestant in contestants:
            server = stack.enter_context(contestant.running(work))
            pushes = _pushes(contestant, terminals, payload_bytes)
            client = stack.enter_context(connected_to(server, pushes, work, tokens=token_file))
            client.open(terminals)
            machine.wait_for_rest(server.process_id)
            client.steady(per_second, 1)
            entries.append((contestant, client))
        for turn in range(rounds):
            for contestant, client in entries[turn % len(entries) :] + entries[: turn % len(entries)]:
                runs[contestant.name].append(client.steady(per_second, seconds))
    table = Table(
        f"POST to terminal under {per_second:g} pushes/s at {thousands(terminals)} terminals",
        _COLUMNS,
        remarks=[
            f"By turns to one user and to a group of {tokens.GROUP_SIZE}; {rounds} rounds of {seconds:g} s each, "
            "medians of the rounds, `most` of all. Timed from the moment a push was due, so that waiting in "
            "a queue counts."
        ],
    )
    table.rows.extend(_row(name, figures) for name, figures in runs.items())
    return table


def beside_listing(
    contestant: Contestant,
    *,
    terminals: int,
    per_second: float,
    seconds: float,
    rounds: int,
    payload_bytes: int,
    work: Path,
    token_file: Path,
) -> Table:
    """Steady pushes alone, then while a caller pages through all terminals without a pause, by turns."""
    alone: list[Steady] = []
    beside: list[Steady] = []
    with (
        contestant.running(work) as server,
        connected_to(server, _pushes(contestant, terminals, payload_bytes), work, tokens=token_file) as client,
    ):
        client.open(terminals)
        machine.wait_for_rest(server.process_id)
        client.steady(per_second, 1)
        for _ in range(rounds):
            alone.append(client.steady(per_second, seconds))
            beside.append(client.steady(per_second, seconds, listing=True))
    table = Table(
        f"The same at {thousands(terminals)} terminals, beside a listing of them all",
        _COLUMNS,
        remarks=[
            f"The listing read {thousands(median(run.rows_listed / run.seconds for run in beside))} rows/s, "
            f"page after page without a pause; its longest page took "
            f"{max(run.longest_page_ms for run in beside):.0f} ms."
        ],
    )
    table.rows.append(_row("pushes alone", alone))
    table.rows.append(_row("beside the listing", beside))
    return table

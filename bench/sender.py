"""(f) The `@connections` sender: posts a second over TLS on one core, beside what people would use instead."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench import endpoint, machine
from bench.posters import OURS, REFERENCE, Load, Poster, posted
from bench.report import Table, median, median_ratio, spread, thousands

CONCURRENCY = 64
MESSAGE_BYTES = 200


def measured(posters: Sequence[Poster], *, seconds: float, rounds: int, work: Path) -> Table:
    """Each round every client posts for `seconds` in turn, after a second to warm up."""
    load = Load(concurrency=CONCURRENCY, message_bytes=MESSAGE_BYTES, seconds=seconds)
    rates: dict[str, list[float]] = {poster.name: [] for poster in posters}
    cpu_us: dict[str, list[float]] = {poster.name: [] for poster in posters}
    with endpoint.running(work) as server:
        for turn in range(rounds):
            start = turn % len(posters)
            for poster in (*posters[start:], *posters[:start]):
                machine.wait_for_rest(server.process_id)
                result = posted(poster, server, load)
                rates[poster.name].append(result.posts / result.seconds)
                cpu_us[poster.name].append(result.cpu_s * 1e6 / result.posts)
    table = Table(
        "Posts to @connections over TLS, one core",
        ("", "posts/s", f"of {REFERENCE.name}", f"{OURS.name} is", "client CPU, µs each", "spread"),
        remarks=[
            f"{MESSAGE_BYTES}-byte messages, {CONCURRENCY} requests at a time on kept connections, {seconds:g} s each, "
            f"medians of {rounds} rounds. Each post was answered 200, and nginx counted as many."
        ],
    )
    for name, figures in rates.items():
        table.rows.append(
            (
                name,
                thousands(median(figures)),
                f"{median_ratio(figures, rates[REFERENCE.name]):.3f}" if REFERENCE.name in rates else "",
                f"{median_ratio(rates[OURS.name], figures):.1f} times" if OURS.name in rates else "",
                f"{median(cpu_us[name]):.1f}",
                spread(figures),
            )
        )
    return table

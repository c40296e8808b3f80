"""(d) Memory: what an idle connection costs the server's process."""

from __future__ import annotations

import urllib.request
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from bench import machine
from bench.contestant import EVERYONE, Contestant, Server
from bench.load_client import connected_to
from bench.report import Table, thousands

_WARM_UP = 200


def measured(contestants: Sequence[Contestant], *, steps: Sequence[int], work: Path, tokens: Path | None) -> Table:
    """One contestant after the other: memory at rest with so many connections, less that with none."""
    table = Table(
        "Memory per idle connection, KB",
        ("", "with none, MB", *(f"{thousands(step)} open" for step in steps), "of each further one"),
        remarks=[
            "Proportional set size of the server's processes, after as many connects and departures as warm "
            "it up; Node after a garbage collection. Socket buffers, which the kernel holds, are not in it."
        ],
    )
    for contestant in contestants:
        sizes = _sizes(contestant, steps, work, tokens)
        each = [(size - sizes[0]) / step / 1024 for step, size in zip(steps, sizes[1:], strict=True)]
        (low, high), (low_bytes, high_bytes) = list(pairwise(steps))[-1], list(pairwise(sizes))[-1]
        further = (high_bytes - low_bytes) / (high - low) / 1024
        table.rows.append(
            (contestant.name, f"{sizes[0] / 2**20:.1f}", *(f"{value:.1f}" for value in each), f"{further:.1f}")
        )
    return table


def _sizes(contestant: Contestant, steps: Sequence[int], work: Path, tokens: Path | None) -> list[int]:
    with (
        contestant.running(work) as server,
        connected_to(server, [contestant.push(EVERYONE, 400)], work, tokens=tokens) as client,
    ):
        client.open(_WARM_UP)
        client.burst(2, 1)
        client.close()
        sizes = [_at_rest(contestant, server)]
        for before, step in pairwise((0, *steps)):
            client.open(step - before)
            sizes.append(_at_rest(contestant, server))
        client.burst(1, 1)
        return sizes


def _at_rest(contestant: Contestant, server: Server) -> int:
    machine.wait_for_rest(server.process_id)
    if contestant.collects_garbage:
        request = urllib.request.Request(f"http://127.0.0.1:{server.http_port}/gc", method="POST")
        urllib.request.urlopen(request).close()
        machine.wait_for_rest(server.process_id)
    return machine.memory_bytes(server.process_id)

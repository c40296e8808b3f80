"""(e) Imports: what a cold start pays before the first line of a handler runs."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from bench import machine
from bench.report import Table, median, median_ratio

NOTHING = "bare interpreter"
REFERENCE = "import jwt"
ENTRY_POINTS: dict[str, list[str]] = {
    NOTHING: [sys.executable, "-c", "pass"],
    REFERENCE: [sys.executable, "-c", "import jwt"],
    "services.authorizer.handler": [sys.executable, "-c", "import services.authorizer.handler"],
    "services.connections.handler": [sys.executable, "-c", "import services.connections.handler"],
    "services.messages.handler": [sys.executable, "-c", "import services.messages.handler"],
    "services.fanout.handler": [sys.executable, "-c", "import services.fanout.handler"],
    "fanfare --help": [str(Path(sys.executable).with_name("fanfare")), "--help"],
}


def measured(*, rounds: int) -> Table:
    """Wall time of a fresh interpreter for each entry point by turns; byte code is compiled before."""
    times_ms: dict[str, list[float]] = {name: [] for name in ENTRY_POINTS}
    table = Table(
        "Import time",
        ("", "whole process, ms", "above the bare interpreter, ms", f"of {REFERENCE}"),
        remarks=[f"Medians of {rounds} rounds; ratios of the time above the bare interpreter."],
    )
    for name, command in ENTRY_POINTS.items():
        fault = _fault_of(command)
        if fault is not None:
            table.remarks.append(f"Left out: `{name}`: {fault}")
            del times_ms[name]
    for turn in range(rounds):
        names = list(times_ms)
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            times_ms[name].append(_run_ms(ENTRY_POINTS[name]))
    bare = times_ms[NOTHING]
    above = {name: [a - b for a, b in zip(times, bare, strict=True)] for name, times in times_ms.items()}
    for name, times in times_ms.items():
        net = "" if name == NOTHING else f"{median(above[name]):.1f}"
        ratio = "" if name == NOTHING else f"{median_ratio(above[name], above[REFERENCE]):.2f}"
        table.rows.append((name, f"{median(times):.1f}", net, ratio))
    return table


def _fault_of(command: list[str]) -> str | None:
    """The last line that the command says if it fails; running it compiles what it imports too."""
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode == 0:
        return None
    return (result.stderr.strip() or f"status {result.returncode}").splitlines()[-1]


def _run_ms(command: list[str]) -> float:
    begun_ns = time.perf_counter_ns()
    subprocess.run(machine.on_core(machine.SERVER_CORE, *command), check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter_ns() - begun_ns) / 1e6

"""The machine: which core does what, what a process has used, and when it has come to rest."""

from __future__ import annotations

import os
import platform
import resource
import socket
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILD = HERE / "build"
"""Where the Makefile puts the load client and the write() loop, and where results go."""
SERVER_CORE = 0
CLIENT_CORE = 1
SPARE_DESCRIPTORS = 200
"""What a server or the load client needs beside its terminals: callers, log files, a database."""

_IDLE_SHARE = 0.02
_IDLE_WINDOW_S = 0.25
_REST_DEADLINE_S = 60.0
_LISTENING_DEADLINE_S = 10.0


class TooFewCores(RuntimeError):
    """Server and client would share a core, and every figure would be of the scheduler."""


def require_two_cores() -> None:
    """Raises TooFewCores unless cores 0 and 1 may both be used."""
    usable = os.sched_getaffinity(0)
    if not {SERVER_CORE, CLIENT_CORE} <= usable:
        raise TooFewCores(f"cores {SERVER_CORE} and {CLIENT_CORE} are needed; this process may use {usable}")


def on_core(core: int, *command: str) -> list[str]:
    """`command`, held to one core."""
    return ["taskset", "--cpu-list", str(core), *command]


def most_terminals() -> int:
    """How many terminals one process can hold under the hard limit of open files."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[1] - SPARE_DESCRIPTORS


def raise_open_files() -> None:
    """Raises the soft limit of open files to the hard one, for every server started from here."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def free_port() -> int:
    """A port of 127.0.0.1 that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def wait_until_listening(port: int) -> None:
    """Waits until something listens on this port of 127.0.0.1. Raises TimeoutError."""
    deadline_s = time.monotonic() + _LISTENING_DEADLINE_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError as error:
            if time.monotonic() > deadline_s:
                raise TimeoutError(f"nothing listens on port {port} yet") from error
            time.sleep(0.05)


def family(process_id: int) -> list[int]:
    """The process and all that descend from it."""
    children: list[int] = []
    for task in Path(f"/proc/{process_id}/task").iterdir():
        children.extend(int(child) for child in (task / "children").read_text().split())
    return [process_id, *(member for child in children for member in family(child))]


def cpu_s(process_id: int) -> float:
    """CPU time a process and its descendants have used, in seconds, as the scheduler counts it."""
    return (
        sum(
            int((task / "schedstat").read_text().split()[0])
            for member in family(process_id)
            for task in Path(f"/proc/{member}/task").iterdir()
        )
        / 1e9
    )


def memory_bytes(process_id: int) -> int:
    """Memory of a process and its descendants: the proportional set size, so that shared pages count once."""
    return sum(_proportional_set_bytes(member) for member in family(process_id))


def _proportional_set_bytes(process_id: int) -> int:
    for line in Path(f"/proc/{process_id}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"/proc/{process_id}/smaps_rollup has no Pss line")


def wait_for_rest(process_id: int) -> None:
    """Waits until a server does nothing (no garbage to collect, no departure to record). Raises TimeoutError."""
    deadline_s = time.monotonic() + _REST_DEADLINE_S
    quiet_windows = 0
    before_s = cpu_s(process_id)
    while quiet_windows < 2:
        if time.monotonic() > deadline_s:
            raise TimeoutError(f"process {process_id} has not come to rest in {_REST_DEADLINE_S:.0f} s")
        time.sleep(_IDLE_WINDOW_S)
        now_s = cpu_s(process_id)
        quiet_windows = quiet_windows + 1 if now_s - before_s < _IDLE_SHARE * _IDLE_WINDOW_S else 0
        before_s = now_s


def description() -> str:
    """One line: processor, cores, kernel, Python."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    return f"{model}, {os.cpu_count()} cores, Linux {platform.release()}, Python {platform.python_version()}"

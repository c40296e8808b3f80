"""`python -m bench`: every benchmark in one run, about ten minutes; `--quick` in about two."""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from bench import broadcast, connects, endpoint, imports, latency, machine, memory, sender, tokens
from bench.alternatives import Nchan, SocketIo, WriteLoop, Ws
from bench.contestant import EVERYONE, Contestant, Entrant
from bench.fanfare import Fanfare
from bench.load_client import connected_to
from bench.posters import POSTERS
from bench.report import Table, thousands

Entry = TypeVar("Entry", bound=Entrant)

ENVELOPE_AND_MESSAGE_BYTES = 400
"""Payload of the others' frames where Fanfare, whose frame sets the size, takes no part."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is run."""

    broadcast_sizes: tuple[int, ...]
    broadcast_rounds: int
    connects: int
    connect_rounds: int
    steady_s: float
    steady_rounds: int
    listed: int
    memory_steps: tuple[int, ...]
    import_rounds: int
    sender_s: float
    sender_rounds: int
    pushes_per_second: float = 50
    steady_terminals: int = 1_000


FULL = Plan((1_000, 5_000, 15_000), 5, 3_000, 5, 10, 3, 10_000, (5_000, 10_000), 15, 5, 5)
QUICK = Plan((1_000, 5_000), 2, 1_000, 2, 4, 1, 3_000, (1_000, 2_000), 5, 2, 2)


class Benchmarks:
    """The six benchmarks with what they share: the plan, the tokens, the size of a frame."""

    def __init__(self, plan: Plan, store: tokens.TokenStore, work: Path, *, without: frozenset[str]) -> None:
        self._plan = plan
        self._tokens = store.tokens
        self._work = work
        self._without = without
        self._fanfare = Fanfare(store)
        self._socketio_jwt = SocketIo(store.public_key, tokens.ISSUER, tokens.AUDIENCE)
        self._payload_bytes = self._frame_bytes()
        self.left_out: dict[str, str] = {}

    def _present(self, *contestants: Entry) -> list[Entry]:
        present = []
        for contestant in contestants:
            fault = "left out by --without" if contestant.name in self._without else contestant.missing()
            if fault is None:
                present.append(contestant)
            else:
                self.left_out[contestant.name] = fault
        return present

    def _frame_bytes(self) -> int:
        """The payload of Fanfare's frame with a message of 200 bytes: the others send as much."""
        self.left_out = {}
        if not self._present(self._fanfare):
            return ENVELOPE_AND_MESSAGE_BYTES
        push = self._fanfare.push(EVERYONE, 0)
        with (
            self._fanfare.running(self._work) as server,
            connected_to(server, [push], self._work, tokens=self._tokens) as client,
        ):
            client.open(1)
            return client.burst(1, 1).longest_bytes

    def broadcast(self) -> Iterator[Table]:
        contestants: list[Contestant] = self._present(self._fanfare, Nchan(), Ws(), SocketIo(), WriteLoop())
        for terminals in self._plan.broadcast_sizes:
            if terminals > machine.most_terminals():
                self.left_out[f"{thousands(terminals)} terminals"] = (
                    f"the hard limit of open files allows {thousands(machine.most_terminals())}; raise ulimit -Hn"
                )
                continue
            yield broadcast.measured(
                contestants,
                terminals=terminals,
                rounds=self._plan.broadcast_rounds,
                payload_bytes=self._payload_bytes,
                work=self._work,
                tokens=self._tokens,
            )

    def connects(self) -> Iterator[Table]:
        contestants: list[Contestant] = self._present(self._fanfare, self._socketio_jwt)
        yield connects.measured(
            contestants,
            terminals=self._plan.connects,
            rounds=self._plan.connect_rounds,
            work=self._work,
            tokens=self._tokens,
        )

    def latency(self) -> Iterator[Table]:
        contestants: list[Contestant] = self._present(self._fanfare, self._socketio_jwt)
        yield latency.beside_alternatives(
            contestants,
            terminals=self._plan.steady_terminals,
            per_second=self._plan.pushes_per_second,
            seconds=self._plan.steady_s,
            rounds=self._plan.steady_rounds,
            payload_bytes=self._payload_bytes,
            work=self._work,
            token_file=self._tokens,
        )
        if self._fanfare in contestants:
            yield latency.beside_listing(
                self._fanfare,
                terminals=self._plan.listed,
                per_second=self._plan.pushes_per_second,
                seconds=self._plan.steady_s,
                rounds=self._plan.steady_rounds,
                payload_bytes=self._payload_bytes,
                work=self._work,
                token_file=self._tokens,
            )

    def memory(self) -> Iterator[Table]:
        contestants: list[Contestant] = self._present(self._fanfare, Nchan(), Ws(), SocketIo())
        yield memory.measured(
            contestants,
            steps=self._plan.memory_steps,
            work=self._work,
            tokens=self._tokens,
        )

    def imports(self) -> Iterator[Table]:
        yield imports.measured(rounds=self._plan.import_rounds)

    def sender(self) -> Iterator[Table]:
        fault = endpoint.missing()
        present = self._present(*POSTERS)
        if fault is not None:
            self.left_out["sender"] = fault
        elif present:
            yield sender.measured(
                present, seconds=self._plan.sender_s, rounds=self._plan.sender_rounds, work=self._work
            )


NAMES = ("broadcast", "connects", "latency", "memory", "imports", "sender")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds and terminals; for a look, not for figures")
    parser.add_argument("--only", choices=NAMES, action="append", help="run this benchmark; may be given again")
    parser.add_argument("--terminals", type=int, action="append", help="broadcast to so many; may be given again")
    parser.add_argument("--without", action="append", default=[], metavar="NAME", help="leave a contestant out")
    arguments = parser.parse_args()
    plan = QUICK if arguments.quick else FULL
    if arguments.terminals:
        plan = replace(plan, broadcast_sizes=tuple(arguments.terminals))
    machine.require_two_cores()
    machine.raise_open_files()
    subprocess.run(["make", "--silent", "-C", str(machine.HERE)], check=True)
    most = max(*plan.broadcast_sizes, plan.listed, *plan.memory_steps)
    store = tokens.made(machine.BUILD / "tokens", most)
    begun_s = time.monotonic()
    print(f"## {machine.description()}\n", flush=True)
    with tempfile.TemporaryDirectory(prefix="fanfare-bench-") as work:
        benchmarks = Benchmarks(plan, store, Path(work), without=frozenset(arguments.without))
        runs: dict[str, Callable[[], Iterator[Table]]] = {
            "broadcast": benchmarks.broadcast,
            "connects": benchmarks.connects,
            "latency": benchmarks.latency,
            "memory": benchmarks.memory,
            "imports": benchmarks.imports,
            "sender": benchmarks.sender,
        }
        for name in arguments.only or NAMES:
            for table in runs[name]():
                print(table, flush=True)
    for name, fault in benchmarks.left_out.items():
        print(f"Left out: {name}: {fault}")
    print(f"{time.monotonic() - begun_s:.0f} s in all.")


if __name__ == "__main__":
    main()

"""`fanfare simulate`: a lively office of terminals, to look at and to load the service with."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import sys
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from functools import partial
from random import Random

import click

from fanfare.cli.durations import duration
from fanfare.cli.first_day import first_day
from fanfare.cli.identity import Identity, minter
from fanfare.cli.interruption import run
from fanfare.cli.office import Member, roster
from fanfare.cli.service import Service, service_options
from fanfare.frames import Connected, Disconnected, Error, Event
from fanfare.terminal import Cancel, Push, Refused, Reminder, Snapshot, Terminal, Timing

EXAMPLES = """
\b
Examples:
  fanfare simulate --terminals 200
  fanfare simulate --terminals 2000 --rate 300 --for 5m --seed 7
  fanfare push --target 'group:tokyo and kind = kiosk' 'Doors close at six'
"""
TOKEN_TTL_S = 8 * 3_600
SEEN_ONLY_WHEN_LEAVING = Timing(save_interval_s=24 * 3_600.0)
"""The memory is read when a terminal comes back; saving it on leaving is enough."""
AWAY_S = (20.0, 240.0)
"""For how long somebody is away who leaves for a while."""
SPARE_FILES = 64
"""Open files a process needs beside its sockets."""


@click.command(epilog=EXAMPLES)
@click.option("--terminals", default=200, show_default=True, type=click.IntRange(1, 20_000), help="How many.")
@click.option("--seed", default=1, show_default=True, help="Another seed is another company.")
@click.option(
    "--rate", default=100, show_default=True, type=click.IntRange(1), help="New connections a second, at most."
)
@click.option("--for", "for_s", type=duration, metavar="DURATION", help="End after 60s, 5m, …  [default: at Ctrl-C]")
@click.option("--quiet", is_flag=True, help="Print no figures.")
@click.option("--first-day", "begins", is_flag=True, help="Also keep a strategy, and send a few pushes to look at.")
@click.option("--until-eof", is_flag=True, help="End when standard input does, for whoever starts this.")
@service_options
def command(
    service: Service,
    terminals: int,
    seed: int,
    rate: int,
    for_s: int | None,
    quiet: bool,
    begins: bool,
    until_eof: bool,
) -> None:
    """Connect so many made-up terminals and let them behave as people do.

    They are of groups such as ops, sales, tokyo and kiosks, and have the attributes kind, os, site, tz, version,
    floor and managed. Some leave and come back, they confirm what they read after a while, and a few fail. Needs
    the data directory of the service, for the tokens.
    """
    if not service.makes_tokens():
        raise click.UsageError("every terminal needs a token of its own: give --data, whose secrets make them")
    _allow_files(terminals + SPARE_FILES)
    office = Office(
        members=roster(terminals, seed),
        url=service.ws(),
        api_url=service.known_api(),
        make_token=minter(service.data_dir),
        tls=service.tls(),
        seed=seed,
    )
    beside: list[Coroutine[None, None, None]] = [] if quiet else [office.report()]
    if begins:
        beside.append(first_day(service, office.nearly_all_in))
    end = _end_of_input() if until_eof else _after(for_s)
    run(office.live(rate=rate, beside=beside, end=end), loop_factory=_fast_loop())
    if not quiet:
        click.echo(office.tally.line(len(office.members)))


@dataclass(slots=True)
class Tally:
    """What has happened so far."""

    connected: int = 0
    pushes: int = 0
    read: int = 0
    failed: int = 0
    recalled: int = 0
    losses: int = 0
    refused: int = 0
    trouble: str = ""

    def line(self, terminals: int) -> str:
        """It all in one line."""
        figures = (
            f"{self.connected} of {terminals} connected · {self.pushes} pushes received, {self.read} read,"
            f" {self.failed} failed, {self.recalled} recalled · {self.losses} losses"
        )
        trouble = f", {self.refused} refused" if self.refused else ""
        return figures + trouble + (f" · last: {self.trouble[:100]}" if self.trouble else "")


class Memory:
    """What one terminal remembers while it is away."""

    def __init__(self) -> None:
        self._snapshot: Snapshot | None = None

    def load(self) -> Snapshot | None:
        return self._snapshot

    def save(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot


@dataclass(slots=True, kw_only=True)
class Office:
    """The members at work."""

    members: list[Member]
    url: str
    api_url: str | None
    make_token: Callable[[Identity, int], str]
    tls: ssl.SSLContext | None
    seed: int
    tally: Tally = field(default_factory=Tally)

    async def live(
        self, *, rate: int, beside: Sequence[Coroutine[None, None, None]], end: Coroutine[None, None, None]
    ) -> None:
        """Let everybody come in, at most `rate` a second, and work until `end` is done, or until cancelled.

        What is `beside` is done meanwhile.
        """
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(each) for each in beside]
            for number, member in enumerate(self.members):
                rng = Random(f"{self.seed} {number}")  # noqa: S311 - repeatable on purpose
                begin_s = (number + rng.random()) / rate
                tasks.append(group.create_task(self._work(member, rng, begin_s)))
            await end
            for task in tasks:
                task.cancel()

    def nearly_all_in(self) -> bool:
        """Whether most who work here are connected; some have left again when the last come."""
        return self.tally.connected >= 0.9 * len(self.members)

    async def _work(self, member: Member, rng: Random, begin_s: float) -> None:
        await asyncio.sleep(begin_s)
        memory = Memory()
        while True:
            stays_s = None if member.stays_s is None else rng.expovariate(1.0 / member.stays_s)
            try:
                async with asyncio.timeout(stays_s):
                    await self._be_there(member, rng, memory)
            except TimeoutError:
                await asyncio.sleep(rng.uniform(*AWAY_S))
            except Refused as refusal:
                self.tally.refused += 1
                self.tally.trouble = str(refusal)
                return

    async def _be_there(self, member: Member, rng: Random, memory: Memory) -> None:
        terminal = Terminal(
            self.url,
            token=partial(self.make_token, member.identity, TOKEN_TTL_S),
            api_url=self.api_url,
            name=member.name,
            state=memory,
            tls=self.tls,
            timing=SEEN_ONLY_WHEN_LEAVING,
            rng=rng,
        )
        there = False
        try:
            async with terminal:
                async for event in terminal.events():
                    there = self._count(event, there=there)
                    if isinstance(event, Push):
                        self._react(terminal, event, member, rng)
                    elif isinstance(event, Reminder):
                        self._react(terminal, event.push, member, rng)
                    elif isinstance(event, Cancel):
                        self.tally.recalled += 1
                        terminal.recalled(event.id)
        finally:
            self.tally.connected -= there

    def _count(self, event: Event, *, there: bool) -> bool:
        """Note an event; whether the terminal is connected now."""
        match event:
            case Connected():
                self.tally.connected += not there
                return True
            case Disconnected():
                self.tally.connected -= there
                self.tally.losses += there
                self.tally.trouble = event.reason
                return False
            case Push():
                self.tally.pushes += 1
            case Error():
                self.tally.trouble = f"{event.code}: {event.detail}"
        return there

    def _react(self, terminal: Terminal, push: Push, member: Member, rng: Random) -> None:
        """Fail at once, or read later, or never."""
        if push.ack is None:
            return
        if rng.random() < member.fails:
            self.tally.failed += 1
            terminal.failed(push, "the display did not answer")
        elif push.ack == "read" and rng.random() < member.reads:
            delay_s = member.reads_after_s * rng.uniform(0.5, 2.0)
            asyncio.get_running_loop().call_later(delay_s, self._read, terminal, push)

    def _read(self, terminal: Terminal, push: Push) -> None:
        if terminal.connected:
            self.tally.read += 1
            terminal.read(push)

    async def report(self) -> None:
        """Print figures: once a second on a screen, every ten seconds in a file."""
        on_screen = sys.stderr.isatty()
        while True:
            await asyncio.sleep(1.0 if on_screen else 10.0)
            line = self.tally.line(len(self.members))
            click.echo(f"\r\x1b[K{line}" if on_screen else line, err=True, nl=not on_screen)


async def _after(seconds: float | None) -> None:
    """Return when so much time has passed; never with None."""
    if seconds is None:
        await asyncio.get_running_loop().create_future()
    else:
        await asyncio.sleep(seconds)


async def _end_of_input() -> None:
    """Return when standard input has ended."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.read(4_096):
        pass


def _allow_files(number: int) -> None:
    """Let this process open so many files. Raises click.ClickException if the system does not allow it."""
    with contextlib.suppress(ImportError):
        import resource  # noqa: PLC0415 - there is none on Windows, nor such a limit

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard != resource.RLIM_INFINITY and hard < number:
            raise click.ClickException(
                f"{number - SPARE_FILES} terminals need {number} open files and this system allows {hard};"
                " raise it with `ulimit -Hn`, or simulate fewer"
            )
        if soft != resource.RLIM_INFINITY and soft < number:
            resource.setrlimit(resource.RLIMIT_NOFILE, (number, hard))


def _fast_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    with contextlib.suppress(ImportError):
        import uvloop  # noqa: PLC0415 - there is none on Windows

        return uvloop.new_event_loop
    return None

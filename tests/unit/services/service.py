"""The services over SQLite and scripted sockets: what a test does with them, and what it sees afterwards."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from random import Random
from types import SimpleNamespace

import pytest

from infra.local.storage import Storage
from services.domain import positions
from services.domain.connection import Connection
from services.domain.identity import AttributeValue
from services.domain.pushes import Counts, Job, Push, Receipt
from services.domain.targets.row_filter import Row
from services.fanout.delivery import NO_LIMIT, Budget, deliver
from services.ports import Ports, Timer
from services.pushes import requests
from services.pushes.submit import submit
from services.timeline import handler
from tests.contract import empty_database, makers
from tests.contract.adapters import NOON_S, ManualClock
from tests.contract.ids import ids_from_the_start
from tests.unit.services.sockets import ScriptedSockets

HOUR_S = 3_600
A_PAGE_EACH = Budget(remaining_s=lambda: 0.0)
"""A worker whose time is always up: it does one page of a job and hands the rest back."""


class Service:
    """The ports of one service, and what stands behind them."""

    def __init__(self, storage: Storage, clock: ManualClock, directory: Path, random: Random) -> None:
        self.clock = clock
        self.random = random
        self.sockets = ScriptedSockets()
        self._directory = directory
        self._use(storage)

    async def reopen(self) -> None:
        """The process ends and another takes over what is kept; its registry is empty."""
        await self.close()
        self._use(await Storage.open(self._directory, self.clock))

    async def close(self) -> None:
        await self.storage.close()

    def _use(self, storage: Storage) -> None:
        self.storage = storage
        self.ports = Ports(
            clock=self.clock,
            registry=storage.registry,
            pushes=storage.pushes,
            gateway=self.sockets,
            blocks=storage.blocks,
            memberships=storage.memberships,
            tickets=storage.tickets,
            audit=storage.audit,
            timers=storage.timers,
            strategies=storage.strategies,
            senders=storage.senders,
            plans=storage.plans,
            last_seen=storage.last_seen,
            activity=storage.activity,
        )

    async def connect(
        self,
        connection_id: str,
        user: str = "alice",
        *,
        terminal_id: str | None = None,
        place: int | None = None,
        groups: tuple[str, ...] = (),
        attributes: Mapping[str, AttributeValue] | None = None,
        lasts_s: int = 12 * HOUR_S,
    ) -> Connection:
        """A terminal that is connected and registered; its handshake is long over."""
        row = makers.connection(
            connection_id,
            user=user,
            terminal_id=terminal_id,
            place=place,
            groups=groups,
            attributes=attributes,
            expires_at_s=int(self.clock.now_s()) + lasts_s,
        )
        await self.ports.registry.add(row)
        return row

    async def enter(self, rows: Iterable[Row]) -> None:
        """These connect, with nothing beside what targets ask."""
        await asyncio.gather(
            *(
                self.connect(
                    row.connection_id,
                    row.user,
                    terminal_id=row.terminal_id,
                    groups=tuple(row.groups),
                    attributes=row.attributes,
                )
                for row in rows
            )
        )

    async def connect_in_ring_order(self, number: int) -> list[str]:
        """Connections c0, c1, … at the places 1,000, 2,000, …; their ids."""
        ids = [f"c{index}" for index in range(number)]
        for index, connection_id in enumerate(ids):
            await self.connect(connection_id, place=1_000 * (index + 1))
        return ids

    async def empty(self) -> None:
        """Everybody leaves, and nobody remembers what was sent."""
        await self.ports.registry.remove(await self.registered())
        self.sockets.forget()

    async def crowd(self, number: int) -> None:
        """Many others, so that it is cheaper to read a few topics than everybody."""
        await asyncio.gather(*(self.connect(f"other{index}", f"other{index}") for index in range(number)))

    async def submit(
        self,
        target: object = "all",
        message: object = "hi",
        *,
        sender: str = "admin",
        send_at: str | None = None,
        repeat: object = None,
        test: bool = False,
        **strategy: object,
    ) -> Push:
        """A push that is accepted, and not yet delivered."""
        request = await requests.checked(
            self.ports, target=target, message=message, strategy=strategy, send_at=send_at, repeat=repeat, test=test
        )
        return (await submit(self.ports, request, sender=sender)).push

    async def send(
        self, target: object = "all", message: object = "hi", *, sender: str = "admin", **asked: object
    ) -> Push:
        """A push that is accepted and delivered, as far as that goes at once."""
        push = await self.submit(target, message, sender=sender, **asked)  # type: ignore[arg-type] # passed on as it is
        await self.settle()
        return await self.push(push.id)

    def jobs(self) -> list[Job]:
        """The jobs that are unfinished now."""
        return [waiting.job for waiting in self.storage.pushes.unfinished(after=("", "", -1, -1), limit=1_000)]

    async def settle(self, budget: Budget = NO_LIMIT) -> None:
        """Run every job until none is left; the clock goes on to when a delayed one may run."""
        while left := self.storage.pushes.unfinished(after=("", "", -1, -1), limit=1_000):
            self.clock.at_s = max(self.clock.at_s, min(waiting.not_before_s for waiting in left))
            for waiting in left:
                if waiting.not_before_s <= self.clock.at_s:
                    await deliver(self.ports, waiting.job, budget)

    async def fire(self) -> None:
        """Fire the timers that are due; one whose handler fails stays, and is due again."""
        for timer in self.timers(due_by_s=self.clock.at_s):
            await self.act(timer)
            if timer in self.timers(due_by_s=timer.at_s):
                await self.ports.timers.cancel(timer.name)

    async def act(self, timer: Timer) -> None:
        """Do what a timer is for."""
        await handler.build(self.ports)(timer.body)

    def timers(self, *, due_by_s: float = math.inf) -> list[Timer]:
        """The timers that are set, the first one due first."""
        rows = self.storage.database.read(
            "SELECT name, at_s, body FROM timers WHERE at_s <= ? ORDER BY at_s", (due_by_s,)
        )
        return [Timer(name=str(name), at_s=float(str(at_s)), body=json.loads(str(body))) for name, at_s, body in rows]

    async def pass_until(self, at_s: float) -> None:
        """Let time pass until a moment; all that is due meanwhile is done when it is due."""
        while True:
            await self.settle()
            due = self.timers(due_by_s=at_s)
            if not due:
                break
            self.clock.at_s = max(self.clock.at_s, due[0].at_s)
            await self.fire()
        self.clock.at_s = max(self.clock.at_s, at_s)

    async def pass_s(self, seconds: float) -> None:
        """Let so many seconds pass."""
        await self.pass_until(self.clock.at_s + seconds)

    async def children(self, push: Push) -> list[Push]:
        """The pushes that a push has made, the first one first."""
        page = await self.ports.pushes.list(limit=1_000)
        return [each for each in reversed(page.items) if each.parent == push.id]

    async def push(self, push_id: str) -> Push:
        push = await self.ports.pushes.get(push_id)
        assert push is not None
        return push

    async def counts(self, push: Push) -> Counts:
        return await self.ports.pushes.counts(push.id)

    async def receipts(self, push: Push) -> dict[str, Receipt]:
        """The receipts of a push by terminal."""
        page = await self.ports.pushes.receipts(push.id, limit=1_000)
        return {receipt.terminal_id: receipt for receipt in page.items}

    async def registered(self) -> set[str]:
        """The ids of all connections in the registry, however long their sessions are over."""
        return {row.connection_id for row in await self.ports.registry.over(float("inf"), limit=10_000)}

    def pushes_at(self, connection_id: str) -> list[object]:
        """The ids of the pushes that a connection was sent, in order, doubles included."""
        return [frame["id"] for frame in self.sockets.frames(connection_id, "push")]


def once_after(port: object, method: str, happens: Callable[[], Awaitable[object]]) -> Callable[[], None]:
    """Let something happen just after the next call of a port's method, before the caller hears of it.

    What it returns calls that off.
    """
    original = getattr(port, method)

    async def called(*args: object, **named: object) -> object:
        setattr(port, method, original)
        result = await original(*args, **named)
        await happens()
        return result

    setattr(port, method, called)
    return lambda: setattr(port, method, original)


def once_before(port: object, method: str, happens: Callable[[], Awaitable[object]]) -> Callable[[], None]:
    """Let something happen just before the next call of a port's method does anything; to be called off likewise."""
    original = getattr(port, method)

    async def called(*args: object, **named: object) -> object:
        setattr(port, method, original)
        await happens()
        return await original(*args, **named)

    setattr(port, method, called)
    return lambda: setattr(port, method, original)


@contextmanager
def same_ids_each_time() -> Iterator[Random]:
    """What is random in ids, and so where on the ring a push begins, comes from the source that is given."""
    random = Random(0)  # noqa: S311 - nothing is kept secret by it
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(positions, "secrets", SimpleNamespace(randbits=random.getrandbits))
        yield random


@asynccontextmanager
async def running(directory: Path) -> AsyncIterator[Service]:
    """A service at noon, on a data directory of its own."""
    clock = ManualClock(NOON_S)
    with ids_from_the_start(), same_ids_each_time() as random:
        empty_database.put_into(directory)
        service = Service(await Storage.open(directory, clock), clock, directory, random)
        try:
            yield service
        finally:
            await service.close()

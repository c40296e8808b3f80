"""Whatever dies, at any call of a port: what is left is taken up, and comes to what it would have come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import pytest

from services.connections import presence
from services.domain import moments
from services.domain.connection import Connection
from services.domain.frames import Ack
from services.domain.problems import Problem
from services.domain.pushes import OPEN, Push
from services.domain.ring import SIZE
from services.domain.targets.expression import All
from services.fanout import delivery
from services.messages.acknowledgement import acknowledge
from services.ports import Sender
from services.pushes import commands, requests
from services.pushes.submit import submit
from services.timeline.sweep import sweep
from tests.contract import makers
from tests.contract.adapters import NOON_S
from tests.unit.services.lives import Killed, Life
from tests.unit.services.service import HOUR_S, Service, running

T = TypeVar("T")

SIZE_OF_OFFICE: Final = 6
SWEPT_EVERY_S: Final = 60.0
HALVES: Final = [{"percent": 50, "then_wait": "10m"}, {"percent": 100}]


@dataclass(frozen=True, kw_only=True)
class Story:
    """What is asked for, what people do in the course of it (at which second), and when it is over."""

    asked: Mapping[str, object]
    acts: Sequence[tuple[float, str]] = ()
    sender: str = "admin"
    lasts_s: float


STORIES: Final[Mapping[str, Story]] = {
    "at once": Story(asked={"strategy": {"receipts": "each"}}, lasts_s=60),
    "in waves, and later": Story(
        asked={"strategy": {"waves": HALVES}, "send_at": moments.text(NOON_S + 60)}, lasts_s=HOUR_S
    ),
    "in a window, at a pace": Story(
        asked={
            "strategy": {
                "pace": {"per_second": 2},
                "window": {"timezone": "UTC", "from": "12:30", "to": "18:00"},
            }
        },
        lasts_s=HOUR_S,
    ),
    "read by one, sent again, escalated": Story(
        asked={
            "strategy": {
                "ack": {
                    "need": "read",
                    "within": "15m",
                    "resend": 1,
                    "once_per_user": True,
                    "escalate": {"target": {"users": ["u1"]}, "message": "nobody reads"},
                }
            }
        },
        acts=((10, "read"),),
        lasts_s=HOUR_S,
    ),
    "three times": Story(asked={"repeat": {"cron": "*/10 * * * *", "times": 3}}, lasts_s=HOUR_S),
    "approved": Story(asked={"strategy": {"waves": HALVES}}, acts=((30, "approve"),), sender="bob", lasts_s=HOUR_S),
    "rejected": Story(asked={}, acts=((30, "reject"),), sender="bob", lasts_s=HOUR_S),
    "not approved": Story(asked={}, sender="bob", lasts_s=25 * HOUR_S),
    "halted and resumed": Story(
        asked={"strategy": {"waves": HALVES}}, acts=((60, "halt"), (1_200, "resume")), lasts_s=HOUR_S
    ),
    "expired between waves": Story(asked={"strategy": {"waves": HALVES, "expires_in": "5m"}}, lasts_s=HOUR_S),
    "cancelled": Story(asked={"strategy": {"receipts": "each"}}, acts=((60, "cancel"),), lasts_s=HOUR_S),
}


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a story comes to, without the names of things.

    `shown` says how many terminals were shown just these of the pushes that were made.
    """

    state: str
    counts: object
    receipts: Mapping[str, str]
    children: Sequence[tuple[str, object]]
    shown: Mapping[frozenset[int], int]
    recalled: frozenset[str]
    audit: Mapping[tuple[str, str], int]
    jobs: int


class Telling:
    """A story as it is told on one service, by a process that may be killed once."""

    def __init__(self, service: Service, story: Story, *, life: Life, reopens: bool, timers_are_lost: bool) -> None:
        self.service = service
        self.story = story
        self.life = life
        self.healthy = service.ports
        self._reopens = reopens
        self._timers_are_lost = timers_are_lost
        self._rows: list[Connection] = []
        service.ports = life.ports

    async def told(self) -> Outcome:
        push = await self._through(self._submit)
        for at_s, act in self.story.acts:
            await self._through(lambda at_s=at_s: self._pass_until(NOON_S + at_s))  # type: ignore[misc] # bound now
            await self._through(lambda act=act: self._act(act, push))  # type: ignore[misc] # bound now
        await self._through(lambda: self._pass_until(NOON_S + self.story.lasts_s))
        self.service.ports = self.healthy
        return await self._outcome(push)

    async def _through(self, step: Callable[[], Awaitable[T]]) -> T:
        """A step; if the process is killed in it, by the next process from its beginning."""
        try:
            return await step()
        except Killed:
            await self._restart()
            return await step()

    async def _restart(self) -> None:
        service = self.service
        if self._reopens:
            rows = (await presence.listing(self.healthy, All(), limit=100))[0]
            await service.reopen()
            for row in rows:
                await service.ports.registry.add(row)
        else:
            service.ports = self.healthy
        self.healthy = service.ports
        if self._timers_are_lost:
            for timer in service.timers():
                await service.ports.timers.cancel(timer.name)

    async def _submit(self) -> Push:
        asked = await requests.checked(self.service.ports, target="group:ops", message="hi", **self.story.asked)  # type: ignore[arg-type] # by name
        return (await submit(self.service.ports, asked, sender=self.story.sender, idempotency_key="the only one")).push

    async def _act(self, act: str, push: Push) -> None:
        ports = self.service.ports
        if act == "read":
            row = await ports.registry.get("c0")
            assert row is not None
            await acknowledge(ports, row, Ack((push.id,), "read", None))
            return
        command = {"approve": commands.approve, "reject": commands.reject, "cancel": commands.cancel}
        command |= {"halt": commands.halt, "resume": commands.resume}
        try:
            await command[act](ports, push.id, by="boss")
        except Problem as refused:
            # It was done, and whoever did it died before saying so.
            if refused.status != 409 or not self.life.is_over:
                raise

    async def _pass_until(self, at_s: float) -> None:
        service = self.service
        if not (self._timers_are_lost and self.life.is_over):
            await service.pass_until(at_s)
            return
        while service.clock.at_s < at_s:
            service.clock.at_s = min(at_s, service.clock.at_s + SWEPT_EVERY_S)
            await sweep(service.ports)
            await service.settle()

    async def _outcome(self, push: Push) -> Outcome:
        service = self.service
        push = await service.push(push.id)
        children = await service.children(push)
        sent: list[object] = [push.id, *(child.id for child in children)]
        names = [f"c{index}" for index in range(SIZE_OF_OFFICE)]
        entries = (await service.ports.audit.list(limit=100)).items
        return Outcome(
            state=push.state,
            counts=await service.counts(push),
            receipts={name: receipt.kind for name, receipt in (await service.receipts(push)).items()},
            children=[(child.state, await service.counts(child)) for child in children],
            shown=Counter(
                frozenset(sent.index(frame["id"]) for frame in service.sockets.frames(name, "push")) for name in names
            ),
            recalled=frozenset(name for name in names if service.sockets.frames(name, "cancel")),
            audit=Counter((entry.action, entry.actor) for entry in entries),
            jobs=len(service.jobs()),
        )


async def _tell(
    directory: Path, story: Story, *, at: int | None = None, after: bool = False, reopens: bool, timers_are_lost: bool
) -> tuple[Outcome, Life]:
    async with running(directory) as service:
        await service.ports.senders.put(Sender(sub="bob", approve_over=1), makers.audit_entry(action="sender.put"))
        for index in range(SIZE_OF_OFFICE):
            await service.connect(
                f"c{index}",
                f"u{index // 2}",
                place=index * (SIZE // SIZE_OF_OFFICE),
                groups=("ops",),
            )
        life = Life(service.ports, at=at, after=after)
        told = await Telling(service, story, life=life, reopens=reopens, timers_are_lost=timers_are_lost).told()
        return told, life


def _made(directory: Path) -> Path:
    directory.mkdir()
    return directory


WITHOUT_TIMERS: Final = frozenset({"at once", "rejected", "cancelled"})


@pytest.mark.parametrize(
    ("name", "timers_are_lost"),
    [(name, lost) for name in STORIES for lost in (False, True) if not (lost and name in WITHOUT_TIMERS)],
)
async def test_killed_at_any_call_it_comes_to_the_same(
    name: str, timers_are_lost: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "PAGE", 4)
    story = STORIES[name]
    undisturbed, life = await _tell(
        _made(tmp_path / "undisturbed"), story, reopens=False, timers_are_lost=timers_are_lost
    )
    assert undisturbed.state not in OPEN
    assert undisturbed.jobs == 0
    for at in range(1, life.calls + 1):
        for after in (False, True):
            told, killed = await _tell(
                _made(tmp_path / f"{at}{after}"),
                story,
                at=at,
                after=after,
                reopens=at % 3 == 0,
                timers_are_lost=timers_are_lost,
            )
            assert killed.is_over
            assert told == undisturbed, f"killed {'after' if after else 'before'} call {at} of {life.calls}"

"""Whatever is released, noted twice, released again and acknowledged: the tallies of slices and stages add up."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from hypothesis import given, settings
from hypothesis import strategies as st

from infra.local.storage import Storage
from services.domain import positions
from services.domain.pushes import Counts, Job, JobKind, Push, ReceiptKind, State
from services.ports import Advance
from tests.contract.adapters import NOON_S, ManualClock
from tests.contract.makers import RECEIPTS, jobs_of, push, receipt, submission

USERS = ("alice", "bob", "carol")
STAGES = ("w1/UTC", "w1/Asia/Tokyo", "w2/UTC")
TERMINALS = ("t1", "t2", "t3")
RANKS: dict[ReceiptKind, int] = {"received": 1, "read": 2, "failed": 2, "recalled": 3}
NONE = Counts()


@dataclass
class World:
    """A push under way in its store, and what is expected of it."""

    store: Storage
    push: Push
    jobs: list[Job] = field(default_factory=list)
    counts: Counts = NONE
    of_stage: dict[tuple[str, JobKind], Counts] = field(default_factory=lambda: defaultdict(Counts))
    parts: dict[tuple[str, JobKind], int] = field(default_factory=lambda: defaultdict(int))
    left: dict[tuple[str, JobKind], int] = field(default_factory=lambda: defaultdict(int))
    told: dict[str, Counts] = field(default_factory=lambda: defaultdict(Counts))
    ranks: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    stage_of: dict[str, str] = field(default_factory=dict)

    def job(self, which: int) -> Job | None:
        """One of the unfinished jobs."""
        return self.jobs[which % len(self.jobs)] if self.jobs else None


class Act(Protocol):
    """Something that happens."""

    async def __call__(self, world: World) -> None: ...


@dataclass(frozen=True)
class Released:
    stage: str
    kind: JobKind

    async def __call__(self, world: World) -> None:
        jobs = jobs_of(world.push, stage=self.stage, kind=self.kind)
        after = world.push.moved(State.SENDING, at_s=NOON_S, closing=False)
        moved = await world.store.pushes.transition(world.push, after, at_s=NOON_S, jobs=jobs)
        assert moved is not None
        assert await world.store.pushes.transition(world.push, after, at_s=NOON_S, jobs=jobs_of(world.push)) is None
        world.push = moved
        world.jobs += jobs
        world.parts[self.stage, self.kind] += len(jobs)
        world.left[self.stage, self.kind] += len(jobs)


@dataclass(frozen=True)
class Paged:
    which: int
    counts: Counts
    finished: bool
    times: int

    async def __call__(self, world: World) -> None:
        job = world.job(self.which)
        if job is None:
            return
        following = None if self.finished else replace(job, step=job.step + 1, after="00000000#c")
        page = Advance(job=job, next=following, counts=self.counts, at_s=NOON_S)
        noted = await asyncio.gather(*(world.store.pushes.advance(page) for _ in range(self.times)))
        world.jobs[world.jobs.index(job)] = following or job
        if following is None:
            world.jobs.remove(job)
            world.left[job.stage, job.kind] -= 1
        assert [left for left in noted if left is not None] == [len(world.jobs)]
        world.of_stage[job.stage, job.kind] += self.counts
        if job.kind == "deliver":
            world.counts += self.counts


@dataclass(frozen=True)
class ReleasedAgain:
    which: int
    times: int

    async def __call__(self, world: World) -> None:
        job = world.job(self.which)
        if job is None:
            return
        tries = [replace(job, position=positions.new_id(NOON_S), step=0, after=None) for _ in range(self.times)]
        done = await asyncio.gather(*(world.store.pushes.release_again(job, None, again) for again in tries))
        assert done.count(True) == 1
        world.jobs[world.jobs.index(job)] = tries[done.index(True)]


@dataclass(frozen=True)
class Acknowledged:
    terminal: str
    kind: ReceiptKind
    stage: str
    times: int

    async def __call__(self, world: World) -> None:
        told = receipt(world.push, self.terminal, self.kind, stage=self.stage)
        moved = await asyncio.gather(*(world.store.pushes.acknowledge(told, early=True) for _ in range(self.times)))
        goes_on = RANKS[self.kind] > world.ranks[self.terminal]
        assert moved.count(True) == int(goes_on)
        if goes_on:
            world.ranks[self.terminal] = RANKS[self.kind]
            counts = Counts(**{self.kind: 1})
            world.told[world.stage_of.setdefault(self.terminal, self.stage)] += counts
            world.counts += counts


@dataclass(frozen=True)
class Replayed:
    terminal: str
    stage: str

    async def __call__(self, world: World) -> None:
        await world.store.pushes.replayed([receipt(world.push, self.terminal, stage=self.stage)])
        if self.terminal not in world.stage_of:
            world.stage_of[self.terminal] = self.stage
            world.counts += Counts(targeted=1, sent=1)


def _counts() -> st.SearchStrategy[Counts]:
    some = st.integers(0, 9)
    return st.builds(Counts, targeted=some, sent=some, gone=some, expired=some, skipped=some)


KINDS: st.SearchStrategy[JobKind] = st.sampled_from(["deliver", "deliver", "resend", "recall"])
TOLD: st.SearchStrategy[ReceiptKind] = st.sampled_from(list(RANKS))
ACTS: st.SearchStrategy[Act] = st.one_of(
    st.builds(Released, st.sampled_from(STAGES), KINDS),
    st.builds(Paged, st.integers(0, 20), _counts(), st.booleans(), st.integers(1, 3)),
    st.builds(ReleasedAgain, st.integers(0, 20), st.integers(1, 3)),
    st.builds(Acknowledged, st.sampled_from(TERMINALS), TOLD, st.sampled_from(STAGES), st.integers(1, 3)),
    st.builds(Replayed, st.sampled_from(TERMINALS), st.sampled_from(STAGES)),
)


@asynccontextmanager
async def _world() -> AsyncIterator[World]:
    with TemporaryDirectory() as directory:
        storage = await Storage.open(Path(directory), ManualClock())
        sent = replace(push(*USERS, strategy=RECEIPTS), closing=False)
        await storage.pushes.submit(submission(sent, jobs=[]))
        try:
            yield World(storage, sent)
        finally:
            await storage.close()


async def _happen(acts: list[Act]) -> None:
    async with _world() as world:
        for act in acts:
            await act(world)
        progress = await world.store.pushes.progress(world.push.id)
        sums: dict[tuple[str, JobKind], tuple[int, int, Counts]] = defaultdict(lambda: (0, 0, NONE))
        for one in progress.slices:
            parts, left, counts = sums[one.stage, one.kind]
            sums[one.stage, one.kind] = (parts + one.parts, left + one.parts_left, counts + one.counts)
        assert sums == {key: (world.parts[key], world.left[key], world.of_stage[key]) for key in world.parts}
        assert progress.told == world.told
        assert await world.store.pushes.counts(world.push.id) == world.counts
        assert await world.store.pushes.get(world.push.id) == world.push


@settings(max_examples=60)
@given(st.lists(ACTS, min_size=1, max_size=25))
def test_the_tallies_add_up(acts: list[Act]) -> None:
    asyncio.run(_happen(acts))

"""Terminals that lose the network, all at once or at random: nothing lost, nothing shown twice (G2, G3)."""

from __future__ import annotations

import asyncio
import random

import pytest

from tests.e2e.fixtures import OwnOffice
from tests.e2e.office import Office
from tests.e2e.targets.target import Tuning
from tests.faults.conftest import Follow
from tests.faults.follower import Follower

STORM = 200
PUSHES = 120
GROUPS = ("ops", "sales", "tokyo")


async def test_two_hundred_terminals_that_come_back_at_once_all_resume(office: Office, follow: Follow) -> None:
    group = office.name("ops")
    followers = [follow(office, office.name(f"user{n}"), groups=(group,)) for n in range(STORM)]
    await asyncio.gather(*(follower.caught_up() for follower in followers))
    expected = [await office.api.push({"groups": [group]}, "before")]
    for follower in followers:
        follower.drop()
    expected += [await office.api.push({"groups": [group]}, number) for number in range(5)]
    await asyncio.gather(*(follower.shows(expected, within_s=40) for follower in followers))
    # In which order is not said: what is pushed just then may come before what is replayed.
    assert {tuple(sorted(follower.shown)) for follower in followers} == {tuple(sorted(expected))}
    assert all(follower.connections > 1 for follower in followers)


class Schedule:
    """A random course of pushes and drops, the same for the same seed; it knows who must see what."""

    def __init__(self, office: Office, followers: dict[Follower, set[str]], seed: int) -> None:
        self._office = office
        self._rng = random.Random(seed)  # noqa: S311 - the same course of events for the same seed
        self._followers = followers
        self.meant: dict[Follower, set[str]] = {follower: set() for follower in followers}

    async def push(self) -> None:
        """Push to a random user or group."""
        if self._rng.random() < 0.4:
            whom = self._rng.choice(list(self._followers))
            push_id = await self._office.api.push({"users": [whom.user]})
            self.meant[whom].add(push_id)
            return
        group = self._office.name(self._rng.choice(GROUPS))
        push_id = await self._office.api.push({"groups": [group]})
        for follower, groups in self._followers.items():
            if group in groups:
                self.meant[follower].add(push_id)

    def drop(self) -> None:
        """Cut some of the terminals off."""
        for follower in self._followers:
            if self._rng.random() < 0.15:
                follower.drop()


def _staff(office: Office, follow: Follow, seed: int) -> dict[Follower, set[str]]:
    """Followers with the groups they are in."""
    rng = random.Random(seed)  # noqa: S311 - the same course of events for the same seed
    staff: dict[Follower, set[str]] = {}
    for number in range(20):
        groups = {office.name(group) for group in GROUPS if rng.random() < 0.5}
        staff[follow(office, office.name(f"user{number}"), groups=tuple(sorted(groups)))] = groups
    return staff


async def _all_saw_just_what_was_meant_for_them(schedule: Schedule) -> None:
    for follower, meant in schedule.meant.items():
        await follower.shows(meant, within_s=40)
        assert set(follower.shown) == meant
        assert len(follower.shown) == len(meant)


@pytest.mark.parametrize("seed", [1, 2])
async def test_under_random_drops_everyone_sees_just_what_is_meant_for_them_once(
    office: Office, follow: Follow, seed: int
) -> None:
    staff = _staff(office, follow, seed)
    await asyncio.gather(*(follower.caught_up() for follower in staff))
    schedule = Schedule(office, staff, seed)
    for _ in range(PUSHES):
        await schedule.push()
        schedule.drop()
    await _all_saw_just_what_was_meant_for_them(schedule)


async def test_under_random_drops_and_a_kill_everyone_sees_just_what_is_meant_for_them_once(
    own_office: OwnOffice, follow: Follow
) -> None:
    office = own_office(Tuning())
    staff = _staff(office, follow, 3)
    await asyncio.gather(*(follower.caught_up() for follower in staff))
    schedule = Schedule(office, staff, 3)
    for number in range(PUSHES // 2):
        await schedule.push()
        schedule.drop()
        if number == PUSHES // 4:
            office.target.kill()
            office.target.start()
    await _all_saw_just_what_was_meant_for_them(schedule)

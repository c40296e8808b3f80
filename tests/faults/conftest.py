from collections.abc import AsyncIterator

import pytest

from tests.e2e.fixtures import office, own_office, target
from tests.e2e.office import Office
from tests.e2e.targets.local import LocalTarget
from tests.faults.follower import Follower

__all__ = ["follow", "office", "own_office", "runtime", "target"]


@pytest.fixture(scope="session")
def runtime() -> str:
    """What may happen to a process and a disk happens to the one-machine server; AWS has tests of its own."""
    return LocalTarget.name


class Follow:
    """The fixture `follow`: opens followers, and stops them at the end."""

    def __init__(self) -> None:
        self._followers: list[Follower] = []

    def __call__(self, office: Office, user: str, *, groups: tuple[str, ...] = ()) -> Follower:
        """A follower of this user, not yet caught up."""
        follower = Follower(office.target, office.token(user, groups=groups), user=user)
        self._followers.append(follower)
        return follower

    async def stop(self) -> None:
        for follower in self._followers:
            await follower.stop()


@pytest.fixture
async def follow() -> AsyncIterator[Follow]:
    opened = Follow()
    yield opened
    await opened.stop()

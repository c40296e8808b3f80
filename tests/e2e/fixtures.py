"""The fixtures of every black-box suite; a conftest imports them."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Protocol

import pytest

from tests.e2e import targets
from tests.e2e.office import Office
from tests.e2e.targets.target import USUAL, Target, Tuning

MOVING_LIFETIME_S = 7_000
"""Of tokens where the clock is moved: longer than tests move it, shorter than a connection of API Gateway lives."""


class OwnOffice(Protocol):
    """The fixture `own_office`."""

    def __call__(self, tuning: Tuning = USUAL) -> Office: ...


@pytest.fixture(scope="session", params=targets.chosen())
def runtime(request: pytest.FixtureRequest) -> str:
    """Where the test runs: every test runs on each of them."""
    return str(request.param)


@pytest.fixture(scope="session")
def target(runtime: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """The server that tests share; none of them may stop it or change what is not its own."""
    with targets.make(runtime, tmp_path_factory.mktemp("shared")) as running:
        yield running


@pytest.fixture
async def office(target: Target) -> AsyncIterator[Office]:
    """Names and terminals of this test on the shared server."""
    async with Office(target) as opened:
        yield opened


@pytest.fixture(scope="session")
def moving_target(runtime: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """A server that tests share whose clock they may move on: none of them may stand on how late it is."""
    with targets.make(runtime, tmp_path_factory.mktemp("moving"), Tuning(movable_clock=True)) as running:
        yield running


@pytest.fixture
async def moving(moving_target: Target) -> AsyncIterator[Office]:
    """Names and terminals of this test on the shared server whose clock moves."""
    async with Office(moving_target, lifetime_s=MOVING_LIFETIME_S) as opened:
        yield opened


@pytest.fixture
async def own_office(runtime: str, tmp_path: Path) -> AsyncIterator[OwnOffice]:
    """Starts a server for this test alone, set up as the test needs it, with an office on it."""
    with ExitStack() as running:
        async with AsyncExitStack() as offices:

            def open_office(tuning: Tuning = USUAL) -> Office:
                directory = Path(tempfile.mkdtemp(dir=tmp_path, prefix="target"))
                opened = Office(running.enter_context(targets.make(runtime, directory, tuning)))
                offices.push_async_exit(opened)
                return opened

            yield open_office

"""A clock that stands still, and the storage of a data directory of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from infra.local.storage import Storage
from tests.contract.adapters import ManualClock
from tests.contract.ids import ids_from_the_start


@pytest.fixture(autouse=True)
def ids() -> Iterator[None]:
    """Ids begin at the moment of the test, wherever the clock of another test has been."""
    with ids_from_the_start():
        yield


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def storage(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Storage]:
    opened = await Storage.open(tmp_path, clock)
    try:
        yield opened
    finally:
        await opened.close()

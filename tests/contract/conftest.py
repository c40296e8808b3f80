"""The ports under test, once for each adapter."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from infra.local import recent_pushes
from services.ports import (
    Activity,
    AuditTrail,
    Blocks,
    LastSeen,
    Memberships,
    Plans,
    PushStore,
    Registry,
    Senders,
    Strategies,
    Tickets,
)
from tests.contract.adapters import MOST_IN_MEMORY, OPENERS, Adapters, ManualClock
from tests.contract.ids import ids_from_the_start


@pytest.fixture(autouse=True)
def ids() -> Iterator[None]:
    """Ids begin at the moment of the test, wherever the clock of another test has been."""
    with ids_from_the_start():
        yield


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(params=list(OPENERS))
async def adapters(
    request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Adapters]:
    monkeypatch.setattr(recent_pushes, "MOST", MOST_IN_MEMORY)
    async with OPENERS[request.param](tmp_path, clock) as opened:
        yield opened


@pytest.fixture
def registry(adapters: Adapters) -> Registry:
    return adapters.registry


@pytest.fixture
def pushes(adapters: Adapters) -> PushStore:
    return adapters.pushes


@pytest.fixture
def blocks(adapters: Adapters) -> Blocks:
    return adapters.blocks


@pytest.fixture
def memberships(adapters: Adapters) -> Memberships:
    return adapters.memberships


@pytest.fixture
def tickets(adapters: Adapters) -> Tickets:
    return adapters.tickets


@pytest.fixture
def audit(adapters: Adapters) -> AuditTrail:
    return adapters.audit


@pytest.fixture
def strategies(adapters: Adapters) -> Strategies:
    return adapters.strategies


@pytest.fixture
def senders(adapters: Adapters) -> Senders:
    return adapters.senders


@pytest.fixture
def plans(adapters: Adapters) -> Plans:
    return adapters.plans


@pytest.fixture
def last_seen(adapters: Adapters) -> LastSeen:
    return adapters.last_seen


@pytest.fixture
def activity(adapters: Adapters) -> Activity:
    return adapters.activity


@pytest.fixture
def settled(adapters: Adapters) -> Callable[[], Awaitable[None]]:
    """Waits until what is derived has caught up with what it is derived from."""
    return adapters.settled

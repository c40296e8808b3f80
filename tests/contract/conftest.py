"""The ports under test, once for each adapter."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.ports import AuditTrail, Blocks, Memberships, PushStore, Registry, Tickets
from tests.contract.adapters import OPENERS, Adapters, ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(params=list(OPENERS))
async def adapters(request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock) -> AsyncIterator[Adapters]:
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

"""A service for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.fanout import delivery
from tests.unit.services.service import Service, running


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    async with running(tmp_path) as opened:
        yield opened


@pytest.fixture
def pages_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page of deliveries is two rows."""
    monkeypatch.setattr(delivery, "PAGE", 2)

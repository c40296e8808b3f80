"""The fake service, as fixtures."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from infra.local.secrets import load, load_or_create
from tests.client.fake_service import FakeApi, FakeGateway, fake_api, fake_gateway
from tests.client.manual_clock import ManualClock


@pytest.fixture
async def gateway() -> AsyncIterator[FakeGateway]:
    async with fake_gateway() as running:
        yield running


@pytest.fixture
async def api() -> AsyncIterator[FakeApi]:
    async with fake_api() as running:
        yield running


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxies of the machine that runs the tests are not theirs."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A data directory with secrets, as a first start of the service leaves it."""
    load_or_create(tmp_path)
    return tmp_path


@pytest.fixture
def token_key(data_dir: Path) -> bytes:
    """What tokens of the service on `data_dir` are signed with."""
    return load(data_dir).token_key

"""The fake service, as fixtures."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from tests.client.fake_service import FakeApi, FakeGateway, fake_api, fake_gateway
from tests.client.manual_clock import ManualClock

TOKEN_KEY = b"0123456789abcdef0123456789abcdef"


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
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory with secrets; its token key is `TOKEN_KEY`."""
    secrets = ModuleType("infra.local.secrets")
    directory = ModuleType("infra.local.data_directory")

    class DataDirectoryError(Exception):
        pass

    def load(path: Path) -> SimpleNamespace:
        if path != tmp_path:
            raise DataDirectoryError(f"{path} holds no secrets; start the service on it once with `fanfare serve`")
        return SimpleNamespace(token_key=TOKEN_KEY)

    vars(secrets).update(load=load, Secrets=SimpleNamespace)
    vars(directory).update(DataDirectoryError=DataDirectoryError)
    monkeypatch.setitem(sys.modules, "infra.local.secrets", secrets)
    monkeypatch.setitem(sys.modules, "infra.local.data_directory", directory)
    return tmp_path

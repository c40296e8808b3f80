"""The gateway is tested on uvloop, which serves, and on asyncio's own loop, where uvloop is not to be had."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping

import pytest
import uvloop

from tests.gateway.serving import Serving


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Each asynchronous test runs on both loops."""
    return {"uvloop": uvloop.new_event_loop, "asyncio": asyncio.new_event_loop}


@pytest.fixture
async def serving() -> AsyncIterator[Serving]:
    """Starts gateways, and closes them after the test."""
    started = Serving()
    yield started
    await started.close()


@pytest.fixture(autouse=True)
def quiet_log(caplog: pytest.LogCaptureFixture) -> None:
    """Keeps what the gateway logs for tests that look at it."""
    caplog.set_level(logging.INFO, "fanfare")

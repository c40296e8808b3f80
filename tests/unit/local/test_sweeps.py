"""Sweeps go on for as long as the server runs, whatever one of them meets."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from infra.local.sweeps import sweeping
from services.ports import Ports
from tests.unit.local.deadlines import eventually

PORTS = cast(Ports, object())


async def test_every_sweep_is_made_at_once_and_again() -> None:
    made: list[str] = []

    async def first(ports: Ports) -> None:
        made.append("first")

    async def second(ports: Ports) -> int:
        made.append("second")
        return 1

    async with sweeping(PORTS, {first: 0.0, second: 60.0}):
        await eventually(lambda: made.count("first") >= 3)
    assert made.count("second") == 1


@pytest.mark.parametrize("error", [OSError("disk full"), ValueError("a push at fault")])
async def test_a_sweep_that_fails_is_said_and_made_again(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    tries = 0

    async def fails_once(ports: Ports) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise error

    async with sweeping(PORTS, {fails_once: 0.0}):
        await eventually(lambda: tries >= 2)
    (said,) = [record for record in caplog.records if record.message == "sweep failed"]
    assert said.exc_info is not None
    assert said.exc_info[1] is error


async def test_nothing_is_swept_afterwards() -> None:
    async def sweep(ports: Ports) -> None:
        await asyncio.Event().wait()

    async with sweeping(PORTS, {sweep: 0.0}):
        assert any(task.get_name() == "sweep" for task in asyncio.all_tasks())
    assert not any(task.get_name() == "sweep" for task in asyncio.all_tasks())

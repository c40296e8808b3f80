"""A deadline counts everybody, however many there are, and lets others have their turn."""

from __future__ import annotations

import asyncio

import pytest

from infra.local import confirmations
from infra.local.storage import Storage
from services.domain.pushes import Counts, Push
from services.ports import Advance
from tests.contract.adapters import NOON_S
from tests.contract.makers import RECEIPTS, jobs_of, push, receipt, submission


@pytest.fixture
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confirmations, "READ_AT_ONCE", 10)


async def _sent_to(storage: Storage, number: int) -> Push:
    sent = push(strategy=RECEIPTS)
    (job,) = jobs_of(sent)
    await storage.pushes.submit(submission(sent, jobs=[job]))
    receipts = [receipt(sent, f"t{terminal:04}") for terminal in range(number)]
    await storage.pushes.advance(Advance(job=job, next=None, counts=Counts(), at_s=NOON_S, receipts=receipts))
    return sent


@pytest.mark.parametrize("number", [0, 9, 10, 11, 20, 35])
@pytest.mark.usefixtures("few_at_once")
async def test_everybody_is_counted_however_the_pages_fall(storage: Storage, number: int) -> None:
    sent = await _sent_to(storage, number)
    assert await storage.pushes.unconfirmed(sent, "w1") == number


@pytest.mark.usefixtures("few_at_once")
async def test_others_have_their_turn_in_between(storage: Storage) -> None:
    sent = await _sent_to(storage, 40)
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    beside = asyncio.create_task(others())
    await storage.pushes.unconfirmed(sent, "w1")
    beside.cancel()
    assert turns >= 4

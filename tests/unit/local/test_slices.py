"""A push at a slow pace has more slices than are read at once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from infra.local import slices
from infra.local.storage import Storage
from services.domain import positions
from services.domain.pushes import State
from tests.contract.adapters import NOON_S
from tests.contract.makers import jobs_of, push, submission


@pytest.mark.parametrize("number", [4, 5, 6, 11])
async def test_every_slice_is_read_however_the_pages_fall(
    storage: Storage, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slices, "READ_AT_ONCE", 5)
    sent = replace(push(), state=State.WAITING)
    released = [positions.new_id(NOON_S + at_s) for at_s in range(number)]
    jobs = [job for position in released for job in jobs_of(sent, position)]
    await storage.pushes.submit(submission(sent, jobs=jobs))
    assert [one.position for one in (await storage.pushes.progress(sent.id)).slices] == released

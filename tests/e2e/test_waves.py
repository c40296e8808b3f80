"""Waves, pace, and what halts them."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from datetime import datetime

from tests.e2e.caller import Json
from tests.e2e.deadlines import eventually
from tests.e2e.office import Office
from tests.e2e.terminal import Terminal

MINUTE_S = 60.0
SIZE = 12


async def _crowd(office: Office, size: int = SIZE) -> tuple[str, Sequence[Terminal]]:
    """Terminals of one group."""
    group = office.name("crowd")
    return group, [await office.terminal(groups=[group]) for _ in range(size)]


async def _sent(office: Office, push_id: str) -> int:
    return (await office.api.counts(push_id))["sent"]


def _halves(**first: object) -> Json:
    return {"waves": [{"percent": 50, "then_wait": "10m", **first}, {"percent": 100}]}


async def _first_wave(office: Office, group: str, strategy: Json) -> tuple[str, int]:
    """A push whose first wave was sent, and how many it reached: tried until it is neither nobody nor everybody."""
    while True:
        push_id = await office.api.push({"groups": [group]}, strategy=strategy)
        await office.api.in_state(push_id, "waiting")
        reached = await _sent(office, push_id)
        if 0 < reached < SIZE:
            return push_id, reached
        await office.api.cancel(push_id)


async def test_a_second_wave_waits_for_its_pause(moving: Office) -> None:
    group, terminals = await _crowd(moving)
    push_id, reached = await _first_wave(moving, group, _halves())
    moving.target.advance(5 * MINUTE_S)
    assert await _sent(moving, push_id) == reached
    moving.target.advance(5 * MINUTE_S + 1)
    await moving.api.completed(push_id)
    assert await _sent(moving, push_id) == len(terminals)


async def test_each_terminal_is_in_one_wave_only(moving: Office) -> None:
    group, terminals = await _crowd(moving)
    push_id, _ = await _first_wave(moving, group, _halves())
    moving.target.advance(10 * MINUTE_S + 1)
    await moving.api.completed(push_id)

    sentinel = await moving.api.push({"groups": [group]}, "sentinel")

    async def times_got(terminal: Terminal) -> int:
        got = 0
        while (frame := await terminal.frame()).get("id") != sentinel:
            got += frame.get("id") == push_id
        return got

    assert await asyncio.gather(*map(times_got, terminals)) == [1] * len(terminals)


async def test_a_wave_that_fails_halts_the_push_and_a_person_resumes_it(moving: Office) -> None:
    group, terminals = await _crowd(moving)
    strategy = {**_halves(halt_if={"failed_over": 0.0, "at_least": 1}), "receipts": "each"}
    push_id, reached = await _first_wave(moving, group, strategy)
    for terminal in terminals:
        # Those of the second wave have not been sent it: it is not theirs to acknowledge.
        await terminal.send("ack", ids=[push_id], kind="failed", detail="no disk")
    await eventually(lambda: moving.api.counts(push_id), lambda counts: counts["failed"] == reached)
    for terminal in terminals:
        # Frames of one socket are seen to in their order, so what was said before is noted, or never will be.
        await terminal.send("resume", since=None)
        while (await terminal.frame())["type"] != "resumed":
            pass
    assert (await moving.api.counts(push_id))["failed"] == reached
    moving.target.advance(10 * MINUTE_S + 1)
    await moving.api.in_state(push_id, "halted")
    assert await _sent(moving, push_id) == reached
    timeline = await moving.api.get(f"/v1/pushes/{push_id}/timeline")
    assert "halted" in {mark["kind"] for mark in timeline["actual"]["marks"]}  # type: ignore[index]
    await moving.api.post(f"/v1/pushes/{push_id}/resume")
    await moving.api.completed(push_id)
    assert await _sent(moving, push_id) == len(terminals)


async def test_a_person_halts_a_push_between_waves(moving: Office) -> None:
    group, _ = await _crowd(moving)
    push_id, reached = await _first_wave(moving, group, _halves())
    assert (await moving.api.post(f"/v1/pushes/{push_id}/halt", {"reason": "wrong text"}))["state"] == "halted"
    moving.target.advance(20 * MINUTE_S)
    assert await _sent(moving, push_id) == reached
    await moving.api.cancel(push_id)


async def test_a_pace_reaches_few_at_first_and_all_in_the_end(moving: Office) -> None:
    group, terminals = await _crowd(moving)
    push_id = await moving.api.push({"groups": [group]}, strategy={"pace": {"per_second": 0.1}})
    await moving.api.in_state(push_id, "sending")
    assert await _sent(moving, push_id) < len(terminals)

    async def moved_on() -> Json:
        moving.target.advance(5)
        return await moving.api.push_state(push_id)

    await eventually(moved_on, lambda push: push["state"] == "completed", within_s=60)
    assert await _sent(moving, push_id) == len(terminals)
    actual = (await moving.api.get(f"/v1/pushes/{push_id}/timeline"))["actual"]
    assert isinstance(actual, dict)
    # More than a second's worth never went at once: the reach is a stair, not a wall.
    steps = [count for _, count in actual["reach"]]
    assert max(after - before for before, after in itertools.pairwise(steps)) < len(terminals)


async def test_a_wave_that_goes_well_enough_does_not_halt_the_push(moving: Office) -> None:
    group, terminals = await _crowd(moving)
    limits = {"failed_over": 0.5, "gone_over": 0.5, "at_least": 1}
    push_id, reached = await _first_wave(moving, group, {**_halves(halt_if=limits), "receipts": "each"})
    assert await _sent(moving, push_id) == reached
    moving.target.advance(10 * MINUTE_S + 1)
    await moving.api.completed(push_id)
    assert await _sent(moving, push_id) == len(terminals)


async def test_a_ramp_begins_slowly_and_gets_faster(moving: Office) -> None:
    group, terminals = await _crowd(moving)
    pace = {"per_second": 1, "ramp": {"from_per_second": 0.1, "multiply_by": 10, "each": 6}}
    lasts_s = await _lasts_s(moving, group, {"pace": pace})
    # Six at one in ten seconds, then six at one a second; a slice more or less.
    assert await _lasts_s(moving, group, {"pace": {"per_second": 1}}) < lasts_s
    assert lasts_s < await _lasts_s(moving, group, {"pace": {"per_second": 0.1}})
    push_id = await moving.api.push({"groups": [group]}, strategy={"pace": pace})

    async def moved_on() -> Json:
        moving.target.advance(5)
        return await moving.api.push_state(push_id)

    await eventually(moved_on, lambda push: push["state"] == "completed", within_s=60)
    assert await _sent(moving, push_id) == len(terminals)


async def _lasts_s(office: Office, group: str, strategy: Json) -> float:
    """How long a push to all of a group is foreseen to take."""

    async def foreseen() -> Json:
        return await office.api.preview({"groups": [group]}, strategy=strategy)

    preview = await eventually(foreseen, lambda seen: seen["audience"]["terminals"] == SIZE)  # type: ignore[index]
    timeline = preview["timeline"]
    assert isinstance(timeline, dict)
    begins, ends = (datetime.fromisoformat(timeline[edge]) for edge in ("from", "to"))
    return (ends - begins).total_seconds()

"""Letting terminals in on DynamoDB, from several processes at the same time, each with a clock of its own."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.aws.registry import Registry
from infra.aws.table import Table
from services.connections import admission
from services.connections.admission import Admission
from services.domain import topics
from services.domain.identity import Identity
from services.domain.problems import Problem
from services.domain.ring import WHOLE
from tests.contract import dynamodb
from tests.contract.adapters import NOON_S, ManualClock
from tests.unit.aws.processes import process
from tests.unit.aws.shuffled import Shuffled
from tests.unit.services.sockets import ScriptedSockets

ALICE = Identity(user="alice", issuer="fanfare", expires_at_s=int(NOON_S) + 3_600, token_id="t1")


@settings(max_examples=40)
@given(
    seed=st.integers(0, 1 << 32),
    arrivals=st.lists(st.tuples(st.integers(-5, 5), st.integers(0, 60)), min_size=2, max_size=4),
    limit=st.integers(1, 2),
)
async def test_however_many_come_at_once_no_more_are_let_in_than_may_be(
    seed: int, arrivals: list[tuple[int, int]], limit: int
) -> None:
    """They come some turns of the event loop apart, and their clocks seconds."""
    with pytest.MonkeyPatch.context() as patched, dynamodb.table() as plain:
        patched.setattr(admission, "WAITS_S", (0.0, 0.0))
        table = Table(dynamodb.client(), dynamodb.NAME, Shuffled(seed))

        async def admit(name: str, arrival: tuple[int, int]) -> bool:
            clock_s, turns = arrival
            for _ in range(turns):
                await asyncio.sleep(0)
            door = Admission(
                process(table, ManualClock(NOON_S + clock_s), ScriptedSockets()), connections_per_user=limit
            )
            try:
                await door.admit(
                    ALICE, connection_id=name, calls_itself=None, source_ip="", user_agent="", ticket_id=None
                )
            except Problem:
                return False
            return True

        names = [f"c{number}" for number in range(len(arrivals))]
        done = await asyncio.gather(*map(admit, names, arrivals))
        page = await Registry(plain, ManualClock()).page(topics.user("alice"), WHOLE, live_at_s=0, limit=10)
    admitted = {name for name, is_admitted in zip(names, done, strict=True) if is_admitted}
    assert {row.connection_id for row in page.items} == admitted
    assert len(admitted) <= limit

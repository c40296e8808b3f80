"""Who was last seen, beyond the contract: what the stream's function files, and for how long."""

from __future__ import annotations

import pytest

from infra.aws import last_seen
from infra.aws.last_seen import LastSeen
from infra.aws.registry import Registry
from infra.aws.table import Table
from infra.aws.values import DAY_S
from services.ports import Seen
from tests.contract import dynamodb
from tests.contract.adapters import NOON_S, ManualClock
from tests.contract.makers import connection
from tests.unit.aws.stores import kept, names

DAYS = 30


class Function:
    """The function that follows the stream, and terminals that come and go."""

    def __init__(self, table: Table, clock: ManualClock) -> None:
        self.table = table
        self.clock = clock
        self.registry = Registry(table, clock)
        self.last_seen = LastSeen(table, clock)
        self.stream = dynamodb.Stream()

    async def follows(self) -> int:
        return await last_seen.file(self.table, self.stream.records(), now_s=self.clock.now_s(), days=DAYS)

    async def knows(self, terminal_id: str) -> Seen | None:
        return (await self.last_seen.get_many([terminal_id])).get(terminal_id)


@pytest.fixture
def function(table: Table, clock: ManualClock) -> Function:
    return Function(table, clock)


async def test_a_terminal_that_is_here_is_not_filed(function: Function) -> None:
    await function.registry.add(connection("c1"))
    assert await function.follows() == 0
    assert names("SEEN#") == []


async def test_a_row_that_is_replaced_is_not_one_that_goes(function: Function) -> None:
    row = connection("c1")
    await function.registry.add(row)
    await function.registry.add(connection("c1", groups=("ops",)))
    assert await function.follows() == 0


async def test_a_terminal_without_a_name_is_never_seen_again_and_not_filed(function: Function) -> None:
    await function.registry.add(connection("c1", terminal_id="c1"))
    await function.registry.remove(["c1"])
    assert await function.follows() == 0


async def test_of_two_connections_of_a_terminal_that_go_together_the_later_counts(function: Function) -> None:
    await function.registry.add(connection("c1", terminal_id="t", groups=("old",)))
    await function.registry.add(connection("c2", terminal_id="t", groups=("new",)))
    await function.registry.remove(["c1"])
    await function.registry.remove(["c2"])
    assert await function.follows() == 1
    seen = await function.knows("t")
    assert seen is not None
    assert seen.groups == ("new",)


async def test_a_batch_that_is_delivered_again_changes_nothing(function: Function) -> None:
    await function.registry.add(connection("c1", terminal_id="t"))
    await function.registry.remove(["c1"])
    records = function.stream.records()
    for _ in range(2):
        await last_seen.file(function.table, records, now_s=NOON_S, days=DAYS)
    assert len(kept("SEEN#")) == 2


async def test_one_that_is_swept_late_was_not_here_after_its_session(function: Function) -> None:
    await function.registry.add(connection("c1", terminal_id="t", expires_at_s=int(NOON_S) + 60))
    function.clock.at_s += 900
    await function.registry.remove(["c1"])
    await function.follows()
    seen = await function.knows("t")
    assert seen is not None
    assert seen.seen_at_s == NOON_S + 60


async def test_a_terminal_is_forgotten_on_the_day_though_ttl_may_be_late(function: Function) -> None:
    await function.registry.add(connection("c1", terminal_id="t"))
    await function.registry.remove(["c1"])
    await function.follows()
    assert {item["expires_at"] for item in kept("SEEN#")} == {NOON_S + DAYS * DAY_S}
    function.clock.at_s += DAYS * DAY_S
    assert await function.knows("t") is None
    assert list((await function.last_seen.list(limit=10)).items) == []
    assert list(await function.last_seen.of_user("alice")) == []

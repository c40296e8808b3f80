"""What the service does that costs something, each done once in a deployment of its own while its ledger is open."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Final
from unittest import mock

from infra.aws.shards import Sharding
from services.domain.connection import Connection
from services.domain.pushes import State
from services.domain.ring import SIZE
from services.domain.topics import ALL
from services.fanout import delivery
from services.fanout.delivery import NO_LIMIT, Budget
from tests.cost.cloud import (
    GROUPS,
    IDEMPOTENCY_KEY,
    TOKEN,
    Cloud,
    come,
    connection_number,
    filed,
    gone,
    position,
    running,
    user_number,
)
from tests.cost.spending import Spent
from tests.unit.services.service import A_PAGE_EACH

TOGETHER: Final = 100
"""Records in a full batch of the stream: `BatchSize` in template.yaml."""
TEAM: Final = 50
SILENT_S: Final = 300
"""How long a terminal has said nothing: as long as it is between two pings."""
A_PAGE_AND_A_HALF: Final = 750
WAITING: Final = 100
SAMPLED: Final = 100


async def connect() -> Spent:
    with running() as cloud:
        await cloud.connect()
        return cloud.ledger.spent()


async def connect_counted_alone() -> Spent:
    with running() as cloud:
        await cloud.connect()
        return await _counted(cloud)


async def connect_counted_with_others() -> Spent:
    with running() as cloud:
        await cloud.count(*(come(filed(number)) for number in range(TOGETHER)))
        return cloud.ledger.spent().times(1 / TOGETHER)


async def disconnect() -> Spent:
    with running() as cloud:
        await _connected(cloud)
        await cloud.disconnect()
        return cloud.ledger.spent()


async def disconnect_counted_alone() -> Spent:
    with running() as cloud:
        await _connected(cloud)
        await cloud.disconnect()
        return await _counted(cloud)


async def disconnect_counted_with_others() -> Spent:
    with running() as cloud:
        await cloud.count(*(come(filed(number)) for number in range(TOGETHER)))
        cloud.ledger.reset()
        await cloud.count(*(gone(filed(number)) for number in range(TOGETHER)))
        return cloud.ledger.spent().times(1 / TOGETHER)


async def resume_for_the_first_time() -> Spent:
    return await _frame({"action": "resume", "since": None})


async def resume() -> Spent:
    return await _frame({"action": "resume", "since": position()})


async def refresh() -> Spent:
    return await _frame({"action": "refresh", "token": TOKEN})


async def ping() -> Spent:
    return await _frame({"action": "ping"})


async def acknowledge() -> Spent:
    return await _acknowledged(receipts="each")


async def acknowledge_unasked() -> Spent:
    return await _acknowledged()


async def acknowledge_for_user() -> Spent:
    with running() as cloud:
        await _connected(cloud)
        ack = {"ack": {"need": "read", "once_per_user": True}}
        push_id = await cloud.push(f"user:{user_number(0)}", strategy=ack)
        cloud.ledger.reset()
        await cloud.send({"action": "ack", "ids": [push_id], "kind": "read"})
        return cloud.ledger.spent()


async def push_counted_alone() -> Spent:
    """What the stream counts of a push to one, whose page of deliveries comes alone."""
    with running() as cloud:
        await _connected(cloud)
        await cloud.push(f"user:{user_number(0)}")
        return await _counted(cloud)


async def acknowledgement_counted_alone() -> Spent:
    """What the stream counts of what a terminal tells, if that comes alone."""
    with running() as cloud:
        await _connected(cloud)
        push_id = await cloud.push(f"user:{user_number(0)}", receipts="each")
        await cloud.count()
        await cloud.send({"action": "ack", "ids": [push_id], "kind": "received"})
        return await _counted(cloud)


async def sample() -> Spent:
    """What it takes to write down the sizes of a hundred groups."""
    with running() as cloud:
        for number in range(SAMPLED):
            cloud.fill([filed(number, groups=(f"group-of-office-{number:04d}",))])
        cloud.ledger.reset()
        await cloud.sample()
        return cloud.ledger.spent()


async def sample_not_due() -> Spent:
    """What it takes to see that the sizes of groups were written down in these five minutes."""
    with running() as cloud:
        await cloud.sample()
        cloud.ledger.reset()
        await cloud.sample()
        return cloud.ledger.spent()


async def timer() -> Spent:
    """A moment of up to 15 minutes ahead, from when it is set until it is over, and what is done then not included."""
    with running() as cloud:
        await cloud.set_and_fire("step/01a20da7-977a-7718-a922-e128d82fac7d/7", 600)
        return cloud.ledger.spent()


async def wave() -> Spent:
    """What a push to a team takes more for one more wave, with the wait behind it."""
    return await _in_waves(3) - await _in_waves(2)


async def push_in_waves() -> Spent:
    return await _in_waves(2)


async def counted_for_forecast() -> Spent:
    """What it takes more for each thousand connections of a group to count whom a push in stages means there."""
    return await _accepted_in_stages(2_000) - await _accepted_in_stages(1_000)


async def overdue() -> Spent:
    """What the sweep of each minute reads while a hundred pushes wait; more of them are read together."""
    with running() as cloud:
        cloud.fill([filed(0)])
        later = {"waves": [{"percent": 1, "then_wait": "10m"}, {"percent": 100}]}
        for _ in range(WAITING):
            await cloud.push(f"group:{GROUPS[1]}", strategy=later)
        cloud.ledger.reset()
        await cloud.overdue()
        return cloud.ledger.spent()


async def request() -> Spent:
    with running() as cloud:
        await cloud.judge_caller()
        return cloud.ledger.spent()


async def push_to_user() -> Spent:
    return await _pushed_to_user()


async def push_to_user_with_key() -> Spent:
    return await _pushed_to_user(idempotency_key=IDEMPOTENCY_KEY)


async def push_to_user_with_receipts() -> Spent:
    return await _pushed_to_user(receipts="each")


async def push_to_user_repeated() -> Spent:
    with running() as cloud:
        await _connected(cloud)
        await cloud.push(f"user:{user_number(0)}", idempotency_key=IDEMPOTENCY_KEY)
        cloud.ledger.reset()
        await cloud.push(f"user:{user_number(0)}", idempotency_key=IDEMPOTENCY_KEY)
        return cloud.ledger.spent()


async def push_to_team() -> Spent:
    return await pushed_to_team(others=100)


async def push_to_team_with_receipts() -> Spent:
    return await pushed_to_team(others=100, receipts="each")


async def lost_terminal() -> Spent:
    """What it takes more to push to a team of which one is gone."""
    return await pushed_to_team(others=100, lost=1) - await push_to_team()


async def broadcast() -> Spent:
    """What of a broadcast to a shard of many pages is the same for any number."""
    return await _broadcast(1_000) - await _thousand_deliveries()


async def broadcast_to_few() -> Spent:
    """A broadcast to a thousand, who are in all of the shards, as terminals are."""
    with running() as cloud:
        cloud.fill([filed(number) for number in range(1_000)], whole=False)
        push_id = await cloud.push("all")
        spent = cloud.ledger.spent()
        assert await cloud.state(push_id) is State.COMPLETED
        return spent


async def deliveries() -> Spent:
    """A thousand deliveries more of a broadcast, with their share of the notes of its progress."""
    with mock.patch.object(delivery, "NOTED_EVERY", delivery.PAGE):
        noted_once = await _broadcast(A_PAGE_AND_A_HALF)
    note = noted_once - await _broadcast(A_PAGE_AND_A_HALF)
    return await _thousand_deliveries() + note.times(1_000 / delivery.NOTED_EVERY)


async def handover() -> Spent:
    """What it takes more if a worker has no time left after a page, and another takes up the rest."""
    return await _broadcast(A_PAGE_AND_A_HALF, budget=A_PAGE_EACH) - await _broadcast(A_PAGE_AND_A_HALF)


async def sweep() -> Spent:
    """What a sweep reads for each thousand connections."""
    return await _swept(2_000) - await _swept(1_000)


async def pushed_to_team(*, others: int, counted: int | None = None, lost: int = 0, receipts: str = "none") -> Spent:
    """A push to a group of 50, while so many others are connected; `counted` is what the counters say instead."""
    with running() as cloud:
        cloud.fill([filed(number) for number in range(TEAM)])
        cloud.fill([filed(TEAM + number, groups=("group-of-the-others",)) for number in range(others)], whole=False)
        if counted is not None:
            cloud.say_there_are(counted)
        cloud.sockets.lose(*map(connection_number, range(lost)))
        push_id = await cloud.push(f"group:{GROUPS[1]}", receipts=receipts)
        spent = cloud.ledger.spent()
        assert spent.connection_requests == TEAM
        assert await cloud.state(push_id) is State.COMPLETED
        return spent


async def _in_waves(number: int) -> Spent:
    """A push to a team in so many waves of equal size, which wait for five minutes each.

    Where the waves begin on the ring follows from the push's id; of most ids each wave is in one range of it.
    """
    with running() as cloud, mock.patch.object(secrets, "randbits", return_value=1 << 31):
        cloud.fill([filed(each) for each in range(TEAM)])
        waves = [{"percent": 100 * (each + 1) / number, "then_wait": "5m"} for each in range(number - 1)]
        push_id = await cloud.push(f"group:{GROUPS[1]}", strategy={"waves": [*waves, {"percent": 100}]})
        await cloud.wait(3_600)
        spent = cloud.ledger.spent()
        assert spent.connection_requests == TEAM
        assert await cloud.state(push_id) is State.COMPLETED
        return spent


async def _accepted_in_stages(number: int) -> Spent:
    """A push is accepted to some of a group of so many, and waits for its window, so that nobody is sent it yet."""
    with running() as cloud:
        cloud.fill([filed(each) for each in range(number)], whole=False)
        soon = {"window": {"from": "12:10", "to": "13:00"}}
        await cloud.push(f"group:{GROUPS[1]} and os = windows", strategy=soon)
        spent = cloud.ledger.spent()
        assert spent.connection_requests == 0
        return spent


async def _thousand_deliveries() -> Spent:
    return await _broadcast(2_000) - await _broadcast(1_000)


async def _broadcast(number: int, *, budget: Budget = NO_LIMIT) -> Spent:
    """A broadcast to so many, of which each page is in one shard, as it is among many."""
    with running() as cloud:
        cloud.fill(_in_one_shard(number), whole=False)
        push_id = await cloud.push("all", budget=budget)
        spent = cloud.ledger.spent()
        assert spent.connection_requests == number
        assert await cloud.state(push_id) is State.COMPLETED
        return spent


async def _swept(number: int) -> Spent:
    with running() as cloud:
        cloud.fill(_in_one_shard(number), whole=False)
        await cloud.sweep()
        return cloud.ledger.spent()


def _in_one_shard(number: int) -> list[Connection]:
    """Connections whose terminals are all in the first shard of `all`."""
    apart = SIZE // Sharding().of(ALL) // number
    return [replace(filed(each), place=each * apart) for each in range(number)]


async def _pushed_to_user(*, receipts: str = "none", idempotency_key: str | None = None) -> Spent:
    with running() as cloud:
        await _connected(cloud)
        push_id = await cloud.push(f"user:{user_number(0)}", receipts=receipts, idempotency_key=idempotency_key)
        spent = cloud.ledger.spent()
        assert await cloud.state(push_id) is State.COMPLETED
        return spent


async def _acknowledged(*, receipts: str = "none") -> Spent:
    with running() as cloud:
        await _connected(cloud)
        push_id = await cloud.push(f"user:{user_number(0)}", receipts=receipts)
        cloud.ledger.reset()
        await cloud.send({"action": "ack", "ids": [push_id], "kind": "received"})
        return cloud.ledger.spent()


async def _frame(frame: Mapping[str, object]) -> Spent:
    with running() as cloud:
        await _connected(cloud)
        await cloud.send(frame)
        return cloud.ledger.spent()


async def _connected(cloud: Cloud) -> None:
    """One terminal is connected and counted, and has said nothing for a while."""
    await cloud.connect()
    await cloud.count()
    cloud.clock.at_s += SILENT_S
    cloud.ledger.reset()


async def _counted(cloud: Cloud) -> Spent:
    cloud.ledger.reset()
    await cloud.count()
    return cloud.ledger.spent()


OPERATIONS: Final[Mapping[str, Callable[[], Awaitable[Spent]]]] = {
    measured.__name__: measured
    for measured in (
        connect,
        connect_counted_alone,
        connect_counted_with_others,
        disconnect,
        disconnect_counted_alone,
        disconnect_counted_with_others,
        resume_for_the_first_time,
        resume,
        refresh,
        ping,
        acknowledge,
        acknowledge_unasked,
        acknowledge_for_user,
        timer,
        request,
        push_to_user,
        push_to_user_with_key,
        push_to_user_with_receipts,
        push_to_user_repeated,
        push_to_team,
        push_to_team_with_receipts,
        push_in_waves,
        wave,
        counted_for_forecast,
        push_counted_alone,
        acknowledgement_counted_alone,
        lost_terminal,
        broadcast,
        broadcast_to_few,
        deliveries,
        handover,
        sweep,
        overdue,
        sample,
        sample_not_due,
    )
}
"""Every operation by its name."""

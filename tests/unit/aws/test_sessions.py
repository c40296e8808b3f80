"""A session on DynamoDB that several processes change at the same time: nothing of what they did is undone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from infra.aws.table import Table
from services.connections import access, membership, sessions
from services.domain import topics
from services.domain.connection import Connection
from services.domain.identity import Identity
from services.domain.problems import Problem
from services.domain.ring import WHOLE
from services.domain.standing import Block
from services.domain.topics import ALL, Topic
from services.ports import Ports
from tests.contract import dynamodb
from tests.contract.adapters import NOON_S, ManualClock
from tests.contract.makers import connection
from tests.unit.aws.processes import process
from tests.unit.aws.shuffled import Shuffled
from tests.unit.services.sockets import ScriptedSockets

BLOCK = Block(user="alice", reason="left the company", at_s=NOON_S)
ROW = connection("c1", terminal_id="t", groups=("it",))
EVERY_TOPIC = [
    ALL,
    topics.user("alice"),
    topics.terminal("t"),
    *(topics.group(name) for name in ("it", "sales", "hr", "ops", "night")),
]
Change = Callable[[Ports], Awaitable[object]]


def _refresh(number: int, *groups: str) -> Change:
    """Refresh under a token of alice; one of a higher number was issued later, and lasts longer."""
    token = Identity(
        user="alice",
        issuer=ROW.issuer,
        issued_at_s=int(NOON_S) + number,
        expires_at_s=ROW.expires_at_s + number,
        token_id=f"token {number}",
        groups=groups,
    )

    async def refresh(ports: Ports) -> None:
        row = await ports.registry.get("c1")
        if row is not None:
            with suppress(Problem):
                await sessions.refresh(ports, row, token)

    return refresh


def _join(group: str) -> Change:
    return lambda ports: membership.join(ports, group, "alice", by="admin")


def _leave(group: str) -> Change:
    return lambda ports: membership.leave(ports, group, "alice", by="admin")


CHANGES: Mapping[str, Change] = {
    "refresh 1": _refresh(1, "it", "sales"),
    "refresh 2": _refresh(2, "hr"),
    "refresh 3": _refresh(3, "it", "ops"),
    "join ops": _join("ops"),
    "join night": _join("night"),
    "leave night": _leave("night"),
    "block": lambda ports: access.block(ports, BLOCK),
    "revoke 3": lambda ports: access.revoke_token(ports, "token 3", by="admin"),
    "disconnect": lambda ports: ports.registry.remove(["c1"]),
}
ENDS = {"block", "disconnect"}


@settings(max_examples=40)
@given(
    seed=st.integers(0, 1 << 32),
    names=st.lists(st.sampled_from(sorted(CHANGES)), min_size=2, max_size=4, unique=True),
)
async def test_whatever_is_done_to_a_session_at_the_same_time_nothing_is_undone(seed: int, names: list[str]) -> None:
    clock, sockets = ManualClock(), ScriptedSockets()
    with dynamodb.table() as plain:
        ports = process(plain, clock, sockets)
        await ports.registry.add(ROW)
        await membership.join(ports, "night", "alice", by="admin")
        table = Table(dynamodb.client(), dynamodb.NAME, Shuffled(seed), waits_s=(0.001,) * 7)
        await asyncio.gather(*(CHANGES[name](process(table, clock, sockets)) for name in names))
        row = await ports.registry.get("c1")
        given_groups = await ports.memberships.of("alice")
        filed = {topic: await _rows(ports, topic) for topic in EVERY_TOPIC}

    if row is None:
        assert ENDS.intersection(names) or {"refresh 3", "revoke 3"} <= {*names}
    else:
        assert not ENDS.intersection(names)
        assert row.token_id == _latest(names)
        assert row.groups == (*row.token_groups, *sorted(given_groups.difference(row.token_groups)))
    assert filed == {topic: [row] if row is not None and topic in row.topics() else [] for topic in EVERY_TOPIC}


def _latest(names: Sequence[str]) -> str | None:
    """The token issued last of those that a session was refreshed with and that are not revoked."""
    numbers = [name.removeprefix("refresh ") for name in names if name.startswith("refresh ")]
    return max((f"token {number}" for number in numbers if f"revoke {number}" not in names), default=ROW.token_id)


async def _rows(ports: Ports, topic: Topic) -> Sequence[Connection]:
    return (await ports.registry.page(topic, WHOLE, live_at_s=0, limit=10)).items

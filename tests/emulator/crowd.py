"""A group to push to: many connections that the proxy itself serves, and a terminal with the client library."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from botocore.config import Config

from fanfare.terminal import Event, Resumed, Terminal
from infra.aws.registry import Registry
from infra.aws.table import Table
from infra.clock import SystemClock
from services.domain.connection import Connection
from services.domain.ring import place_of
from tests.e2e.deadlines import WITHIN_S, eventually
from tests.e2e.office import Office
from tests.emulator import deploy
from tests.emulator.deploy import Deployment
from tests.emulator.flaky_connections import FlakyConnections

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CALLS_AT_ONCE: Final = 8
OPEN_FOR_S: Final = 3_600
"""Since when the connections have been open, and for how long their sessions still last."""


class Desk:
    """A terminal as an application has it. `shown` are the ids of the pushes on its screen, in their order."""

    def __init__(self, office: Office) -> None:
        self.user = office.name("desk")
        self.shown: list[str] = []
        self._office = office
        self._resumed = asyncio.Event()
        self._reading: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def reading(self, group: str) -> AsyncIterator[Desk]:
        """A member of this group; connected and caught up on entering."""
        token = self._office.token(self.user, groups=[group])
        async with Terminal(self._office.target.ws_url, token=token, proxy=None, on_event=self._told) as terminal:
            self._reading = asyncio.create_task(self._read(terminal))
            try:
                async with asyncio.timeout(WITHIN_S):
                    await self._resumed.wait()
                yield self
            finally:
                self._reading.cancel()
                await asyncio.wait({self._reading})

    async def connection_id(self) -> str:
        """The id of its connection."""
        listed = (await self._office.api.get("/v1/terminals", user=self.user))["items"]
        assert isinstance(listed, list)
        (connection,) = listed
        return str(connection["connection_id"])

    async def shows(self, push_id: str) -> None:
        """Return when it has shown a push."""
        await eventually(self._screen, lambda screen: push_id in screen)

    async def has_shown_once(self, push_id: str) -> None:
        """Fail unless it has shown a push that was completed, and not twice."""
        last = await self._office.api.push({"users": [self.user]}, "the last one")
        await self.shows(last)
        assert self.shown.count(push_id) == 1, self.shown

    async def _screen(self) -> Sequence[str]:
        assert self._reading is not None
        if self._reading.done():
            self._reading.result()
        return self.shown

    async def _read(self, terminal: Terminal) -> None:
        async for push in terminal:
            self.shown.append(push.id)

    def _told(self, event: Event) -> None:
        if isinstance(event, Resumed):
            self._resumed.set()


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """The members of a group: connections by their ids, and a desk."""

    group: str
    ids: Sequence[str]
    desk: Desk
    desk_id: str

    def __len__(self) -> int:
        return len(self.ids) + 1


@asynccontextmanager
async def crowd_of(
    size: int, office: Office, deployment: Deployment, connections: FlakyConnections
) -> AsyncIterator[Crowd]:
    """A group of so many members, in a registry that holds them until the context is left."""
    group = office.name("crowd")
    ids = [office.name(f"connection{number}") for number in range(size - 1)]
    connections.adopt(ids)
    with ThreadPoolExecutor(CALLS_AT_ONCE) as threads:
        registry = Registry(Table(_dynamodb(deployment), deployment.outputs["TableName"], threads), SystemClock())
        rows = [row(connection_id, group, now_s=office.target.now_s()) for connection_id in ids]
        await asyncio.gather(*map(registry.add, rows))
        async with Desk(office).reading(group) as desk:
            yield Crowd(group=group, ids=ids, desk=desk, desk_id=await desk.connection_id())
        await registry.remove(ids)


def row(connection_id: str, group: str, *, now_s: float) -> Connection:
    """A connection that has been open for long, of a user of the same name."""
    return Connection(
        connection_id=connection_id,
        terminal_id=connection_id,
        place=place_of(connection_id),
        user=connection_id,
        issuer="tests",
        groups=(group,),
        token_groups=(group,),
        expires_at_s=int(now_s) + OPEN_FOR_S,
        connected_at_s=now_s - OPEN_FOR_S,
        last_heard_at_s=now_s - OPEN_FOR_S,
    )


def _dynamodb(deployment: Deployment) -> DynamoDBClient:
    config = Config(max_pool_connections=CALLS_AT_ONCE)
    return deploy.session().client("dynamodb", endpoint_url=deployment.emulator.url, config=config)

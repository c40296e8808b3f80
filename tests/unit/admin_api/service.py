"""The REST API in this process, over SQLite: what the tests call, and what they see behind it."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import httpx
import jwt
from fastapi import FastAPI

from admin_api.app import create_app
from admin_api.settings import ApiSettings
from infra.local.database import FILE
from infra.local.storage import Storage
from services.authorizer import base64url, issuers
from services.authorizer.verifier import Verifier
from services.connections.admission import Admission
from services.domain.connection import Connection, opened
from services.domain.identity import AttributeValue, Identity
from services.ports import Ports, PostResult, SocketInfo
from tests.contract import empty_database
from tests.unit.admin_api.conformance import Conforming

NOW_S = 1_795_510_800.0
"""2026-11-24T09:00:00Z."""
ISSUER = "https://id.example"
AUDIENCE = "fanfare"
SECRET = b"the issuer's secret, 32 bytes or more"
TICKET_KEY = b"the key of the tickets, 32 bytes long"
CONNECTIONS_PER_USER = 3
SCOPES = (
    "push:send",
    "push:read",
    "push:approve",
    "terminals:read",
    "terminals:manage",
    "strategies:write",
    "senders:write",
    "audit:read",
)
CALLER_IP = "192.0.2.17"

Json = dict[str, object]


@dataclass
class SetClock:
    """Shows the time that a test sets."""

    at_s: float = NOW_S

    def now_s(self) -> float:
        return self.at_s


@dataclass
class RecordingGateway:
    """Sockets that keep what they were sent. A socket is open if the test opened it and nobody closed it."""

    open: set[str] = field(default_factory=set)
    sent: dict[str, list[bytes]] = field(default_factory=dict)

    async def post(self, connection_ids: Sequence[str], data: bytes) -> PostResult:
        there = [connection_id for connection_id in connection_ids if connection_id in self.open]
        for connection_id in there:
            self.sent.setdefault(connection_id, []).append(data)
        return PostResult(sent=there, gone=[each for each in connection_ids if each not in self.open])

    async def close(self, connection_id: str) -> bool:
        if connection_id not in self.open:
            return False
        self.open.discard(connection_id)
        return True

    async def describe(self, connection_id: str) -> SocketInfo | None:
        if connection_id not in self.open:
            return None
        return SocketInfo(connected_at_s=NOW_S - 60, last_active_at_s=NOW_S - 1, source_ip=CALLER_IP, user_agent="test")


def segment(name: str) -> str:
    """A name as one segment of a path; dots alone would be taken for a step in the path."""
    return quote(name, safe="") if set(name) != {"."} else name.replace(".", "%2E")


class Service:
    """`api` calls with every scope as `admin`; `ports` and `gateway` are what stands behind it."""

    def __init__(self, app: FastAPI, ports: Ports, clock: SetClock, gateway: RecordingGateway) -> None:
        self.app = app
        self.ports = ports
        self.clock = clock
        self.gateway = gateway
        self._clients: list[httpx.AsyncClient] = []
        self._connections = 0
        self.api = self.caller(self.token("admin", scopes=SCOPES))

    def token(
        self,
        user: str = "caller",
        *,
        scopes: Iterable[str] = (),
        lifetime_s: int = 3600,
        secret: bytes = SECRET,
        **claims: object,
    ) -> str:
        """A token of a user, by default one that the service accepts. `claims` replace what it would hold."""
        now_s = int(self.clock.now_s())
        made: Json = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": user,
            "iat": now_s,
            "exp": now_s + lifetime_s,
            "jti": f"token-of-{user}",
            "scope": " ".join(scopes),
        }
        return jwt.encode(made | claims, secret, algorithm="HS256", headers={"kid": "1"})

    def caller(
        self, token: str | None = None, *, headers: Mapping[str, str] | None = None, source_ip: str = CALLER_IP
    ) -> httpx.AsyncClient:
        """A client with this token. Every answer is held against the OpenAPI document."""
        sent = {} if token is None else {"Authorization": f"Bearer {token}"}
        client = httpx.AsyncClient(
            transport=Conforming(httpx.ASGITransport(self.app, client=(source_ip, 40_000))),
            base_url="http://fanfare.example",
            headers={**sent, **(headers or {})},
        )
        self._clients.append(client)
        return client

    async def connect(
        self,
        user: str = "alice",
        *,
        groups: Collection[str] = (),
        attributes: Mapping[str, AttributeValue] | None = None,
        calls_itself: str | None = "desk",
        token_id: str | None = None,
        source_ip: str = CALLER_IP,
        connection_id: str | None = None,
    ) -> Connection:
        """A terminal that is connected and registered."""
        self._connections += 1
        row = opened(
            Identity(
                user=user,
                issuer=ISSUER,
                expires_at_s=int(self.clock.now_s()) + 3600,
                issued_at_s=int(self.clock.now_s()) - 60,
                token_id=token_id,
                groups=tuple(groups),
                attributes=attributes or {},
            ),
            connection_id=connection_id or f"R0oX-_fD{self._connections:04d}H6w=",
            calls_itself=calls_itself,
            run_time_groups=await self.ports.memberships.of(user),
            now_s=self.clock.now_s(),
            source_ip=source_ip,
            user_agent="test",
        )
        self.gateway.open.add(row.connection_id)
        await self.ports.registry.add(row)
        return row

    async def push(self, target: object = "all", message: object = "hello", **members: object) -> Json:
        """POST a push that must be accepted."""
        response = await self.api.post("/v1/pushes", json={"target": target, "message": message, **members})
        assert response.status_code == 202, response.text
        accepted: Json = response.json()
        return accepted

    async def get(self, path: str, **query: str | int) -> Json:
        """The body of a GET that must succeed."""
        response = await self.api.get(path, params=query)
        assert response.status_code == 200, response.text
        body: Json = response.json()
        return body

    async def items(self, path: str, **query: str | int) -> list[Json]:
        """The items of one page."""
        items = (await self.get(path, **query))["items"]
        assert isinstance(items, list)
        return items

    async def pages(self, path: str, **query: str | int) -> list[list[Json]]:
        """The items of every page of a listing."""
        pages: list[list[Json]] = []
        cursor: object = None
        while True:
            page = await self.get(path, **query, **({} if cursor is None else {"cursor": str(cursor)}))
            items, cursor = page["items"], page["next_cursor"]
            assert isinstance(items, list)
            pages.append(items)
            if cursor is None:
                return pages

    async def close(self) -> None:
        for client in self._clients:
            await client.aclose()


def lose_pushes(data_dir: Path) -> None:
    """Take the table of pushes away underneath the service: what a damaged database is like."""
    with closing(sqlite3.connect(data_dir / FILE)) as connection:
        connection.execute("ALTER TABLE pushes RENAME TO lost_pushes")


@asynccontextmanager
async def running(
    data_dir: Path, settings: ApiSettings | None = None, *, connect: Json | None = None
) -> AsyncIterator[Service]:
    """The service, on a data directory of its own."""
    clock, gateway = SetClock(), RecordingGateway()
    empty_database.put_into(data_dir)
    storage = await Storage.open(data_dir, clock)
    ports = Ports(
        clock=clock,
        registry=storage.registry,
        pushes=storage.pushes,
        gateway=gateway,
        blocks=storage.blocks,
        memberships=storage.memberships,
        tickets=storage.tickets,
        audit=storage.audit,
        timers=storage.timers,
        strategies=storage.strategies,
        senders=storage.senders,
        plans=storage.plans,
        last_seen=storage.last_seen,
        activity=storage.activity,
    )
    accepted: Json = {
        "issuer": ISSUER,
        "audiences": [AUDIENCE],
        "keys": [{"kty": "oct", "alg": "HS256", "kid": "1", "k": base64url.encode(SECRET)}],
    }
    if connect is not None:
        accepted = {**accepted, "connect": connect}
    verifier = Verifier(issuers.parse([accepted]), ticket_key=TICKET_KEY, now_s=clock.now_s)
    app = create_app(
        ports,
        verifier,
        settings or ApiSettings(),
        admission=Admission(ports, connections_per_user=CONNECTIONS_PER_USER),
        ticket_key=TICKET_KEY,
    )
    service = Service(app, ports, clock, gateway)
    try:
        yield service
    finally:
        await service.close()
        await storage.close()

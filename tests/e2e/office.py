"""The people and terminals of one test: names of its own on a server that other tests use too."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Self

from tests.e2e.caller import SCOPES, Caller
from tests.e2e.deadlines import eventually
from tests.e2e.targets.target import Target
from tests.e2e.terminal import Terminal, Way, open_socket

LIFETIME_S = 600
ADMIN_LIFETIME_S = 86_400
"""Longer than any test moves the clock."""


class Office:
    """Mints tokens, opens terminals and callers, and closes them all at the end of its context.

    `api` is a caller with every scope, whose name is `admin`. Tokens of terminals last for `lifetime_s` unless a test
    says otherwise.
    """

    def __init__(self, target: Target, *, lifetime_s: float = LIFETIME_S) -> None:
        self.target = target
        self._lifetime_s = lifetime_s
        self._suffix = uuid.uuid4().hex[:8]
        self._terminals: list[Terminal] = []
        self._callers: list[Caller] = []
        self._settling: asyncio.Future[object] | None = None
        self.admin = self.name("admin")
        self.api = self.caller(self.token(self.admin, scopes=SCOPES, lifetime_s=ADMIN_LIFETIME_S))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for terminal in self._terminals:
            terminal.cut()
        await asyncio.gather(*(caller.close() for caller in self._callers))

    def name(self, readable: str) -> str:
        """A name that no other test has: of a user, a group, a key."""
        return f"{readable}-{self._suffix}"

    def token(
        self,
        user: str = "visitor",
        *,
        groups: Iterable[str] = (),
        attributes: Mapping[str, object] | None = None,
        scopes: Iterable[str] = (),
        terminal: str | None = None,
        lifetime_s: float | None = None,
        claims: Mapping[str, object] | None = None,
    ) -> str:
        """A token of a user; `user` is taken as it is. `claims` come on top of what the others make."""
        now_s = int(self.target.now_s())
        made: dict[str, object] = {
            **self.target.own_claims(),
            "sub": user,
            "iat": now_s,
            "exp": int(now_s + (self._lifetime_s if lifetime_s is None else lifetime_s)),
            "jti": uuid.uuid4().hex,
            "groups": list(groups),
            "attrs": dict(attributes or {}),
            "scope": " ".join(scopes),
        }
        if terminal is not None:
            made["terminal"] = terminal
        return self.target.sign(made | dict(claims or {}))

    def moment(self, in_s: float = 0.0) -> str:
        """A moment from now on by the target's clock, as the API writes it."""
        return datetime.fromtimestamp(self.target.now_s() + in_s, UTC).isoformat(timespec="milliseconds")

    def wall(self, in_s: float = 0.0) -> str:
        """The time of day in UTC then, to the minute: what a window takes."""
        return f"{datetime.fromtimestamp(self.target.now_s() + in_s, UTC):%H:%M}"

    def person(self, user: str, *, scopes: Iterable[str] = SCOPES) -> Caller:
        """Another caller of the API."""
        return self.caller(self.token(user, scopes=scopes, lifetime_s=ADMIN_LIFETIME_S))

    def forged(self, user: str = "visitor") -> str:
        """A token whose signature is that of another one."""
        head, _, _ = self.token(user).rpartition(".")
        return f"{head}.{self.token(user).rpartition('.')[2]}"

    async def terminal(
        self,
        user: str | None = None,
        *,
        groups: Iterable[str] = (),
        attributes: Mapping[str, object] | None = None,
        scopes: Iterable[str] = (),
        calls_itself: str | None = None,
        lifetime_s: float | None = None,
        token: str | None = None,
        way: Way = "header",
    ) -> Terminal:
        """An open terminal, by default of a user of its own. A given `token` is brought instead of a new one.

        What was pushed before is delivered by then: the terminal gets it by a replay, if at all.
        """
        if self.target.may_lag:
            await self._settled()
        whose = self.name(f"user{len(self._terminals)}") if user is None else user
        brought = token or self.token(whose, groups=groups, attributes=attributes, scopes=scopes, lifetime_s=lifetime_s)
        terminal = await open_socket(self.target.ws_url, brought, user=whose, way=way, calls_itself=calls_itself)
        self._terminals.append(terminal)
        return terminal

    async def _settled(self) -> None:
        """Wait until nothing is being sent: asked once for all who wait at the same time, and not where none pushed."""
        if any(caller.has_pushed for caller in self._callers):
            if self._settling is None or self._settling.done():
                self._settling = asyncio.ensure_future(eventually(self._being_sent, lambda pushes: not pushes))
            await self._settling

    async def _being_sent(self) -> object:
        return (await self.api.get("/v1/pushes", state="sending", sender=self.admin, limit=1))["items"]

    def caller(self, token: str | None) -> Caller:
        """A caller of the API with this token, or with none."""
        caller = Caller(self.target.http_url, token)
        self._callers.append(caller)
        return caller

    async def connection_id(self, terminal: Terminal) -> str:
        """The id of the only connection of the terminal's user."""
        listed = (await self.api.get("/v1/terminals", user=terminal.user))["items"]
        assert isinstance(listed, list)
        assert len(listed) == 1, listed
        return str(listed[0]["connection_id"])

    async def got_nothing(self, *terminals: Terminal) -> None:
        """Fail if any of these has something waiting: a push to them all must be the next frame of each.

        Call it when what must not have reached them is `completed`.
        """
        sentinel = await self.api.push(
            {"users": sorted({terminal.user for terminal in terminals})}, "sentinel", strategy={"retain": "0s"}
        )
        for terminal in terminals:
            frame = await terminal.frame()
            assert frame.get("id") == sentinel, f"{terminal.user} got {frame}"

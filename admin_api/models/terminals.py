"""Connected terminals."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from admin_api.models import targets
from admin_api.models.base import (
    EXAMPLE_CONNECTION_ID,
    EXAMPLE_PUSH_ID,
    Attributes,
    Model,
    Moment,
    NextCursor,
    PageQuery,
)
from services.connections.presence import Certainty, certainty
from services.domain import moments
from services.domain.connection import Connection
from services.domain.pushes import State
from services.ports import Seen, SocketInfo
from services.pushes.terminal_log import Shown


class TerminalFilters(Model):
    """Filters; given together, all must hold. Those for attributes, `attr.<name>`, are extra members."""

    # Query parameters are text.
    model_config = ConfigDict(extra="allow", strict=False)

    target: list[str] = Field(
        [],
        description="A target expression, as text or as JSON, in the language of docs/targets.md.",
        examples=[[targets.EXAMPLE_TEXT]],
    )
    user: list[str] = Field([], description="Of this user. Repeat it for any of several.", examples=[["alice"]])
    group: list[str] = Field([], description="In this group. Repeat it for any of several.", examples=[["ops"]])


class TerminalQuery(PageQuery, TerminalFilters):
    """The filters, and which page of those whom they mean."""

    model_config = TerminalFilters.model_config


class Terminal(Model):
    """One open connection of a terminal."""

    connection_id: str = Field(description="Of this socket; another one after a reconnect.")
    terminal_id: str = Field(description="Of the installed client; stays.")
    user: str
    groups: list[str] = Field(description="From the token, and given at run time.")
    attributes: Attributes
    connected_at: Moment
    expires_at: Moment = Field(description="When its session ends, with its token.")
    last_heard_at: Moment
    presence: Certainty = Field(
        description="`verified`: heard within 10 minutes. `assumed`: nothing speaks against it. `suspect`: its session"
        " is over, or it is older than a connection can get."
    )


class TerminalDetail(Terminal):
    """One connection with all that is known of it."""

    issuer: str = Field(description="Who issued its token.")
    token_id: str | None = Field(description="The `jti` of its token, for `POST /v1/revocations`.")
    scopes: list[str]
    topics: list[str] = Field(description="What it is filed under.")
    source_ip: str
    user_agent: str


class Verification(Model):
    """What the gateway said of a connection just now."""

    connection_id: str
    terminal_id: str
    user: str
    presence: Literal["verified", "gone"] = Field(
        description="`gone`: the socket is closed, and the connection is not listed any more."
    )
    last_active_at: Moment | None = Field(description="When something last came or went there; null if it is gone.")


class TerminalPage(Model):
    """In no order that means anything; a terminal that stays connected is listed exactly once."""

    items: list[Terminal]
    next_cursor: NextCursor


class RecentQuery(Model):
    """How many."""

    # Query parameters are text.
    model_config = ConfigDict(strict=False)

    limit: int = Field(20, ge=1, le=100, description="Most items.")


class TerminalPush(Model):
    """A push that was meant for the terminal."""

    id: str
    at: Moment = Field(description="When it was released to the terminal.")
    topic: str = Field(description="Under which of its topics.", examples=["group:ops"])
    state: State = Field(description="Of the push as a whole.")
    strategy: str | None = Field(description="The name of its strategy; null: it has none.")
    title: str | None = Field(
        description="The message if that is text, else its member `title`; cut to 120 characters. Null: neither."
    )
    receipt: Literal["sent", "received", "read", "failed", "recalled"] | None = Field(
        description="What became of it there; null: the push keeps no receipts, or it has not reached the terminal."
    )


class TerminalPushes(Model):
    """Newest first."""

    items: list[TerminalPush]


class AwayTerminal(Model):
    """A terminal that was here and is not connected."""

    terminal_id: str
    user: str
    groups: list[str] = Field(description="Those it had when it was last here.")
    attributes: Attributes
    last_seen_at: Moment


class AwayPage(Model):
    """In no order that means anything."""

    items: list[AwayTerminal]
    next_cursor: NextCursor


def away_json(seen: Seen) -> dict[str, object]:
    """An `AwayTerminal`."""
    return {
        "terminal_id": seen.terminal_id,
        "user": seen.user,
        "groups": list(seen.groups),
        "attributes": dict(seen.attributes),
        "last_seen_at": moments.text(seen.seen_at_s),
    }


def terminal_json(row: Connection, now_s: float) -> dict[str, object]:
    """A `Terminal`."""
    return {
        "connection_id": row.connection_id,
        "terminal_id": row.terminal_id,
        "user": row.user,
        "groups": row.groups,
        "attributes": row.attributes,
        "connected_at": moments.text(row.connected_at_s),
        "expires_at": moments.text(row.expires_at_s),
        "last_heard_at": moments.text(row.last_heard_at_s),
        "presence": certainty(row, now_s).value,
    }


def detail_json(row: Connection, now_s: float) -> dict[str, object]:
    """A `TerminalDetail`."""
    return {
        **terminal_json(row, now_s),
        "issuer": row.issuer,
        "token_id": row.token_id,
        "scopes": sorted(row.scopes),
        "topics": [str(topic) for topic in row.topics()],
        "source_ip": row.source_ip,
        "user_agent": row.user_agent,
    }


def verification_json(row: Connection, info: SocketInfo | None) -> dict[str, object]:
    """A `Verification`."""
    return {
        "connection_id": row.connection_id,
        "terminal_id": row.terminal_id,
        "user": row.user,
        "presence": "gone" if info is None else "verified",
        "last_active_at": None if info is None else moments.text(info.last_active_at_s),
    }


def push_json(shown: Shown) -> dict[str, object]:
    """A `TerminalPush`."""
    receipt = None if shown.receipt is None else shown.receipt.kind
    return {
        "id": shown.push.id,
        "at": moments.text(shown.at_s),
        "topic": str(shown.topic),
        "state": shown.push.state.value,
        "strategy": shown.push.strategy.name,
        "title": shown.title,
        "receipt": None if receipt in ("gone", "expired", "skipped") else receipt,
    }


EXAMPLE: dict[str, object] = {
    "connection_id": EXAMPLE_CONNECTION_ID,
    "terminal_id": "alice/till-4",
    "user": "alice",
    "groups": ["ops", "oncall"],
    "attributes": {"os": "windows", "build": 19045},
    "connected_at": "2026-11-24T08:12:40.118Z",
    "expires_at": "2026-11-24T16:12:00.000Z",
    "last_heard_at": "2026-11-24T08:58:41.007Z",
    "presence": "verified",
}
EXAMPLE_DETAIL: dict[str, object] = {
    **EXAMPLE,
    "issuer": "https://id.example.com",
    "token_id": "9f2c4e0a",
    "scopes": ["chat"],
    "topics": ["all", "group:ops", "group:oncall", "user:alice", "terminal:alice/till-4"],
    "source_ip": "192.0.2.17",
    "user_agent": "fanfare-python/0.1",
}
EXAMPLE_VERIFICATION: dict[str, object] = {
    "connection_id": EXAMPLE_CONNECTION_ID,
    "terminal_id": "alice/till-4",
    "user": "alice",
    "presence": "verified",
    "last_active_at": "2026-11-24T08:58:41.007Z",
}
EXAMPLE_AWAY: dict[str, object] = {
    "terminal_id": "alice/till-4",
    "user": "alice",
    "groups": ["ops", "oncall"],
    "attributes": {"os": "windows", "build": 19045},
    "last_seen_at": "2026-11-23T17:02:11.480Z",
}
EXAMPLE_PUSHES: dict[str, object] = {
    "items": [
        {
            "id": EXAMPLE_PUSH_ID,
            "at": "2026-11-24T09:00:00.004Z",
            "topic": "group:ops",
            "state": "completed",
            "strategy": "must-read",
            "title": "Printer 4 is back",
            "receipt": "read",
        }
    ]
}

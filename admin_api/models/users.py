"""Users, and keeping them out."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Path
from pydantic import Field

from admin_api.models import terminals
from admin_api.models.base import Model, Moment
from services.connections.directory import UserRecord
from services.domain import moments
from services.domain.standing import MAX_CIDRS
from services.domain.standing import Block as DomainBlock

UserId = Annotated[
    str, Path(description="The user, as their tokens name them; percent-encoded, `/` as `%2F`.", examples=["alice"])
]


class NewBlock(Model):
    """Why a user is kept out, until when, and from where."""

    reason: str = Field(min_length=1, max_length=500, description="The user is told.", examples=["badge lost"])
    until: Moment | None = Field(None, description="When they may come back; null: not until the block is deleted.")
    cidr: str | list[str] | None = Field(
        None,
        description=f"Only connections from this network, or these (at most {MAX_CIDRS}); null: from anywhere.",
        examples=["192.0.2.0/24", ["192.0.2.0/24", "2001:db8::/32"]],
    )


class Block(Model):
    """A user who is kept out."""

    reason: str
    until: Moment | None
    cidr: list[str] = Field(description="Only from these networks; empty: from anywhere.")
    by: str = Field(description="The `sub` of the caller who blocked them.")
    at: Moment


class Blocked(Model):
    """What a block did."""

    block: Block
    closed: int = Field(description="How many of their connections it closed.")


class User(Model):
    """What is known of a user; of one who never came, nothing."""

    user: str
    presence: Literal["verified", "assumed", "suspect", "away"] = Field(
        description="That of their surest connection; `away`: none."
    )
    connections: list[terminals.Terminal] = Field(description="What they have open, at most 500.")
    away: list[terminals.AwayTerminal] = Field(
        description="Their terminals that were here lately and are not connected, those seen last first; at most 500."
    )
    given_groups: list[str] = Field(description="Given at run time, beside those of their tokens.")
    block: Block | None
    tokens_revoked_before: Moment | None = Field(description="Their tokens issued before this are not accepted.")


def user_json(record: UserRecord, now_s: float) -> dict[str, object]:
    """A `User`."""
    return {
        "user": record.user,
        "presence": "away" if record.presence is None else record.presence.value,
        "connections": [terminals.terminal_json(row, now_s) for row in record.connections],
        "away": [terminals.away_json(seen) for seen in record.away],
        "given_groups": sorted(record.given_groups),
        "block": None if record.block is None else block_json(record.block),
        "tokens_revoked_before": None if record.tokens_from_s is None else moments.text(record.tokens_from_s),
    }


def block_json(block: DomainBlock) -> dict[str, object]:
    """A `Block`."""
    return {
        "reason": block.reason,
        "until": None if block.until_s is None else moments.text(block.until_s),
        "cidr": list(block.cidrs),
        "by": block.by,
        "at": moments.text(block.at_s),
    }


EXAMPLE_NEW_BLOCK = {"reason": "badge lost", "until": "2026-11-25T09:00:00Z", "cidr": "192.0.2.0/24"}
EXAMPLE_BLOCKED: dict[str, object] = {
    "block": {
        "reason": "badge lost",
        "until": "2026-11-25T09:00:00.000Z",
        "cidr": ["192.0.2.0/24"],
        "by": "admin",
        "at": "2026-11-24T09:00:00.000Z",
    },
    "closed": 2,
}
EXAMPLE: dict[str, object] = {
    "user": "alice",
    "presence": "verified",
    "connections": [terminals.EXAMPLE],
    "away": [],
    "given_groups": ["oncall"],
    "block": None,
    "tokens_revoked_before": None,
}

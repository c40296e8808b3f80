"""Groups."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path
from pydantic import Field

from admin_api.models.base import Model, NextCursor
from services.connections.directory import GroupRecord
from services.ports import GroupSize

GroupName = Annotated[str, Path(description="The group; percent-encoded, `/` as `%2F`.", examples=["ops"])]


class Group(Model):
    """A group that has connections."""

    name: str
    connections: int = Field(description="How many are connected now.")


class GroupPage(Model):
    """By name."""

    items: list[Group]
    next_cursor: NextCursor


class UserPage(Model):
    """Users by name."""

    items: list[str]
    next_cursor: NextCursor


class GroupDetail(Group):
    """A group, and whom it was given to. Members by their tokens are known only while they are connected."""

    given_to: UserPage = Field(description="Users who were given the group at run time.")


def group_json(group: GroupSize) -> dict[str, object]:
    """A `Group`."""
    return {"name": group.name, "connections": group.connections}


def detail_json(record: GroupRecord, next_cursor: str | None) -> dict[str, object]:
    """A `GroupDetail`."""
    return {
        "name": record.name,
        "connections": record.connections,
        "given_to": {"items": list(record.given_to.items), "next_cursor": next_cursor},
    }


EXAMPLE: dict[str, object] = {"name": "ops", "connections": 402}
EXAMPLE_DETAIL: dict[str, object] = {**EXAMPLE, "given_to": {"items": ["alice", "bob"], "next_cursor": None}}

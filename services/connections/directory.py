"""Users and groups as an administrator asks about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.connections import away
from services.connections.presence import Certainty, certainty, of_user
from services.domain import names, topics
from services.domain.connection import Connection
from services.domain.standing import Block
from services.ports import GroupSize, Page, Ports, Seen

MOST_CONNECTIONS_SHOWN = 500
_SUREST_FIRST = (Certainty.VERIFIED, Certainty.ASSUMED, Certainty.SUSPECT)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRecord:
    """What is known of a user. `presence` is that of the surest connection, None if there is none.

    `away` are their terminals that are known and not connected, those seen last first. `given_groups` are those given
    at run time; `tokens_from_s`: tokens issued before this moment are revoked.
    """

    user: str
    presence: Certainty | None
    connections: Sequence[Connection]
    away: Sequence[Seen]
    given_groups: frozenset[str]
    block: Block | None
    tokens_from_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRecord:
    """How many connections a group has now, and a page of the users it was given to at run time."""

    name: str
    connections: int
    given_to: Page[str]


async def user(ports: Ports, name: str) -> UserRecord:
    """A user, known or not. Raises Problem (422) if the name cannot be one."""
    names.checked(name, "user")
    now_s = ports.clock.now_s()
    rows = (await of_user(ports, name, limit=MOST_CONNECTIONS_SHOWN)).items
    facts = await ports.blocks.standing(name, None, "")
    block = facts.block
    found = {certainty(row, now_s) for row in rows}
    return UserRecord(
        user=name,
        presence=next((each for each in _SUREST_FIRST if each in found), None),
        connections=rows,
        away=(await away.of_user(ports, name))[:MOST_CONNECTIONS_SHOWN],
        given_groups=await ports.memberships.of(name),
        block=None if block is None or (block.until_s is not None and block.until_s <= now_s) else block,
        tokens_from_s=facts.issued_before_s,
    )


async def groups(ports: Ports, *, limit: int, after: str | None) -> Page[GroupSize]:
    """The groups that have connections, by name."""
    return await ports.registry.groups(limit=limit, after=after)


async def group(ports: Ports, name: str, *, limit: int, after: str | None) -> GroupRecord:
    """A group, known or not. Raises Problem (422) if the name cannot be one."""
    names.checked(name, "group")
    topic = topics.group(name)
    sizes = await ports.registry.sizes([topic])
    return GroupRecord(
        name=name,
        connections=sizes.get(topic, 0),
        given_to=await ports.memberships.members(name, limit=limit, after=after),
    )

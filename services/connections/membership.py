"""Groups given to users at run time: applied to open connections at once, to later ones at `$connect`."""

from __future__ import annotations

from dataclasses import replace

from services.domain import names, topics
from services.domain.audit import AuditEntry
from services.domain.connection import Connection
from services.domain.positions import new_id
from services.domain.ring import WHOLE
from services.messages.replay import catch_up
from services.ports import Ports

PAGE = 500


async def join(ports: Ports, group: str, user: str, *, by: str) -> bool:
    """Give a user a group; False if they had it. Raises Problem (422) if a name cannot be one."""
    return await _change(ports, group, user, by=by, joins=True)


async def leave(ports: Ports, group: str, user: str, *, by: str) -> bool:
    """Take a group given at run time away; False if they did not have it. A token's own groups stay."""
    return await _change(ports, group, user, by=by, joins=False)


async def _change(ports: Ports, group: str, user: str, *, by: str, joins: bool) -> bool:
    names.checked(group, "group")
    names.checked(user, "user")
    now_s = ports.clock.now_s()
    audit = AuditEntry(
        id=new_id(now_s),
        at_s=now_s,
        actor=by,
        action="group.join" if joins else "group.leave",
        subject=group,
        detail={"user": user},
    )
    change = ports.memberships.join if joins else ports.memberships.leave
    changed = await change(group, user, audit)
    await _refile_all(ports, user)
    return changed


async def refile(ports: Ports, row: Connection) -> Connection:
    """Give an open connection the groups that its user has now; its row then, or its last one if it was closed.

    They are read again after each write: a change in between either finds the row as it is now, or is found here. A
    session that is refreshed in between stays refreshed.
    """
    while True:
        given = await ports.memberships.of(row.user)
        groups = row.token_groups + tuple(sorted(given.difference(row.token_groups)))
        if groups == row.groups:
            return row
        newer = replace(row, groups=groups)
        if await ports.registry.replace(newer, was=row):
            row = newer
            continue
        there = await ports.registry.get(row.connection_id)
        if there is None:
            return row
        row = there


async def _refile_all(ports: Ports, user: str) -> None:
    after: str | None = None
    while True:
        page = await ports.registry.page(topics.user(user), WHOLE, live_at_s=0, limit=PAGE, after=after)
        for found in page.items:
            # A page may not know when the terminal was last heard, nor that its session was refreshed since.
            row = await ports.registry.get(found.connection_id)
            if row is not None:
                newer = await refile(ports, row)
                if newer.groups != row.groups:
                    await catch_up(ports, newer)
        if page.next is None:
            return
        after = page.next

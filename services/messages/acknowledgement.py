"""What terminals say became of a push: noted once, and told to the user's other terminals where it counts for them."""

from __future__ import annotations

from services.domain import frames, topics
from services.domain.connection import Connection
from services.domain.pushes import DELIVERABLE, FIRST_STAGE, Push, Receipt
from services.domain.ring import WHOLE
from services.domain.targets import json_form
from services.domain.targets.expression import KEPT
from services.domain.targets.row_filter import compile_filter
from services.domain.timeline import stages
from services.ports import Ports

PAGE = 500


async def acknowledge(ports: Ports, row: Connection, ack: frames.Ack) -> None:
    """Note what became of pushes at a terminal. One that keeps no receipt of this terminal is passed over.

    `read` of a push that a user need read once only takes it off the screens of their other terminals.
    """
    now_s = ports.clock.now_s()
    for push in (await ports.pushes.get_many(ack.ids)).values():
        stage = stages.had_turn(push, row)
        await ports.pushes.acknowledge(
            Receipt(
                push_id=push.id,
                connection_id=row.connection_id,
                terminal_id=row.terminal_id,
                user=row.user,
                kind=ack.kind,
                at_s=now_s,
                detail=ack.detail,
                stage=stage or FIRST_STAGE,
            ),
            # A terminal answers faster than a page of deliveries ends; but only one that it was released to.
            early=stage is not None,
        )
        if ack.kind == "read" and push.strategy.once_per_user and push.state in DELIVERABLE and stage is not None:
            # Told again with each `read`, since whoever noted it first may have died before this.
            await _take_off_other_screens(ports, row, push)


async def _take_off_other_screens(ports: Ports, row: Connection, push: Push) -> None:
    meant = compile_filter(json_form.from_json(push.target, bounds=KEPT))
    data = frames.cancel(push.id)
    after: str | None = None
    while True:
        page = await ports.registry.page(
            topics.user(row.user), WHOLE, live_at_s=ports.clock.now_s(), limit=PAGE, after=after
        )
        others = [other for other in page.items if other.terminal_id != row.terminal_id and meant(other)]
        if others:
            await ports.gateway.post([other.connection_id for other in others], data)
        if page.next is None:
            return
        after = page.next

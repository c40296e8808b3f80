"""One-time tickets that were used, in DynamoDB."""

from __future__ import annotations

import math

from infra.aws import keys
from infra.aws.actions import Condition
from infra.aws.table import Table
from services.ports import Clock


class Tickets:
    """Implements `services.ports.Tickets`. Raises TableUnavailable.

    Should the answer to the write be lost, the SDK repeats it and finds the ticket used: its terminal asks for another.
    """

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    async def use(self, ticket_id: str, *, until_s: float) -> bool:
        return await self._table.put(
            {**keys.ticket(ticket_id)._asdict(), "expires_at": math.ceil(until_s)},
            Condition(
                expression="attribute_not_exists(pk) OR expires_at <= :now", values={":now": self._clock.now_s()}
            ),
        )
